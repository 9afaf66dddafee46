"""Closures over masks of states: forward, backward, and with the edge that led there.

A breadth-first sweep in whole levels: gather the edges of every node that gained a
state, compute what each hands on, merge. Every node gains each of its 12 states once,
so a sweep touches an edge at most 12 times and mostly once. The definition it must
equal is the plain one with sets in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringfence.reach.graph import CONTROL, STATES, Arcs, Graph, Ints, Mask

_BITS = np.array(list(STATES.values()), np.uint16)
_NAMES = tuple(STATES)


def _edges_of(arcs: Arcs, nodes: Ints) -> tuple[Ints, Ints]:
    """Return the places of all edges of the nodes, and the node each starts from."""
    counts = arcs.first[nodes + 1] - arcs.first[nodes]
    total = int(counts.sum())
    starts = np.repeat(arcs.first[nodes] - np.cumsum(counts) + counts, counts)
    return starts + np.arange(total), np.repeat(nodes, counts)


def forward(arcs: Arcs, seeds: Mask) -> Mask:
    """Return every state reached from the seeds: a mask for each node.

    Args:
        arcs: Edges by tail.
        seeds: The states held at the start, a mask for each node.
    """
    held = seeds.copy()
    gained = np.flatnonzero(seeds)
    while len(gained):
        places, tails = _edges_of(arcs, gained)
        handed = _handed(arcs, places, held[tails])
        gained = _merge(held, arcs.head[places], handed)
    return held


def backward(arcs: Arcs, targets: Mask) -> Mask:
    """Return every state from which a target state is reached: a mask for each node.

    Args:
        arcs: Edges by head (`Graph.possible_reversed`).
        targets: The wanted states, a mask for each node.
    """
    wanted = targets.copy()
    gained = np.flatnonzero(targets)
    while len(gained):
        places, heads = _edges_of(arcs, gained)
        tails = arcs.head[places]
        of_head = wanted[heads]
        by_control = (of_head & arcs.give[places]) != 0
        needed = (of_head & arcs.carry[places]) | np.where(by_control, CONTROL, 0)
        gained = _merge(wanted, tails, needed.astype(np.uint16))
    return wanted


def _handed(arcs: Arcs, places: Ints, of_tail: Mask) -> Mask:
    by_control = np.where((of_tail & CONTROL) != 0, arcs.give[places], 0)
    handed: Mask = ((of_tail & arcs.carry[places]) | by_control).astype(np.uint16)
    return handed


def _merge(held: Mask, nodes: Ints, masks: Mask) -> Ints:
    """Add masks to nodes; return the nodes that gained a state."""
    news = (masks & ~held[nodes]) != 0
    changed = nodes[news]
    np.bitwise_or.at(held, changed, masks[news])
    return np.unique(changed)


@dataclass(frozen=True, slots=True)
class Walk:
    """A path: its edges in order, and the name of the state that it ends in."""

    edges: list[int]
    state: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A breadth-first tree: for each state reached, the edge that it came by.

    Attributes:
        held: States reached, a mask for each node.
        edge: By node and bit of the mask, the edge that first led to the state; -1 for
            seeds and for what isn't reached.
        level: By node and bit, how many edges it takes to get there.
    """

    held: Mask
    edge: npt.NDArray[np.int32]
    level: npt.NDArray[np.int32]

    def path(self, graph: Graph, node: int, mask: int) -> Walk | None:
        """Return a shortest path to one of the states, or None.

        Of several states the one with the shortest path counts, and of those the first
        in the order of `STATES`.
        """
        bit = self._nearest(node, mask)
        if bit is None:
            return None
        edges = [edge for edge, _ in self.climb(graph, node, mask)]
        return Walk(edges[::-1], _NAMES[bit])

    def climb(self, graph: Graph, node: int, mask: int) -> Iterator[tuple[int, int]]:
        """Yield the edges of the shortest path to one of the states, last first.

        With each edge comes the bit of the state that it led to: the two together say
        what is left of the way.
        """
        bit = self._nearest(node, mask)
        if bit is None:
            return
        while (edge := int(self.edge[node, bit])) >= 0:
            yield edge, bit
            node = int(graph.tail[edge])
            # Data hands on the verb it is held by; a principal, being controlled.
            bit = bit if graph.is_data[node] else 0

    def _nearest(self, node: int, mask: int) -> int | None:
        wanted = mask & int(self.held[node])
        bits = [bit for bit in range(len(_BITS)) if wanted >> bit & 1]
        return min(bits, key=self.level[node].tolist().__getitem__, default=None)


def tree(arcs: Arcs, seeds: Mask) -> Tree:
    """Return a breadth-first tree from the seeds; ties go to the first fact."""
    held = seeds.copy()
    edge = np.full((len(seeds), len(_BITS)), -1, np.int32)
    level = np.zeros((len(seeds), len(_BITS)), np.int32)
    fresh = seeds
    depth = 0
    gained = np.flatnonzero(seeds)
    while len(gained):
        depth += 1
        places, tails = _edges_of(arcs, gained)
        heads = arcs.head[places]
        news = _handed(arcs, places, fresh[tails]) & ~held[heads]
        fresh = np.zeros_like(held)
        found = int(np.bitwise_or.reduce(news, initial=0))
        for bit, state in enumerate(_BITS):
            if not found >> bit & 1:
                continue
            # Backwards, so that of several edges the first one stays.
            chosen = np.flatnonzero(news & state)[::-1]
            edge[heads[chosen], bit] = arcs.edge[places[chosen]]
            level[heads[chosen], bit] = depth
            fresh[heads[chosen]] |= state
        held |= fresh
        gained = np.flatnonzero(fresh)
    return Tree(held, edge, level)
