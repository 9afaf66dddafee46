"""Events in the making, gathered into sheets of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from ringfence.audit.event import (
    CODED,
    NO_ROWS,
    NOTHING,
    VERB_CODE,
    Ending,
    Malformed,
    Sheet,
    Touch,
    Words,
)

FULL = 1 << 16  # parts of a log in one sheet


@dataclass(slots=True)
class Event:
    """One event before it is numbered; the words are those of `Sheet`."""

    time: int
    actor: str = ""
    behind: str = ""
    credential: str = ""
    issued: str = ""
    session: str = ""
    application: str = ""
    address: str = ""
    touch: Touch = NOTHING
    verb: str = "none"
    ending: Ending = Ending.DONE
    rows: int = NO_ROWS
    uid: str = ""
    request: str = ""
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """A part of a log that is no event; its time, if it has one, is a beat."""

    time: int | None = None


Told = Event | Aside | tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part of a log stands in the unpacked content."""

    offset: int
    length: int
    line: int


@lru_cache(maxsize=1 << 14)
def _text(touch: Touch) -> str:
    """Return the canonical text; a log touches the same few things over and over."""
    return touch.text()


@dataclass(slots=True)
class Draft:
    """A sheet in the making."""

    words: Mapping[str, Words]
    events: list[Event] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    beats: list[int] = field(default_factory=list)
    asides: int = 0

    def __len__(self) -> int:
        """Return how many parts of the log it holds."""
        return len(self.events) + len(self.malformed) + self.asides

    def tell(self, told: Told, span: Span) -> None:
        """Add what a part of the log tells."""
        if isinstance(told, Aside):
            self.asides += 1
            if told.time is not None:
                self.beats.append(told.time)
            return
        for event in (told,) if isinstance(told, Event) else told:
            self.events.append(event)
            self.spans.append(span)

    def refuse(self, reason: str, span: Span) -> None:
        """Add a part of the log that can't be read."""
        bad = Malformed(span.offset, span.length, span.line, reason)
        self.malformed.append(bad)

    def take(self, *, least: int) -> Iterator[Sheet]:
        """Yield what was gathered and begin anew, if that is `least` parts or more."""
        if len(self) < least:
            return
        yield self._sheet()
        self.events, self.spans, self.malformed = [], [], []
        self.beats, self.asides = [], 0

    def _sheet(self) -> Sheet:
        events, spans = self.events, self.spans
        verbs = [VERB_CODE[event.verb] for event in events]
        told = {n: event.subjects for n, event in enumerate(events) if event.subjects}
        return Sheet(
            time=np.array([event.time for event in events], np.int64),
            verb=np.array(verbs, np.int8),
            ending=np.array([event.ending for event in events], np.int8),
            rows=np.array([event.rows for event in events], np.int64),
            coded={
                column: self.words[column].codes(
                    _text(event.touch) if column == "touch" else getattr(event, column)
                    for event in events
                )
                for column in CODED
            },
            uid=[event.uid for event in events],
            request=[event.request for event in events],
            offset=np.array([span.offset for span in spans], np.int64),
            length=np.array([span.length for span in spans], np.int64),
            line=np.array([span.line for span in spans], np.int64),
            subjects=told,
            malformed=self.malformed,
            beats=np.array(self.beats, np.int64),
            asides=self.asides,
        )
