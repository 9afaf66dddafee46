"""From edges and rows to what a person reads: hops, paths and flow maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ringfence.boundary.derivation import Ground, support
from ringfence.boundary.ownership import in_words
from ringfence.boundary.vocabulary import EDGE_KINDS, kind_of
from ringfence.claims.case import Case
from ringfence.claims.outcome import FlowEdge, FlowMap, FlowNode, Hop, Path
from ringfence.estate.store import Row
from ringfence.guard.concrete import Request
from ringfence.reach.closure import Walk
from ringfence.reach.flows import flows
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation

_STORE_PHRASES = {
    "place": "is in",
    "copy": "is the copy",
    "purpose": "is a",
    "subjects": "people found in it:",
}
_PHRASES = {
    "residence": "resides in",
    "location": "is in",
    "employer": "is employed by",
    "us_person": "is a U.S. person:",
    "designated": "is designated:",
    "organised_in": "is organised in",
    "principal_place": "does business mainly in",
    "state_of": "is the state",
    **_STORE_PHRASES,
}


def paths_of(
    case: Case,
    graph: Graph,
    origin: str,
    walks: Mapping[str, Walk],
    *,
    selector: str = "",
    request: Request | None = None,
) -> tuple[Path, ...]:
    """Return the paths from one origin, each hop tied to its source fact.

    Args:
        case: The case.
        graph: The graph that was walked.
        origin: Where the paths begin.
        walks: The edges to each target, and the state that they end in.
        selector: Who is excluded, for the facts that make the origin so.
        request: One that meets every guard on the paths, if that is known.
    """
    used = {int(graph.row[edge]) for walk in walks.values() for edge in walk.edges}
    rows = case.estate.rows(sorted(used))
    # What is open in its fact may be certain here: its guard is met, or ignored.
    certain = {
        int(graph.row[edge])
        for walk in walks.values()
        for edge in walk.edges
        if not graph.is_open[edge]
    }
    hops = {row: hop_of(fact, certain=row in certain) for row, fact in rows.items()}
    because = origin_facts(case, origin, selector)
    return tuple(
        Path(
            origin,
            target,
            walk.state,
            tuple(hops[int(graph.row[edge])] for edge in walk.edges),
            because,
            dict(request or {}),
        )
        for target, walk in walks.items()
    )


def hop_of(row: Row, *, certain: bool = False) -> Hop:
    """Return an edge fact as a hop; if it isn't certain, with the reason."""
    doubts = (
        row.unknown,
        row.control,
        row.guard and "whether its condition can be met",
        row.needs and f"it needs {', '.join(json.loads(row.needs))} too",
    )
    phrase = EDGE_KINDS[row.name].phrase
    detail = json.loads(row.detail or "{}")
    return Hop(
        tail=row.id,
        head=row.value,
        phrase=f"{phrase} {row.verb}" if row.verb else phrase,
        at=row.at,
        source=row.source,
        line=row.line,
        open="" if certain else next(filter(None, doubts), ""),
        dispute=detail.get("disputed_by", ""),
    )


def origin_facts(case: Case, origin: str, selector: str) -> tuple[Hop, ...]:
    """Return the facts that make an origin what it is.

    Of somebody excluded, those that let it in: its own, then its owners' and its
    employer's, down to the last. Of a store or facility, where and what it is.
    """
    if kind_of(origin) in ("store", "facility"):
        rows = case.view.about([origin])
        told = [row for row in rows if row.name in _STORE_PHRASES]
        # Where it is counts first; what was found there is beside it.
        told.sort(key=lambda row: row.name == "subjects")
        return tuple(map(_stated, told))
    if not selector:
        return ()
    grounds = support(case.judged(selector), origin)
    found = {(row.id, row.name, row.value): row for row in case.view.about([*grounds])}
    facts = (
        (fact, ground)
        for told in grounds.values()
        for ground in told
        for fact in ground.facts
    )
    return tuple(
        _ground(found[fact], ground) for fact, ground in facts if fact in found
    )


def _ground(row: Row, ground: Ground) -> Hop:
    if row.name != "owns":
        return _stated(row)
    # Said of the owned entity, so that the chain reads on from it.
    share = next((held for owner, held in ground.others if owner == row.id), None)
    part = "partly" if share is None else f"{in_words(share)} %"
    stake = _stated(row)
    return replace(stake, tail=row.value, head=row.id, phrase=f"is {part} owned by")


def _stated(row: Row) -> Hop:
    detail = json.loads(row.detail or "{}")
    return Hop(
        tail=row.id,
        head=row.value,
        phrase=_PHRASES.get(row.name, row.name),
        at=row.at,
        source=row.source,
        line=row.line,
        open=row.unknown,
        dispute=detail.get("disputed_by", ""),
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
        followed=found.origins,
    )


def folded(node: str) -> str:
    """Return a column's dataset, and any other node itself."""
    if kind_of(node) != "column":
        return node
    return "dataset:" + node.partition(":")[2].rpartition(".")[0]
