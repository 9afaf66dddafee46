"""`reach who`: which principals reach some resources, the excluded first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.answers import Crossing, crossing, through
from ringfence.claims.asking import Asking, Progress
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
from ringfence.claims.ways import Way, ways
from ringfence.errors import ConfigError, Locus
from ringfence.reach.masks import Flags, Ints
from ringfence.reach.rows import packed

# So many pairs at most are held at once; beyond, resources go in parts.
MOST = 1 << 30


@dataclass(frozen=True, slots=True)
class Reacher:
    """Somebody who reaches some of the resources asked about.

    Attributes:
        id: The principal.
        excluded: Whether it is excluded: a status, or nothing where it can't be.
        certain: How many of the resources it certainly reaches.
        possible: How many it may reach, those included.
        protected: How many of what it may reach are, or may be, protected.
        resource: The nearest of them, `hops` away, by `through`.
        through: The last tool, role or account on the way.
        crossing: Whether it is excluded and reaches something protected.
        held: When it reached some of them, if a period is asked about; the way is then
            one of the first instant, and the counts are of the whole period.
    """

    id: str
    excluded: str
    certain: int
    possible: int
    protected: int
    resource: str
    hops: int
    through: str
    crossing: Crossing
    held: Told = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Who reaches some resources: crossings first, then the excluded, then the near."""

    asked: str
    resources: tuple[str, ...]
    kinds: tuple[str, ...]
    among: int
    rows: tuple[Reacher, ...]
    crossing: Crossing
    pairs: tuple[Span, ...] = ()
    together: Together = field(default_factory=Together)


def who(asking: Asking, name: str, kinds: Sequence[str], progress: Progress) -> Who:
    """Return who, of some kinds of principal, reaches what a name stands for.

    Raises:
        ConfigError: Nothing is called that, or several who would have to answer
            for each other.
    """
    resources = asking.resources(name, "RESOURCE")
    own = {*resources}
    if sum(kind_of(node) in kinds for node in own) > 1:
        message = f"`{name}` stands for several of those who are asked about"
        hint = (
            "`ringfence reach path` asks about pairs; or name one, or other `--kinds`"
        )
        raise ConfigError(message, Locus("RESOURCE"), hint)
    origins = [
        node for node in asking.graph.ids if kind_of(node) in kinds and node not in own
    ]
    tally = _Tally(asking, origins, resources)
    progress("sweeping the edges")
    tally.fill()
    progress("looking for the shortest ways")
    rows = [_row(asking, origins[row], row, way, tally) for row, way in tally.ways()]
    rows.sort(key=_gravest)
    jointly = together(asking, origins, resources)
    return Who(
        asked=name,
        resources=tuple(resources),
        kinds=tuple(kinds),
        among=len(origins),
        rows=tuple(rows),
        crossing=max((jointly.crossing, *(row.crossing for row in rows))),
        pairs=tuple(tally.pairs),
        together=jointly,
    )


def _row(asking: Asking, node: str, row: int, way: Way, tally: _Tally) -> Reacher:
    status = asking.excluded(node)
    return Reacher(
        id=node,
        excluded="" if status is None else str(status),
        certain=int(tally.certain[row]),
        possible=int(tally.possible[row]),
        protected=int(tally.open[row]),
        resource=asking.graph.ids[way.target],
        hops=len(way.walk.edges),
        through=tally.through[row],
        crossing=tally.crossing(row, status),
        held=told(union(tally.held[row])),
    )


_RANK = {"yes": 0, "unknown": 1}


def _gravest(row: Reacher) -> tuple[int, int, int, int, str]:
    rank = _RANK.get(row.excluded, len(_RANK))
    return (-row.crossing, rank, not row.certain, row.hops, row.id)


class _Tally:
    """By row of origin: how many resources it reaches, when, and by which way.

    Attributes:
        certain: How many it certainly reaches.
        protected: How many of these are certainly protected.
        possible: How many it may reach.
        open: How many of these are, or may be, protected.
        held: When it may reach some, if a period is asked about.
        through: Of those with a way, what it leads through.
        pairs: When each pair was in reach, if a period is asked about.
    """

    def __init__(
        self, asking: Asking, origins: Sequence[str], resources: Sequence[str]
    ) -> None:
        self._asking, self._origins, self._resources = asking, origins, resources
        counts = (np.zeros(len(origins), np.int64) for _ in range(4))
        self.certain, self.protected, self.possible, self.open = counts
        self.held: dict[int, list[Interval]] = defaultdict(list)
        self._sure: dict[int, list[Interval]] = defaultdict(list)
        self.through: dict[int, str] = {}
        self._crossed: dict[int, Crossing] = {}
        self.pairs: list[Span] = []

    def _cross(self, part: Swept, least: Status, level: Crossing) -> None:
        found = crossed(self._asking, part, self._origins, self._resources, least)
        for row, _ in found:
            self._crossed[row] = max(level, self._crossed.get(row, level))

    def fill(self) -> None:
        """Count, part by part."""
        origins, resources = self._origins, self._resources
        known = [self._asking.protected(node) for node in resources]
        statuses = np.array(known, np.int64)
        parts = [
            swept(self._asking, origins, resources, sure=sure, most=MOST)
            for sure in (True, False)
        ]
        for sure, maybe in zip(*parts, strict=True):
            columns = slice(sure.begin, sure.begin + len(sure.pairs.targets))
            chosen = statuses[columns]
            every = chosen >= Status.NO
            self.certain += _counted(sure, every)
            self.protected += _counted(sure, chosen == Status.YES)
            self.possible += _counted(maybe, every)
            self.open += _counted(maybe, chosen >= Status.UNKNOWN)
            self._cross(maybe, Status.UNKNOWN, Crossing.POSSIBLE)
            self._cross(sure, Status.YES, Crossing.CERTAIN)
            for part, held in ((sure, self._sure), (maybe, self.held)):
                for (row, _), intervals in part.held.items():
                    held[row] += intervals
            self.pairs += spans(origins, resources, sure, maybe)

    def crossing(self, row: int, status: Status | None) -> Crossing:
        """Return whether a row crosses; over a period, at some instant of it."""
        if self._asking.period is not None:
            return self._crossed.get(row, Crossing.NONE)
        return crossing(
            status,
            certain=bool(self.protected[row]),
            possible=bool(self.open[row]),
        )

    def ways(self) -> Iterator[tuple[int, Way]]:
        """Yield the rows that reach something, each with its shortest way.

        A certain way, if there is any; of a period, one of the first such instant.
        """
        targets = self._asking.numbers(self._resources)
        together: dict[tuple[bool, int | None], list[int]] = defaultdict(list)
        for row in np.flatnonzero(self.possible).tolist():
            sure = bool(self.certain[row])
            held = (self._sure if sure else self.held).get(row)
            first = min(held)[0] if held else None
            together[sure, first].append(row)
        for (sure, first), rows in together.items():
            graph = alive(self._asking, first)
            chosen = self._asking.numbers(self._origins[row] for row in rows)
            for place, way in ways(
                graph, chosen, targets, self._asking.verbs, sure=sure
            ):
                self.through[rows[place]] = through(graph, way)
                yield rows[place], way


def _counted(part: Swept, flags: Flags) -> Ints:
    """Return by row how many of some columns it reaches."""
    hits = np.bitwise_count(part.pairs.words & packed(flags))
    counts: Ints = hits.sum(axis=1, dtype=np.int64)
    return counts
