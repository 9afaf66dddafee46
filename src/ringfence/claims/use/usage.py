"""What the logs say of each way to protected data: who used it, how often, when last.

A way is *unused* only if no event may have gone over it and whole logs watch it for all
of the period that it was there for. What can't be told is *unknown*, and never unused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from ringfence.audit.event import touch_of
from ringfence.audit.usage import sums
from ringfence.claims.case import Case
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.world import MICRO, Asked
from ringfence.claims.instants import moment, seconds
from ringfence.claims.outcome import Reason
from ringfence.claims.use.ends import Ends
from ringfence.claims.use.legs import Legs
from ringfence.claims.use.network import Network, network
from ringfence.claims.use.placing import Placed, Placing, Tally
from ringfence.claims.use.watching import Watching
from ringfence.reach.masks import ALL_VERBS, CONTROL, Flags, Ints, verb_mask
from ringfence.reach.states import core


class Use(StrEnum):
    """What the logs say of the use of a way."""

    USED = "used"
    UNUSED = "unused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WayUse:
    """What the logs say of one way: an edge that leads towards protected data.

    Attributes:
        tail: Id of the node that it starts from.
        kind: Kind of edge.
        head: Id of the node that it leads to.
        verb: Verb of a grant, else empty.
        use: What the logs say.
        events: How many events surely went over it.
        last: When the last of them did, in microseconds; None for none.
        perhaps: How many events may have gone over it, or over another way.
        logs: The logs that show its use: of an unused way those that are whole.
        because: Why it is what it is, if it isn't used.
        at: Where the facts stand that say it: the source, and the place in it.
    """

    tail: str
    kind: str
    head: str
    verb: str
    use: Use
    events: int
    last: int | None
    perhaps: int
    logs: tuple[str, ...]
    because: tuple[Reason, ...]
    at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unused:
    """What the logs say of all ways to protected data.

    Attributes:
        first: First microsecond of the period, and `after` the first one after it.
        ways: How many ways there are, as of the date judged.
        used: How many of them somebody used.
        unused: How many nobody used.
        unknown: Of how many it can't be told.
        unplaced: How many events the estate has no way for, on some leg.
        why: Why it can't be told, by how many ways.
        listed: The ways that aren't used, or of which it can't be told.
    """

    first: int
    after: int
    ways: int
    used: int
    unused: int
    unknown: int
    unplaced: int
    why: tuple[tuple[str, int], ...]
    listed: tuple[WayUse, ...]


@dataclass(frozen=True)
class Usage:
    """The use of ways over a period.

    Attributes:
        case: The case over the period and the date judged.
        network: Its ways.
        watching: Which of them the logs watch.
        placed: What events went over.
        first: First microsecond of the period, and `after` the first one after it.
        ways: Numbers of the ways to protected data, as of the date judged.
    """

    case: Case
    network: Network
    watching: Watching
    placed: Placed
    first: int
    after: int
    ways: Ints

    def used(self, *, but: Collection[str] = ()) -> Iterator[WayUse]:
        """Yield what the logs say of each way.

        Args:
            but: Nodes of those whose use doesn't count.
        """
        sure, maybe = (
            _summed(marks, but) for marks in (self.placed.sure, self.placed.maybe)
        )
        cited = self.case.estate.rows([int(row) for row in self._rows])
        for way in self.ways.tolist():
            edges = self.edges(way)
            rows = (cited[int(self.network.graph.row[edge])] for edge in edges)
            at = tuple(sorted({f"{row.source}: {row.at}" for row in rows}))
            yield self._told(way, edges, (sure.get(way), maybe.get(way)), at)

    def _told(
        self,
        way: int,
        edges: list[int],
        marks: tuple[Tally | None, Tally | None],
        at: tuple[str, ...],
    ) -> WayUse:
        sure, maybe = marks
        window = self._window(edges)
        because = () if sure else tuple(self._because(way, window, maybe))
        use = Use.USED if sure else Use.UNKNOWN if because else Use.UNUSED
        whole = self.watching.whole(window)
        logs = self.watching.logs(way, whole if use is Use.UNUSED else self._names)
        return WayUse(
            *self.network.called(edges[0]),
            use=use,
            events=sure.count if sure else 0,
            last=sure.last if sure else None,
            perhaps=maybe.count if maybe else 0,
            logs=logs,
            because=because,
            at=at,
        )

    def _because(
        self, way: int, window: tuple[int, int], maybe: Tally | None
    ) -> Iterator[Reason]:
        """Yield why it can't be told whether a way was used; nothing if it wasn't."""
        if window[0] >= window[1]:
            yield Reason("new", "it is newer than the logs")
            return
        if self.watching.is_unseen(self.watching.whole(window))[way]:
            yield from dict.fromkeys(self.watching.blame(way, window))
        if maybe:
            events = "1 event" if maybe.count == 1 else f"{maybe.count:,} events"
            yield Reason("perhaps", f"{events} may have gone over it, or another way")

    def _window(self, edges: list[int]) -> tuple[int, int]:
        """Return the part of the period in which some of the edges hold."""
        since = min(int(self.network.since[edge]) for edge in edges)
        begin = max(self.first, max(since, self.first // MICRO) * MICRO)
        return min(begin, self.after), self.after

    def edges(self, way: int) -> list[int]:
        """Return the edges of a way that are in force as of the date judged."""
        return self._edges[way]

    @cached_property
    def _edges(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {way: [] for way in self.ways.tolist()}
        inside = np.isin(self.network.way, self.ways) & _in_force(
            self.case, self.network
        )
        for edge in np.flatnonzero(inside).tolist():
            found[int(self.network.way[edge])].append(edge)
        return found

    @cached_property
    def _rows(self) -> Ints:
        edges = [edge for some in self._edges.values() for edge in some]
        rows: Ints = self.network.graph.row[np.array(edges, np.int64)]
        return rows

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.watching.names)

    def unused(self) -> Unused:
        """Return the ways that nobody used, and those of which it can't be told."""
        told = list(self.used())
        counts = Counter(one.use for one in told)
        why = Counter(one.because[0].text for one in told if one.use is Use.UNKNOWN)
        return Unused(
            first=self.first,
            after=self.after,
            ways=len(told),
            used=counts[Use.USED],
            unused=counts[Use.UNUSED],
            unknown=counts[Use.UNKNOWN],
            unplaced=self.placed.unplaced,
            why=tuple(sorted(why.items(), key=lambda pair: (-pair[1], pair[0]))),
            listed=tuple(one for one in told if one.use is not Use.USED),
        )


