"""The shortest way from each of many origins, by one sweep back from the targets.

A breadth-first tree from each origin would cost a sweep each. Backwards, all origins
share one: every state learns how far the nearest target is, and by which edge. A rule
with several premises holds for an origin rather than for a graph: who gets there by
such rules alone is walked on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ringfence.reach.arcs import grouped, runs
from ringfence.reach.closure import Walk, tree
from ringfence.reach.graph import Graph
from ringfence.reach.masks import STATES, Ints
from ringfence.reach.matrix import core_of, pairs
from ringfence.reach.states import States

_NAMES = tuple(STATES)
_BITS = 15  # of a state's code, those that say what is held of the node


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest way from an origin: the target that it leads to, and the walk."""

    target: int
    walk: Walk


@dataclass(frozen=True, slots=True)
class Field:
    """How far each state is from the nearest target, and the edge that leads on.

    Attributes:
        states: The states on some way.
        starts: By row of origin: the state that it starts from, or -1.
        level: By state: edges to the nearest target, or -1.
        onward: By state: the place of the edge to take, or -1 at a target.
    """

    states: States
    starts: Ints
    level: Ints
    onward: Ints

    def distance(self, row: int) -> int:
        """Return how many edges it takes an origin to get there, by its row, or -1."""
        state = int(self.starts[row])
        return -1 if state < 0 else int(self.level[state])

    def way(self, row: int) -> Way | None:
        """Return the way of an origin, by its row."""
        if self.distance(row) < 0:
            return None
        state, edges = int(self.starts[row]), []
        while (place := int(self.onward[state])) >= 0:
            edges.append(int(self.states.edge[place]))
            state = int(self.states.head[place])
        return self.arrived(state, edges)

    def arrived(self, state: int, edges: list[int]) -> Way:
        """Return the way that ends in a state."""
        code = int(self.states.codes[state])
        return Way(code >> 4, Walk(edges, _NAMES[code & _BITS]))


def field(
    graph: Graph, origins: Ints, targets: Ints, verbs: int, *, sure: bool
) -> Field:
    """Return the way from each state to the nearest target; ties go to the first fact.

    Args:
        graph: The graph; its rules with several premises are left out.
        origins: Numbers of nodes.
        targets: Numbers of nodes.
        verbs: Mask of the states of a target that count.
        sure: Whether to walk certain edges only.
    """
    states, (known, places), (goals, _) = core_of(
        graph, origins, targets, verbs, sure=sure
    )
    starts = np.full(len(origins), -1, np.int64)
    starts[known] = places
    level = np.full(len(states), -1, np.int64)
    onward = np.full(len(states), -1, np.int64)
    first, order = grouped(states.head, len(states))
    gained, depth = np.unique(goals), 0
    level[gained] = 0
    while len(gained):
        depth += 1
        found = order[runs(first, gained)[0]]
        found = found[level[states.tail[found]] < 0]
        found = found[np.lexsort((states.edge[found], states.tail[found]))]
        gained, chosen = np.unique(states.tail[found], return_index=True)
        level[gained], onward[gained] = depth, found[chosen]
    return Field(states, starts, level, onward)


def ways(
    graph: Graph, origins: Ints, targets: Ints, verbs: int, *, sure: bool
) -> Iterator[tuple[int, Way]]:
    """Yield the rows of the origins that reach a target, each with a shortest way.

    The arguments are those of `field`.
    """
    found = field(graph, origins, targets, verbs, sure=sure)
    left: list[int] = []
    for row in range(len(origins)):
        way = found.way(row)
        if way is not None:
            yield row, way
        else:
            left.append(row)
    if graph.needs and left:
        yield from _by_rules(graph, origins, left, (targets, verbs, sure))


def _by_rules(
    graph: Graph, origins: Ints, rows: list[int], asked_for: tuple[Ints, int, bool]
) -> Iterator[tuple[int, Way]]:
    """Yield the ways of the origins that get there by rules alone."""
    targets, verbs, sure = asked_for
    chosen = np.array(rows, np.int64)
    reaching = pairs(graph, origins[chosen], targets, verbs, sure=sure)
    for row in chosen[reaching.words.any(axis=1)].tolist():
        yield row, single(graph, int(origins[row]), targets.tolist(), verbs, sure=sure)


def single(
    graph: Graph, origin: int, targets: Sequence[int], verbs: int, *, sure: bool
) -> Way:
    """Return a shortest way from one origin to one of the targets, by rules too.

    One of them is in reach: whoever asks has swept for that.
    """
    arcs = graph.definite if sure else graph.possible
    grown = tree(arcs, graph.seeds([origin]))
    found = (
        Way(target, walk)
        for target in targets
        if (walk := grown.path(graph, target, verbs))
    )
    return min(found, key=lambda way: (len(way.walk.edges), way.target))
