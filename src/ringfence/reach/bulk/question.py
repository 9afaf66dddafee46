"""Does anything lead from the excluded to the protected, in a numbered estate?

The engine is the one for facts: what each sort of edge hands on is asked of `build`,
and `forward` closes. Controls are ignored (bare reach), as are grades: every edge that
the files state takes part, ownership interests apart, which nobody walks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.sparse import coo_array

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow, Grade
from ringfence.estate.containment import YES
from ringfence.estate.parquet import SORTS, Flags, Numbered, spelt
from ringfence.reach.arcs import Arcs, Rules
from ringfence.reach.closure import forward, tree
from ringfence.reach.graph import Graph, build
from ringfence.reach.masks import CONTROL, READ, STATES, Ints, Mask


class Outcome(StrEnum):
    """What the question comes to."""

    ISOLATED = "isolated"
    POSSIBLE = "possible"
    REACHED = "reached"
    VACUOUS = "vacuous"  # nobody is excluded, or nothing is surely protected


@dataclass(frozen=True, slots=True)
class Masks:
    """What edges hand on, by sort.

    Attributes:
        give: Mask handed on when control of the tail is held.
        carry: Mask of what is handed on of that which is held of the tail.
    """

    give: Mask
    carry: Mask


class Rowed(Arcs):
    """Edges that stand by tail themselves: nothing says where else they stand."""

    def at(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return the edges entered from some nodes, and the node of each."""
        counts = self.first[nodes + 1] - self.first[nodes]
        # Numbers of the width of `first`: half the memory of numpy's own choice.
        before = np.cumsum(counts, dtype=counts.dtype) - counts
        places = np.repeat(self.first[nodes] - before, counts)
        places += np.arange(len(places), dtype=counts.dtype)
        return places, np.repeat(nodes.astype(counts.dtype), counts)


