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

from ringfence.reach.arcs import Arcs, Rules, distinct
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, STATES, Ints, Mask

_BITS = np.array(list(STATES.values()), np.uint16)
_NAMES = tuple(STATES)


def forward(arcs: Arcs, seeds: Mask) -> Mask:
    """Return every state reached from the seeds: a mask for each node.

    Args:
        arcs: Edges by tail.
        seeds: The states held at the start, a mask for each node.
    """
    held = seeds.copy()
    gained = np.flatnonzero(seeds)
    while len(gained):
        edges, tails = arcs.at(gained)
        handed = _handed(arcs, edges, held[tails])
        gained = _merge(held, arcs.end[edges], handed)
        if not len(gained) and len(arcs.rules):
            fired, handed = arcs.rules.fired(held)
            gained = _merge(held, arcs.rules.head[fired], handed)
    return held


def backward(arcs: Arcs, targets: Mask, *, alone: bool = False) -> Mask:
    """Return every state from which a target state is reached: a mask for each node.

    Of a rule with several premises, each premise counts: together with the others it
    leads on. That is exact for what may matter, and too much for what one state
    reaches by itself.

    Args:
        arcs: Edges by head (`Graph.possible_reversed`).
        targets: The wanted states, a mask for each node.
        alone: Whether to leave such rules out: then every state returned reaches a
            target by itself, and some that do may be missing.
    """
    wanted = targets.copy()
    gained = np.flatnonzero(targets)
    while len(gained):
        edges, heads = arcs.at(gained)
        needed = _needed(wanted[heads], arcs.give[edges], arcs.carry[edges])
        gained = _merge(wanted, arcs.end[edges], needed)
        if not len(gained) and len(arcs.rules) and not alone:
            gained = _premises(arcs.rules, wanted)
    return wanted


def _needed(of_head: Mask, give: Mask, carry: Mask) -> Mask:
    by_control = np.where((of_head & give) != 0, CONTROL, 0)
    return ((of_head & carry) | by_control).astype(np.uint16)


def _premises(rules: Rules, wanted: Mask) -> Ints:
    """Want what the rules to wanted states start from; return what is new."""
    needed = _needed(wanted[rules.head], rules.give, rules.carry)
    more = np.where(np.repeat(needed != 0, np.diff(rules.first)), rules.entry, 0)
    nodes = np.concatenate((rules.tail, rules.premise))
    return _merge(wanted, nodes, np.concatenate((needed, more)).astype(np.uint16))


def lent(graph: Graph, nodes: Ints) -> Graph:
    """Return the graph in which some nodes lend each other what rules need."""
    if not graph.needs:
        return graph
    return graph.lent(forward(graph.possible, graph.seeds(nodes)))


def _handed(arcs: Arcs, edges: Ints, of_tail: Mask) -> Mask:
    by_control = np.where((of_tail & CONTROL) != 0, arcs.give[edges], 0)
    handed: Mask = ((of_tail & arcs.carry[edges]) | by_control).astype(np.uint16)
    return handed


def _merge(held: Mask, nodes: Ints, masks: Mask) -> Ints:
    """Add masks to nodes; return the nodes that gained a state."""
    news = masks & ~held[nodes]
    found = int(np.bitwise_or.reduce(news, initial=0))
    gained = []
    for bit in _BITS.tolist():
        if found & bit:
            # Of a node named twice, both assignments write the same.
            gained.append(nodes[(news & bit) != 0])
            held[gained[-1]] |= bit
    return distinct(gained, len(held))


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
        in the order of `STATES`. Before an edge with further premises come the paths
        to these.
        """
        bit = self._nearest(node, mask)
        if bit is None:
            return None
        return Walk(self._derivation(graph, node, mask), _NAMES[bit])

    def _derivation(self, graph: Graph, node: int, mask: int) -> list[int]:
        """Return the edges to a state, each after those that it rests on, and once."""
        edges: dict[int, None] = {}
        # Last in, first out: an edge waits beneath the ways to its premises.
        waiting = [(edge, False) for edge, _ in self.climb(graph, node, mask)]
        while waiting:
            edge, is_ready = waiting.pop()
            if is_ready or edge not in graph.needs:
                edges[edge] = None
            elif edge not in edges:
                waiting.append((edge, True))
                for premise in graph.needs[edge][::-1]:
                    # Held before the edge worked: this comes to an end.
                    ways = self.climb(graph, premise, graph.entry(premise))
                    waiting += [(one, False) for one, _ in ways]
        return list(edges)

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
        edges, heads, handed = _offered(arcs, gained, fresh, held)
        news = handed & ~held[heads]
        fresh = np.zeros_like(held)
        found = int(np.bitwise_or.reduce(news, initial=0))
        for bit, state in enumerate(_BITS):
            if not found >> bit & 1:
                continue
            # Backwards, so that of several edges the first one stays.
            chosen = np.flatnonzero(news & state)[::-1]
            edge[heads[chosen], bit] = edges[chosen]
            level[heads[chosen], bit] = depth
            fresh[heads[chosen]] |= state
        held |= fresh
        gained = np.flatnonzero(fresh)
    return Tree(held, edge, level)


def _offered(
    arcs: Arcs, gained: Ints, fresh: Mask, held: Mask
) -> tuple[Ints, Ints, Mask]:
    """Return edges with heads and what they hand on: of what is fresh, and of rules."""
    edges, tails = arcs.at(gained)
    heads = arcs.end[edges]
    handed = _handed(arcs, edges, fresh[tails])
    if not len(arcs.rules):
        return edges, heads, handed
    fired, more = arcs.rules.fired(held)
    edges = np.concatenate((edges, arcs.rules.edge[fired]))
    # In canonical order, so that ties go to the first fact here too.
    order = np.argsort(edges, kind="stable")
    heads = np.concatenate((heads, arcs.rules.head[fired]))
    return edges[order], heads[order], np.concatenate((handed, more))[order]
