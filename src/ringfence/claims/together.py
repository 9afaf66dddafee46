"""What the excluded reach together, by edges that need what several of them hold.

An answer about reach speaks of each principal alone. A claim counts the excluded
together: one may hold what lets another pass. So that no answer looks better than the
claim, it says how many such edges are on the way, and what they come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ringfence.boundary.status import Status
from ringfence.claims.answers import Crossing
from ringfence.claims.asking import Asking
from ringfence.reach.closure import backward, forward, lent
from ringfence.reach.graph import Graph


@dataclass(frozen=True, slots=True)
class Together:
    """What is reached by edges that need several premises.

    Attributes:
        rules: How many such edges lie on the way.
        resources: How many protected resources those excluded, of whom was asked, may
            reach with the help of all the excluded.
    """

    rules: int = 0
    resources: int = 0

    @property
    def crossing(self) -> Crossing:
        """What it makes of the answer, at least."""
        return Crossing.POSSIBLE if self.resources else Crossing.NONE


def lending(asking: Asking) -> Graph:
    """Return the graph in which the excluded lend each other what edges need."""
    graph = asking.graph
    if not graph.needs:
        return graph
    excluded = [node for node in asking.out if node in graph.number]
    return lent(graph, asking.numbers(sorted(excluded)))


def together(
    asking: Asking, origins: Sequence[str], targets: Sequence[str]
) -> Together:
    """Return what is reached together, of what was asked.

    Args:
        asking: The case.
        origins: Of whom was asked.
        targets: Of what was asked.
    """
    graph = asking.graph
    if not graph.needs:
        return Together()
    wide = lending(asking)
    goals = graph.at(asking.numbers(targets), asking.verbs)
    held = forward(wide.possible, graph.seeds(asking.numbers(origins)))
    core = held & backward(graph.possible_reversed, goals)
    rules = [edge for edge in graph.needs if core[graph.tail[edge]]]
    out = [node for node in origins if node in asking.out]
    reached = forward(wide.possible, graph.seeds(asking.numbers(out))) & goals
    hit = [graph.ids[node] for node in np.flatnonzero(reached)]
    return Together(
        len(rules), sum(asking.protected(node) is not Status.NO for node in hit)
    )
