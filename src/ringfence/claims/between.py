"""`reach path`: the shortest ways from some principals to some resources.

Certain ways come before possible ones, and those of somebody excluded to something
protected before all others: what an answer shows is what its exit code is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from ringfence.boundary.status import Status
from ringfence.claims.answers import Crossing
from ringfence.claims.asking import Asking, Progress
from ringfence.claims.instants import seconds
from ringfence.claims.outcome import Path
from ringfence.claims.show import paths_of
from ringfence.claims.spans import Span, Swept, alive, crossed, spans, swept, told
from ringfence.claims.together import Together, together
from ringfence.claims.ways import Field, Way, ways
from ringfence.claims.ways import field as fielded
from ringfence.reach.arcs import grouped
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints

# So many pairs at most are unpacked at once; beyond, resources go in parts.
MOST = 1 << 26


@dataclass(frozen=True, slots=True)
class Between:
    """The shortest ways from some principals to some resources.

    Attributes:
        asked: The two names.
        origins: Whom the first one stands for.
        targets: What the second one stands for.
        certain: How many pairs are certainly in reach.
        possible: How many may be, those included.
        crossing: Whether somebody excluded reaches something protected.
        at: The instant that the paths are of.
        paths: The ways, shortest first.
        statuses: Whether the ends of these are excluded, or protected, by node id.
        pairs: When each pair was in reach, if a period is asked about.
    """

    asked: tuple[str, str]
    origins: tuple[str, ...]
    targets: tuple[str, ...]
    certain: int
    possible: int
    crossing: Crossing
    at: str
    paths: tuple[Path, ...]
    statuses: Mapping[str, str]
    pairs: tuple[Span, ...] = ()
    together: Together = field(default_factory=Together)


def between(
    asking: Asking, first: str, last: str, *, most: int, progress: Progress
) -> Between:
    """Return up to so many different shortest ways from one name to another.

    Raises:
        ConfigError: Nothing is called one of them.
    """
    origins = asking.principals(first, "A")
    targets = asking.resources(last, "B")
    progress("sweeping the edges")
    found = _Found(asking, origins, targets)
    found.fill()
    jointly = together(asking, origins, targets)
    progress("looking for the shortest ways")
    at, paths = _shown(asking, found, most)
    return Between(
        asked=(first, last),
        origins=tuple(origins),
        targets=tuple(targets),
        certain=found.certain,
        possible=found.possible,
        crossing=max(found.crossing, jointly.crossing),
        at=at,
        paths=paths,
        statuses=_statuses(asking, paths),
        pairs=tuple(found.pairs),
        together=jointly,
    )


def _statuses(asking: Asking, paths: Sequence[Path]) -> dict[str, str]:
    found = {path.target: str(asking.protected(path.target)) for path in paths}
    for path in paths:
        if (status := asking.excluded(path.origin)) is not None:
            found[path.origin] = str(status)
    return found


class _Found:
    """Which pairs are in reach, and which of them to show first.

    Attributes:
        certain: How many certainly are.
        possible: How many may be.
        crossing: Whether somebody excluded reaches something protected.
        pairs: When each was, if a period is asked about.
    """

    def __init__(
        self, asking: Asking, origins: Sequence[str], targets: Sequence[str]
    ) -> None:
        self._asking, self._origins, self._targets = asking, origins, targets
        out = [asking.excluded(node) or Status.NO for node in origins]
        self._out = np.array(out, np.int64)
        guarded = [asking.protected(node) for node in targets]
        self._guarded = np.array(guarded, np.int64)
        self.certain = self.possible = 0
        self.crossing = Crossing.NONE
        self.pairs: list[Span] = []
        self._crossed: dict[bool, list[Span]] = {True: [], False: []}

    def fill(self) -> None:
        """Sweep, part by part."""
        parts = [
            swept(self._asking, self._origins, self._targets, sure=sure, most=MOST)
            for sure in (True, False)
        ]
        for sure, maybe in zip(*parts, strict=True):
            self.certain += len(sure.pairs)
            self.possible += len(maybe.pairs)
            self.pairs += spans(self._origins, self._targets, sure, maybe)
            if self._crosses(maybe, Status.UNKNOWN):
                self.crossing = max(self.crossing, Crossing.POSSIBLE)
            if self._crosses(sure, Status.YES):
                self.crossing = Crossing.CERTAIN

    def _crosses(self, part: Swept, least: Status) -> bool:
        if self._asking.period is not None:
            found = crossed(self._asking, part, self._origins, self._targets, least)
            sure = least is Status.YES
            for (row, column), held in found.items():
                ends = self._origins[row], self._targets[part.begin + column]
                when = told(held)
                self._crossed[sure].append(Span(*ends, when if sure else (), when))
            return bool(found)
        columns = slice(part.begin, part.begin + len(part.pairs.targets))
        chosen = part.pairs.flags()[self._out >= least]
        return bool(chosen[:, self._guarded[columns] >= least].any())

    def choices(self) -> Iterator[tuple[bool, list[str], list[str], Sequence[Span]]]:
        """Yield what to look for, best first: certain or not, from whom, to what, when.

        Over a period, the way of a crossing is of an instant at which it was one.
        """
        for sure, least in ((True, Status.YES), (False, Status.UNKNOWN)):
            if self.crossing >= (Crossing.CERTAIN if sure else Crossing.POSSIBLE):
                out = np.flatnonzero(self._out >= least).tolist()
                guarded = np.flatnonzero(self._guarded >= least).tolist()
                yield (
                    sure,
                    [self._origins[row] for row in out],
                    [self._targets[column] for column in guarded],
                    self._crossed[sure],
                )
            if self.certain if sure else self.possible:
                yield sure, list(self._origins), list(self._targets), self.pairs


def _shown(asking: Asking, found: _Found, most: int) -> tuple[str, tuple[Path, ...]]:
    """Return the instant that is shown, and the paths of it."""
    for sure, origins, targets, pairs in found.choices():
        at = _first(pairs, {*origins}, {*targets}, sure=sure)
        graph = alive(asking, None if not at else seconds(at))
        then = [one for one in pairs if _holds(one, at, sure=sure)]
        who, what = {one.principal for one in then}, {one.resource for one in then}
        rows = asking.numbers(one for one in origins if not at or one in who)
        columns = asking.numbers(one for one in targets if not at or one in what)
        told = _walks(graph, rows, columns, asking.verbs, sure=sure)
        paths = tuple(_path(asking, graph, *one) for one in islice(told, most))
        if paths:
            return at or asking.case.view.instant, paths
    return asking.case.view.instant, ()


def _first(
    pairs: Sequence[Span], origins: set[str], targets: set[str], *, sure: bool
) -> str:
    """Return the first instant at which one of some pairs was in reach, or nothing."""
    held = (
        (one.certain if sure else one.possible)
        for one in pairs
        if one.principal in origins and one.resource in targets
    )
    return min((intervals[0][0] for intervals in held if intervals), default="")


def _holds(pair: Span, at: str, *, sure: bool) -> bool:
    intervals = pair.certain if sure else pair.possible
    return any(since <= at < until for since, until in intervals)


def _path(asking: Asking, graph: Graph, origin: int, way: Way) -> Path:
    node, target = graph.ids[origin], graph.ids[way.target]
    is_out = asking.excluded(node) not in (None, Status.NO)
    selector = asking.selector if is_out else ""
    (path,) = paths_of(asking.case, graph, node, {target: way.walk}, selector=selector)
    return path


def _walks(
    graph: Graph, origins: Ints, targets: Ints, verbs: int, *, sure: bool
) -> Iterator[tuple[int, Way]]:
    """Yield different ways with their origins: of each origin its shortest ones.

    Origins come by how far they are. One that gets there by rules with several premises
    alone comes last, with one way.
    """
    near = fielded(graph, origins, targets, verbs, sure=sure)
    levels = [(near.distance(row), row) for row in range(len(origins))]
    for distance, row in sorted(levels):
        if distance >= 0:
            yield from ((int(origins[row]), way) for way in _all(near, row))
    far = [row for distance, row in levels if distance < 0]
    if graph.needs and far:
        chosen = origins[far]
        for place, way in ways(graph, chosen, targets, verbs, sure=sure):
            yield int(chosen[place]), way


def _all(near: Field, row: int) -> Iterator[Way]:
    """Yield every shortest way of an origin, each chain of facts once."""
    states, told = near.states, set()
    first, order = grouped(states.tail, len(states))
    waiting: list[tuple[int, tuple[int, ...]]] = [(int(near.starts[row]), ())]
    while waiting:
        state, edges = waiting.pop()
        if near.level[state] == 0 and edges not in told:
            told.add(edges)
            yield near.arrived(state, list(edges))
        places = order[first[state] : first[state + 1]]
        onward = places[near.level[states.head[places]] == near.level[state] - 1]
        if near.level[state] == 0:
            continue
        # Last in, first out: the first fact comes first.
        for place in sorted(onward.tolist(), key=lambda p: -int(states.edge[p])):
            head, edge = int(states.head[place]), int(states.edge[place])
            waiting.append((head, (*edges, edge)))
