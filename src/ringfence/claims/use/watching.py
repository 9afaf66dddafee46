"""Which ways the logs watch: over which of them nothing passes unseen.

A log of a tool's own sees whoever comes to the tool; a log of a store sees whatever is
done with data there. Only a way that some whole log watches from end to end is one over
which nobody can have gone without leaving an event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ringfence.boundary.order import LogOrder
from ringfence.claims.case import listed
from ringfence.claims.crossings import LogSeen
from ringfence.claims.events.completeness import Window, doubts
from ringfence.claims.outcome import Reason
from ringfence.claims.use.network import Network, store_of
from ringfence.reach.costs import KINDS
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Flags, Ints

UNLOGGED = "unlogged"


@dataclass(frozen=True, slots=True)
class Watch:
    """What some logs watch: tools that have a log of their own, and stores."""

    tools: frozenset[str]
    stores: frozenset[str]

    def caught(self, graph: Graph, kind: Ints) -> Flags:
        """Return over which edges of a graph nothing passes unseen.

        Who changes a tool, or stands before a machine, leaves no line in its log.

        Args:
            graph: The graph.
            kind: By edge: the place of its kind among `KINDS`.
        """
        tools = np.array([node in self.tools for node in graph.ids], bool)
        stores = np.array([store_of(node) in self.stores for node in graph.ids], bool)
        enters = ~graph.is_data[graph.tail] & graph.is_data[graph.head]
        by_store = enters & stores[graph.head] & (kind != KINDS.index("physical"))
        by_tool = tools[graph.head] & (kind == KINDS.index("can_use"))
        found: Flags = by_tool | by_store
        return found


def watch(orders: Sequence[LogOrder], names: Collection[str]) -> Watch:
    """Return what the logs of some names watch."""
    chosen = [one for one in orders if one.name in names and not one.signs_in]
    tools = frozenset(one.tool for one in chosen if one.tool)
    stores = {f"store:{one.store}" for one in chosen if one.store and not one.tool}
    return Watch(tools, frozenset(stores))


class Watching:
    """Which ways some logs watch, and what keeps others from being watched.

    Args:
        network: The ways.
        goals: The states of protected data.
        orders: The logs, and `seen` what is known of each.
    """

    def __init__(
        self,
        network: Network,
        goals: Ints,
        orders: Sequence[LogOrder],
        seen: Sequence[LogSeen],
    ) -> None:
        self._network, self._goals = network, goals
        self._orders, self._seen = orders, seen
        self._unseen: dict[frozenset[str], Flags] = {}
        self._doubts: dict[Window, dict[str, tuple[Reason, ...]]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The logs."""
        return tuple(one.name for one in self._orders)

    def whole(self, window: Window) -> frozenset[str]:
        """Return the logs that tell of all of a time."""
        return frozenset(name for name, told in self._told(window).items() if not told)

    def _told(self, window: Window) -> dict[str, tuple[Reason, ...]]:
        """Return why each log may not tell of all of a time."""
        if window not in self._doubts:
            found = {one.name: tuple(doubts(one, window)) for one in self._seen}
            self._doubts[window] = found
        return self._doubts[window]

    def is_unseen(self, names: frozenset[str]) -> Flags:
        """Return by way whether somebody may pass it that none of some logs sees."""
        if names not in self._unseen:
            states, ways = self._network.states, self._network.way
            caught = self._caught(names)
            left = np.flatnonzero(~caught[states.edge])
            tail, head = states.tail[left], states.head[left]
            starts = np.zeros(len(states), bool)
            starts[self._network.at(self._network.origins)] = True
            ends = np.zeros(len(states), bool)
            ends[self._goals] = True
            open_ = _swept(tail, head, starts)[tail] & _swept(head, tail, ends)[head]
            found = np.zeros(int(ways.max(initial=-1)) + 1, bool)
            found[ways[states.edge[left[open_]]]] = True
            self._unseen[names] = found
        return self._unseen[names]

    def _caught(self, names: Collection[str]) -> Flags:
        watched = watch(self._orders, names)
        return watched.caught(self._network.graph, self._network.kind)

    @cached_property
    def _watched(self) -> dict[str, Flags]:
        """By log: the ways of which it sees something, if it is whole."""
        return {one.name: self._sees(one) for one in self._orders if not one.signs_in}

    def _sees(self, order: LogOrder) -> Flags:
        states, ways = self._network.states, self._network.way
        caught = self._caught({order.name})
        edges = caught[states.edge]
        before, behind = (np.zeros(len(states), bool) for _ in range(2))
        before[states.tail[edges]] = True
        behind[states.head[edges]] = bool(order.tool)
        leads = _swept(states.head, states.tail, before)[states.head]
        follows = _swept(states.tail, states.head, behind)[states.tail]
        found = np.zeros(int(ways.max(initial=-1)) + 1, bool)
        found[ways[states.edge[edges | leads | follows]]] = True
        return found

    def logs(self, way: int, names: Collection[str]) -> tuple[str, ...]:
        """Return which of some logs would show the use of a way, in their order."""
        return tuple(n for n, seen in self._watched.items() if n in names and seen[way])

    def blame(self, way: int, window: Window) -> Iterator[Reason]:
        """Yield what keeps the use of a way from being seen all of a time."""
        told = self._told(window)
        found = [one for name in self.logs(way, self.names) for one in told[name]]
        yield from found
        if not found:
            yield Reason(UNLOGGED, f"no log shows the use of {self._unlogged(way)}")

    def _unlogged(self, way: int) -> str:
        """Return where the way leads without any log of the place telling of it."""
        graph, states = self._network.graph, self._network.states
        own = self._network.way[states.edge] == way
        begun = np.zeros(len(states), bool)
        begun[states.head[own]] = True
        tail, head, enters = self._loose
        held = _swept(tail, head, begun)[tail] & enters
        into = {*head[held].tolist(), *states.head[own].tolist()}
        stores = sorted({store_of(self._network.node(state)) for state in into} - {""})
        whole = f"{graph.ids[int(states.codes[states.head[own][0]]) >> 4]} whole"
        return listed(stores or [whole])

    @cached_property
    def _loose(self) -> tuple[Ints, Ints, Flags]:
        """Tails and heads of what no log watches, and which of it enters data."""
        graph, states = self._network.graph, self._network.states
        left = np.flatnonzero(~self._caught(self.names)[states.edge])
        edge = states.edge[left]
        enters = ~graph.is_data[graph.tail[edge]] & graph.is_data[graph.head[edge]]
        return states.tail[left], states.head[left], enters


def _swept(tail: Ints, head: Ints, starts: Flags) -> Flags:
    """Return which states some lead to, by edges from tails to heads."""
    found = starts.copy()
    while True:
        new = head[found[tail] & ~found[head]]
        if not len(new):
            return found
        found[new] = True
