"""Isolation: does anything lead from these origins to those targets?

Every universal claim comes down to this question, over one graph twice: over the edges
that are certain, and over all that are possible. Certain from a certain origin to a
certain target refutes; merely possible leaves open; neither is isolation, and the
closed set of everything possibly reached is its proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from ringfence.boundary.status import Status
from ringfence.reach.closure import Tree, Walk, backward, forward, tree
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, STATES, Ints, Mask


class Result(StrEnum):
    """What the question comes to."""

    ISOLATED = "isolated"
    POSSIBLE = "possible"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Part:
    """Origins that share one set of barred targets.

    Attributes:
        origins: Statuses (yes or unknown) by node id.
        targets: Statuses by node id, without what the origins' exceptions concede.
        exceptions: Names of the exceptions that apply to these origins.
    """

    origins: Mapping[str, Status]
    targets: Mapping[str, Status]
    exceptions: tuple[str, ...] = ()


class Isolation:
    """The question asked of one part, answered on demand.

    Attributes:
        graph: The graph.
        part: Origins and targets.
        verbs: Mask of the states of a target that count.
        kept: What the origins may hold from another request, a mask for each node.
    """

    def __init__(
        self, graph: Graph, part: Part, verbs: int, kept: Mask | None = None
    ) -> None:
        self.graph = graph
        self.part = part
        self.verbs = verbs
        self.kept = kept

    def _numbers(self, statuses: Mapping[str, Status], *, sure: bool) -> Ints:
        number = self.graph.number
        chosen = (
            number[node]
            for node, status in statuses.items()
            if node in number and (status is Status.YES or not sure)
        )
        return np.fromiter(chosen, np.int64)

    def _seeds(self, *, sure: bool) -> Mask:
        return self.graph.seeds(self._numbers(self.part.origins, sure=sure))

    def _goals(self, *, sure: bool) -> Mask:
        return self.graph.at(self._numbers(self.part.targets, sure=sure), self.verbs)

    @cached_property
    def closed(self) -> Mask:
        """Every state that the origins may reach: the closed set of a certificate."""
        seeds = self._seeds(sure=False)
        if self.kept is not None:
            seeds |= self.kept
        return forward(self.graph.possible, seeds)

    @cached_property
    def lasting(self) -> Mask:
        """What the closed set holds for good: it stays for another request."""
        graph = self.graph
        given = np.zeros(len(graph.ids), np.uint16)
        edges = np.flatnonzero(graph.is_lasting)
        controlled = (self.closed[graph.tail[edges]] & CONTROL) != 0
        handed = np.where(controlled, graph.give[edges], 0).astype(np.uint16)
        # A rule that lacks a premise has handed nothing on.
        np.bitwise_or.at(given, graph.head[edges], handed)
        return given & self.closed

    @cached_property
    def _sure(self) -> Mask:
        return forward(self.graph.definite, self._seeds(sure=True))

    @cached_property
    def result(self) -> Result:
        """What the question comes to."""
        if not (self.closed & self._goals(sure=False)).any():
            return Result.ISOLATED
        if (self._sure & self._goals(sure=True)).any():
            return Result.REACHED
        return Result.POSSIBLE

    @property
    def is_sure(self) -> bool:
        """Whether witnesses are certain ones (else they are possible ones)."""
        return self.result is Result.REACHED

    @cached_property
    def _needed(self) -> Mask:
        graph, sure = self.graph, self.is_sure
        arcs = graph.definite_reversed if sure else graph.possible_reversed
        return backward(arcs, self._goals(sure=sure))

    @cached_property
    def core(self) -> Mask:
        """The states that lie on some way from an origin to a target."""
        return (self._sure if self.is_sure else self.closed) & self._needed

    def guards(self) -> list[int]:
        """Return the guards on some possible way from an origin to a target."""
        graph = self.graph
        if not graph.guards:
            return []
        goals = self._goals(sure=False)
        inner = self.closed & backward(graph.possible_reversed, goals)
        edges = np.flatnonzero((graph.guard >= 0) & (inner[graph.tail] != 0))
        edges = edges[inner[graph.head[edges]] != 0]
        return sorted({int(guard) for guard in graph.guard[edges]})

    @cached_property
    def crossing(self) -> list[str]:
        """The origins from which a target is reached, sorted."""
        numbers = self._numbers(self.part.origins, sure=self.is_sure)
        return sorted(self.graph.ids[node] for node in numbers if self.core[node])

    @cached_property
    def reached(self) -> list[str]:
        """The targets that are reached, sorted."""
        numbers = self._numbers(self.part.targets, sure=self.is_sure)
        hit = self.core[numbers] & self.verbs
        return sorted(self.graph.ids[node] for node in numbers[hit != 0])

    def on_the_way(self, kind: str) -> list[str]:
        """Return the nodes of a kind that lie on some way to a target, sorted."""
        nodes = np.flatnonzero(self.core)
        prefix = f"{kind}:"
        found = (self.graph.ids[node] for node in nodes)
        return [node for node in found if node.startswith(prefix)]

    def tree(self, origin: str) -> Tree:
        """Return the breadth-first tree from one origin."""
        graph = self.graph
        arcs = graph.definite if self.is_sure else graph.possible
        return tree(arcs, graph.seeds([graph.number[origin]]))

    def witness(self, origin: str, target: str) -> Walk | None:
        """Return a shortest path from an origin to a target, or None."""
        node = self.graph.number[target]
        return self.tree(origin).path(self.graph, node, self.verbs)

    def shortest(self) -> tuple[str, str, Walk]:
        """Return the shortest witness of all, the first by name of those as short.

        Raises:
            ValueError: Nothing is reached, not even possibly.
        """
        graph = self.graph
        arcs = graph.definite if self.is_sure else graph.possible
        grown = tree(arcs, self._seeds(sure=self.is_sure))
        walks = (
            (target, grown.path(graph, graph.number[target], self.verbs))
            for target in self.reached
        )
        found = (
            (self._origin(walk, target), target, walk) for target, walk in walks if walk
        )
        return min(found, key=lambda one: (len(one[2].edges), one[0], one[1]))

    def _origin(self, walk: Walk, target: str) -> str:
        if not walk.edges:
            return target
        first: str = self.graph.ids[self.graph.tail[walk.edges[0]]]
        return first


def states(graph: Graph, mask: Mask) -> dict[str, list[str]]:
    """Return a mask as sorted node ids by state, states that nobody has left out."""
    named: dict[str, list[str]] = {}
    for name, state in STATES.items():
        nodes = np.flatnonzero(mask & state)
        if len(nodes):
            named[name] = [graph.ids[node] for node in nodes]
    return named