@dataclass(frozen=True, slots=True)
class Path:
    """A shortest way from an excluded node to a protected one.

    Attributes:
        origin: Number of the node that it starts from.
        target: Number of the node that it ends in.
        state: What is held of the target then.
        edges: Places of its edges, in order.
    """

    origin: int
    target: int
    state: str
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed set of all that the excluded may reach.

    Attributes:
        arcs: The edges by tail, in the order of the files, without their places.
        held: By node: mask of the states that may be reached.
        meets: Whether a protected node is among them.
    """

    arcs: Rowed
    held: Mask
    meets: bool


def masks(sorts: Ints) -> Masks:
    """Return what edges of some sorts hand on, at the place of each sort."""
    table = Masks(np.zeros(SORTS, np.uint16), np.zeros(SORTS, np.uint16))
    ids, edges = spelt(sorts)
    flows = [EDGE_KINDS[name].flow for name in edges.name]
    walked = np.array([flow is not Flow.STAKE for flow in flows], np.bool_)
    ids, edges = spelt(sorts[walked])
    graph = build(ids, edges, grades=tuple(Grade), bare=True)
    table.give[sorts[walked]] = graph.give
    table.carry[sorts[walked]] = graph.carry
    return table


def _masks_of(estate: Numbered) -> Masks:
    seen = np.zeros(SORTS, np.bool_)
    seen[estate.sort] = True
    return masks(np.flatnonzero(seen))


def rowed(estate: Numbered, chosen: Flags | None = None) -> Rowed:
    """Return the edges (all, or those chosen) by tail, without their places."""
    kept = slice(None) if chosen is None else chosen
    count = len(estate.kind)
    ends = estate.tail[kept], estate.head[kept]
    matrix = coo_array((estate.sort[kept], ends), shape=(count, count))
    # Two edges between the same nodes are two edges: nothing is to be summed up.
    matrix.has_canonical_format = True
    rows = matrix.tocsr()
    table = _masks_of(estate)
    give, carry = table.give[rows.data], table.carry[rows.data]
    none = np.empty(0, np.int32)
    return Rowed(rows.indptr, none, rows.indices, give, carry, _no_rules())


def _no_rules() -> Rules:
    none: Ints = np.empty(0, np.int64)
    states: Mask = np.empty(0, np.uint16)
    return Rules(none, none, none, states, states, none, np.zeros(1, np.int64), states)


def seeds(estate: Numbered, *, sure: bool = False) -> Mask:
    """Return what the excluded start with: control, or reading a copy."""
    origins = estate.excluded == YES if sure else estate.excluded > 0
    entry = np.where(estate.is_data, READ, CONTROL)
    return np.where(origins, entry, 0).astype(np.uint16)


def goals(estate: Numbered, verbs: int, *, sure: bool = False) -> Mask:
    """Return what of the protected nobody excluded may hold."""
    targets = estate.protected == YES if sure else estate.protected > 0
    return np.where(targets, verbs, 0).astype(np.uint16)


def is_vacuous(estate: Numbered) -> bool:
    """Return whether the question is about nobody, or surely about nothing."""
    return not (estate.excluded.any() and (estate.protected == YES).any())


def closed(estate: Numbered, verbs: int) -> Closed:
    """Return everything that the excluded, certain or not, may reach."""
    arcs = rowed(estate)
    held = forward(arcs, seeds(estate))
    return Closed(arcs, held, bool((held & goals(estate, verbs)).any()))


def outcome(estate: Numbered, verbs: int, found: Closed) -> tuple[Outcome, Path | None]:
    """Return what the question comes to, with a shortest path if something is met."""
    if not found.meets:
        answer = Outcome.VACUOUS if is_vacuous(estate) else Outcome.ISOLATED
        return answer, None
    certain = ~estate.unknown
    sure = forward(rowed(estate, certain), seeds(estate, sure=True))
    if (sure & goals(estate, verbs, sure=True)).any():
        return Outcome.REACHED, shortest(estate, verbs, sure, certain)
    return Outcome.POSSIBLE, shortest(estate, verbs, found.held, None)


def shortest(estate: Numbered, verbs: int, held: Mask, certain: Flags | None) -> Path:
    """Return a shortest path from an excluded node to a protected one that is held.

    Args:
        estate: The estate.
        verbs: Mask of the states of a target that count.
        held: What is reached, a mask for each node.
        certain: By edge, whether it is certain, if only such edges count.
    """
    sure = certain is not None
    graph = _inner(estate, held, certain)
    grown = tree(graph.possible, seeds(estate, sure=sure))
    wanted = grown.held & goals(estate, verbs, sure=sure)
    nodes = np.flatnonzero(wanted)
    far = np.iinfo(np.int32).max
    levels = np.full(len(nodes), far, np.int32)
    for bit, state in enumerate(STATES.values()):
        there = np.where(wanted[nodes] & state, grown.level[nodes, bit], far)
        np.minimum(levels, there, out=levels)
    nearest = nodes[levels == levels.min()].tolist()
    walks = ((node, grown.path(graph, node, verbs)) for node in nearest)
    target, walk = next((node, walk) for node, walk in walks if walk)
    edges = tuple(int(graph.row[edge]) for edge in walk.edges)
    origin = int(estate.tail[edges[0]]) if edges else target
    return Path(origin, target, walk.state, edges)


def _inner(estate: Numbered, held: Mask, certain: Flags | None) -> Graph:
    """Return the graph of the edges inside what is held, with their places as rows."""
    inside = held != 0
    walked = inside[estate.tail] & inside[estate.head]
    row = np.flatnonzero(walked if certain is None else walked & certain)
    sort, table = estate.sort[row], _masks_of(estate)
    unknown = estate.unknown[row]
    return Graph(
        ids=[""] * len(estate.kind),  # names are looked up for the path alone
        is_data=estate.is_data,
        tail=estate.tail[row],
        head=estate.head[row],
        give=table.give[sort],
        carry=table.carry[sort],
        is_open=unknown,
        is_undecided=unknown,
        is_membership=np.zeros(len(row), np.bool_),
        is_lasting=np.zeros(len(row), np.bool_),
        row=row,
        guard=np.broadcast_to(np.int64(-1), len(row)),
    )


def count(flags: Flags) -> int:
    """Return how many are set."""
    return int(np.count_nonzero(flags))


def numbers(flags: Flags) -> Ints:
    """Return the places of those that are set, ascending."""
    return np.flatnonzero(flags)
