"""Looks through portions: each kind of them in the way that suits it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspecting.detecting import Detecting
from ringfence.egress.inspecting.leaves import Leaves, Raw, spread
from ringfence.egress.inspecting.spots import Spots
from ringfence.egress.inspecting.tally import Tally, row_numbers
from ringfence.egress.inspecting.whole import Whole
from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import Doubt, Doubts, Place, Seen
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.pointers import parsed
from ringfence.egress.opening.portions import (
    Cells,
    Document,
    Gap,
    Lines,
    Numbers,
    Pair,
    Part,
    Portion,
    Shown,
    Told,
    gap,
)

SMALL = 64 << 10
"""Characters of a document that is looked through as one text."""


MOST = 4096
"""Columns of a document that are told apart."""


class Look:
    """Looks through the portions of one payload, and counts in a tally."""

    def __init__(self, scanner: Scanner, detecting: Detecting) -> None:
        self._scanner = scanner
        self._detecting = detecting
        self._spots = Spots()
        self._whole = Whole(scanner)
        self.tally = Tally()

    def at(self, portion: Portion) -> None:
        """Look through a portion."""
        match portion:
            case Cells():
                self._cells(portion)
            case Lines():
                self._lines(portion)
            case Numbers():
                self._numbers(portion)
            case Pair():
                self._pair(portion)
            case Document():
                self.document(portion)
            case _:
                self._told(portion)

    def _told(self, portion: Shown | Told | Gap) -> None:
        match portion:
            case Shown():
                self.tally.shown(portion)
            case Told():
                self.tally.told(portion)
            case Gap():
                self.tally.gap(portion)

    def _cells(self, cells: Cells) -> None:
        if not len(cells.texts):
            return
        seen, doubts = self._whole.look(cells.texts.alias(cells.column))
        detected = self._asked(cells.part, cells.texts, cells.column)
        if not (len(seen.row) or len(doubts.row) or detected):
            return
        rows, counts = _places(cells)
        names = [cells.column]
        self.tally.seen(cells.part, names, seen, rows, counts=counts)
        self.tally.doubted(cells.part, names, doubts, rows, counts=counts)
        for tag, at in detected.items():
            self.tally.kinds(cells.part, cells.column, tag, rows[at])

    def _numbers(self, numbers: Numbers) -> None:
        values = numbers.values.alias(numbers.column)
        seen, doubts = self._whole.numbers(values)
        rows = row_numbers(numbers.rows, len(values))
        self.tally.seen(numbers.part, [numbers.column], seen, rows)
        self.tally.doubted(numbers.part, [numbers.column], doubts, rows)
        for tag, at in self._asked(numbers.part, values, numbers.column).items():
            self.tally.kinds(numbers.part, numbers.column, tag, rows[at])

    def _pair(self, pair: Pair) -> None:
        rows = row_numbers(pair.rows, len(pair.left))
        seen, doubts = self._across(pair.left, pair.right)
        self.tally.seen(pair.part, [pair.column], seen, rows)
        self.tally.doubted(pair.part, [pair.column], doubts, rows)

    def _lines(self, lines: Lines) -> None:
        rows = row_numbers(lines.first, len(lines.texts))
        detected = self._asked(lines.part, lines.texts)
        if lines.json and not detected:
            self._documents(lines, rows)
            return
        seen, doubts = self._scanner.scan(lines.texts)
        if not lines.json:
            self.tally.seen(lines.part, [""], seen, rows)
            self.tally.doubted(lines.part, [""], doubts, rows)
            for tag, places in detected.items():
                self.tally.kinds(lines.part, "", tag, rows[places])
            return
        self._parsed(lines, (seen, doubts), rows, detected.values())

    def _documents(self, lines: Lines, rows: NDArray[np.int64]) -> None:
        """Look through lines of JSON; most people in them are placed at once."""
        spotted = self._scanner.spot(lines.texts)
        placed = self._spots.placed(lines.texts, rows, spotted)
        seen, doubts, _ = spotted
        where, column_of = placed.rows, placed.column_of
        self.tally.seen(
            lines.part, placed.names, placed.seen, where, column_of=column_of
        )
        if len(placed.lines):
            left = ~np.isin(seen.row, placed.lines, kind="table")
            row, kind, written, subject = seen
            seen = Seen(row[left], kind[left], written[left], subject[left])
        self._parsed(lines, (seen, doubts), rows, ())

    def _parsed(
        self,
        lines: Lines,
        found_there: tuple[Seen, Doubts],
        rows: NDArray[np.int64],
        detected: Iterable[NDArray[np.int64]],
    ) -> None:
        """Look through the leaves of the lines in which something was seen."""
        seen, doubts = found_there
        at = [seen.row.astype(np.int64), doubts.row.astype(np.int64)]
        hit = np.unique(np.concatenate([*at, *detected]))
        if not len(hit):
            return
        found = Leaves()
        texts = lines.texts.gather(hit).to_list()
        for row, text in zip(rows[hit].tolist(), texts, strict=True):
            try:
                found.add(parsed(text), row)
            except (msgspec.DecodeError, UnicodeError, OverError):
                continue
        self._leaves(lines.part, found, Raw(seen, doubts, rows))

    def document(self, document: Document) -> None:
        """Look through a JSON document: as it is written, and by its leaves."""
        value, part = document.value, document.part
        found = Leaves()
        found.whole(value)
        if len(found.columns) > MOST:
            self.tally.gap(gap(part, Doubt.LIMIT))
        for column, (types, values) in islice(found.columns.items(), MOST):
            self.tally.shown(Shown(part, column, frozenset(types), values))
        rows = len(value) if isinstance(value, list) else 1
        self.tally.told(Told(part, "json", rows))
        small = len(document.text) <= SMALL
        lines = [document.text] if small else document.text.split("\n")
        texts = pl.Series(lines, dtype=pl.String)
        raw = Raw(*self._scanner.scan(texts), None)
        hit = len(raw.seen.row) or len(raw.doubts.row)
        if not small or hit or self._asked(part, texts):
            self._leaves(part, found, raw)

    def _leaves(self, part: Part, found: Leaves, raw: Raw) -> None:
        """Look through leaves; what was seen in none of them is of the whole."""
        names = list(found.names)
        texts = pl.Series(found.texts, dtype=pl.String)
        rows = np.array(found.rows, np.int64)
        column_of = np.array(found.column_of, np.int64)
        once = texts.unique(maintain_order=True)
        seen, doubts = spread(texts, once, *self._scanner.few(once))
        seen, doubts = _both((seen, doubts), self._neighbours(found))
        self.tally.seen(part, names, seen, rows, column_of=column_of)
        self.tally.doubted(part, names, doubts, rows, column_of=column_of)
        self._detected(part, names, (texts, rows, column_of))
        beyond, odd, own = raw.beyond(seen, doubts, rows)
        self.tally.seen(part, [""], beyond, own)
        self.tally.doubted(part, [""], odd, own)

    def _asked(
        self, part: Part, texts: pl.Series, name: str = ""
    ) -> dict[str, NDArray[np.int64]]:
        """Return what detectors say; what one fails at isn't looked through."""
        answer = self._detecting.asked(texts, name)
        if answer.failed:
            place = Place(part, name)
            self.tally.gap(Gap(place, Doubt.DETECTOR, Coverage.PARTIAL))
        return answer.rows

    def _detected(
        self,
        part: Part,
        names: list[str],
        leaves: tuple[pl.Series, NDArray[np.int64], NDArray[np.int64]],
    ) -> None:
        texts, rows, column_of = leaves
        if not self._detecting.detectors:
            return
        for number, name in enumerate(names):
            own = np.flatnonzero(column_of == number)
            column = texts.gather(pl.Series(own, dtype=pl.UInt32))
            for tag, at in self._asked(part, column, name).items():
                self.tally.kinds(part, name, tag, rows[own[at]])

    def _neighbours(self, found: Leaves) -> tuple[Seen, Doubts]:
        """Return what stands half in one leaf and half in the next."""
        if not found.split:
            return Seen.none(), Doubts.none()
        at = np.array(found.split, np.uint32)
        left = pl.Series([found.texts[n - 1] for n in found.split], dtype=pl.String)
        right = pl.Series([found.texts[n] for n in found.split], dtype=pl.String)
        seen, doubts = self._across(left, right)
        return seen._replace(row=at[seen.row]), doubts._replace(row=at[doubts.row])

    def _across(self, left: pl.Series, right: pl.Series) -> tuple[Seen, Doubts]:
        one = self._scanner.scan_neighbours(left, right)
        return _both(one, self._scanner.scan_neighbours(right, left))


def _both(one: tuple[Seen, Doubts], other: tuple[Seen, Doubts]) -> tuple[Seen, Doubts]:
    return Seen.joined([one[0], other[0]]), Doubts.joined([one[1], other[1]])


def _places(cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Return the first row of every text, and how often it is there."""
    if cells.codes is None:
        return row_numbers(cells.rows, len(cells.texts)), None
    rows = row_numbers(cells.rows, len(cells.codes))
    full = cells.codes >= 0
    codes, rows = cells.codes[full], rows[full]
    firsts = np.zeros(len(cells.texts), np.int64)
    firsts[codes[::-1]] = rows[::-1]
    return firsts, np.bincount(codes, minlength=len(cells.texts))
