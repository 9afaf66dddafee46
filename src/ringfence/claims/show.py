"""From edges and rows to what a person reads: hops, paths and flow maps."""

from __future__ import annotations

import json

from ringfence.boundary.vocabulary import EDGE_KINDS, kind_of
from ringfence.claims.case import Case
from ringfence.claims.outcome import FlowEdge, FlowMap, FlowNode, Hop, Path
from ringfence.estate.store import Row
from ringfence.reach.closure import Walk
from ringfence.reach.flows import flows
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation

_ATTRIBUTE_PHRASES = {
    "residence": "resides in",
    "location": "is in",
    "employer": "is employed by",
    "us_person": "is a U.S. person:",
    "designated": "is designated:",
    "organised_in": "is organised in",
    "principal_place": "does business mainly in",
    "state_of": "is the state of",
    "place": "is in",
    "copy": "is the copy",
    "purpose": "is a",
}
ORIGIN_ATTRIBUTES = tuple(_ATTRIBUTE_PHRASES)


def path_of(case: Case, graph: Graph, origin: str, target: str, walk: Walk) -> Path:
    """Return a path, each hop tied to its source fact."""
    numbers = [int(graph.row[edge]) for edge in walk.edges]
    rows = case.estate.rows(numbers)
    hops = tuple(hop_of(rows[number]) for number in numbers)
    return Path(origin, target, walk.state, hops, origin_facts(case, origin))


def hop_of(row: Row) -> Hop:
    """Return an edge fact as a hop."""
    phrase = EDGE_KINDS[row.name].phrase
    detail = json.loads(row.detail or "{}")
    return Hop(
        tail=row.id,
        head=row.value,
        phrase=f"{phrase} {row.verb}" if row.verb else phrase,
        at=row.at,
        source=row.source,
        line=row.line,
        open=row.unknown or row.control,
        dispute=detail.get("disputed_by", ""),
    )


def origin_facts(case: Case, origin: str) -> tuple[Hop, ...]:
    """Return the attribute facts that make an origin what it is."""
    numbers = case.view.attribute_rows([origin]).get(origin, [])
    rows = case.estate.rows(numbers)
    return tuple(
        Hop(
            tail=row.id,
            head=row.value,
            phrase=_ATTRIBUTE_PHRASES[row.name],
            at=row.at,
            source=row.source,
            line=row.line,
            open=row.unknown,
        )
        for row in (rows[number] for number in numbers)
        if row.name in _ATTRIBUTE_PHRASES
    )


def flow_map(isolation: Isolation) -> FlowMap:
    """Return the flow map of an isolation that doesn't hold; columns are folded."""
    found = flows(isolation)
    folded_nodes: dict[str, int] = {}
    for node, people in found.nodes.items():
        name = folded(node)
        folded_nodes[name] = max(people, folded_nodes.get(name, 0))
    folded_edges: dict[tuple[str, str], int] = {}
    for (tail, head), people in found.edges.items():
        pair = (folded(tail), folded(head))
        if pair[0] != pair[1]:
            folded_edges[pair] = max(people, folded_edges.get(pair, 0))
    return FlowMap(
        tuple(
            FlowNode(node, kind_of(node), node.partition(":")[2], people)
            for node, people in sorted(folded_nodes.items())
        ),
        tuple(
            FlowEdge(tail, head, people)
            for (tail, head), people in sorted(folded_edges.items())
        ),
    )


def folded(node: str) -> str:
    """Return a column's dataset, and any other node itself."""
    if kind_of(node) != "column":
        return node
    return "dataset:" + node.partition(":")[2].rpartition(".")[0]
