"""JSON of programs that write down speech, read: Whisper's and its kin, and our own.

Theirs are segments with seconds, and perhaps words with seconds in each of them:
`{"segments": [{"start": 0.0, "end": 1.5, "text": "...", "words": [...]}]}`; whisper.cpp
says `transcription` and milliseconds. Ours has words with samples, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from ringfence.docket.objects import RATE, Word
from ringfence.docket.transcripts.cues import Brought, Cue, Left, Part, words_of
from ringfence.docket.transcripts.timing import MILLISECOND, split, spread
from ringfence.documents.json import read_json
from ringfence.documents.located import Located
from ringfence.errors import SourceError

FORMAT, OWN = "JSON of segments", "ringfence-transcript/1"
_HINT = "`start` and `end` are seconds, `text` is what was said"
_LAST = 1e7  # seconds; what is longer is a mistake, or no seconds


class _Piece(NamedTuple):
    """A word as a program says it; times may be missing."""

    texts: list[str]
    start: int | None
    end: int | None
    prob: float | None


def read(text: str, name: str, length: int) -> Brought:
    """Return the transcript that a JSON file holds.

    Raises:
        SourceError: It holds none; the error names the place.
    """
    whole, left = read_json(text, name), Left()
    if (whole.get("format") or whole).text() == OWN:
        cues, kind = _own(whole), OWN
    elif whole.get("transcription"):
        cues, kind = _counted(whole), FORMAT
    else:
        cues, kind = _segments(whole, left), FORMAT
    words = words_of(list(cues), length, left)
    language = (whole.get("language") or whole).text()
    return Brought(words, kind, left.notes(), language)


def _listed(value: Located | None, whole: Located) -> list[Located]:
    if value is None or not isinstance(value.data, list):
        at = whole.at if value is None else value.at
        hint = '`{"segments": [{"start": 0.0, "end": 1.5, "text": "..."}]}`'
        raise SourceError("holds no list of segments", at, hint)
    return value.items()


def _own(whole: Located) -> Iterator[Cue]:
    """Yield a cue for each word of our own format."""
    rate = whole.get("rate")
    if rate is not None and rate.data != RATE:
        raise SourceError(f"`rate` is not {RATE}", rate.at)
    for one in _listed(whole.get("words"), whole):
        start, end = (_whole(one, key) for key in ("start", "end"))
        prob, agrees = one.get("prob"), one.get("agrees")
        sure = None if prob is None or prob.data is None else _share(prob)
        agreed = None if agrees is None else agrees.data
        if agreed is not None and not isinstance(agreed, bool):
            raise SourceError("`agrees` is true, false or null", one.at)
        texts = split((one.get("text") or one).text())
        if len(texts) != 1:
            raise SourceError("`text` is one word", one.at)
        yield Cue(start, end, one.at, words=[Word(texts[0], start, end, sure, agreed)])


def _whole(one: Located, key: str) -> int:
    value = one.get(key)
    if value is None or not isinstance(value.data, int) or isinstance(value.data, bool):
        raise SourceError(f"`{key}` is a number of samples", one.at)
    if value.data < 0:
        raise SourceError(f"`{key}` is below 0", value.at)
    return value.data


def _share(value: Located) -> float:
    data = value.data
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise SourceError("a probability is a number", value.at)
    if not 0 <= data <= 1:
        raise SourceError("a probability goes from 0 to 1", value.at)
    return float(data)


def _counted(whole: Located) -> Iterator[Cue]:
    """Yield the cues of whisper.cpp's JSON, whose offsets are milliseconds."""
    for one in _listed(whole.get("transcription"), whole):
        offsets = one.get("offsets") or one
        start, end = (_whole(offsets, key) * MILLISECOND for key in ("from", "to"))
        text = (one.get("text") or one).text()
        yield Cue(start, end, one.at, [Part(text, start, end)])


def _segments(whole: Located, left: Left) -> Iterator[Cue]:
    listed = whole if isinstance(whole.data, list) else whole.get("segments")
    for one in _listed(listed, whole):
        start, end = _seconds(one.get("start")), _seconds(one.get("end"))
        text = one.get("text")
        if start is None or end is None or text is None or not _is_text(text):
            raise SourceError("is no segment", one.at, _HINT)
        if one.get("speaker"):
            left.out("names of voices were left out: who speaks is said of a statement")
        pieces = [_piece(word, left) for word in (one.get("words") or text).items()]
        words = [*_timed([piece for piece in pieces if piece.texts], start, end)]
        yield Cue(start, end, one.at, [Part(text.text(), start, end)], words)


def _is_text(value: Located) -> bool:
    return isinstance(value.data, str)


def _seconds(value: Located | None) -> int | None:
    """Return seconds as samples; None if there is no number.

    Raises:
        SourceError: The number is no time.
    """
    if value is None or isinstance(value.data, bool):
        return None
    if not isinstance(value.data, int | float):
        return None
    if not 0 <= value.data <= _LAST:
        raise SourceError("is no time in seconds", value.at, _HINT)
    return round(value.data * RATE)


def _piece(word: Located, left: Left) -> _Piece:
    text = word.get("word") or word.get("text")
    if text is None or not _is_text(text):
        hint = "`word`, `start` and `end` in seconds, `probability`"
        raise SourceError("is no word of a segment", word.at, hint)
    start, end = _seconds(word.get("start")), _seconds(word.get("end"))
    if start is None or end is None or end < start:
        left.out("words have no times of their own, and share those between")
        start = end = None
    given = word.get("probability") or word.get("score") or word.get("prob")
    prob = None if given is None or given.data is None else _share(given)
    return _Piece(split(text.text()), start, end, prob)


def _timed(pieces: list[_Piece], start: int, end: int) -> Iterator[Word]:
    """Yield words; those without times share what lies between their neighbours."""
    runs = [
        (known, [*run]) for known, run in groupby(pieces, lambda one: one.start is None)
    ]
    before = start
    for place, (unknown, run) in enumerate(runs):
        if not unknown:
            for one in run:
                yield from _spread(one, one.start or 0, one.end or 0)
            before = run[-1].end or 0
            continue
        after = end if place + 1 == len(runs) else runs[place + 1][1][0].start or 0
        both = [text for one in run for text in one.texts]
        probs = [one.prob for one in run for _ in one.texts]
        shared = spread(both, before, max(before, after))
        for word, prob in zip(shared, probs, strict=True):
            yield Word(word.text, word.start, word.end, prob)


def _spread(one: _Piece, start: int, end: int) -> Iterator[Word]:
    for word in spread(one.texts, start, end):
        yield Word(word.text, word.start, word.end, one.prob)
