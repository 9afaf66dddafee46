"""Meters of crossings: how many people's data a counterparty had within a year.

A counterparty is whoever crossed, and each employer of theirs, for which the crossings
of all its people count together (28 CFR 202.205: in one transaction or aggregated over
the same foreign or covered person). What a log doesn't name is counted apart: a meter
then says at least so many.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import msgspec
import numpy as np

from ringfence.audit.event import Touch, touch_of
from ringfence.audit.meters import Crossings as Crossed
from ringfence.audit.meters import meters
from ringfence.audit.table import EventTable
from ringfence.boundary.identifiers import Threshold, bulk_threshold
from ringfence.boundary.protection import protected as compiled
from ringfence.boundary.regime import shipped
from ringfence.boundary.selector import EMPLOYER, Holder, entity_id
from ringfence.claims.case import Case
from ringfence.claims.crossings import Meter
from ringfence.claims.events.touched import Protection
from ringfence.claims.events.world import FAR, instant

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
    _touches: dict[int, tuple[Touch, list[int]]] = field(default_factory=dict)
    _employed: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)

    def add(
        self, person: str, told: Mapping[str, int], subjects: Sequence[int]
    ) -> None:
        """Count a crossing, and whose data it was as far as the log names them."""
        second = told["time"] // _MICRO
        found = self._categories(told["touch"], second)
        for party in (person, *self._employers(person, second)):
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

    def _employers(self, person: str, second: int) -> list[str]:
        """Return who employed somebody at a second, once each."""
        if person not in self._employed:
            rows = self.case.view.about([person])
            facts = (msgspec.json.decode(row.line) for row in rows)
            self._employed[person] = [
                (
                    entity_id(fact["value"]),
                    instant(fact.get("since", ""), -FAR),
                    instant(fact.get("until", ""), FAR),
                )
                for fact in facts
                if fact["name"] == EMPLOYER and not fact.get("unknown")
            ]
        told = self._employed[person]
        return sorted({one for one, begin, end in told if begin <= second < end})

    def _categories(self, touch: int, second: int) -> frozenset[str]:
        if touch not in self._touches:
            word = touch_of(self.table.words("touch")[touch] or "{}")
            self._touches[touch] = word, self.protection.changes(word)
        what, changes = self._touches[touch]
        key = touch, bisect_right(changes, second)
        if key not in self._kept:
            names = frozenset(self._of(self.protection.columns(what, second)))
            more = {COMBINED} if len(names) > 1 else ()
            self._kept[key] = names.union(more)
        return self._kept[key]

    def _of(self, nodes: Iterable[str]) -> Iterator[str]:
        boundary = self.case.boundary
        rules = compiled(boundary, self.names)
        by_name = {one.name: one.category for one in boundary.protected}
        for node in nodes:
            kind, _, name = node.partition(":")
            own = rules.classes(node, self._tags(node)) if kind == "column" else ()
            home = name if kind == "dataset" else name.rpartition(".")[0]
            # Protected as a whole: whatever is in it, known or not.
            inside = rules.classes(f"column:{home}.", self._tags(f"dataset:{home}"))
            for one in (*own, *inside):
                if by_name[one]:
                    yield by_name[one]

    def _tags(self, node: str) -> Collection[str]:
        holders = self.case.view.holders(node.partition(":")[0])
        return holders.get(node, _BLANK).attributes.get("tag", ())


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
