"""The core as a plain graph of states: what lies on some way from origins to targets.

A state is a node with one thing held of it. The graph of an estate has many nodes and
twelve states each; the core has few, so that it can be spelt out, state by state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from ringfence.reach.arcs import compressed, runs
from ringfence.reach.closure import backward, forward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, READ, STATES, Flags, Ints, Mask
from ringfence.reach.rows import Rows, rows

_BITS = np.array(list(STATES.values()), np.int64)


@dataclass(frozen=True, slots=True)
class States:
    """A plain graph of states.

    Attributes:
        codes: Node number and state in one number each (`code`), sorted; a state's
            number is its place here.
        tail: By edge: the state that it starts from.
        head: By edge: the state that it leads to.
        edge: By edge: its place among the edges of the graph.
    """

    codes: Ints
    tail: Ints
    head: Ints
    edge: Ints

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self.codes)

    def find(self, codes: Ints) -> tuple[Ints, Ints]:
        """Return which of some states are in the graph, and their numbers there."""
        places = np.searchsorted(self.codes, codes)
        inside = places < len(self.codes)
        inside[inside] = self.codes[places[inside]] == codes[inside]
        found = np.flatnonzero(inside)
        return found, places[found]

    def chosen(self, edges: Ints) -> States:
        """Return the graph of some of the edges, and all states."""
        return replace(
            self, tail=self.tail[edges], head=self.head[edges], edge=self.edge[edges]
        )

    def joined(self, tail: Ints, head: Ints) -> States:
        """Return the graph with more edges, which stand for no edge of the estate."""
        return replace(
            self,
            tail=np.concatenate((self.tail, tail)),
            head=np.concatenate((self.head, head)),
            edge=np.concatenate((self.edge, np.full(len(tail), -1))),
        )

    def reached(self, marks: tuple[Ints, Ints], columns: int) -> Rows:
        """Return the marks that each state reaches (`rows`)."""
        return rows(len(self), (self.tail, self.head), marks, columns)


def steps(graph: Graph, edge: int) -> Iterator[tuple[int, int]]:
    """Yield from which state to which one an edge leads."""
    tail, head = int(graph.tail[edge]) << 4, int(graph.head[edge]) << 4
    for bit, state in enumerate(_BITS.tolist()):
        if int(graph.give[edge]) & state:
            yield tail, head | bit
        if int(graph.carry[edge]) & state:
            yield tail | bit, head | bit


def code(nodes: Ints, bit: Ints | int) -> Ints:
    """Return states as one number each."""
    found: Ints = nodes.astype(np.int64) << np.int64(4) | bit
    return found


def entries(graph: Graph, nodes: Ints) -> Ints:
    """Return the states that being at some nodes gives."""
    read = STATES_PLACE[READ]
    return code(nodes, np.where(graph.is_data[nodes], read, 0))


STATES_PLACE = {state: place for place, state in enumerate(STATES.values())}


def of_masks(nodes: Ints, masks: Mask) -> tuple[Ints, Ints]:
    """Return the states that masks stand for, and each one's place in the arrays."""
    codes, places = [], []
    found = int(np.bitwise_or.reduce(masks, initial=0))
    for bit, state in enumerate(_BITS.tolist()):
        if found & state:
            chosen = np.flatnonzero(masks & state)
            codes.append(code(nodes[chosen], bit))
            places.append(chosen)
    if not codes:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(codes), np.concatenate(places)


def core(graph: Graph, seeds: Mask, goals: Mask, *, sure: bool = False) -> States:
    """Return the states that lie on some way from the seeds to the goals.

    Args:
        graph: The graph.
        seeds: What is held to begin with, a mask for each node.
        goals: What is asked for, a mask for each node.
        sure: Whether to walk certain edges only.
    """
    edges = np.flatnonzero(~graph.is_open) if sure else None
    if not graph.needs:
        # A rule leads on from its premises too: a plain search would stop there.
        edges = _between(graph, edges, np.flatnonzero(seeds), np.flatnonzero(goals))
    elif edges is None:
        edges = np.arange(len(graph))
    held = forward(graph.arcs(edges), seeds)
    inner = held & backward(graph.arcs(edges, backward=True), goals)
    kept = inner != 0
    edges = edges[kept[graph.tail[edges]] & kept[graph.head[edges]]]
    nodes = np.flatnonzero(kept)
    codes = np.sort(of_masks(nodes, inner[nodes])[0])
    return _spelt(graph, inner, edges, codes)


def _between(graph: Graph, edges: Ints | None, starts: Ints, ends: Ints) -> Ints:
    """Return those of some edges (all, if none) on some way between nodes.

    What is held of a node isn't looked at: two plain searches, compiled in scipy, leave
    a small part of a large graph for the sweeps that do.
    """
    tail, head, count = graph.tail, graph.head, len(graph.ids)
    if edges is not None:
        tail, head = tail[edges], head[edges]
    first, places, heads = compressed(tail, count, head)
    nodes = np.flatnonzero(_searched(first, heads, starts)).astype(heads.dtype)
    near, begins = runs(first, nodes)
    heads = heads[near]
    tails = np.repeat(nodes, np.diff(begins, append=len(near)))
    back, _, before = compressed(heads, count, tails)
    chosen = places[near[_searched(back, before, ends)[heads]]]
    return chosen if edges is None else edges[chosen]


def _searched(first: Ints, heads: Ints, starts: Ints) -> Flags:
    """Return which nodes some others lead to, those included."""
    count = len(first) - 1
    # One more node leads to all of the starts, so that one search serves them all.
    heads = np.concatenate((heads, starts.astype(heads.dtype)))
    first = np.append(first, np.array(len(heads), first.dtype))
    # The search looks at places alone; values that nobody touches cost nothing.
    values = np.zeros(len(heads))
    matrix: Any = csr_array((values, heads, first), shape=(count + 1, count + 1))
    found = breadth_first_order(matrix, count, return_predecessors=False)
    flags = np.zeros(count + 1, bool)
    flags[found] = True
    return flags[:count]


def _spelt(graph: Graph, inner: Mask, edges: Ints, codes: Ints) -> States:
    """Return the graph of some states, edge by edge; rules are left out."""
    if graph.needs:
        edges = edges[~np.isin(edges, list(graph.needs))]
    tails, heads = graph.tail[edges], graph.head[edges]
    by_control = (inner[tails] & CONTROL) != 0
    given = np.where(by_control, graph.give[edges], 0) & inner[heads]
    carried = graph.carry[edges] & inner[tails] & inner[heads]
    into, first = of_masks(heads, given.astype(np.uint16))
    onto, second = of_masks(heads, carried.astype(np.uint16))
    # What is carried along an edge is, at both its ends, the same verb.
    start = np.concatenate((code(tails[first], 0), code(tails[second], onto & 15)))
    end = np.concatenate((into, onto))
    return States(
        codes,
        np.searchsorted(codes, start),
        np.searchsorted(codes, end),
        edges[np.concatenate((first, second))],
    )
