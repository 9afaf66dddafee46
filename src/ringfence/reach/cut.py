"""The cheapest changes that close every way from some origins to some targets.

A minimum cut between the states of the core (`states`). A change is a fact of the
estate and may stand for several edges between states: these share one hub, so that the
flow pays for the change once. The cut is exact where no rule has several premises; such
a rule is treated as an edge from one of its premises alone, which can only ask for too
much, and what turns out unnecessary is put back at the end. Nothing here needs to be
believed: every plan is verified by a closure of the estate without what it takes away.

Of all minimum cuts the one nearest to the origins is taken. It is unique, so that two
runs agree, and so do two orders of the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from ringfence.reach.closure import backward, forward
from ringfence.reach.costs import Floats, changes
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, READ, Flags, Ints, Mask
from ringfence.reach.states import States, core, entries, of_masks, steps

# scipy's flows have 32 bits, and two opposite edges may add up: capacities end here.
ENDLESS = 2**30 - 1
# A cut's capacity stays below this plus one for each of its changes.
_ROOM = 2**29
_ROUNDS = 6
# So many closures at most look for changes that aren't needed after all.
_LOOKS = 400


@dataclass(frozen=True, slots=True)
class Step:
    """A rule from one state to another: each of its premises, the first its tail."""

    edge: int
    premises: Ints
    head: int


@dataclass(frozen=True, slots=True)
class Network:
    """Every way from the origins to the targets, and the changes that lie on it.

    Attributes:
        graph: The graph.
        states: The states on some way; edges that are no rules.
        rules: The rules between them.
        seeds: What the origins hold to begin with, a mask for each node.
        goals: What is asked for, a mask for each node.
        edges: The edges of the graph on some way, rules included, sorted.
        change: By edge in `edges`: the number of its change.
        count: How many changes there are.
    """

    graph: Graph
    states: States
    rules: tuple[Step, ...]
    seeds: Mask
    goals: Mask
    edges: Ints
    change: Ints
    count: int

    def priced(self, cost: Floats) -> Floats:
        """Return the price of each change: that of the dearest edge that it takes.

        Args:
            cost: By edge in `edges`.
        """
        price = np.zeros(self.count)
        np.maximum.at(price, self.change, cost)
        return price

    def of(self, chosen: Flags) -> Ints:
        """Return the edges that some changes take."""
        return self.edges[chosen[self.change]]

    def held(self, edges: Ints) -> Mask:
        """Return what the origins hold by means of some edges only."""
        return forward(self.graph.arcs(edges), self.seeds)

    def is_closed(self, chosen: Flags) -> bool:
        """Return whether nothing is reached without what the changes take."""
        left = self.edges[~chosen[self.change]]
        return not (self.held(left) & self.goals).any()


def network(
    graph: Graph, kind: Ints, origins: Ints, targets: Ints, verbs: int
) -> Network:
    """Return every way from the origins, all of them together, to the targets.

    Args:
        graph: The graph; all its edges count, undecided ones too.
        kind: By edge: its kind (`costs.kinds`).
        origins: Numbers of nodes.
        targets: Numbers of nodes.
        verbs: Mask of the states of a target that count.
    """
    seeds, goals = (np.zeros(len(graph.ids), np.uint16) for _ in range(2))
    seeds[origins] = np.where(graph.is_data[origins], READ, CONTROL)
    goals[targets] = verbs
    states = core(graph, seeds, goals)
    rules = tuple(_rules(graph, states))
    used = np.array([rule.edge for rule in rules], np.int64)
    edges = np.unique(np.concatenate((states.edge, used)))
    number, count = changes(graph, kind, edges)
    return Network(graph, states, rules, seeds, goals, edges, number, count)


def _rules(graph: Graph, states: States) -> Iterator[Step]:
    for edge, nodes in graph.needs.items():
        others = entries(graph, np.array(nodes, np.int64))
        for tail, head in steps(graph, edge):
            codes = np.concatenate(([tail], others, [head]))
            found, places = states.find(codes)
            if len(found) == len(codes):
                yield Step(edge, places[:-1], int(places[-1]))


def cheapest(ways: Network, price: Floats) -> Flags | None:
    """Return the cheapest changes that leave no way, or None where no changes do.

    Args:
        ways: The ways.
        price: By change; infinite for what can't be made.
    """
    fixed = _fixed(ways, price)
    return None if (fixed & ways.goals).any() else minimum(ways, price)


def _fixed(ways: Network, price: Floats) -> Mask:
    """Return what the origins hold by what can't be changed."""
    return ways.held(ways.edges[~np.isfinite(price)[ways.change]])


def minimum(ways: Network, price: Floats) -> Flags:
    """Return the cheapest changes that leave no way, where there are some.

    As few of them as that takes, as long as the prices leave room for it in 32 bits.
    """
    if not ways.count:
        return np.zeros(0, bool)
    arcs = _arcs(ways, _fixed(ways, price))
    bound = max(float(price[np.isfinite(price)].sum()), 1.0)
    best = _cut(arcs, price, bound)
    for _ in range(_ROUNDS):
        value = float(price[best].sum())
        if value >= bound:
            break
        # What is dearer than a cut is in no minimum cut: the rest gets finer units.
        bound = max(value, 1.0)
        best = min(best, _cut(arcs, price, bound), key=lambda cut: _worth(price, cut))
    return _needed(ways, price, best) if ways.rules else best


def _worth(price: Floats, cut: Flags) -> tuple[float, int]:
    return float(price[cut].sum()), int(cut.sum())


