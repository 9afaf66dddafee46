"""Counts what was seen, by place, kind and writing; keeps people, and never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import KINDS
from ringfence.egress.inspection.report import Column, Coverage, Sighting, Undecided
from ringfence.egress.inspection.sightings import (
    DOUBTS,
    Doubt,
    Doubts,
    Place,
    Seen,
    Written,
)
from ringfence.egress.opening.portions import Gap, Part, Shown, Told

Rows = NDArray[np.int64] | int
_MANY = 1 << 20
_TAGS = tuple(dict.fromkeys(kind.tag for kind in KINDS))
_TAG_OF = np.array([_TAGS.index(kind.tag) for kind in KINDS], np.int64)


@dataclass(slots=True)
class _Group:
    row: int
    count: int = 0
    size: int = 0
    subjects: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, subjects: NDArray[np.uint64]) -> None:
        self.subjects.append(distinct(subjects))
        self.size += len(self.subjects[-1])
        if self.size > _MANY:
            self.subjects = [self.all()]
            self.size = 0

    def all(self) -> NDArray[np.uint64]:
        if not self.subjects:
            return np.empty(0, np.uint64)
        if len(self.subjects) > 1:
            self.subjects = [distinct(np.concatenate(self.subjects))]
        return self.subjects[0]


Key = tuple[Part, str, str, Written]


Value = TypeVar("Value", np.uint32, np.uint64)


def distinct(values: NDArray[Value]) -> NDArray[Value]:
    """Return each value once, in order."""
    # `np.unique` hashes numbers, which takes several times as long.
    found = np.sort(values)
    first = np.ones(len(found), np.bool_)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return found[first]


def row_numbers(rows: Rows, count: int) -> NDArray[np.int64]:
    """Return the row of every one of some values; 0 where they are of none."""
    if isinstance(rows, int):
        return np.arange(rows, rows + count) if rows else np.zeros(count, np.int64)
    return rows


class Tally:
    """What was seen in one payload, and how much of it was looked through."""

    def __init__(self) -> None:
        self._groups: dict[Key, _Group] = {}
        self._doubts: dict[tuple[Part, str, Doubt], list[int]] = {}
        self._columns: dict[tuple[Part, str], tuple[set[str], int]] = {}
        self._told: Told | None = None
        self.rows = 0
        self.coverage = Coverage.COMPLETE

    def seen(
        self,
        part: Part,
        columns: Sequence[str],
        seen: Seen,
        rows: NDArray[np.int64],
        *,
        counts: NDArray[np.int64] | None = None,
        column_of: NDArray[np.int64] | None = None,
    ) -> None:
        """Take in what was seen in some values.

        Args:
            part: Where they are.
            columns: Names of their columns.
            seen: What was seen; its rows are places among the values.
            rows: Row of each value.
            counts: How often each value is there; else once.
            column_of: Place in `columns` of each value; else all are of the first.
        """
        if not len(seen.row):
            return
        tags = _TAG_OF[seen.kind]
        keys = (tags << 8) | seen.written
        if column_of is not None:
            keys = keys | (column_of[seen.row] << 16)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        for some in np.split(order, starts[1:]):
            key = int(keys[some[0]])
            values = distinct(seen.row[some])
            name = columns[key >> 16]
            place = part, name, _TAGS[key >> 8 & 255], Written(key & 255)
            count = len(values) if counts is None else int(counts[values].sum())
            group = self._group(place, int(rows[values].min()))
            group.count += count
            group.add(seen.subject[some])

    def _group(self, key: Key, row: int) -> _Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(row)
        group.row = min(group.row, row)
        return group

    def kinds(self, part: Part, column: str, tag: str, rows: NDArray[np.int64]) -> None:
        """Take in what a detector saw, at these rows: it knows nobody."""
        group = self._group((part, column, tag, Written.PLAIN), int(rows.min()))
        group.count += len(rows)

    def doubted(
        self,
        part: Part,
        columns: Sequence[str],
        doubts: Doubts,
        rows: NDArray[np.int64],
        *,
        counts: NDArray[np.int64] | None = None,
        column_of: NDArray[np.int64] | None = None,
    ) -> None:
        """Take in what couldn't be decided; arguments as in `seen`."""
        keys = doubts.why.astype(np.int64)
        if column_of is not None:
            keys = keys | (column_of[doubts.row] << 8)
        for key in np.unique(keys).tolist():
            values = np.unique(doubts.row[keys == key])
            count = len(values) if counts is None else int(counts[values].sum())
            place = part, columns[key >> 8], DOUBTS[key & 255]
            self._doubt(place, int(rows[values].min()), count)

    def _doubt(self, key: tuple[Part, str, Doubt], row: int, count: int) -> None:
        found = self._doubts.setdefault(key, [row, 0])
        found[0] = min(found[0], row)
        found[1] += count
        if key[2] == Doubt.LIMIT and self.coverage == Coverage.COMPLETE:
            self.coverage = Coverage.PARTIAL

    def gap(self, gap: Gap) -> None:
        """Take in what couldn't be opened."""
        self._doubt(
            (gap.place.part, gap.place.column, gap.why), gap.place.row, gap.count
        )
        if gap.coverage == Coverage.COMPLETE or self.coverage == Coverage.SKIPPED:
            return
        # A member that was skipped leaves the rest looked through.
        whole = gap.coverage == Coverage.SKIPPED and not gap.place.part
        self.coverage = Coverage.SKIPPED if whole else Coverage.PARTIAL

    def shown(self, shown: Shown) -> None:
        """Take in a column."""
        key = shown.part, shown.column
        types, values = self._columns.get(key, (set(), 0))
        self._columns[key] = types | shown.types, values + shown.values

    def told(self, told: Told) -> None:
        """Take in what a part is."""
        self.rows += told.rows
        if not told.part:
            self._told = told

    @property
    def format(self) -> str:
        """What the payload is."""
        return self._told.format if self._told else "empty"

    def names(self) -> tuple[list[Part], list[str]]:
        """Return the parts and the columns that a report would name."""
        found = [(key[0], key[1]) for key in self._groups]
        found += [(key[0], key[1]) for key in self._doubts]
        found += self._columns
        parts = list(dict.fromkeys(part for part, _ in found))
        return parts, list(dict.fromkeys(name for _, name in found))

    def columns(self) -> list[Column]:
        """Return the columns, in order."""
        return [
            Column(part, name, frozenset(types), values)  # type: ignore[arg-type]
            for (part, name), (types, values) in self._columns.items()
        ]

    def sightings(self) -> list[Sighting]:
        """Return what was seen, by place.

        The bounds of a column say nothing more of people who are seen in the column.
        """
        found = []
        for (part, name, tag, written), one in sorted(self._groups.items()):
            subjects = one.all()
            if part[-1:] == ("statistics",):
                within = self._within(part[:-1], name)
                explained = within[np.isin(within, subjects)]
                subjects = np.setdiff1d(subjects, explained)
                if not len(subjects):
                    continue
            place = Place(part, name, one.row)
            found.append(Sighting(place, tag, written, one.count, subjects))
        return found

    def _within(self, part: Part, name: str) -> NDArray[np.uint64]:
        """Return everybody in a column; in all leaves of one that is nested."""
        nested = f"/{name.partition('.')[0]}/"
        some = [
            one.all()
            for (own, column, _, _), one in self._groups.items()
            if own == part and (column == name or column.startswith(nested))
        ]
        return np.concatenate([np.empty(0, np.uint64), *some])

    def undecided(self) -> list[Undecided]:
        """Return what couldn't be decided, by place."""
        return [
            Undecided(Place(part, name, row), why, count)
            for (part, name, why), (row, count) in sorted(self._doubts.items())
            if part[-1:] != ("statistics",)
            or (part[:-1], name, why) not in self._doubts
        ]
