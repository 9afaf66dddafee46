"""The graph that reach walks: edges in force, and what each hands on.

A state is a node together with what is held of it: control of a principal, or a verb on
data. All states of a node fit into one mask of 12 bits, so that a closure is a mask for
each node. An edge `u -> v` hands on

    give[e]  when control of u is held,   and   held[u] & carry[e]   in any case:

a grant gives its verb, other edges give control of a principal or every verb on data;
containment carries each verb, a copy carries `read` and `decrypt`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    VERB_GROUPS,
    VERBS,
    Flow,
    kind_of,
)
from ringfence.estate.store import Edges

Mask = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CONTROL = 1
VERB_BIT = {verb: 2 << number for number, verb in enumerate(VERBS)}
ALL_VERBS = sum(VERB_BIT.values())
READ, DECRYPT = VERB_BIT["read"], VERB_BIT["decrypt"]
STATES = {"control": CONTROL, **VERB_BIT}


def verb_mask(verbs: Sequence[str]) -> int:
    """Return the mask of some verbs and verb groups."""
    wanted = {verb for name in verbs for verb in VERB_GROUPS[name]}
    return sum(VERB_BIT[verb] for verb in wanted)


@dataclass(frozen=True, slots=True)
class Arcs:
    """Edges sorted by the node that they start from (compressed rows).

    Attributes:
        first: For each node, where its edges begin; one more entry at the end.
        head: The node that each edge leads to.
        give: Mask handed on when control of the tail is held.
        carry: Mask of what is handed on of that which is held of the tail.
        edge: Each edge's place among the graph's edges.
    """

    first: Ints
    head: Ints
    give: Mask
    carry: Mask
    edge: Ints


@dataclass(frozen=True)
class Graph:
    """Nodes and edges, with what each edge hands on.

    Attributes:
        ids: Node ids, sorted. A node's number is its place here.
        is_data: By node: whether it is data rather than a principal.
        tail: By edge: the node that it starts from.
        head: By edge: the node that it leads to.
        give: By edge: mask handed on when control of the tail is held.
        carry: By edge: mask of what is handed on of that which is held of the tail.
        is_open: By edge: whether it is undecided; in residual reach, also whether a
            control stands in its way.
        is_membership: By edge: whether it says `member_of`.
        row: By edge: the row of its fact in the estate.
    """

    ids: list[str]
    is_data: Flags
    tail: Ints
    head: Ints
    give: Mask
    carry: Mask
    is_open: Flags
    is_membership: Flags
    row: Ints

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.tail)

    @cached_property
    def possible(self) -> Arcs:
        """Every edge: what may be reached."""
        return self._arcs(np.arange(len(self)), self.tail, self.head)

    @cached_property
    def definite(self) -> Arcs:
        """The edges that are certain: what is reached."""
        kept = np.flatnonzero(~self.is_open)
        if len(kept) == len(self):
            return self.possible
        return self._arcs(kept, self.tail[kept], self.head[kept])

    @cached_property
    def possible_reversed(self) -> Arcs:
        """Every edge, sorted by the node that it leads to."""
        return self._arcs(np.arange(len(self)), self.head, self.tail)

    @cached_property
    def definite_reversed(self) -> Arcs:
        """The certain edges, sorted by the node that they lead to."""
        kept = np.flatnonzero(~self.is_open)
        if len(kept) == len(self):
            return self.possible_reversed
        return self._arcs(kept, self.head[kept], self.tail[kept])

    def _arcs(self, edges: Ints, sources: Ints, targets: Ints) -> Arcs:
        # A stable sort keeps canonical order within a node: ties break by fact.
        order = np.argsort(sources, kind="stable")
        counts = np.bincount(sources, minlength=len(self.ids))
        first = np.concatenate(([0], np.cumsum(counts)))
        chosen = edges[order]
        return Arcs(
            first, targets[order], self.give[chosen], self.carry[chosen], chosen
        )

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each node, by id."""
        return {node: number for number, node in enumerate(self.ids)}

    def within(self, kept: Flags) -> Graph:
        """Return the graph of the kept nodes and the edges between them."""
        nodes = np.flatnonzero(kept)
        renumbered = np.cumsum(kept) - 1
        edges = np.flatnonzero(kept[self.tail] & kept[self.head])
        return Graph(
            ids=[self.ids[node] for node in nodes],
            is_data=self.is_data[nodes],
            tail=renumbered[self.tail[edges]],
            head=renumbered[self.head[edges]],
            give=self.give[edges],
            carry=self.carry[edges],
            is_open=self.is_open[edges],
            is_membership=self.is_membership[edges],
            row=self.row[edges],
        )

    def entry(self, node: int) -> int:
        """Return the state that an origin starts with: control, or reading a copy."""
        return READ if self.is_data[node] else CONTROL


def build(
    ids: list[str], edges: Edges, *, grades: Collection[str], bare: bool
) -> Graph:
    """Return the graph of the edges of some grades.

    Args:
        ids: Node ids, sorted (`View.ids`).
        edges: Edges in force (`View.edges`).
        grades: Grades of the edges that take part.
        bare: Whether controls are ignored (28 CFR 202.201) rather than honoured.
    """
    names, codes = np.unique(edges.name.astype(str), return_inverse=True)
    kinds = [EDGE_KINDS[name] for name in names]
    wanted = np.array([kind.grade in grades for kind in kinds], bool)
    kept = np.flatnonzero(wanted[codes]) if kinds else np.empty(0, np.int64)
    is_data = np.array([kind_of(node) in DATA_KINDS for node in ids], bool)
    tail, head = edges.tail[kept], edges.head[kept]
    is_open = edges.unknown[kept] != ""
    if not bare:
        is_open |= edges.control[kept] != ""
    flows = [kind.flow for kind in kinds]
    give = _given(flows, codes[kept], edges.verb[kept], is_data[head])
    give[is_data[tail]] = 0
    by_flow = {Flow.CONTAIN: ALL_VERBS, Flow.COPY: READ | DECRYPT}
    carries = np.array([by_flow.get(flow, 0) for flow in flows], np.uint16)
    carry = np.where(is_data[tail], carries[codes[kept]], 0).astype(np.uint16)
    return Graph(
        ids=ids,
        is_data=is_data,
        tail=tail,
        head=head,
        give=give,
        carry=carry,
        is_open=is_open,
        is_membership=edges.name[kept] == "member_of",
        row=edges.row[kept],
    )


def _given(
    flows: Sequence[Flow],
    codes: Ints,
    verbs: npt.NDArray[np.object_],
    leads_to_data: Flags,
) -> Mask:
    words, spelt = np.unique(verbs.astype(str), return_inverse=True)
    bits = np.array([VERB_BIT.get(word, 0) for word in words], np.uint16)
    is_grant = np.array([flow is Flow.GRANT for flow in flows], bool)
    whole = np.where(leads_to_data, ALL_VERBS, CONTROL)
    return np.where(is_grant[codes], bits[spelt], whole).astype(np.uint16)
