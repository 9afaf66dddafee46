"""Plans of small estates: who may not, who may, and what a plan names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow, kind_of
from ringfence.estate.facts import Fact, line
from ringfence.estate.store import Edges
from ringfence.reach.collateral import InUse
from ringfence.reach.costs import Prices, kinds, prices
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints, verb_mask
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import Aim
from ringfence.reach.plan_file import named
from tests.estates import edges_of, graph
from tests.reference.cut import Change


class Setting:
    """A small estate, those who may not reach some targets in it, and its prices."""

    def __init__(
        self,
        facts: Iterable[Fact],
        excluded: Sequence[str],
        targets: Sequence[str],
        *,
        verbs: Sequence[str] = ("read",),
        costs: Mapping[str, int | None] | None = None,
        idle: Sequence[int] | None = None,
        used: Sequence[tuple[str, str]] | None = None,
    ) -> None:
        self.facts = sorted(facts, key=line)
        self.graph: Graph = graph(self.facts)
        self.edges: Edges = edges_of(self.facts)[1]
        self.excluded = [node for node in excluded if node in self.graph.number]
        self.targets = [node for node in targets if node in self.graph.number]
        self.people = [
            node
            for node in self.graph.ids
            if kind_of(node) == "person" and node not in excluded
        ]
        self.verbs = verbs
        self.aim = Aim(
            self.numbers(self.excluded),
            self.numbers(self.targets),
            self.numbers(self.people),
            verb_mask(verbs),
            None if used is None else self.in_use(used),
        )
        self.prices: Prices = prices(
            self.graph,
            kinds(self.graph, self.edges),
            costs=costs,
            idle=None if idle is None else np.array(idle, np.int64),
        )

    def in_use(self, used: Sequence[tuple[str, str]]) -> InUse:
        """Return that some pairs are in use, and that no other is."""
        ids = self.graph.number
        codes = sorted(ids[who] * len(ids) + ids[what] for who, what in used)
        nothing = self.graph.chosen(np.empty(0, np.int64))
        people, targets = self.numbers(self.people), self.numbers(self.targets)
        unseen = pairs(nothing, people, targets, verb_mask(self.verbs))
        return InUse(np.array(codes, np.int64), (), unseen)

    def numbers(self, nodes: Sequence[str]) -> Ints:
        """Return the numbers of some nodes."""
        return np.array([self.graph.number[node] for node in nodes], np.int64)

    def named(self, edges: Ints) -> set[Change]:
        """Return the changes that some edges of the graph amount to."""
        return {named(self.graph, self.prices.kind, edge) for edge in edges.tolist()}

    def walked(self) -> list[Fact]:
        """Return the facts that reach walks."""
        return [f for f in self.facts if EDGE_KINDS[f.name].flow is not Flow.STAKE]
