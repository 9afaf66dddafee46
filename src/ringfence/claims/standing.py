"""Who is excluded and what is protected over a period: at each of its instants.

A period falls into stretches in which nothing changes that the boundary judges by:
attributes and owners of people and entities, tags, and what contains what. Each stretch
is judged by itself: what holds at one instant isn't lost in what holds later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import EDGE_KINDS, Flow
from ringfence.claims.case import Case
from ringfence.claims.instants import Stretch, Times, moment, seconds

JUDGED = ("person", "legal_entity")
_DATA = ("column", "dataset")


class Standing:
    """What people and data are, over a period.

    Args:
        case: The case of the whole period.
        first: The first second, since 1970.
        after: The first second after it.
    """

    def __init__(self, case: Case, first: int, after: int) -> None:
        self._case, self._ends = case, (first, after)
        self._cases: dict[Stretch, Case] = {}
        self._times: dict[tuple[str, tuple[str, ...]], Times] = {}

    def excluded(self, selector: str) -> Times:
        """Return when each person and entity was excluded, by node id."""
        if ("excluded", (selector,)) not in self._times:
            self._times["excluded", (selector,)] = self._over(
                self._changes(JUDGED, _judges), lambda case: case.statuses(selector)
            )
        return self._times["excluded", (selector,)]

    def protected(self, names: tuple[str, ...]) -> Times:
        """Return when each resource was protected, by node id."""
        if ("protected", names) not in self._times:
            edges = self._case.edges
            holds = [n for n, kind in EDGE_KINDS.items() if kind.flow is Flow.CONTAIN]
            inside = np.isin(edges.name.astype(str), holds)
            ends = (side[inside].tolist() for side in self._case.view.spans())
            changes = {*self._changes(_DATA, _tags)}.union(*ends)
            self._times["protected", names] = self._over(
                changes, lambda case: case.targets(names)
            )
        return self._times["protected", names]

    def _changes(
        self, kinds: Sequence[str], counts: Callable[[Mapping[str, Any]], bool]
    ) -> set[int]:
        """Return when facts that count, about nodes of some kinds, begin and end."""
        prefixes = tuple(f"{kind}:" for kind in kinds)
        view = self._case.view
        rows = view.about([node for node in view.ids if node.startswith(prefixes)])
        facts = (msgspec.json.decode(row.line) for row in rows)
        return {
            seconds(fact[end])
            for fact in facts
            if counts(fact)
            for end in ("since", "until")
            if fact.get(end)
        }

    def _over(
        self, changes: Iterable[int], judge: Callable[[Case], Mapping[str, Status]]
    ) -> Times:
        first, after = self._ends
        inner = sorted({one for one in changes if first < one < after})
        found: dict[str, list[tuple[int, int, Status]]] = defaultdict(list)
        for begin, end in pairwise((first, *inner, after)):
            for node, status in judge(self._at(begin, end)).items():
                found[node].append((begin, end, status))
        return dict(found)

    def _at(self, begin: int, end: int) -> Case:
        # All of the stretch, so that whoever is first named within it is there.
        if (begin, end) not in self._cases:
            self._cases[begin, end] = self._case.over(moment(begin), moment(end - 1))
        return self._cases[begin, end]


def _judges(fact: Mapping[str, Any]) -> bool:
    return bool(fact.get("name") != "label")


def _tags(fact: Mapping[str, Any]) -> bool:
    return bool(fact.get("name") == "tag")


def ever(times: Times) -> dict[str, Status]:
    """Return the strongest status that each node has at some instant."""
    return {node: max(status for _, _, status in told) for node, told in times.items()}


def stretches(times: Times, node: str, least: Status) -> list[Stretch]:
    """Return when a node had a status or a stronger one, in order."""
    return [(a, b) for a, b, status in times.get(node, ()) if status >= least]


def overlap(some: Iterable[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """Return the stretches that two lists share, in order."""
    both = ((max(a, c), min(b, d)) for a, b in some for c, d in others)
    return sorted((begin, end) for begin, end in both if begin < end)
