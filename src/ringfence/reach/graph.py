"""The graph that reach walks: edges in force, and what each hands on.

A state is a node together with what is held of it (`masks`). An edge `u -> v` hands on

    give[e]  when control of u is held,   and   held[u] & carry[e]   in any case:

a grant gives its verb, other edges give control of a principal or every verb on data;
containment carries each verb, a copy carries `read` and `decrypt`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    LASTING,
    Flow,
    kind_of,
)
from ringfence.estate.store import Edges
from ringfence.reach.arcs import Arcs, Rules, grouped
from ringfence.reach.masks import (
    ALL_VERBS,
    CONTROL,
    DECRYPT,
    READ,
    VERB_BIT,
    Flags,
    Ints,
    Mask,
)


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
        is_undecided: By edge: whether it is so even for whoever meets its guard.
        is_membership: By edge: whether it says `member_of`.
        is_lasting: By edge: whether what it hands on stays for another request.
        row: By edge: the row of its fact in the estate.
        guard: By edge: the number of its condition among `guards`, or -1.
        guards: The conditions that edges work under: canonical JSON, sorted.
        needs: Further premises, by edge, for the edges that have some: node numbers.
    """

    ids: list[str]
    is_data: Flags
    tail: Ints
    head: Ints
    give: Mask
    carry: Mask
    is_open: Flags
    is_undecided: Flags
    is_membership: Flags
    is_lasting: Flags
    row: Ints
    guard: Ints
    guards: tuple[str, ...] = ()
    needs: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.tail)

    @cached_property
    def possible(self) -> Arcs:
        """Every edge: what may be reached."""
        return self.arcs()

    @cached_property
    def definite(self) -> Arcs:
        """The edges that are certain: what is reached."""
        kept = np.flatnonzero(~self.is_open)
        return self.possible if len(kept) == len(self) else self.arcs(kept)

    @cached_property
    def possible_reversed(self) -> Arcs:
        """Every edge, sorted by the node that it leads to."""
        return self.arcs(backward=True)

    @cached_property
    def definite_reversed(self) -> Arcs:
        """The certain edges, sorted by the node that they lead to."""
        kept = np.flatnonzero(~self.is_open)
        if len(kept) == len(self):
            return self.possible_reversed
        return self.arcs(kept, backward=True)

    def arcs(self, edges: Ints | None = None, *, backward: bool = False) -> Arcs:
        """Return edges by the node that a sweep enters them from, rules apart.

        Args:
            edges: Which ones; all, if none are named.
            backward: Whether sweeps enter edges from the node that they lead to.
        """
        rules = self._rules(edges)
        if len(rules):
            every = np.arange(len(self)) if edges is None else edges
            edges = every[~np.isin(every, rules.edge)]
        start, end = (self.tail, self.head)[:: -1 if backward else 1]
        if edges is None:
            first, chosen = grouped(start, len(self.ids))
        else:
            first, order = grouped(start[edges], len(self.ids))
            chosen = edges[order]
        return Arcs(first, chosen, end, self.give, self.carry, rules)

    def _rules(self, edges: Ints | None) -> Rules:
        """Return those of some edges (all, if none) that need more than their tail."""
        found = np.array(sorted(self.needs), np.int64)
        kept = found if edges is None else found[np.isin(found, edges)]
        chosen: list[int] = kept.tolist()
        premises = [node for edge in chosen for node in self.needs[edge]]
        counts = [len(self.needs[edge]) for edge in chosen]
        edge, premise = np.array(chosen, np.int64), np.array(premises, np.int64)
        return Rules(
            edge=edge,
            tail=self.tail[edge],
            head=self.head[edge],
            give=self.give[edge],
            carry=self.carry[edge],
            premise=premise,
            first=np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
            entry=np.where(self.is_data[premise], READ, CONTROL).astype(np.uint16),
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
        # What needs a node that is left out never works.
        lost = [e for e, more in self.needs.items() if not kept[list(more)].all()]
        edges = edges[~np.isin(edges, lost)] if lost else edges
        place = {e: n for n, e in enumerate(edges.tolist())} if self.needs else {}
        return replace(
            self.chosen(edges),
            ids=[self.ids[node] for node in nodes],
            is_data=self.is_data[nodes],
            tail=renumbered[self.tail[edges]],
            head=renumbered[self.head[edges]],
            needs={
                place[edge]: tuple(renumbered[list(more)].tolist())
                for edge, more in self.needs.items()
                if edge in place
            },
        )

    def under(self, barred: Collection[int], met: Collection[int]) -> Graph:
        """Return the graph with some guards never met, and some surely met.

        Args:
            barred: Numbers of guards whose edges are left out.
            met: Numbers of guards that stand in nobody's way.
        """
        passes = np.isin(self.guard, list(met))
        is_open = np.where(passes, self.is_undecided, self.is_open)
        kept = np.flatnonzero(~np.isin(self.guard, list(barred)))
        return replace(self, is_open=is_open).chosen(kept)

    def lent(self, held: Mask) -> Graph:
        """Return the graph with a second edge for each rule whose premises are held.

        It needs nothing beside its tail, and is undecided: whoever holds the premises
        may lend them.

        Args:
            held: What is held by anybody, a mask for each node.
        """
        copies = [
            edge
            for edge, nodes in self.needs.items()
            if all(int(held[node]) & self.entry(node) for node in nodes)
        ]
        doubled = self.chosen(
            np.append(np.arange(len(self)), np.array(copies, np.int64))
        )
        is_copy = np.arange(len(doubled)) >= len(self)
        return replace(
            doubled,
            is_open=doubled.is_open | is_copy,
            is_undecided=doubled.is_undecided | is_copy,
            needs=self.needs,
        )

    def chosen(self, edges: Ints) -> Graph:
        """Return the graph of some of the edges, and all nodes."""
        place = {e: n for n, e in enumerate(edges.tolist())} if self.needs else {}
        return replace(
            self,
            tail=self.tail[edges],
            head=self.head[edges],
            give=self.give[edges],
            carry=self.carry[edges],
            is_open=self.is_open[edges],
            is_undecided=self.is_undecided[edges],
            is_membership=self.is_membership[edges],
            is_lasting=self.is_lasting[edges],
            row=self.row[edges],
            needs={place[e]: more for e, more in self.needs.items() if e in place},
            guard=self.guard[edges],
        )

    def at(self, nodes: Ints | Sequence[int], mask: int) -> Mask:
        """Return the same mask at some nodes, and nothing at all others."""
        masks = np.zeros(len(self.ids), np.uint16)
        masks[np.asarray(nodes, np.int64)] = mask
        return masks

    def seeds(self, nodes: Ints | Sequence[int]) -> Mask:
        """Return what being at some nodes gives, a mask for each node."""
        chosen = np.asarray(nodes, np.int64)
        masks = np.zeros(len(self.ids), np.uint16)
        masks[chosen] = np.where(self.is_data[chosen], READ, CONTROL)
        return masks

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
    is_undecided = edges.unknown[kept] != ""
    is_open = is_undecided
    guards, guard = _guards(edges.guard[kept] if not bare else np.array([], object))
    if not bare:
        is_undecided |= edges.control[kept] != ""
        is_open = is_undecided | (edges.guard[kept] != "")
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
        is_undecided=is_undecided,
        is_membership=edges.name[kept] == "member_of",
        is_lasting=np.isin(edges.name[kept].astype(str), sorted(LASTING)),
        row=edges.row[kept],
        needs=_needs(edges.needs[kept], ids),
        guard=guard if not bare else np.full(len(kept), -1),
        guards=guards,
    )


def _guards(told: npt.NDArray[np.object_]) -> tuple[tuple[str, ...], Ints]:
    """Return the conditions, sorted, and each edge's place among them, or -1."""
    places = np.full(len(told), -1)
    guarded = np.flatnonzero(told != "")
    guards, places[guarded] = np.unique(told[guarded].astype(str), return_inverse=True)
    return tuple(guards.tolist()), places


def _needs(told: npt.NDArray[np.object_], ids: list[str]) -> dict[int, tuple[int, ...]]:
    read = {
        e: msgspec.json.decode(told[e]) for e in np.flatnonzero(told != "").tolist()
    }
    number = {node: place for place, node in enumerate(ids)} if read else {}
    return {edge: tuple(number[node] for node in nodes) for edge, nodes in read.items()}


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