def _summed(
    marks: Mapping[tuple[int, str], Tally], but: Collection[str]
) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for (way, who), tally in marks.items():
        if who not in but:
            whole = found.setdefault(way, Tally())
            whole.events += tally.events
            whole.again += tally.again
            whole.last = max(whole.last, tally.last)
    return found


def usage(past: Logs, asked: Asked) -> Usage:
    """Return what the logs say of the ways to what is asked about.

    Args:
        past: The logs.
        asked: What is protected, which logs, and when.
    """
    whole = _over(past.case, asked)
    mask = verb_mask(sorted(asked.verbs))
    protected = dict.fromkeys(past.case.targets(asked.protected), mask)
    found = network(whole, _touched(past) | protected)
    cuts = _cuts(found, asked)
    orders = {one.name: one for one in past.orders if one.name in asked.logs}
    placing = Placing(
        found,
        Legs(found, cuts),
        ends=Ends(found, Holding(whole)),
        orders=orders,
        cuts=cuts,
    )
    marks = [second * MICRO for second in cuts[1:]]
    window = asked.first, asked.after
    for one in sums(past.table, asked.logs, window, marks):
        placing.add(one)
    goals = found.goals(list(protected), mask)
    seen = past.seen(asked.logs)
    watching = Watching(found, goals, list(orders.values()), seen)
    ways = _ways(whole, found, protected)
    return Usage(whole, found, watching, placing.placed, *window, ways)


def _over(case: Case, asked: Asked) -> Case:
    """Return the case over the period asked and the date judged."""
    instant = case.boundary.as_of
    first, last = moment(asked.first // MICRO), moment(asked.after // MICRO - 1)
    return case.over(min(first, instant), max(last, instant))


def _touched(past: Logs) -> dict[str, int]:
    """Return what events name: data with every verb, principals to be controlled.

    Where an account leads to no data that anybody knows of, its events show all the
    same who came to it.
    """
    named: set[str] = set()
    for word in past.table.words("touch"):
        named.update(touch_of(word or "{}").names())
    acting = {*past.table.words("actor"), *past.table.words("tool")}
    tools = (one.tool for one in past.orders)
    return dict.fromkeys({*acting, *tools}, CONTROL) | dict.fromkeys(named, ALL_VERBS)


def _cuts(found: Network, asked: Asked) -> tuple[int, ...]:
    """Return when stretches begin in which no edge on a way begins or ends."""
    first, after = asked.first // MICRO, -(-asked.after // MICRO)
    edges = np.unique(found.states.edge)
    ends = np.unique(np.concatenate((found.since[edges], found.until[edges])))
    inner = ends[(ends > first) & (ends < after)]
    return (first, *inner.tolist())


def _ways(case: Case, found: Network, protected: Mapping[str, int]) -> Ints:
    """Return the ways to protected data as of the date judged."""
    now = found.graph.chosen(np.flatnonzero(_in_force(case, found)))
    goals = np.zeros(len(now.ids), np.uint16)
    for node, mask in protected.items():
        goals[now.number[node]] |= mask
    inside = core(now, now.seeds(found.origins), goals)
    kept = np.flatnonzero(_in_force(case, found))[np.unique(inside.edge)]
    return np.unique(found.way[kept[found.shown[kept]]])


def _in_force(case: Case, found: Network) -> Flags:
    now = seconds(case.boundary.as_of)
    held: Flags = (found.since <= now) & (now < found.until)
    return held
