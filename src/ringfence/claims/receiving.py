"""Who receives what a channel sends: whether they are excluded, and whose they are.

A person or company is what the selectors say of it. Anything else (a group, a tool, an
account, a store) is as good as those who get at it by technical and legal edges: its
members, whoever uses, changes or keys it, and whoever runs or holds a store.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ringfence.boundary.derivation import why
from ringfence.boundary.model import Claim
from ringfence.boundary.selector import EMPLOYER, Excluded, Holder
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.owning import Owning
from ringfence.claims.placed import outside
from ringfence.egress.channels.contract import Recipient
from ringfence.reach.closure import backward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL

_ALONE = ("person", "legal_entity")
_BLANK = Holder()
_STORED = Claim(id="stored", says="", kind="residency")
_Standing = tuple[Status, str]
_FREE: _Standing = (Status.NO, "")


class Receiving:
    """Who receives, in a case.

    Args:
        case: The case.
        excluded: Names of the selectors that keep somebody out.
    """

    def __init__(self, case: Case, excluded: Sequence[str]) -> None:
        self._case = case
        self._judged = [case.judged(name) for name in excluded]
        self._owning = Owning(case.view.stakes())

    def of(self, node: str) -> tuple[Recipient, ...]:
        """Return a recipient, once for each who stands behind it."""
        if kind_of(node) in _ALONE:
            status, reason = self._person(node)
            groups = self._groups(node)
        else:
            those = self._those(node)
            status, reason = self._together(node, those)
            # Who belongs to nobody is counted under what it gets at.
            every = {group for one in those for group in self._groups(one, node)}
            groups = sorted(every) or [node]
        return tuple(Recipient(node, status, group, reason) for group in groups)

    # --- a person or a company --------------------------------------------------------

    def _status(self, node: str) -> Status:
        return max(one.status(node) for one in self._judged)

    def _person(self, node: str) -> _Standing:
        status = self._status(node)
        if status is Status.YES:
            return status, next(
                filter(None, (self._why(o, node) for o in self._judged))
            )
        return status, "" if status is Status.NO else "too little is known of it"

    def _why(self, excluded: Excluded, node: str) -> str:
        if excluded.turn(node) is None:
            return ""
        same = excluded.question.same_as.get(node, node)
        return why(excluded, same, label=self._label)

    def _label(self, node: str) -> str:
        return self._case.view.labels([node]).get(node, node.partition(":")[2])

    def _groups(self, node: str, else_: str = "") -> list[str]:
        """Return the ultimate owners of a company, or of a person's employers."""
        if kind_of(node) == "legal_entity":
            return [*self._owning.behind(node)]
        holder = self._people.get(node, _BLANK)
        found = {top for one in holder.employers() for top in self._owning.behind(one)}
        if not found or EMPLOYER in holder.unknown:
            found.add(else_ or node)
        return sorted(found)

    @cached_property
    def _people(self) -> dict[str, Holder]:
        return {**self._case.view.holders("person")}

    # --- what several get at ----------------------------------------------------------

    @cached_property
    def _graph(self) -> Graph:
        return self._case.graph(("technical", "legal"), bare=False)

    @cached_property
    def _led(self) -> set[str]:
        """Those of whom somebody is said to have control."""
        graph = self._graph
        return {graph.ids[head] for head in graph.head[graph.give != 0].tolist()}

    def _closed(self, node: str, *, sure: bool) -> set[str]:
        """Return the principals who get at a node, surely or perhaps."""
        graph = self._graph
        if node not in graph.number:
            return set()
        place = graph.number[node]
        arcs = graph.definite_reversed if sure else graph.possible_reversed
        held = backward(arcs, graph.at([place], graph.entry(place)), alone=sure)
        return {graph.ids[one] for one in np.flatnonzero(held & CONTROL).tolist()}

    def _those(self, node: str) -> list[str]:
        found = self._closed(node, sure=False)
        return sorted(one for one in found if kind_of(one) in _ALONE)

    def _together(self, node: str, those: Sequence[str]) -> _Standing:
        sure = [one for one in those if self._status(one) is Status.YES]
        certain = self._closed(node, sure=True).intersection(sure)
        found = [self._placed(node)] if kind_of(node) == "store" else [_FREE]
        if certain:
            told = f"{len(certain):,} of {len(those):,} who get at it are excluded"
            found.append((Status.YES, told))
        doubted = sum(self._status(one) is not Status.NO for one in those)
        if doubted:
            told = f"{doubted:,} of {len(those):,} who get at it may be excluded"
            found.append((Status.UNKNOWN, told))
        if self._is_silent(node, those):
            found.append((Status.UNKNOWN, "it isn't known who gets at it"))
        return max(found, key=lambda one: one[0])

    def _is_silent(self, node: str, those: Sequence[str]) -> bool:
        """Return whether nobody says who is behind some way in."""
        if not those:
            return True
        is_run = any(kind_of(one) == "legal_entity" for one in those)
        if kind_of(node) == "store" and not is_run:
            return True
        ways = self._closed(node, sure=False) - self._led
        return any(kind_of(one) not in _ALONE for one in ways)

    def _placed(self, store: str) -> _Standing:
        """Return whether a store lies where the boundary permits no such copy."""
        if not self._case.boundary.places:
            return _FREE
        holder = self._case.view.holders("store").get(store, _BLANK)
        status = outside(_STORED, self._case, holder)
        if status is Status.NO:
            return _FREE
        if status is Status.UNKNOWN:
            return status, "it isn't known to lie where a copy may"
        return status, "it lies where no such copy may"