@dataclass(frozen=True, slots=True)
class _Arcs:
    """What flow passes: arcs of a change, or of none (-1), between numbered places."""

    count: int
    tail: Ints
    head: Ints
    change: Ints


def _arcs(ways: Network, fixed: Mask) -> _Arcs:
    """Return the arcs; the last place but one is the source, the last the sink.

    A rule becomes an arc from one premise. It is one that the origins don't get by what
    can't be changed, if there is any: then a cut of finite price exists whenever any
    set of changes leaves no way.
    """
    states, number = ways.states, len(ways.states)
    held = fixed[states.codes >> 4] >> (states.codes & 15) & 1
    routed = [rule.premises[np.argmin(held[rule.premises])] for rule in ways.rules]
    tail = np.concatenate((states.tail, np.array(routed, np.int64)))
    ends = np.array([rule.head for rule in ways.rules], np.int64)
    head = np.concatenate((states.head, ends))
    used = np.array([rule.edge for rule in ways.rules], np.int64)
    edge = np.concatenate((states.edge, used))
    change = ways.change[np.searchsorted(ways.edges, edge)]
    same = np.unique(np.stack((change, tail, head)), axis=1)
    inner = _hubbed(number, *same)
    source, sink = inner.count, inner.count + 1
    starts, ends = (_of(states, mask) for mask in (ways.seeds, ways.goals))
    outer = len(starts) + len(ends)
    return _Arcs(
        inner.count + 2,
        np.concatenate((inner.tail, np.full(len(starts), source), ends)),
        np.concatenate((inner.head, starts, np.full(len(ends), sink))),
        np.concatenate((inner.change, np.full(outer, -1))),
    )


def _of(states: States, mask: Mask) -> Ints:
    nodes = np.flatnonzero(mask)
    return states.find(of_masks(nodes, mask[nodes])[0])[1]


def _hubbed(number: int, change: Ints, tail: Ints, head: Ints) -> _Arcs:
    """Let the edges of one change, if there are several, share a hub."""
    shared, place, times = np.unique(change, return_inverse=True, return_counts=True)
    many = times > 1
    alone = ~many[place]
    hub = number + 2 * (np.cumsum(many) - 1)
    through, onto = hub[place[~alone]], hub[many]
    none = np.full(int((~alone).sum()), -1)
    return _Arcs(
        number + 2 * int(many.sum()),
        np.concatenate((tail[alone], tail[~alone], through + 1, onto)),
        np.concatenate((head[alone], through, head[~alone], onto + 1)),
        np.concatenate((change[alone], none, none, shared[many])),
    )


def _cut(arcs: _Arcs, price: Floats, bound: float) -> Flags:
    """Return the changes of a minimum cut, its price counted in parts of a bound."""
    units = _ROOM / bound
    units = np.floor(units) if units >= 1 else units
    # Each change counts one beside its price, so that of equal cuts the smaller wins.
    cheap = np.floor(np.minimum(price, bound) * units) + 1
    each = np.where(price <= bound, cheap, ENDLESS)
    capacity = np.where(arcs.change >= 0, each[arcs.change], ENDLESS).astype(np.int64)
    near = _near(arcs, capacity)
    chosen = np.zeros(len(price), bool)
    across = near[arcs.tail] & ~near[arcs.head]
    chosen[arcs.change[across]] = True
    return chosen


def _near(arcs: _Arcs, capacity: Ints) -> Flags:
    """Return the places on the source's side of the minimum cut nearest to it."""
    size = (arcs.count, arcs.count)
    summed = csr_array((capacity, (arcs.tail, arcs.head)), shape=size)
    summed.sum_duplicates()
    summed.data = np.minimum(summed.data, ENDLESS)
    whole = summed.astype(np.int32)
    flow = maximum_flow(whole, arcs.count - 2, arcs.count - 1).flow
    left = csr_array(whole - flow)
    left.data = np.where(left.data > 0, 1, 0).astype(np.int8)
    left.eliminate_zeros()
    near = np.zeros(arcs.count, bool)
    order = breadth_first_order(left, arcs.count - 2, return_predecessors=False)
    near[order] = True
    return near


def _needed(ways: Network, price: Floats, chosen: Flags) -> Flags:
    """Put back what isn't needed: the dearest first, many at once where that works.

    A change that joins what is held to what leads to a target by itself is needed; only
    others are tried, and no more than a fixed number of times.
    """
    graph, left = ways.graph, ways.edges[~chosen[ways.change]]
    held = ways.held(left)
    leading = backward(graph.arcs(left, backward=True), ways.goals, alone=True)
    taken = ways.of(chosen)
    joins = _joins(graph, taken, held, leading)
    tried = chosen.copy()
    tried[ways.change[np.searchsorted(ways.edges, taken[joins])]] = False
    order = np.flatnonzero(tried)
    order = order[np.argsort(-price[order], kind="stable")]
    kept, stack, looks = chosen.copy(), [order], 0
    while stack and looks < _LOOKS:
        some = stack.pop()
        fewer = kept.copy()
        fewer[some] = False
        looks += 1
        if ways.is_closed(fewer):
            kept = fewer
        elif len(some) > 1:
            half = len(some) // 2
            stack += [some[half:], some[:half]]
    return kept


def _joins(graph: Graph, edges: Ints, held: Mask, leading: Mask) -> Flags:
    tails, heads = held[graph.tail[edges]], leading[graph.head[edges]]
    given = np.where((tails & CONTROL) != 0, graph.give[edges], 0) & heads
    alone = np.array([int(edge) not in graph.needs for edge in edges], bool)
    joined: Flags = alone & ((given | (tails & graph.carry[edges] & heads)) != 0)
    return joined
