"""Plans of small estates: who may not, who may, and what a plan names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow, kind_of
from ringfence.estate.facts import Fact, line
from ringfence.estate.store import Edges
from ringfence.reach.costs import Prices, Use, kinds, prices
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints, verb_mask
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
        use: Use | None = None,
        idle_since: str = "",
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
        )
        self.prices: Prices = prices(
            self.graph,
            kinds(self.graph, self.edges),
            costs=costs,
            use=use,
            idle_since=idle_since,
        )

    def numbers(self, nodes: Sequence[str]) -> Ints:
        """Return the numbers of some nodes."""
        return np.array([self.graph.number[node] for node in nodes], np.int64)

    def named(self, edges: Ints) -> set[Change]:
        """Return the changes that some edges of the graph amount to."""
        return {named(self.graph, self.prices.kind, edge) for edge in edges.tolist()}

    def walked(self) -> list[Fact]:
        """Return the facts that reach walks."""
        return [f for f in self.facts if EDGE_KINDS[f.name].flow is not Flow.STAKE]
