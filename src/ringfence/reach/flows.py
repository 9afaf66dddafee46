"""All shortest witnesses at once: which nodes and edges they pass, and how many people.

Computed on the core alone (the states that lie on some way from an origin to a target),
which is a small part of the graph.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.reach.closure import tree
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation

# Beyond this many crossing origins the map is drawn from the first ones by name, and
# says so: a picture of more can't be told from it.
MOST_ORIGINS = 500


@dataclass(frozen=True, slots=True)
class Flows:
    """How many origins pass each node and edge on their shortest witnesses.

    Attributes:
        nodes: Number of origins by node id.
        edges: Number of origins by pair of node ids.
        origins: How many origins were followed.
        total: How many cross.
        pairs: Number of (origin, target) pairs in reach, over the origins followed.
    """

    nodes: Mapping[str, int]
    edges: Mapping[tuple[str, str], int]
    origins: int
    total: int
    pairs: int


def flows(isolation: Isolation, *, most: int = MOST_ORIGINS) -> Flows:
    """Return the flows of the witnesses of an isolation that doesn't hold."""
    core = isolation.graph.within(isolation.core != 0)
    arcs = core.definite if isolation.is_sure else core.possible
    goals = [core.number[target] for target in isolation.reached]
    nodes: dict[str, int] = defaultdict(int)
    edges: dict[tuple[str, str], int] = defaultdict(int)
    pairs = 0
    for origin in isolation.crossing[:most]:
        grown = tree(arcs, core.seeds([core.number[origin]]))
        used: set[tuple[int, int]] = set()
        for goal in goals:
            pairs += bool(grown.held[goal] & isolation.verbs)
            for step in grown.climb(core, goal, isolation.verbs):
                if step in used:
                    break  # the way from the origin to here is counted
                used.add(step)
        _count(core, {edge for edge, _ in used}, nodes, edges)
    followed = min(len(isolation.crossing), most)
    return Flows(nodes, edges, followed, len(isolation.crossing), pairs)


def _count(
    core: Graph,
    used: set[int],
    nodes: dict[str, int],
    edges: dict[tuple[str, str], int],
) -> None:
    touched: set[str] = set()
    for edge in used:
        tail, head = core.ids[core.tail[edge]], core.ids[core.head[edge]]
        edges[tail, head] += 1
        touched.update((tail, head))
    for node in touched:
        nodes[node] += 1
