"""`reach what`: which data some principals reach, by dataset, the protected first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS, EDGE_KINDS, Flow, kind_of
from ringfence.claims.answers import Crossing, through
from ringfence.claims.asking import Asking, Progress
from ringfence.claims.show import folded
from ringfence.claims.spans import (
    Interval,
    Span,
    Swept,
    Told,
    alive,
    crossed,
    spans,
    swept,
    told,
    union,
)
from ringfence.claims.together import Together, together
from ringfence.claims.ways import Way, single
from ringfence.reach.closure import Tree, tree
from ringfence.reach.graph import Graph
from ringfence.reach.masks import ALL_VERBS, Flags

# So many pairs at most are unpacked at once; beyond, columns go in parts.
MOST = 1 << 26


@dataclass(frozen=True, slots=True)
class Column:
    """Something that may be reached, and whether it certainly is."""

    id: str
    certain: bool
    protected: str
    crossing: Crossing


@dataclass(frozen=True, slots=True)
class Extent:
    """What may be reached of one dataset.

    Attributes:
        id: The dataset, or a store or dataset of which nobody says what it holds.
        of: How many columns it has.
        certain: How many of them are certainly reached.
        protected: How many of what may be reached are, or may be, protected.
        principal: From whom the way to the nearest is the shortest.
        resource: The nearest, `hops` away, by `through`.
        crossing: Whether somebody excluded reaches something protected in it.
        columns: What may be reached.
        held: When some of it was, if a period is asked about; the way is then one of
            the first instant.
    """

    id: str
    of: int
    certain: int
    protected: int
    principal: str
    resource: str
    hops: int
    through: str
    crossing: Crossing
    columns: tuple[Column, ...]
    held: Told = ()


@dataclass(frozen=True, slots=True)
class What:
    """What some principals reach, by dataset: crossings first, then the protected."""

    asked: str
    principals: tuple[str, ...]
    excluded: Mapping[str, int]
    among: int
    rows: tuple[Extent, ...]
    crossing: Crossing
    pairs: tuple[Span, ...] = ()
    together: Together = field(default_factory=Together)


def what(asking: Asking, name: str, progress: Progress) -> What:
    """Return which data those reach whom a name stands for.

    Raises:
        ConfigError: Nobody is called that.
    """
    origins = asking.principals(name, "PRINCIPAL")
    leaves = _leaves(asking, origins)
    statuses = [asking.excluded(node) for node in origins]
    progress("sweeping the edges")
    pairs: list[Span] = []
    reached = list(_reached(asking, origins, leaves, pairs))
    progress("looking for the shortest ways")
    rows = _rows(asking, leaves, reached, _Ways(asking, origins))
    jointly = together(asking, origins, leaves)
    counts = Counter("" if one is None else str(one) for one in statuses)
    return What(
        asked=name,
        principals=tuple(origins),
        excluded=dict(sorted(counts.items())),
        among=len(leaves),
        rows=tuple(sorted(rows, key=_gravest)),
        crossing=max((jointly.crossing, *(one.crossing for one in rows))),
        pairs=tuple(pairs),
        together=jointly,
    )


def _gravest(row: Extent) -> tuple[int, int, int, str]:
    return (-row.crossing, not row.protected, not row.certain, row.id)


def _leaves(asking: Asking, origins: Sequence[str]) -> list[str]:
    """Return the data of which nobody says that it contains something.

    And what is protected, if what it contains isn't surely reached with it.
    """
    edges, graph = asking.case.edges, asking.graph
    holds = {name for name, kind in EDGE_KINDS.items() if kind.flow is Flow.CONTAIN}
    full, sure = (np.zeros(len(graph.ids), bool) for _ in range(2))
    full[edges.tail[np.isin(edges.name.astype(str), list(holds))]] = True
    sure[graph.tail[_surely_inside(asking)]] = True
    own = {*origins}
    return [
        node
        for node, is_full, is_sure in zip(
            graph.ids, full.tolist(), sure.tolist(), strict=True
        )
        if (not is_full or (not is_sure and asking.protected(node) is not Status.NO))
        and kind_of(node) in DATA_KINDS
        and node not in own
    ]


def _surely_inside(asking: Asking) -> Flags:
    """Return which edges say, for certain and all the time, that data is in data."""
    graph, period = asking.graph, asking.period
    flags: Flags = (graph.carry == ALL_VERBS) & ~graph.is_open
    flags[list(graph.needs)] = False
    if period is not None:
        flags &= (period.since <= period.begin) & (period.until >= period.end)
    return flags


@dataclass(frozen=True, slots=True)
class _Found:
    """A leaf that may be reached, with the row and first instant of one who does."""

    column: Column
    row: int
    first: int | None
    held: Sequence[Interval]


def _reached(
    asking: Asking, origins: Sequence[str], leaves: Sequence[str], told_of: list[Span]
) -> Iterator[_Found]:
    """Yield what is reached; note when each pair was, if a period is asked about."""
    statuses = [asking.excluded(node) for node in origins]
    out = np.array([status is Status.YES for status in statuses], bool)
    perhaps = np.array([status not in (None, Status.NO) for status in statuses], bool)
    parts = [swept(asking, origins, leaves, sure=s, most=MOST) for s in (True, False)]
    for certain, possible in zip(*parts, strict=True):
        sure, maybe = certain.pairs.flags(), possible.pairs.flags()
        told_of += spans(origins, leaves, certain, possible)
        levels = {
            column: level
            for part, least, level in (
                (possible, Status.UNKNOWN, Crossing.POSSIBLE),
                (certain, Status.YES, Crossing.CERTAIN),
            )
            for _, column in crossed(asking, part, origins, leaves, least)
        }
        for place in np.flatnonzero(maybe.any(axis=0)).tolist():
            leaf = leaves[possible.begin + place]
            held, open_ = sure[:, place], maybe[:, place]
            status = asking.protected(leaf)
            if asking.period is None:
                level = _crossing(status, held & out, open_ & perhaps)
            else:
                level = levels.get(place, Crossing.NONE)
            column = Column(leaf, bool(held.any()), str(status), level)
            rows = np.flatnonzero(held if column.certain else open_).tolist()
            part = certain if column.certain else possible
            yield _found(column, rows, place, part)


def _found(column: Column, rows: list[int], place: int, part: Swept) -> _Found:
    held = {row: part.held[row, place] for row in rows} if part.held else {}
    if not held:
        return _Found(column, rows[0], None, ())
    first, row = min((intervals[0][0], row) for row, intervals in held.items())
    whole = union(one for intervals in held.values() for one in intervals)
    return _Found(column, row, first, whole)


def _crossing(protected: Status, certain: Flags, possible: Flags) -> Crossing:
    if protected is Status.YES and certain.any():
        return Crossing.CERTAIN
    is_possible = protected is not Status.NO and possible.any()
    return Crossing.POSSIBLE if is_possible else Crossing.NONE


class _Ways:
    """The shortest way from any of the origins to each leaf.

    One tree for all origins: rules with several premises are left out of it, for they
    hold for an origin alone. What is reached by these is walked from one origin.
    """

    def __init__(self, asking: Asking, origins: Sequence[str]) -> None:
        self._asking = asking
        self._origins = asking.numbers(origins)
        self._grown: dict[tuple[bool, int | None], tuple[Graph, Tree]] = {}

    def to(self, found: _Found) -> Way:
        """Return the shortest way to a leaf; a certain one, if there is any."""
        sure, verbs = found.column.certain, self._asking.verbs
        graph, tree_ = self._tree(found.first, sure=sure)
        target = graph.number[found.column.id]
        walk = tree_.path(graph, target, verbs)
        if walk is not None:
            return Way(target, walk)
        origin = int(self._origins[found.row])
        return single(graph, origin, [target], verbs, sure=sure)

    def _tree(self, first: int | None, *, sure: bool) -> tuple[Graph, Tree]:
        if (sure, first) not in self._grown:
            graph = alive(self._asking, first)
            kept = ~graph.is_open if sure else np.ones(len(graph), bool)
            kept[list(graph.needs)] = False
            seeds = graph.seeds(self._origins)
            grown = tree(graph.arcs(np.flatnonzero(kept)), seeds)
            self._grown[sure, first] = (graph, grown)
        return self._grown[sure, first]

    def through(self, way: Way, found: _Found) -> str:
        """Return what a way leads through."""
        graph, _ = self._tree(found.first, sure=found.column.certain)
        return through(graph, way)

    def origin(self, way: Way, found: _Found) -> int:
        """Return where a way begins."""
        graph, _ = self._tree(found.first, sure=found.column.certain)
        starts = {int(graph.tail[edge]) for edge in way.walk.edges[:1]}
        starts &= {*self._origins.tolist()}
        return next(iter(starts), int(self._origins[found.row]))


def _rows(
    asking: Asking, leaves: Sequence[str], reached: Sequence[_Found], found: _Ways
) -> list[Extent]:
    sizes = Counter(map(folded, leaves))
    together: dict[str, list[_Found]] = defaultdict(list)
    for one in reached:
        together[folded(one.column.id)].append(one)
    rows = []
    for dataset, members in together.items():
        ways = [(found.to(one), one) for one in members]
        way, nearest = min(
            ways, key=lambda w: (not w[1].column.certain, len(w[0].walk.edges))
        )
        columns = tuple(one.column for one in members)
        rows.append(
            Extent(
                id=dataset,
                of=sizes[dataset],
                certain=sum(one.certain for one in columns),
                protected=sum(one.protected != str(Status.NO) for one in columns),
                principal=asking.graph.ids[found.origin(way, nearest)],
                resource=nearest.column.id,
                hops=len(way.walk.edges),
                through=found.through(way, nearest),
                crossing=max(one.crossing for one in columns),
                columns=columns,
                held=told(union(span for one in members for span in one.held)),
            )
        )
    return rows
