"""Parquet: its data by column, each text once, and all that stands beside it."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ringfence.egress.inspection.report import Coverage, Type
from ringfence.egress.inspection.sightings import Doubt, Place
from ringfence.egress.opening.asking import asked
from ringfence.egress.opening.caps import Budget, OverError
from ringfence.egress.opening.footer import Footer, around, footer_of
from ringfence.egress.opening.portions import (
    Cells,
    Gap,
    Numbers,
    Pair,
    Part,
    Portions,
    Shown,
    Told,
    gap,
)
from ringfence.egress.opening.tables import cells_of, has_domain

_DIGESTS = (16, 20, 32)  # bytes of what is always shown in hexadecimal
_TYPES: dict[str, Type] = {"decimal": "number", "binary": "text"}
_NEIGHBOURS = 1 << 22  # texts that are kept until their neighbour comes

Message = tuple[dict[str, Any], pa.RecordBatch | None]


def parquet(file: BinaryIO, part: Part, budget: Budget) -> Portions:
    """Yield everything that a Parquet file holds."""
    footer = footer_of(file)
    if not footer.encrypted:
        yield from around(file, footer, part, budget)
    if footer.encrypted:
        yield gap(part, Doubt.ENCRYPTED, Coverage.SKIPPED)
        return
    # Runs of one value pack without bound; each still costs time.
    if footer.rows * max(len(footer.leaves), 1) > budget.left * 4:
        raise OverError
    if len({leaf.place for leaf in footer.leaves}) > budget.caps.columns:
        raise OverError
    yield from Data(part, footer, budget).read(file)
    yield Told(part, "parquet", footer.rows)


class Data:
    """The data of a file, column by column."""

    def __init__(self, part: Part, footer: Footer, budget: Budget) -> None:
        self._part = part
        self._footer = footer
        self._budget = budget
        self._columns: dict[str, tuple[set[Type], int]] = {}
        self._unreadable: dict[str, int] = {}
        self._seen: list[pl.Series] = []
        self._before: list[tuple[pl.Series, bool]] = []

    def read(self, file: BinaryIO) -> Portions:
        """Yield the data, then the columns."""
        counts = self._footer.groups
        firsts = list(itertools.accumulate(counts, initial=1))
        leaves = [asdict(leaf) for leaf in self._footer.leaves]
        question = {"leaves": leaves, "firsts": firsts}
        now: list[tuple[pl.Series, bool]] = []
        group = iter([leaf.group for leaf in self._footer.leaves])
        current = next(group, 0)
        for told, batch in asked(file, question, self._budget.caps.memory):
            if "end" in told:
                following = next(group, current)
                self._before = now if following == current else []
                current, now, self._seen = following, [], []
            elif "dictionary" in told:
                yield from self._dictionary(_series(batch, "value"))
            else:
                yield from self._column(told, batch, now)
        yield from self._told()

    def _column(
        self,
        told: dict[str, Any],
        batch: pa.RecordBatch | None,
        now: list[tuple[pl.Series, bool]],
    ) -> Portions:
        name, kind = told["column"], told["type"]
        types, count = self._columns.get(name, (set(), 0))
        types.add(_TYPES.get(kind, kind))
        self._columns[name] = types, count + told["values"]
        if batch is None:
            return
        self._budget.take(batch.nbytes // 8)
        values = _series(batch, "value")
        rows: NDArray[np.int64] | int = told["first"]
        if "row" in batch.schema.names:
            rows = _series(batch, "row").to_numpy()
        if kind in {"integer", "number"}:
            self._seen.append(values)
            yield Numbers(self._part, name, values, rows)
        elif kind == "binary":
            yield from self._binary(name, values, rows)
        else:
            yield from self._texts(name, values, rows, now)

    def _texts(
        self,
        name: str,
        values: pl.Series,
        rows: NDArray[np.int64] | int,
        now: list[tuple[pl.Series, bool]],
    ) -> Portions:
        texts, codes = cells_of(values)
        if texts.null_count():
            texts, rows, codes = _full(texts, rows, codes)
        self._seen.append(texts)
        yield Cells(self._part, name, texts, rows, codes, structured=True)
        domain = has_domain(texts)
        at = len(now)
        if at < len(self._before) and len(self._before[at][0]) == len(values):
            left, was = self._before[at]
            if was or domain:
                filled = left.fill_null(""), values.fill_null("")
                yield Pair(self._part, name, *filled, rows)
        if sum(len(one) for one, _ in now) < _NEIGHBOURS:
            now.append((values, domain))

    def _binary(
        self, name: str, values: pl.Series, rows: NDArray[np.int64] | int
    ) -> Portions:
        """Yield binary values as text where they are, else in hexadecimal."""
        full = values.is_not_null()
        where = np.flatnonzero(full.to_numpy())
        places = where + rows if isinstance(rows, int) else rows[where]
        content: list[bytes] = values.drop_nulls().to_list()
        texts: list[str] = []
        odd = 0
        for one in content:
            try:
                texts.append(one.decode())
            except UnicodeDecodeError:
                odd += len(one) not in _DIGESTS
                texts.append(f"{one.hex()}\n{one.decode('latin-1')}")
        if odd:
            self._unreadable[name] = self._unreadable.get(name, 0) + odd
        found = pl.Series(texts, dtype=pl.String)
        self._seen.append(found)
        yield Cells(self._part, name, found, places.astype(np.int64), structured=True)

    def _dictionary(self, values: pl.Series) -> Portions:
        """Yield what a dictionary holds and no row does."""
        if values.dtype == pl.Binary:
            once = values.unique(maintain_order=True)
            try:
                values = once.cast(pl.String)
            except pl.exceptions.ComputeError:
                texts = [_text(one) for one in once.to_list()]
                values = pl.Series(texts, dtype=pl.String)
        if self._seen and begins_with(self._seen[0], values):
            return
        lost = values
        for one in self._seen:
            if one.dtype.is_numeric() == values.dtype.is_numeric():
                lost = lost.filter(~lost.is_in(one.implode()))
        if not len(lost):
            return
        inner = (*self._part, "dictionary")
        if lost.dtype == pl.String:
            yield Cells(inner, "", lost)
        else:
            yield Numbers(inner, "", lost)

    def _told(self) -> Portions:
        for name, (types, count) in self._columns.items():
            kinds = types - {"empty"} or types
            yield Shown(self._part, name, frozenset(kinds), count)
        for name in self._unreadable:
            count = self._unreadable[name]
            place = Place(self._part, name)
            yield Gap(place, Doubt.UNREADABLE, Coverage.COMPLETE, count)


def begins_with(seen: pl.Series, values: pl.Series) -> bool:
    """Return whether a dictionary is what its rows begin with, as of different ones."""
    if seen.dtype.is_numeric() != values.dtype.is_numeric():
        return False
    first = seen.drop_nulls().head(len(values))
    return len(first) == len(values) and bool((first == values).all())


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{content.hex()}\n{content.decode('latin-1')}"


def _series(batch: pa.RecordBatch | None, name: str) -> pl.Series:
    return pl.Series(name, batch.column(name) if batch is not None else [])


def _full(
    texts: pl.Series,
    rows: NDArray[np.int64] | int,
    codes: NDArray[np.int64] | None,
) -> tuple[pl.Series, NDArray[np.int64] | int, NDArray[np.int64] | None]:
    """Return texts without null: `codes` point elsewhere, or `rows` are fewer."""
    kept = np.flatnonzero(texts.is_not_null().to_numpy())
    if codes is None:
        places = kept + rows if isinstance(rows, int) else rows[kept]
        return texts.drop_nulls(), places.astype(np.int64), None
    moved = np.full(len(texts) + 1, -1, np.int64)
    moved[kept] = np.arange(len(kept))
    return texts.drop_nulls(), rows, moved[codes]
