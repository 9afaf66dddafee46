"""What it costs to take an edge away, and what the people behind it count.

A cost is a number that a person chooses, by kind. What can't be taken away (lineage,
containment, ownership, the law) has an infinite one. Use changes no cost: what logs say
lets the people behind an edge that nobody legitimate uses count less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import EDGE_KINDS
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus
from ringfence.estate.store import Edges
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints

Floats = npt.NDArray[np.float64]

# None: not removable. A derived column exposes its source until somebody masks it, a
# container holds its content, and nobody edits away an owner or a law.
COSTS: Mapping[str, int | None] = {
    "member_of": 1,
    "can_assume": 1,
    "can_use": 1,
    "runs_as": 10,
    "owns_group": 1,
    "holds_key": 1,
    "has_privilege": 1,
    "decrypts": 1,
    "can_change": 1,
    "contains": None,
    "derived_from": None,
    "replicated_to": 10,
    "backed_up_to": 10,
    "exported_to": 5,
    "indexed_in": 5,
    "directs": 20,
    "approves": 2,
    "manages_endpoint": 2,
    "proxies_for": 2,
    "physical": 5,
    "controls": None,
    "compelled_by": None,
    "owns": None,
}
KINDS = tuple(EDGE_KINDS)


# What one legitimate person counts behind an edge that none of them uses, against one
# behind any other.
IDLE = 0.1


@dataclass(frozen=True, slots=True)
class Prices:
    """The kind and the cost of each edge of a graph.

    Attributes:
        kind: By edge: the place of its kind among `KINDS`.
        cost: By edge: what taking it away costs; infinite where it can't be.
        weight: By edge: what each legitimate person behind it counts; None for 1.
    """

    kind: Ints
    cost: Floats
    weight: Floats | None = None


def kinds(graph: Graph, edges: Edges) -> Ints:
    """Return the place among `KINDS` of each edge of a graph built of these edges."""
    place = {name: number for number, name in enumerate(KINDS)}
    names = edges.name[np.searchsorted(edges.row, graph.row)]
    return np.fromiter(map(place.__getitem__, names), np.int64, len(names))


def prices(
    graph: Graph,
    kind: Ints,
    *,
    costs: Mapping[str, int | None] | None = None,
    idle: Ints | None = None,
) -> Prices:
    """Return what it costs to take each edge away.

    Args:
        graph: The graph.
        kind: By edge: the place of its kind among `KINDS` (`kinds`).
        costs: Costs by kind that differ from `COSTS`; None for what must stay.
        idle: Rows of the facts that nobody legitimate uses, by logs that cover all of
            it; any other counts as used. None when nobody looked.

    Raises:
        ConfigError: There is no such kind, or a cost is negative.
    """
    known = {**COSTS, **_checked(costs or {})}
    by_kind = np.array([np.inf if (c := known[k]) is None else c for k in KINDS])
    cost = by_kind[kind]
    if idle is None:
        return Prices(kind, cost)
    return Prices(kind, cost, np.where(np.isin(graph.row, idle), IDLE, 1.0))


def _checked(costs: Mapping[str, int | None]) -> Mapping[str, int | None]:
    for name, cost in costs.items():
        at = Locus("costs", pointer=f"/{name}")
        if name not in COSTS:
            message = f"there is no kind of edge `{name}`"
            raise ConfigError(message, at, nearest(name, COSTS))
        if cost is not None and cost < 0:
            hint = "0 is free, and no cost at all says that it must stay"
            raise ConfigError(f"a cost can't be `{cost}`", at, hint)
    return costs


def changes(graph: Graph, kind: Ints, edges: Ints) -> tuple[Ints, int]:
    """Return for each of some edges the number of its change, and how many there are.

    Several facts may say the same: two sources, or one with a condition and one
    without. To take it away is one change, and takes all of them.
    """
    # 32 bits may be all that a node's number has, and too few for two of them.
    ends = graph.tail[edges].astype(np.int64) * len(graph.ids) + graph.head[edges]
    _, place = np.unique(ends, return_inverse=True)
    # Of one kind between two nodes, only a grant's verb tells edges apart: its mask.
    words = (place * len(KINDS) + kind[edges]) << 12 | graph.give[edges]
    found, number = np.unique(words, return_inverse=True)
    return number, len(found)


def alike(graph: Graph, kind: Ints, edges: Ints) -> Ints:
    """Return all edges of the graph that say the same as one of some edges, sorted."""
    tails = np.zeros(len(graph.ids), bool)
    tails[graph.tail[edges]] = True
    near = np.flatnonzero(tails[graph.tail])
    number, count = changes(graph, kind, near)
    chosen = np.zeros(count, bool)
    chosen[number[np.searchsorted(near, edges)]] = True
    return near[chosen[number]]
