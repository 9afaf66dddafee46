"""SubRip (`.srt`), read: a number, a line of times, lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.docket.transcripts.cues import Brought, Cue, Left, Part, words_of
from ringfence.docket.transcripts.webvtt import times
from ringfence.errors import Locus, SourceError

FORMAT = "SubRip"
TIMES = re.compile(r"\s*[0-9]+:[0-9]+:[0-9]+([.,][0-9]+)?\s*-->")
_TAG = re.compile(r"</?(?:b|i|u|s|font)\b[^<>]*>|\{[^{}]*\}", re.IGNORECASE)


def read(text: str, name: str, length: int) -> Brought:
    """Return the transcript that a SubRip file holds.

    A line of times begins a cue, and the number before it is its own, whether there is
    a blank line before or not.

    Raises:
        SourceError: A cue of it can't be used; the error names the line.
    """
    left = Left()
    words = words_of(list(_cues(text, name, left)), length, left)
    return Brought(words, FORMAT, left.notes())


def _cues(text: str, name: str, left: Left) -> Iterator[Cue]:
    lines = re.split(r"\r\n|\r|\n", text)
    begun = [number for number, line in enumerate(lines) if "-->" in line]
    before = [line for line in lines[: begun[0] if begun else None] if line.strip()]
    if not begun or len(before) > 1 or not all(map(_is_number, before)):
        hint = "a cue has a line `00:00:01,000 --> 00:00:02,000`"
        raise SourceError("is no cue", Locus(name, 1), hint)
    for number, following in zip(begun, [*begun[1:], None], strict=True):
        at = Locus(name, number + 1)
        start, end = times(lines[number], at)
        own = lines[number + 1 : following]
        # Blank lines end a cue; the number of the next one stands before its times.
        if following is not None and own and _is_number(own[-1]):
            own.pop()
        said = " ".join(own)
        left.out("marks of style were left out", len(_TAG.findall(said)))
        yield Cue(start, end, at, [Part(_TAG.sub("", said), start, end)])


def _is_number(line: str) -> bool:
    return bool(re.fullmatch(r"\s*[0-9]+\s*", line))
