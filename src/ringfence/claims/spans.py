"""When reach held: exact intervals for each pair, and their union for whoever asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.asking import Asking
from ringfence.claims.instants import moment
from ringfence.claims.standing import JUDGED, overlap, stretches
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints
from ringfence.reach.matrix import Pairs, pairs
from ringfence.reach.rows import WORD
from ringfence.reach.timeline import Timeline, timeline

Interval = tuple[int, int]
Told = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """When one pair was in reach: intervals, the end not included.

    Attributes:
        certain: When it certainly was.
        possible: When it may have been, that included.
    """

    principal: str
    resource: str
    certain: Told
    possible: Told


@dataclass(frozen=True, slots=True)
class Swept:
    """The pairs in reach of some columns, at the instant or ever in the period.

    Attributes:
        begin: The place of the first column among all targets.
        pairs: The pairs.
        held: By row and column: when, if a period is asked about.
    """

    begin: int
    pairs: Pairs
    held: dict[tuple[int, int], list[Interval]] = field(default_factory=dict)


def swept(
    asking: Asking,
    origins: Sequence[str],
    targets: Sequence[str],
    *,
    sure: bool,
    most: int,
    graph: Graph | None = None,
) -> Iterator[Swept]:
    """Yield the pairs in reach, targets part by part.

    Args:
        asking: The case.
        origins: A row each.
        targets: A column each.
        sure: Whether to walk certain edges only.
        most: How many pairs a part may have.
        graph: Another graph than that of the case, without a period.
    """
    rows, columns = asking.numbers(origins), asking.numbers(targets)
    step = max(most // max(len(rows), 1) // WORD, 1) * WORD
    for begin in range(0, len(columns), step):
        part = columns[begin : begin + step]
        if asking.period is None:
            found = pairs(graph or asking.graph, rows, part, asking.verbs, sure=sure)
            yield Swept(begin, found)
            continue
        line = timeline(
            asking.graph,
            asking.period,
            origins=rows,
            targets=part,
            verbs=asking.verbs,
            sure=sure,
        )
        whole = (asking.period.begin, asking.period.end)
        yield Swept(begin, line.ever(), _held(line, whole))


def _held(line: Timeline, whole: Interval) -> dict[tuple[int, int], list[Interval]]:
    held: dict[tuple[int, int], list[Interval]] = defaultdict(list)
    for row, column in zip(*np.nonzero(line.always.flags()), strict=True):
        held[int(row), int(column)].append(whole)
    order = np.argsort(line.since, kind="stable")
    ends = (line.origin, line.target, line.since, line.until)
    for row, column, since, until in zip(
        *(e[order].tolist() for e in ends), strict=True
    ):
        held[row, column].append((since, until))
    return dict(held)


def spans(
    origins: Sequence[str], targets: Sequence[str], sure: Swept, maybe: Swept
) -> Iterator[Span]:
    """Yield when each pair of a part was in reach, if a period is asked about."""
    for (row, column), possible in sorted(maybe.held.items()):
        certain = sure.held.get((row, column), [])
        yield Span(
            origins[row],
            targets[maybe.begin + column],
            told(certain),
            told(possible),
        )


def crossed(
    asking: Asking,
    part: Swept,
    origins: Sequence[str],
    targets: Sequence[str],
    least: Status,
) -> dict[tuple[int, int], list[Interval]]:
    """Return when pairs of a part crossed, by row and column; those that ever did.

    A pair crosses while it is in reach, its principal is excluded and its resource is
    protected: all three at one instant.

    Args:
        asking: The case, with a period.
        part: The pairs in reach.
        origins: A row each.
        targets: A column each, of all parts.
        least: How sure it has to be that it is excluded, and protected.
    """
    if asking.standing is None or not asking.selector:
        return {}
    out = asking.standing.excluded(asking.selector)
    guarded = asking.standing.protected(())
    found = {}
    for (row, column), held in part.held.items():
        if kind_of(origins[row]) not in JUDGED:
            continue
        who = stretches(out, origins[row], least)
        what = stretches(guarded, targets[part.begin + column], least)
        if both := overlap(overlap(held, who), what):
            found[row, column] = both
    return found


def told(intervals: Iterable[Interval]) -> Told:
    """Return intervals as instants."""
    return tuple((moment(since), moment(until)) for since, until in intervals)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the union of intervals: in order, and none touches another."""
    merged: list[Interval] = []
    for since, until in sorted(intervals):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((since, until))
    return merged


def alive(asking: Asking, instant: int | None) -> Graph:
    """Return the graph at an instant of the period; without a period, the graph."""
    if instant is None or asking.period is None:
        return asking.graph
    edges: Ints = np.flatnonzero(asking.period.at(instant))
    return asking.graph.chosen(edges)
