"""Cues: what a transcript of somebody else's says, and from when to when.

Each format gives cues; here they become words. Whatever stands against the recording is
an error with its line, and what is left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.docket.objects import RATE, Word
from ringfence.docket.transcripts.timing import clock, split, spread
from ringfence.errors import Locus, SourceError

_BEYOND = 2 * RATE  # a tool may round up, or count a second of silence on top


class Part(NamedTuple):
    """A piece of a cue: a text, and from when to when it is said."""

    text: str
    start: int
    end: int


class Cue(NamedTuple):
    """What is said in a stretch, in samples; `at` is where the file says so.

    Attributes:
        parts: Pieces of the text, each with its time, in order.
        words: The words, if the file times each of them; then `parts` isn't read.
    """

    start: int
    end: int
    at: Locus
    parts: Sequence[Part] = ()
    words: Sequence[Word] = ()


@dataclass(slots=True)
class Left:
    """What was left out of a transcript, counted."""

    counts: Counter[str] = field(default_factory=Counter)

    def out(self, what: str, count: int = 1) -> None:
        """Count something that was left out."""
        if count:
            self.counts[what] += count

    def notes(self) -> tuple[str, ...]:
        """Return what was left out, a line each."""
        return tuple(f"{count} {what}" for what, count in sorted(self.counts.items()))


@dataclass(frozen=True, slots=True)
class Brought:
    """A transcript that a file holds.

    Attributes:
        words: Its words, in order.
        format: What the file is.
        notes: What was left out, a line each.
        language: What the file says it is in; empty if it doesn't.
    """

    words: tuple[Word, ...]
    format: str
    notes: tuple[str, ...] = ()
    language: str = ""


def words_of(cues: Iterable[Cue], length: int, left: Left) -> tuple[Word, ...]:
    """Return the words of cues, in the order of their beginnings.

    Args:
        cues: The cues, in any order.
        length: How many samples the recording has.
        left: Counts what is left out.

    Raises:
        SourceError: A cue ends before it begins, or lies behind the recording's end.
    """
    found: list[Word] = []
    for cue in sorted(cues, key=lambda cue: cue.start):
        _check(cue, length)
        if cue.end > length:
            left.out("cues ran past the recording's end, and were cut there")
        words = cue.words or [
            word
            for part in cue.parts
            for word in spread(split(part.text), part.start, part.end)
        ]
        if not words:
            left.out("cues hold no word")
        found += (_within(word, length) for word in words)
    return tuple(found)


def _check(cue: Cue, length: int) -> None:
    if cue.end < cue.start:
        raise SourceError("the cue ends before it begins", cue.at)
    if cue.start > length or cue.end > length + _BEYOND:
        message = f"the cue lies behind the recording's end ({clock(length)})"
        hint = "is it the transcript of another recording?"
        raise SourceError(message, cue.at, hint)


def _within(word: Word, length: int) -> Word:
    start = min(word.start, length)
    end = min(max(word.end, start), length)
    return Word(word.text, start, end, word.prob, word.agrees)
