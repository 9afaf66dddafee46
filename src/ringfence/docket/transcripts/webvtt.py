"""WebVTT, read and written (W3C, https://www.w3.org/TR/webvtt1/).

A cue is a phrase. Within it a time stands where a word begins, and where one ends with
nothing after it: so whoever reads it back has every word with its times. A word that is
in doubt has the class `doubt`. Nothing else is said: no name, no metadata.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ringfence.docket.objects import Word
from ringfence.docket.transcripts.cues import Brought, Cue, Left, Part, words_of
from ringfence.docket.transcripts.doubt import in_doubt
from ringfence.docket.transcripts.timing import (
    milliseconds,
    parsed,
    split,
    told,
)
from ringfence.errors import Locus, SourceError

INDEX = "A machine transcript is an index for finding, never the quote."
FORMAT = "WebVTT"
_MOST_WORDS, _LONGEST, _PAUSE = 14, 7_000, 1_000
_ARROW = "-->"
_SKIPPED = re.compile(r"(NOTE|STYLE|REGION)(?=\s|$)")
_TAG = re.compile(r"<([^>]*)>?")
_LANGUAGE = re.compile(r"Language:\s*(\S+)", re.IGNORECASE)
_KNOWN_TAGS = frozenset({"b", "c", "i", "lang", "rt", "ruby", "u"})


class _Timed:
    """A word with its times in whole milliseconds, of which it lasts at least one."""

    def __init__(self, word: Word) -> None:
        self.word = word
        self.start = milliseconds(word.start)
        self.end = max(milliseconds(word.end), self.start + 1)

    def text(self) -> str:
        """Return the word as a cue says it."""
        text = html.escape(" ".join(split(self.word.text)), quote=False)
        return f"<c.doubt>{text}</c>" if in_doubt(self.word) else text


def written(words: Sequence[Word], *, machine: bool) -> str:
    """Return words as WebVTT.

    Args:
        words: The words, in order.
        machine: Whether a machine wrote them down: then the file says what that is.
    """
    phrases = [_phrase(cue) for cue in sorted(_phrases(words), key=_start)]
    notes = [f"NOTE {INDEX}\n"] if machine else []
    return "\n".join(["WEBVTT\n", *notes, *phrases])


def _start(cue: Sequence[_Timed]) -> int:
    return cue[0].start


def _phrases(words: Sequence[Word]) -> Iterator[list[_Timed]]:
    """Yield words as cues, in which times only grow."""
    cue: list[_Timed] = []
    for word in map(_Timed, words):
        if cue and _ends(cue, word):
            yield cue
            cue = []
        cue.append(word)
    if cue:
        yield cue


def _ends(cue: Sequence[_Timed], word: _Timed) -> bool:
    last = cue[-1]
    return (
        word.start < last.end
        or word.start - last.end >= _PAUSE
        or word.end - cue[0].start > _LONGEST
        or len(cue) == _MOST_WORDS
        or last.word.text.endswith((".", "?", "!"))
    )


def _phrase(cue: Sequence[_Timed]) -> str:
    parts = [cue[0].text()]
    for last, word in pairwise(cue):
        pause = f"<{told(last.end)}>" if last.end < word.start else ""
        parts.append(f"{pause} <{told(word.start)}>{word.text()}")
    return f"{told(cue[0].start)} {_ARROW} {told(cue[-1].end)}\n{''.join(parts)}\n"


def read(text: str, name: str, length: int) -> Brought:
    """Return the transcript that a WebVTT file holds.

    Raises:
        SourceError: It is none, or a cue of it can't be used; the error names the line.
    """
    lines = re.split(r"\r\n|\r|\n", text.replace("\0", "\ufffd"))
    if not re.match(r"WEBVTT(?=[ \t]|$)", lines[0]):
        at = Locus(name, 1)
        raise SourceError("is no WebVTT", at, "its first line says `WEBVTT`")
    left = Left()
    header = next((n for n, line in enumerate(lines) if not line), len(lines))
    # Some leave no blank line between the first line and the first cue.
    early = [n for n, line in enumerate(lines[:header]) if _ARROW in line]
    header = early[0] if early else header
    languages = (_LANGUAGE.match(line) for line in lines[1:header])
    language = next((found[1] for found in languages if found), "")
    cues = list(_cues(lines, header, name, left))
    words = words_of(cues, length, left)
    return Brought(words, FORMAT, left.notes(), language)


def _cues(lines: Sequence[str], first: int, name: str, left: Left) -> Iterator[Cue]:
    number = first
    while number < len(lines):
        if not lines[number]:
            number += 1
            continue
        end = number
        while end < len(lines) and lines[end]:
            end += 1
        yield from _block(lines[number:end], Locus(name, number + 1), left)
        number = end


def _block(lines: Sequence[str], at: Locus, left: Left) -> Iterator[Cue]:
    """Yield the cue that a block of lines is, if it is one."""
    timing = next((n for n, line in enumerate(lines[:2]) if _ARROW in line), None)
    if timing is None:
        if not _SKIPPED.match(lines[0]):
            hint = "a cue has a line `00:00:01.000 --> 00:00:02.000`"
            raise SourceError("is no cue and no note", at, hint)
        return
    place = Locus(at.file, (at.line or 1) + timing)
    start, end = times(lines[timing], place)
    more = [n for n, line in enumerate(lines) if _ARROW in line and n > timing]
    if more:
        after = Locus(at.file, (at.line or 1) + more[0])
        raise SourceError("a blank line is missing before this cue", after)
    text = " ".join(lines[timing + 1 :])
    yield Cue(start, end, place, list(_parts(text, start, end, place, left)))


def times(line: str, at: Locus) -> tuple[int, int]:
    """Return from when to when a cue goes: `00:00:01.000 --> 00:00:02.000`.

    Raises:
        SourceError: The line doesn't say.
    """
    before, _, after = line.partition(_ARROW)
    start, end = parsed(before), parsed((after.split() or [""])[0])
    if start is None or end is None:
        hint = "write `00:00:01.000 --> 00:00:02.000`"
        raise SourceError("these are no times of a cue", at, hint)
    return start, end


def _parts(text: str, start: int, end: int, at: Locus, left: Left) -> Iterator[Part]:
    """Yield the pieces of a cue's text, between the times that stand in it.

    Raises:
        SourceError: A time lies outside of the cue, or before the one before it.
    """
    pieces: list[str] = []
    last, done = start, 0
    for tag in _TAG.finditer(text):
        pieces.append(text[done : tag.start()])
        done = tag.end()
        when = parsed(tag[1])
        if when is None:
            _count(tag[1], left)
            continue
        if not last <= when <= end:
            message = f"the time `{tag[1].strip()}` isn't in order within its cue"
            raise SourceError(message, at)
        yield Part(html.unescape("".join(pieces)), last, when)
        pieces, last = [], when
    yield Part(html.unescape("".join([*pieces, text[done:]])), last, end)


def _count(tag: str, left: Left) -> None:
    """Count a tag that says something which isn't kept."""
    kind = re.split(r"[\s.]", tag.strip().removeprefix("/"), maxsplit=1)[0].lower()
    if tag.startswith("/"):
        return
    if kind == "v":
        left.out("names of voices were left out: who speaks is said of a statement")
    elif tag.startswith("c.doubt"):
        left.out("marks of doubt were left out: JSON keeps them")
    elif kind not in _KNOWN_TAGS:
        left.out("unknown tags were left out")
