"""What flows by the facts of an estate: copies, stores, whoever reads from abroad.

Facts that say how a copy came about (it is an export, a replica, a backup, an index or
derived) name their origin. Of protected data in a store abroad that no such fact leads
from, nobody says how it came there: a flow all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

import numpy as np

from ringfence.boundary.channels import Egress
from ringfence.boundary.countries import is_permitted
from ringfence.boundary.model import Claim
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import EDGE_KINDS, kind_of
from ringfence.boundary.vocabulary import Flow as Hands
from ringfence.claims.case import ALTER, Case
from ringfence.claims.flow import Door, Flow
from ringfence.claims.placed import outside
from ringfence.claims.receiving import Receiving
from ringfence.egress.channels.contract import Recipient
from ringfence.reach.closure import backward, forward
from ringfence.reach.masks import CONTROL, READ, VERB_BIT

_STORED = Claim(id="stored", says="", kind="residency")
_PLACED = ("tool", "host", "job", "channel")
_CARRIERS = ("service_account", "job")
_COPIES = frozenset(
    name for name, kind in EDGE_KINDS.items() if kind.flow is Hands.COPY
)
_INSERT = VERB_BIT["insert"]
_NO_STORE = "no store is known to hold it"
_NOWHERE = "it isn't known to lie where a copy may"
_ABROAD = "it lies where no such copy may"
_COULD = "whether it does isn't known"
_NO_PLACE = "where it is isn't known"
_AWAY = "it is where no copy may lie"


class Flowing:
    """Finds flows, in a case.

    Args:
        case: The case.
        egress: What its boundary says of what may leave.
    """

    def __init__(self, case: Case, egress: Egress) -> None:
        self._case = case
        self._receiving = Receiving(case, egress.excluded)
        self._graph = case.graph(("technical",), bare=True)
        self._received: dict[str, Recipient] = {}
        self._within: dict[str, frozenset[str]] = {}
        self.targets = case.targets(egress.protected)
        self._possible = case.exposing(self.targets)
        self._certain = case.exposing(self.targets, least=Status.YES)

    def flows(self) -> Iterator[Flow]:
        """Yield every flow."""
        copies = [*self._copies()]
        yield from copies
        yield from self._lying({one.by for one in copies})
        yield from self._reading()
        yield from self._carried()

    # --- copies -----------------------------------------------------------------------

    def _copies(self) -> Iterator[Flow]:
        """Yield what facts call a copy of protected data, and that lies elsewhere."""
        edges, ids = self._case.edges, self._case.view.ids
        for place, kind in enumerate(edges.name.tolist()):
            head, tail = int(edges.head[place]), int(edges.tail[place])
            if kind not in _COPIES or not self._possible[head] & READ:
                continue
            is_open = edges.unknown[place] or edges.guard[place] or edges.needs[place]
            is_sure = bool(self._certain[head] & READ) and not is_open
            copy, origin = ids[tail], ids[head]
            for end, status, why in self._ends(copy, origin):
                known = status if is_sure else min(status, Status.UNKNOWN)
                data = self._data(origin)
                yield Flow(Door.COPIED, copy, end, data, kind, known, why)

    def _ends(self, copy: str, origin: str) -> Iterator[tuple[str, Status, str]]:
        """Yield the stores of a copy that its origin isn't in, if they matter."""
        stores = [*self._holding(copy)]
        if not stores:
            yield copy, Status.UNKNOWN, _NO_STORE
        for store in stores:
            found = self._recipient(store)
            is_within = origin in self._inside(store)
            if not is_within and found.status is not Status.NO:
                yield store, found.status, found.why

    def _recipient(self, store: str) -> Recipient:
        if store not in self._received:
            self._received[store] = self._receiving.of(store)[0]
        return self._received[store]

    def _holding(self, node: str) -> Iterator[str]:
        return (one for one in self._stores if node in self._inside(one))

    @cached_property
    def _stores(self) -> tuple[str, ...]:
        return (*self._case.view.holders("store"),)

    def _inside(self, node: str) -> frozenset[str]:
        """Return a node and all that it contains."""
        if node not in self._within:
            graph = self._graph
            # Containment alone hands on this verb.
            seeds = graph.at([graph.number[node]], ALTER)
            held = np.flatnonzero(forward(graph.possible, seeds) & ALTER)
            self._within[node] = frozenset(graph.ids[one] for one in held)
        return self._within[node]

    def _data(self, node: str) -> tuple[str, ...]:
        """Return the datasets of a node that expose something protected."""
        if kind_of(node) == "column":
            return (f"dataset:{node.partition(':')[2].rpartition('.')[0]}",)
        found = (one for one in self._inside(node) if kind_of(one) == "dataset")
        number = self._graph.number
        kept = [one for one in sorted(found) if self._possible[number[one]] & READ]
        return tuple(kept) or (node,)

    # --- stores abroad ----------------------------------------------------------------

    def _lying(self, copies: Iterable[str]) -> Iterator[Flow]:
        """Yield protected data in stores abroad of which nobody says how it came."""
        told = {part for one in copies for part in self._inside(one)}
        whole = {f"dataset:{_above(one)}" for one in told if kind_of(one) == "column"}
        for store, status, why in self._abroad:
            holds = self._graph.number[store]
            if not self._possible[holds] & READ:
                continue
            data = [one for one in self._data(store) if one not in told | whole]
            for known in (Status.YES, Status.UNKNOWN):
                some = tuple(one for one in data if self._standing(one) is known)
                if some:
                    least = min(known, status)
                    yield Flow(Door.LIES, store, store, some, "", least, why)

    def _standing(self, node: str) -> Status:
        """Return whether something surely exposes what is protected."""
        is_sure = self._certain[self._graph.number[node]] & READ
        return Status.YES if is_sure else Status.UNKNOWN

    @cached_property
    def _abroad(self) -> tuple[tuple[str, Status, str], ...]:
        """The stores that lie where no copy may, or may lie there."""
        if not self._case.boundary.places:
            return ()
        holders = self._case.view.holders("store")
        judged = (
            (node, outside(_STORED, self._case, holder))
            for node, holder in sorted(holders.items())
        )
        return tuple(
            (node, status, _ABROAD if status is Status.YES else _NOWHERE)
            for node, status in judged
            if status is not Status.NO
        )

    # --- whoever reads ----------------------------------------------------------------

    def _reading(self) -> Iterator[Flow]:
        """Yield whatever reads protected data and is abroad, or may be."""
        places = self._case.boundary.places
        permitted = places.get("primary", ())  # what reads is nobody's backup
        for kind in _PLACED if places else ():
            for node, holder in sorted(self._case.view.holders(kind).items()):
                status = away(holder, permitted)
                sure, perhaps = self._reads(node)
                for data, known in ((sure, Status.YES), (perhaps, Status.UNKNOWN)):
                    if status is not Status.NO and data:
                        least = min(known, status)
                        why = _AWAY if status is Status.YES else _NO_PLACE
                        yield Flow(Door.READ, node, node, data, "", least, why)

    def _reads(self, node: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the protected datasets that a principal surely, or perhaps, reads."""
        graph = self._case.graph(("technical",), bare=False)
        start = graph.number[node]
        if not self._possible[start] & CONTROL:
            return (), ()
        found = []
        for arcs, least in (
            (graph.definite, Status.YES),
            (graph.possible, Status.UNKNOWN),
        ):
            held = forward(arcs, graph.seeds([start]))
            read = (graph.ids[one] for one in np.flatnonzero(held & READ))
            some = {_dataset(o) for o in read if self.targets.get(o, -1) >= least}
            found.append(some)
        return (*sorted(found[0]),), (*sorted(found[1] - found[0]),)

    def held(self, node: str) -> Iterator[tuple[tuple[str, ...], Status]]:
        """Yield the protected data that a node surely holds or reads, or perhaps."""
        sure, perhaps = (
            self._holds(node) if kind_of(node) == "store" else self._reads(node)
        )
        for some, status in ((sure, Status.YES), (perhaps, Status.UNKNOWN)):
            if some:
                yield some, status

    def _holds(self, store: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the protected datasets that a store surely, or perhaps, holds."""
        if not self._possible[self._graph.number[store]] & READ:
            return (), ()
        known = {one: self._standing(one) for one in self._data(store)}
        sure = tuple(one for one, status in known.items() if status is Status.YES)
        return sure, tuple(one for one in known if one not in sure)

    # --- whoever carries --------------------------------------------------------------

    def _carried(self) -> Iterator[Flow]:
        """Yield accounts and jobs that may read protected data and write abroad."""
        graph = self._case.graph(("technical",), bare=False)
        for store, _, _ in self._abroad:
            goals = [graph.number[one] for one in self._inside(store)]
            held = backward(graph.possible_reversed, graph.at(goals, _INSERT))
            for node in np.flatnonzero(held & self._possible & CONTROL).tolist():
                name = graph.ids[node]
                data = [] if kind_of(name) not in _CARRIERS else self._from(name, store)
                if data:
                    yield Flow(
                        Door.CARRIED,
                        name,
                        store,
                        tuple(data),
                        status=Status.UNKNOWN,
                        why=_COULD,
                    )

    def _from(self, node: str, store: str) -> list[str]:
        """Return what a principal may read that doesn't lie in a store."""
        read = sorted({one for some in self._reads(node) for one in some})
        return [one for one in read if one not in self._inside(store)]


def _above(column: str) -> str:
    return column.partition(":")[2].rpartition(".")[0]


def _dataset(node: str) -> str:
    return f"dataset:{_above(node)}" if kind_of(node) == "column" else node


def away(holder: Holder, permitted: Collection[str]) -> Status:
    """Return whether something is where no copy may lie."""
    places = holder.attributes.get("place", frozenset())
    if "place" in holder.unknown or len(places) != 1:
        return Status.UNKNOWN
    (place,) = places
    return Status.NO if is_permitted(place, permitted) else Status.YES
