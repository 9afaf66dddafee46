"""The estate over a period as the judge of events takes it: codes and microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ringfence.audit.event import touch_of
from ringfence.audit.table import EventTable
from ringfence.audit.world import ALWAYS, FOREVER, Leaves, Spans, Status, World
from ringfence.boundary.model import BoundaryException
from ringfence.boundary.protection import patterns
from ringfence.boundary.status import Status as Judged
from ringfence.claims.case import Case
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.touched import Protection
from ringfence.claims.instants import seconds
from ringfence.claims.standing import Standing, overlap

MICRO = 1_000_000
FAR = 1 << 40  # beyond any instant that a log can name


@dataclass(frozen=True)
class Period:
    """The estate over a period, ready to be asked about events.

    Args:
        case: The case of the whole period.
        first: Its first second, since 1970.
        after: The first second after it.
        table: The events, whose words get a meaning here.
    """

    case: Case
    first: int
    after: int
    table: EventTable

    @cached_property
    def holding(self) -> Holding:
        """Who holds what."""
        return Holding(self.case)

    @cached_property
    def _standing(self) -> Standing:
        return Standing(self.case, self.first, self.after)

    def protection(self, names: tuple[str, ...]) -> Protection:
        """Return what is protected over the period."""
        times = self._standing.protected(names)
        return Protection(self.case, times, (self.first, self.after))

    def standing(self, selector: str) -> Spans:
        """Return who was excluded, and when, by the codes of the table's principals."""
        times = self._standing.excluded(selector)
        rows = []
        for code, word in enumerate(self.table.words("actor")):
            person, held = self.holding.person(word)
            if not code or not person:
                continue
            told = [(a, b) for a, b, _ in times.get(person, ())]
            for begin, end in overlap(told, held):
                rows += [
                    (code, max(a, begin), min(b, end), int(status))
                    for a, b, status in times[person]
                    if a < end and begin < b
                ]
        return _spans(rows)

    def touched(self, names: tuple[str, ...]) -> Spans:
        """Return what was protected, and when, by the codes of the table's touches."""
        protection = self.protection(names)
        rows = [
            (code, begin, end, int(status))
            for code, word in enumerate(self.table.words("touch"))
            for begin, end, status in protection.spans(touch_of(word or "{}"))
        ]
        return _spans(rows)

    def leaves(
        self, names: tuple[str, ...], exceptions: Sequence[BoundaryException]
    ) -> Leaves:
        """Return which exceptions were in force for whom, and for which touches."""
        protection = self.protection(names)
        rows = [row for one in exceptions for row in self._leave(one, protection)]
        columns = np.array(rows, np.int64).reshape(-1, 4).T
        return Leaves(*columns).merged()

    def _leave(
        self, exception: BoundaryException, protection: Protection
    ) -> Iterator[tuple[int, int, int, int]]:
        covers = patterns(exception.columns)
        told = (
            instant(exception.since, -FAR),
            instant(exception.until, FAR),
        )
        members = self.holding.members(exception.who)
        touches = [
            (code, span)
            for code, word in enumerate(self.table.words("touch"))
            for span in protection.conceded(touch_of(word or "{}"), covers)
        ]
        for code, word in enumerate(self.table.words("actor")):
            person, held = self.holding.person(word)
            if person not in members:
                continue
            spans = overlap(overlap(held, members[person]), [told])
            for touch, span in touches:
                for begin, end in overlap(spans, [span]):
                    yield code, touch, micro(begin), micro(end)


@dataclass(frozen=True, slots=True)
class Asked:
    """What events are asked about.

    Attributes:
        selector: Who is excluded.
        protected: Which protections; empty stands for all.
        exceptions: The exceptions that count.
        verbs: What counts, verb by verb.
        logs: Names of the logs.
        first: First instant, in microseconds.
        after: First instant that isn't asked for any more.
    """

    selector: str
    protected: tuple[str, ...]
    exceptions: tuple[BoundaryException, ...]
    verbs: frozenset[str]
    logs: tuple[str, ...]
    first: int
    after: int


def world_of(period: Period, asked: Asked, abroad: dict[int, Status]) -> World:
    """Return the world that events are judged in."""
    return World(
        standing=period.standing(asked.selector),
        touched=period.touched(asked.protected),
        leave=period.leaves(asked.protected, asked.exceptions),
        abroad=abroad,
    )


def _spans(rows: Iterable[tuple[int, int, int, int]]) -> Spans:
    columns = np.array([*rows], np.int64).reshape(-1, 4).T
    code, since, until, status = columns
    return Spans(code, _micros(since), _micros(until), status)


def _micros(
    seconds: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.clip(seconds, ALWAYS // MICRO, FOREVER // MICRO) * MICRO


def micro(second: int) -> int:
    """Return a second as microseconds, within what a table can hold."""
    return min(max(second, ALWAYS // MICRO), FOREVER // MICRO) * MICRO


def instant(text: str, absent: int) -> int:
    """Return an instant as a second since 1970, or what stands for none."""
    if not text:
        return absent
    return seconds(text)


# INVARIANT: the two scales agree, so that a status is its own number on both.
assert [int(one) for one in Judged] == [Status.NO, Status.UNKNOWN, Status.YES]  # noqa: S101
