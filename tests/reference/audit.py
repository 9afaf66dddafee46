"""The judge, one event at a time: the sentences of the boundary as a plain loop.

Nothing here knows an engine, a kernel or an array: the slow and obvious way, against
which every engine is held.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """What the judge reads of an event."""

    time: int
    who: int
    tool: int
    touch: int
    verb: int
    rows: int
    address: int


class Timeline:
    """What each code is at a time: intervals without overlap, found by their start."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Take rows of code, since, until, status."""
        self._spans: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for code, since, until, status in sorted(rows):
            if since < until:
                self._spans[code].append((since, until, status))
        self._starts = {
            code: [span[0] for span in spans] for code, spans in self._spans.items()
        }

    def at(self, code: int, time: int) -> int | None:
        """Return the status at a time; None when there is none."""
        place = bisect_right(self._starts.get(code, ()), time) - 1
        if place < 0:
            return None
        _, until, status = self._spans[code][place]
        return status if time < until else None


@dataclass(slots=True)
class Group:
    """What happened in one group."""

    events: int = 0
    rows: int = 0
    unsaid: int = 0
    first: int = 0
    last: int = 0

    def add(self, event: Event) -> None:
        """Count one more event."""
        self.first = min(self.first, event.time) if self.events else event.time
        self.last = max(self.last, event.time) if self.events else event.time
        self.events += 1
        self.rows += max(event.rows, 0)
        self.unsaid += event.rows < 0


@dataclass(slots=True)
class Known:
    """The world, ready to be asked."""

    standing: Timeline
    touched: Timeline
    leave: Mapping[tuple[int, int], list[tuple[int, int]]]
    abroad: Mapping[int, int]


@dataclass(slots=True)
class Result:
    """How many events for each reason, and the groups of those not permitted."""

    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    groups: dict[tuple[int, int, int, int, int, str], Group] = field(
        default_factory=lambda: defaultdict(Group)
    )


def reason(event: Event, known: Known, verbs: frozenset[int]) -> str:
    """Return why an event is what it is."""
    if event.verb not in verbs:
        return "NOTHING"
    data = known.touched.at(event.touch, event.time)
    if data == 0:
        return "UNPROTECTED"
    spans = known.leave.get((event.who, event.touch), ())
    if any(since <= event.time < until for since, until in spans):
        return "EXCEPTION"
    return "NOBODY" if event.who == 0 else _of_person(event, known, data)


def _of_person(event: Event, known: Known, data: int | None) -> str:
    person = known.standing.at(event.who, event.time)
    if person == 2:
        return "CROSSING" if data == 2 else "DATA"
    if person != 0:
        return "PERSON"
    return {2: "ABROAD", 1: "ADDRESS"}.get(
        known.abroad.get(event.address, 0), "NOT_EXCLUDED"
    )


PERMITTED = frozenset({"NOTHING", "UNPROTECTED", "EXCEPTION", "NOT_EXCLUDED"})


def judged(
    events: Iterable[Event],
    known: Known,
    window: tuple[int, int],
    verbs: frozenset[int],
) -> Result:
    """Judge the events of a half-open window."""
    result = Result()
    for event in events:
        if not window[0] <= event.time < window[1]:
            continue
        why = reason(event, known, verbs)
        result.reasons[why] += 1
        if why not in PERMITTED:
            day = event.time // DAY * DAY
            key = (event.who, event.tool, event.touch, event.verb, day, why)
            result.groups[key].add(event)
    return result
