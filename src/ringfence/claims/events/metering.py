"""Meters of crossings: how many people's data a counterparty had within a year.

A counterparty is whoever crossed, and each employer of theirs, for which the crossings
of all its people count together (28 CFR 202.205: in one transaction or aggregated over
the same foreign or covered person). What a log doesn't name is counted apart: a meter
then says at least so many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from ringfence.audit.event import touch_of
from ringfence.audit.meters import Crossings as Crossed
from ringfence.audit.meters import meters
from ringfence.audit.table import EventTable
from ringfence.boundary.identifiers import Threshold, bulk_threshold
from ringfence.boundary.protection import protected as compiled
from ringfence.boundary.regime import shipped
from ringfence.boundary.selector import Holder
from ringfence.claims.case import Case
from ringfence.claims.crossings import Meter
from ringfence.claims.events.touched import Protection

COMBINED = "combined"  # data of several categories (28 CFR 202.205(g))
_MICRO = 1_000_000
_BLANK = Holder()
Key = tuple[str, str]


@dataclass(slots=True)
class Metering:
    """Gathers crossings for the meters.

    Attributes:
        case: The case of the whole period.
        table: The events.
        protection: What was protected over the period.
        names: Protections that are asked about; empty stands for all.
    """

    case: Case
    table: EventTable
    protection: Protection
    names: tuple[str, ...]
    _rows: dict[Key, list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _unnamed: Counter[Key] = field(default_factory=Counter)
    _untold: Counter[Key] = field(default_factory=Counter)
    _kept: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict)

    def add(
        self, person: str, told: Mapping[str, int], subjects: Sequence[int]
    ) -> None:
        """Count a crossing, and whose data it was as far as the log names them."""
        found = self._categories(told["touch"], told["time"] // _MICRO)
        for party in (person, *self._employers(person)):
            for category in found:
                key = party, category
                rows = [(told["time"], one) for one in subjects or (0,)]
                self._rows[key] += rows
                if not subjects:
                    self._unnamed[key] += 1
                    self._untold[key] += max(told["rows"], 0)

    def read(self, selector: str) -> tuple[Meter, ...]:
        """Return the meters, the fullest first."""
        limits = self._thresholds(selector)
        found = [self._meter(key, limits) for key in sorted(self._rows)]
        return tuple(sorted(found, key=lambda one: (-one.subjects, one.who)))

    def _meter(self, key: Key, limits: Mapping[str, Threshold]) -> Meter:
        who, category = key
        kinds = {name for party, name in self._rows if party == who} - {COMBINED}
        chosen = kinds if category == COMBINED else {category}
        threshold = bulk_threshold(chosen, limits)
        rows = np.array(self._rows[key], np.int64)
        none = np.zeros(len(rows), np.int64)
        more_than = None if threshold is None else threshold.more_than
        crossed = Crossed(rows[:, 0], none, none, rows[:, 1])
        one = next(iter(meters(crossed, more_than or 0)))
        return Meter(
            who=who,
            category=category,
            subjects=one.most,
            unnamed=self._unnamed[key],
            rows=self._untold[key],
            more_than=more_than,
            cite="" if threshold is None else threshold.cite,
            passed=None if more_than is None else one.over,
        )

    def _thresholds(self, selector: str) -> Mapping[str, Threshold]:
        regime = shipped().get(self.case.boundary.selector(selector).regime)
        return {} if regime is None else regime.categories

    def _employers(self, person: str) -> Iterable[str]:
        holder = self.case.view.holders("person").get(person, _BLANK)
        return [*holder.employers()]

    def _categories(self, touch: int, second: int) -> frozenset[str]:
        day = second // 86_400
        if (touch, day) not in self._kept:
            word = self.table.words("touch")[touch]
            nodes = self.protection.columns(touch_of(word or "{}"), second)
            names = frozenset(self._of(nodes))
            more = {COMBINED} if len(names) > 1 else ()
            self._kept[touch, day] = names.union(more)
        return self._kept[touch, day]

    def _of(self, nodes: Iterable[str]) -> Iterator[str]:
        boundary = self.case.boundary
        rules = compiled(boundary, self.names)
        by_name = {one.name: one.category for one in boundary.protected}
        holders = self.case.view.holders("column")
        for node in nodes:
            tags = holders.get(node, _BLANK).attributes.get("tag", ())
            for name in rules.classes(node, tags):
                if by_name[name]:
                    yield by_name[name]


def subjects_of(table: EventTable) -> Mapping[tuple[int, int], list[int]]:
    """Return the subjects that events name, by their file and first byte."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    if not table.subjects.exists():
        return found
    with duckdb.connect() as database:
        rows = database.execute(
            'SELECT file, "offset", subject FROM read_parquet($path)',
            {"path": str(table.subjects)},
        ).fetchall()
    for file, offset, subject in rows:
        found[file, offset].append(subject)
    return found
