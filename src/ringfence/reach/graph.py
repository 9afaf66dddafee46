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
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    LASTING,
    VERB_GROUPS,
    VERBS,
    Flow,
    kind_of,
)
from ringfence.estate.store import Edges

Mask = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.signedinteger]
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
    """Edges sorted by the node that a sweep enters them from (compressed rows).

    Attributes:
        first: For each node, where its edges begin; one more entry at the end.
        edge: The edges' places among the graph's edges, node by node.
        end: For each edge of the graph, the node at which a sweep leaves it.
        give: For each edge of the graph, what it hands on under control of its tail.
        carry: For each edge of the graph, what it hands on of what is held of its tail.
        rules: The edges that need more than their tail; `edge` has none of them.
    """

    first: Ints
    edge: Ints
    end: Ints
    give: Mask
    carry: Mask
    rules: Rules

    def at(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return the edges entered from some nodes, and the node of each."""
        counts = self.first[nodes + 1] - self.first[nodes]
        starts = np.repeat(self.first[nodes] - np.cumsum(counts) + counts, counts)
        edges = self.edge[starts + np.arange(len(starts))]
        # Once to the width that numpy indexes with, and not again at every use.
        return edges.astype(np.intp, copy=False), np.repeat(nodes, counts)


@dataclass(frozen=True, slots=True)
class Rules:
    """Edges that need more than their tail: Horn rules with several premises.

    A premise is what being at a node gives: control of a principal, or reading data.

    Attributes:
        edge, tail, head: Each rule's place among the graph's edges, and its ends.
        give: Mask handed on when control of the tail is held.
        carry: Mask of what is handed on of that which is held of the tail.
        premise: The further premises of all rules, one after another: node numbers.
        first: For each rule, where its premises begin; one more entry at the end.
        entry: For each premise, the state of its node that is asked for.
    """

    edge: Ints
    tail: Ints
    head: Ints
    give: Mask
    carry: Mask
    premise: Ints
    first: Ints
    entry: Mask

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self.edge)

    def fired(self, held: Mask) -> tuple[Ints, Mask]:
        """Return which rules hand on something, and what."""
        unmet = (held[self.premise] & self.entry) == 0
        met = np.add.reduceat(unmet, self.first[:-1]) == 0
        handed = self.handed(held)
        found = np.flatnonzero(met & (handed != 0))
        return found, handed[found]

    def handed(self, held: Mask) -> Mask:
        """Return what each rule would hand on, were its further premises met."""
        of_tail = held[self.tail]
        by_control = np.where((of_tail & CONTROL) != 0, self.give, 0)
        return ((of_tail & self.carry) | by_control).astype(np.uint16)


def grouped(keys: Ints, count: int) -> tuple[Ints, Ints]:
    """Return where each key's places begin, and the places, sorted by key.

    A counting sort: linear, and stable, so that ties break by canonical order.
    """
    places = csr_array(
        (np.ones(len(keys), np.int8), keys, np.arange(len(keys) + 1)),
        shape=(len(keys), count),
    ).tocsc()
    return places.indptr, places.indices


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
