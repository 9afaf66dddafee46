"""A transcript shown: as text for a person, as WebVTT beside a player, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from ringfence.docket.objects import RATE, Origin, Transcript, Word
from ringfence.docket.transcripts.doubt import LEAST, in_doubt
from ringfence.docket.transcripts.segmented import OWN
from ringfence.docket.transcripts.timing import clock
from ringfence.docket.transcripts.webvtt import INDEX, written
from ringfence.errors import ConfigError, printable

_PAUSE, _MOST = RATE, 30
_SECONDS = len("hh:mm:ss")


def shown(number: str, recording: str, transcript: Transcript, form: str) -> str:
    """Return a transcript as `text`, `vtt` or `json`.

    Args:
        number: What people call it: `T1`.
        recording: What people call its recording: `R1`.
        transcript: The transcript.
        form: What it is shown as.

    Raises:
        ConfigError: It has no times, and is to be WebVTT.
    """
    if form == "json":
        return _as_json(number, recording, transcript)
    if form == "vtt":
        if not _is_timed(transcript.words):
            message = f"{number} is of a document: its words have no times"
            raise ConfigError(message, hint="`--format text` shows it")
        return written(transcript.words, machine=_by_machine(transcript))
    return _as_text(number, recording, transcript)


def _by_machine(transcript: Transcript) -> bool:
    return transcript.origin.by == "machine"


def _is_timed(words: Sequence[Word]) -> bool:
    return any(word.end for word in words)


def doubted(words: Sequence[Word]) -> int:
    """Return how many words are in doubt."""
    return sum(map(in_doubt, words))


def _as_json(number: str, recording: str, transcript: Transcript) -> str:
    note = INDEX if _by_machine(transcript) else ""
    words = [
        {
            "text": word.text,
            "start": word.start,
            "end": word.end,
            "prob": word.prob,
            "agrees": word.agrees,
            "doubt": in_doubt(word),
        }
        for word in transcript.words
    ]
    origin = msgspec.to_builtins(transcript.origin)
    told = {
        "format": OWN,
        "transcript": number,
        "recording": recording,
        "note": note,
        "origin": {name: origin[name] for name in origin if name != "reviewer"},
        "language": transcript.language,
        "rate": RATE,
        "words": words,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1).decode() + "\n"


def _as_text(number: str, recording: str, transcript: Transcript) -> str:
    lines = [*_head(number, recording, transcript), ""]
    if not _is_timed(transcript.words):
        lines.append(" ".join(map(_marked, transcript.words)))
        return "\n".join(lines) + "\n"
    for phrase in _phrases(transcript.words):
        said = " ".join(map(_marked, phrase))
        lines.append(f"[{clock(phrase[0].start)[:_SECONDS]}] {said}")
    return "\n".join(lines) + "\n"


def _head(number: str, recording: str, transcript: Transcript) -> Iterator[str]:
    words = transcript.words
    if not _by_machine(transcript):
        yield f"{number}, written by a person from {recording}; {len(words)} words."
        yield "No reviewer has heard it here: a statement's quote says who did."
        return
    yield f"{number}, written by a machine from {recording}. {INDEX}"
    yield f"{engine_line(transcript.origin)}."
    if _says_doubt(words):
        how = f"an engine gives it less than {LEAST}, or a second one heard otherwise"
        yield f"{doubted(words)} of {len(words)} words are in doubt ([word?]): {how}."
    else:
        yield f"{len(words)} words; nothing says which of them are in doubt."


def _says_doubt(words: Sequence[Word]) -> bool:
    """Tell whether anything is known of what is in doubt."""
    return any(one.prob is not None or one.agrees is not None for one in words)


def summary(number: str, recording: str, transcript: Transcript) -> str:
    """Return what was written down, in two lines."""
    words = transcript.words
    if not _by_machine(transcript):
        return f"{number}  {recording}  {len(words)} words, written by a person\n"
    doubt = f"{doubted(words)} of them in doubt"
    if words and not _says_doubt(words):
        doubt = "and nothing says which are in doubt"
    what = f"{len(words)} words, {doubt}"
    return f"{number}  {recording}  {what}\n    {engine_line(transcript.origin)}\n"


def engine_line(origin: Origin) -> str:
    """Return which engines wrote a transcript, in one line."""
    if "file" in origin.parameters:
        return printable(f"Brought in: {origin.engine}")
    model, _, digest = origin.model.rpartition(":")
    said = f"{origin.engine} {origin.version}".strip()
    by = f"{said}, model {model} ({digest[:12]})" if model else said
    second = origin.parameters.get("second")
    beside = f"; beside it {second}" if second else "; no second engine"
    listened = origin.parameters.get("listened to")
    heard = f"; listened to {listened}" if listened else ""
    return printable(f"By {by}{beside}{heard}")


def _marked(word: Word) -> str:
    text = printable(word.text)
    return f"[{text}?]" if in_doubt(word) else text


def _phrases(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield words a line each phrase: a pause, a full stop or thirty words end one."""
    phrase = list(words[:1])
    for last, word in pairwise(words):
        ends = last.text.endswith((".", "?", "!")) or word.start - last.end >= _PAUSE
        if ends or len(phrase) == _MOST or word.start < last.start:
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase
