"""Plain text, read: lines that begin with `[hh:mm:ss]`, or none that does (documents).

What a line says goes on until the next mark; `[hh:mm:ss --> hh:mm:ss]` says its end
too, as Whisper's own program prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from ringfence.docket.objects import Word
from ringfence.docket.transcripts.cues import Brought, Cue, Left, Part, words_of
from ringfence.docket.transcripts.timing import parsed, split
from ringfence.errors import Locus, SourceError

FORMAT = "plain text"
_TIME = r"[0-9]+(?::[0-9]+){1,2}(?:[.,][0-9]+)?"
MARK = re.compile(rf"\s*[\[(]({_TIME})(?:\s*(?:-->|-|\u2013)\s*({_TIME}))?[\])]")


def read(text: str, name: str, length: int) -> Brought:
    """Return the transcript that a text with marks holds.

    Raises:
        SourceError: It has no mark, text before the first one, or a time that is none.
    """
    left = Left()
    cues = list(_cues(text, name, length, left))
    return Brought(words_of(cues, length, left), FORMAT, left.notes())


def untimed(text: str) -> Brought:
    """Return the words of a document, all without a time."""
    return Brought(tuple(Word(word, 0, 0) for word in split(text)), FORMAT)


def _cues(text: str, name: str, length: int, left: Left) -> Iterator[Cue]:
    cues = _marks(text, name)
    for cue, following in zip_longest(cues, cues[1:]):
        if cue.end >= 0:
            yield cue
            continue
        # A mark without an end goes on to the next one, or to the recording's end.
        end = length if following is None else following.start
        if end < cue.start <= length:
            left.out("marks go back in time: what they mark has no length")
        end = max(end, cue.start)
        part = Part(cue.parts[0].text, cue.start, end)
        yield cue._replace(end=end, parts=[part])


def _marks(text: str, name: str) -> list[Cue]:
    """Return what each mark marks; an end is -1 if the mark doesn't say it."""
    cues: list[Cue] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        at = Locus(name, number)
        mark = MARK.match(line)
        if mark is not None:
            cues.append(_marked(line, mark, at))
        elif line.strip() and not cues:
            hint = "begin each line with `[hh:mm:ss]`, when it is said"
            raise SourceError("is said at no time", at, hint)
        elif line.strip():
            last = cues[-1]
            said = Part(f"{last.parts[0].text} {line}", last.start, last.end)
            cues[-1] = last._replace(parts=[said])
    return cues


def _marked(line: str, mark: re.Match[str], at: Locus) -> Cue:
    start = parsed(mark[1])
    end = parsed(mark[2]) if mark[2] else -1
    if start is None or end is None:
        hint = "minutes and seconds go to 59"
        raise SourceError("the mark is no time", at, hint)
    return Cue(start, end, at, [Part(line[mark.end() :], start, end)])
