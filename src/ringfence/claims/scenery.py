"""What a gate protects, dataset by dataset: the part of a scene that speaks of data.

A column's status is the case's own, and that of what it is a copy of or derives from:
reading the one exposes the other. Beside that, a dataset counts as protected where
its columns don't tell all: it has none, or holds what isn't called after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import TypeVar

import numpy as np

from ringfence.boundary.decision.scene import Dataset, Marker
from ringfence.boundary.model import Gate, Mask
from ringfence.boundary.protection import Patterns, patterns
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import ALTER, Case
from ringfence.reach.masks import READ

One = TypeVar("One")


class Scenery:
    """The datasets and stores of a case, as a gate sees them.

    Args:
        case: The case.
        gate: What is enforced.
    """

    def __init__(self, case: Case, gate: Gate) -> None:
        self._case = case
        self._targets = case.targets(gate.protected)
        self._rows = [
            (patterns(one.datasets), Marker(one.column, one.values))
            for one in gate.rows
        ]
        self._masks = [(patterns(one.columns), one.mask) for one in gate.masks]

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Every dataset, also one that is known by its columns alone."""
        named: dict[str, dict[str, Status]] = defaultdict(dict)
        for column in self._case.view.holders("column"):
            whole, _, name = column.partition(":")[2].rpartition(".")
            named[f"dataset:{whole}"][name] = self._status(column)
        every = {*named, *self._case.view.holders("dataset")}
        return {one: self._dataset(one, named.get(one, {})) for one in sorted(every)}

    @cached_property
    def stores(self) -> dict[str, tuple[str, ...]]:
        """The datasets that each store holds, or may hold, itself or as a copy."""
        found = {store: self._held(store) for store in self._case.view.holders("store")}
        return {store: held for store, held in found.items() if held}

    def columns(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that some patterns fit, without their kind, sorted."""
        fits = patterns(wanted)
        names = (
            f"{dataset.partition(':')[2]}.{column}"
            for dataset, known in self.datasets.items()
            for column in known.columns
        )
        return tuple(sorted(filter(fits.match, names)))

    def _status(self, node: str) -> Status:
        return self._exposed.get(node, self._targets.get(node, Status.NO))

    @cached_property
    def _exposed(self) -> dict[str, Status]:
        """What exposes, surely or perhaps, something protected when it is read."""
        case, targets = self._case, self._targets
        found: dict[str, Status] = {}
        for least in (Status.UNKNOWN, Status.YES):
            masks = case.exposing(targets, least=least)
            for number in np.flatnonzero(masks & READ).tolist():
                node = case.view.ids[number]
                if kind_of(node) == "column":
                    found[node] = max(least, targets.get(node, Status.NO))
        return found

    def _dataset(self, node: str, columns: Mapping[str, Status]) -> Dataset:
        bare = node.partition(":")[2]
        masks: dict[str, Mask] = {}
        for name in columns:
            mask = _first(self._masks, f"{bare}.{name}")
            if mask is not None:
                masks[name] = mask
        return Dataset(
            columns=dict(sorted(columns.items())),
            status=self._beyond(node, columns),
            rows=_first(self._rows, bare),
            masks=dict(sorted(masks.items())),
        )

    def _beyond(self, node: str, columns: Mapping[str, Status]) -> Status:
        """Return whether a dataset is protected beyond what its own columns say."""
        own = {f"column:{node.partition(':')[2]}.{name}" for name in columns}
        down = self._contains if columns else self._carries
        held = _beneath(down, node) - own
        status = max((self._status(one) for one in held), default=Status.NO)
        if not columns or min(columns.values()) is Status.NO:
            # Its columns don't say that all of it is protected, though it may be.
            status = max(status, self._status(node))
        return status

    def _held(self, store: str) -> tuple[str, ...]:
        found = set()
        for node in _beneath(self._carries, store):
            if kind_of(node) == "column":
                whole = node.partition(":")[2].rpartition(".")[0]
                found.add(f"dataset:{whole}")
            elif kind_of(node) == "dataset":
                found.add(node)
        return tuple(sorted(found))

    # --- what holds what ------------------------------------------------------------

    @cached_property
    def _contains(self) -> Mapping[str, list[str]]:
        # Containment alone hands on this verb.
        return self._onward(ALTER)

    @cached_property
    def _carries(self) -> Mapping[str, list[str]]:
        return self._onward(READ)

    def _onward(self, verb: int) -> Mapping[str, list[str]]:
        """Return what each dataset, store and column hands a verb on to."""
        graph = self._case.graph(("technical",), bare=True)
        found: dict[str, list[str]] = defaultdict(list)
        for edge in np.flatnonzero(graph.carry & verb).tolist():
            found[graph.ids[graph.tail[edge]]].append(graph.ids[graph.head[edge]])
        return found


def _beneath(onward: Mapping[str, Collection[str]], node: str) -> set[str]:
    found = {node}
    ahead = [node]
    while ahead:
        more = set(onward.get(ahead.pop(), ())) - found
        found |= more
        ahead += more
    return found - {node}


def _first(chosen: Iterable[tuple[Patterns, One]], name: str) -> One | None:
    """Return what the first pattern that fits stands for."""
    return next((one for fits, one in chosen if fits.match(name)), None)
