"""The ways that an estate has to data over a period, spelt out for small searches.

A way is what a plan would take away as one change: tail, kind, head, and the verb of a
grant, however many facts say so. A rule with several premises is walked as if its tail
were enough: that finds more ways than there are, and so calls none unused too soon.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ringfence.boundary.vocabulary import DATA_KINDS, EDGE_KINDS, Flow, kind_of
from ringfence.claims.case import Case
from ringfence.estate.store import View
from ringfence.reach.costs import KINDS, changes, kinds
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, VERB_BIT, Flags, Ints, Mask
from ringfence.reach.states import STATES_PLACE, States, code, core

# What an event goes over. Whoever rewrites a tool or a membership, or copies data,
# leaves no event that says so.
SHOWN = (
    *("member_of", "can_assume", "can_use", "runs_as", "holds_key"),
    *("has_privilege", "decrypts"),
)
_ALONE = ("person", "service_account", "job", "tool")
_VERB = {bit: verb for verb, bit in VERB_BIT.items()}


@dataclass(frozen=True)
class Network:
    """The ways from whoever acts to data, over a period.

    Attributes:
        graph: The technical edges of the period, controls ignored.
        states: The states on some way.
        kind: By edge of the graph: the place of its kind among `KINDS`.
        since: By edge: when it begins, in seconds since 1970; `until`: when it ends.
        way: By edge: the number of its way.
        origins: Numbers of the nodes that act.
    """

    graph: Graph
    states: States
    kind: Ints
    since: Ints
    until: Ints
    way: Ints
    origins: Ints

    @cached_property
    def ordinary(self) -> Flags:
        """By edge: whether passing it changes nothing for the next request."""
        lasting = [
            number
            for number, name in enumerate(KINDS)
            if name == "owns_group" or _flow(name) is Flow.CHANGE
        ]
        return ~np.isin(self.kind, lasting)

    @cached_property
    def elsewhere(self) -> Flags:
        """By edge: whether it leads from a copy in one store to data of another.

        Whoever reads the copy touches the copy, and not what it was made of.
        """
        graph, found = self.graph, np.zeros(len(self.kind), bool)
        copies = [n for n, name in enumerate(KINDS) if _flow(name) is Flow.COPY]
        for edge in np.flatnonzero(np.isin(self.kind, copies)).tolist():
            ends = (graph.ids[side[edge]] for side in (graph.tail, graph.head))
            found[edge] = len({*map(store_of, ends)}) > 1
        return found

    @cached_property
    def shown(self) -> Flags:
        """By edge: whether it is of a kind that events go over."""
        return np.isin(self.kind, [KINDS.index(name) for name in SHOWN])

    def places(self, nodes: Iterable[str], state: int = CONTROL) -> list[int]:
        """Return the numbers of the states of some nodes, of those that have one."""
        known = self.graph.number
        numbers = np.array([known[node] for node in nodes if node in known], np.int64)
        found: list[int] = self.at(numbers, state).tolist()
        return found

    def at(self, numbers: Ints, state: int = CONTROL) -> Ints:
        """Return the same of numbers of nodes."""
        return self.states.find(code(np.sort(numbers), STATES_PLACE[state]))[1]

    def node(self, state: int) -> str:
        """Return the node of a state."""
        return self.graph.ids[int(self.states.codes[state]) >> 4]

    def goals(self, nodes: Collection[str], mask: int) -> Ints:
        """Return the states of some data that count."""
        found = [self.places(nodes, bit) for bit in VERB_BIT.values() if bit & mask]
        return np.array(sorted({one for some in found for one in some}), np.int64)

    def called(self, edge: int) -> tuple[str, str, str, str]:
        """Return tail, kind, head and verb of an edge, as the facts call them."""
        graph, name = self.graph, KINDS[self.kind[edge]]
        is_grant = _flow(name) is Flow.GRANT
        verb = _VERB[int(graph.give[edge])] if is_grant else ""
        return graph.ids[graph.tail[edge]], name, graph.ids[graph.head[edge]], verb


def network(case: Case, asked: Mapping[str, int]) -> Network:
    """Return the ways of a case to some data.

    Args:
        case: The case over the period.
        asked: Data and principals, and by each the mask of what is asked for of it.
    """
    whole = replace(case.graph(("technical",), bare=True), needs={})
    origins = np.array(
        [n for n, node in enumerate(whole.ids) if _acts(case.view, node)], np.int64
    )
    goals: Mask = np.zeros(len(whole.ids), np.uint16)
    for node, mask in asked.items():
        if node in whole.number:
            goals[whole.number[node]] |= mask
    kind = kinds(whole, case.edges)
    since, until = case.view.spans()
    place = np.searchsorted(case.edges.row, whole.row)
    return Network(
        graph=whole,
        states=core(whole, whole.seeds(origins), goals),
        kind=kind,
        since=since[place],
        until=until[place],
        way=changes(whole, kind, np.arange(len(whole)))[0],
        origins=origins,
    )


def _acts(view: View, node: str) -> bool:
    """Return whether a node may do something of its own accord: no group does."""
    kind = kind_of(node)
    if kind != "role":
        return kind in _ALONE
    role = view.holders("role")[node]
    return "yes" in role.attributes.get("login", ()) or "login" in role.unknown


def _flow(name: str) -> Flow:
    return EDGE_KINDS[name].flow


def store_of(node: str) -> str:
    """Return the store that a piece of data lies in, by its id."""
    kind, _, name = node.partition(":")
    return f"store:{name.partition('/')[0]}" if kind in DATA_KINDS else ""
