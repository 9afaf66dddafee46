"""From here to there: which ways lie on every way between, and which only on some.

An event tells where it started, what it passed and where it ended; what lies between is
known only as far as there is no second way. The searches are small: they stay among the
states that lead to where the event ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ringfence.claims.use.network import Network
from ringfence.reach.arcs import grouped
from ringfence.reach.masks import Ints

Places = frozenset[int]


@dataclass(frozen=True, slots=True)
class Leg:
    """What lies between a start and an end.

    Attributes:
        sure: Ways that every way between passes.
        maybe: Ways that some pass, and others don't.
        starts: The states that some way starts from.
    """

    sure: frozenset[int] = frozenset()
    maybe: frozenset[int] = frozenset()
    starts: Places = frozenset()

    def doubted(self) -> Leg:
        """Return the same, sure of nothing."""
        return Leg(frozenset(), self.sure | self.maybe, self.starts)


class Legs:
    """Searches for legs, each made once.

    Args:
        network: The ways.
        cuts: When the stretches of time begin, in seconds; within each of them no edge
            begins or ends.
    """

    def __init__(self, network: Network, cuts: Sequence[int]) -> None:
        self._cuts = cuts
        inside = np.flatnonzero(~network.elsewhere[network.states.edge])
        states = self._states = network.states.chosen(inside)
        self._tail, self._head = states.tail.tolist(), states.head.tolist()
        self._since = network.since[states.edge].tolist()
        self._until = network.until[states.edge].tolist()
        self._way = network.way[states.edge].tolist()
        self._ordinary = network.ordinary[states.edge].tolist()
        self._onward: dict[Places, frozenset[int]] = {}
        self._found: dict[tuple[Places, Places, int], Leg | None] = {}

    @cached_property
    def _out(self) -> list[list[int]]:
        return _listed(self._states.tail, len(self._states))

    @cached_property
    def _into(self) -> list[list[int]]:
        return _listed(self._states.head, len(self._states))

    def between(self, starts: Places, goals: Places, stretch: int) -> Leg | None:
        """Return what lies between some states and others; None if nothing joins them.

        Of several starts any may be meant, and of several goals. What needs a change
        first (a grant to oneself) counts only where nothing ordinary leads there.
        """
        key = starts, goals, stretch
        if key not in self._found:
            self._found[key] = self._leg(starts, goals, stretch)
        return self._found[key]

    def _leg(self, starts: Places, goals: Places, stretch: int) -> Leg | None:
        if starts & goals:
            return Leg(starts=starts)
        for plain in (True, False):
            edges = self._passed(starts, goals, stretch, plain=plain)
            if edges:
                ways = {self._way[edge] for edge in edges}
                sure = frozenset(self._needed(edges, starts, goals))
                begun = frozenset(self._tail[edge] for edge in edges) & starts
                return Leg(sure, frozenset(ways - sure), begun)
        return None

    def leading(self, goals: Places) -> frozenset[int]:
        """Return every state that leads to one of some states at some time."""
        if goals not in self._onward:
            found = set(goals)
            ahead = [*goals]
            while ahead:
                for edge in self._into[ahead.pop()]:
                    tail = self._tail[edge]
                    if tail not in found:
                        found.add(tail)
                        ahead.append(tail)
            self._onward[goals] = frozenset(found)
        return self._onward[goals]

    def _passed(
        self, starts: Places, goals: Places, stretch: int, *, plain: bool
    ) -> list[int]:
        """Return the edges on some way of the stretch."""
        near, time = self.leading(goals), self._cuts[stretch]
        ahead = [state for state in starts if state in near]
        seen, taken = {*ahead}, []
        while ahead:
            for edge in self._out[ahead.pop()]:
                head = self._head[edge]
                holds = self._since[edge] <= time < self._until[edge]
                if head in near and holds and (self._ordinary[edge] or not plain):
                    taken.append(edge)
                    if head not in seen:
                        seen.add(head)
                        ahead.append(head)
        return self._back(taken, seen & goals)

    def _back(self, edges: list[int], ends: Collection[int]) -> list[int]:
        """Return those of some edges that lead to the ends."""
        into = defaultdict(list)
        for edge in edges:
            into[self._head[edge]].append(edge)
        ahead, seen, kept = [*ends], {*ends}, []
        while ahead:
            for edge in into[ahead.pop()]:
                kept.append(edge)
                if self._tail[edge] not in seen:
                    seen.add(self._tail[edge])
                    ahead.append(self._tail[edge])
        return kept

    def _needed(self, edges: list[int], starts: Places, goals: Places) -> Iterable[int]:
        """Yield the ways without which no start is joined to a goal."""
        for way in {self._way[edge] for edge in self._shortest(edges, starts, goals)}:
            left = [edge for edge in edges if self._way[edge] != way]
            if not self._shortest(left, starts, goals):
                yield way

    def _shortest(self, edges: list[int], starts: Places, goals: Places) -> list[int]:
        """Return the edges of a shortest way; none if there is no way."""
        out = defaultdict(list)
        for edge in edges:
            out[self._tail[edge]].append(edge)
        came: dict[int, int] = {}
        ahead = [*starts]
        for state in ahead:  # grows while it is walked
            for edge in out[state]:
                head = self._head[edge]
                if head in came or head in starts:
                    continue
                came[head] = edge
                if head in goals:
                    return self._climbed(came, head)
                ahead.append(head)
        return []

    def _climbed(self, came: dict[int, int], state: int) -> list[int]:
        found = []
        while state in came:
            found.append(came[state])
            state = self._tail[found[-1]]
        return found


def _listed(keys: Ints, count: int) -> list[list[int]]:
    first, places = grouped(keys, count)
    bounds, every = first.tolist(), places.tolist()
    return [every[bounds[one] : bounds[one + 1]] for one in range(count)]
