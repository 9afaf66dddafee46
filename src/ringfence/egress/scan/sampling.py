"""Some rows of a file: drawn by their number, and looked through like a whole table.

Tables of text, JSON lines, plain texts and Parquet have rows. Anything else (a packed
file, an archive, a document) is read whole, sampled or not.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import file_digest
from typing import BinaryIO

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ringfence.egress.opening import telling
from ringfence.egress.opening.asking import asked
from ringfence.egress.opening.caps import BROKEN, OVER, Budget, Caps
from ringfence.egress.opening.footer import Footer, Leaf, around, footer_of
from ringfence.egress.opening.portions import (
    Cells,
    Lines,
    Numbers,
    Portion,
    metadata,
)
from ringfence.egress.opening.streams import Stream, of_file
from ringfence.egress.opening.tables import Layout, frame_of
from ringfence.egress.opening.text import Reader, lines_of
from ringfence.egress.scan.found import Dataset
from ringfence.egress.scan.looking import Held, RowLook, Watch, portions

Piece = pl.DataFrame | pl.Series
"""Rows that follow one another: a table, or lines."""


def sampled(watch: Watch, name: str, file: BinaryIO) -> Dataset | None:
    """Return whose data is in some rows of a file; None: it has none to draw.

    What can't be read as what it looks like is None too: then all of it is read.
    """
    file.seek(0)
    head = file.read(1 << 16)
    if any(head.startswith(mark) for mark, _ in telling.BOMS):
        return None
    format = telling.told(head, telling.by_name(name))  # noqa: A001
    look = watch.rows()
    look.around([metadata((), "name", [name])])
    try:
        rows = _read(format, look, watch, name, file)
    except (*BROKEN, *OVER):
        return None
    if rows is None:
        return None
    file.seek(0)
    digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return look.dataset(watch.called(name), "file", rows, digest, watch.take)


def _read(
    format: str,  # noqa: A002
    look: RowLook,
    watch: Watch,
    name: str,
    file: BinaryIO,
) -> int | None:
    if format == "parquet":
        return _Parquet(look, watch, name).read(file)
    if format == "csv":
        return _Table(look, watch, name).read(file)
    if format == "text" or (format == "json" and _has_lines(file)):
        return _Texts(look, watch, name, json=format == "json").read(file)
    return None


def _has_lines(file: BinaryIO) -> bool:
    """Return whether each line of a file is a document, by the first two."""
    file.seek(0)
    most = Caps().line
    first, second = file.readline(most), file.readline(most)
    try:
        msgspec.json.decode(first, type=msgspec.Raw)
        msgspec.json.decode(second, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


class _Pieces:
    """Rows of a text file, piece by piece: read once to count, once to look."""

    def __init__(self, look: RowLook, watch: Watch, name: str) -> None:
        self._look = look
        self._watch = watch
        self._name = name
        self._caps = Caps()

    def pieces(self, stream: Stream) -> Iterator[Piece]:
        raise NotImplementedError

    def portions(self, piece: Piece, rows: NDArray[np.int64]) -> Iterator[Portion]:
        raise NotImplementedError

    def read(self, file: BinaryIO) -> int:
        """Look through the rows that are drawn, and return how many there are."""
        total = sum(len(piece) for piece in self.pieces(of_file(file)))
        places = self._watch.take.places(total, self._name)
        self._look.gaps.clear()
        at = 0
        for piece in self.pieces(of_file(file)):
            own = _within(places, at, len(piece))
            at += len(piece)
            if not len(own):
                continue
            self._watch.progress(f"{self._name}: row {at:,} of {total:,}")
            some = piece[own - at + len(piece)]
            self._look.chunk(self.portions(some, own + 1), len(own))
        return total


class _Table(_Pieces):
    """Rows of CSV or TSV."""

    _names: Sequence[str] = ()

    def pieces(self, stream: Stream) -> Iterator[Piece]:
        """Yield tables; where a block is none, its lines."""
        layout = Layout(stream.head, telling.by_name(self._name))
        if not self._names:
            self._look.around([metadata((), "header", layout.header)])
        self._names = layout.names
        reader = Reader(stream, self._caps)
        is_first = layout.headed
        for block in reader.blocks(quoted=True):
            content = block.replace(b"\r\n", b"\n").rstrip(b"\n")
            if not content:
                continue
            frame = frame_of(content, layout)
            piece: Piece = lines_of(content) if frame is None else frame
            yield piece.slice(1) if is_first else piece
            is_first = False
        self._look.gaps.extend(sorted(map(str, reader.doubts)))

    def portions(self, piece: Piece, rows: NDArray[np.int64]) -> Iterator[Portion]:
        """Yield the columns of a table, or lines."""
        if isinstance(piece, pl.Series):
            yield Cells((), "", piece, rows)
            return
        columns = zip(self._names, piece.get_columns(), strict=True)
        yield from portions([Held(*column) for column in columns], rows)


class _Texts(_Pieces):
    """Lines of a text, or of JSON."""

    def __init__(self, look: RowLook, watch: Watch, name: str, *, json: bool) -> None:
        super().__init__(look, watch, name)
        self._json = json

    def pieces(self, stream: Stream) -> Iterator[Piece]:
        """Yield lines."""
        reader = Reader(stream, self._caps)
        for block in reader.blocks():
            yield lines_of(block)
        self._look.gaps.extend(sorted(map(str, reader.doubts)))

    def portions(self, piece: Piece, rows: NDArray[np.int64]) -> Iterator[Portion]:
        """Yield the lines; their numbers are those of the chunk."""
        assert isinstance(piece, pl.Series)  # noqa: S101
        if self._json:
            yield Lines((), piece, 1, json=True)
        else:
            yield Cells((), "", piece, rows)


class _Parquet:
    """Rows of Parquet; only the row groups that hold one of them are read."""

    def __init__(self, look: RowLook, watch: Watch, name: str) -> None:
        self._look = look
        self._watch = watch
        self._name = name

    def read(self, file: BinaryIO) -> int | None:
        """Look through the rows that are drawn, and return how many there are."""
        file.seek(0)
        size = file.seek(0, io.SEEK_END)
        budget = Budget(Caps(), size)
        with budget.files:
            footer = footer_of(file)
            self._look.around(_beside(file, footer, budget))
        if footer.encrypted or sum(footer.groups) != footer.rows:
            return None
        places = self._places(footer)
        firsts = list(itertools.accumulate(footer.groups, initial=0))
        for group, count in enumerate(footer.groups):
            own = _within(places, firsts[group], count)
            if not len(own):
                continue
            self._watch.progress(f"{self._name}: row group {group + 1}")
            leaves = [leaf for leaf in footer.leaves if leaf.group == group]
            self._look.chunk(self._group(file, leaves, firsts, own), len(own))
        return footer.rows

    def _places(self, footer: Footer) -> NDArray[np.int64]:
        take = self._watch.take
        if not take.blocks:
            return take.places(footer.rows, self._name)
        firsts = np.cumsum([0, *footer.groups])
        chosen = take.groups(footer.groups, self._name).tolist()
        parts = [np.arange(firsts[one], firsts[one + 1]) for one in chosen]
        return np.concatenate([np.empty(0, np.int64), *parts])

    def _group(
        self,
        file: BinaryIO,
        leaves: Sequence[Leaf],
        firsts: Sequence[int],
        places: NDArray[np.int64],
    ) -> Iterator[Portion]:
        """Yield what stands in some rows of a row group."""
        plain: dict[str, list[tuple[pl.Series, NDArray[np.int64]]]] = {}
        # Of a sample, what no row holds isn't asked for: no dictionaries.
        question = {
            "leaves": [{**asdict(leaf), "dictionary": None} for leaf in leaves],
            "firsts": list(firsts),
        }
        for told, batch in asked(file, question, Caps().memory):
            if batch is None:
                continue
            values, rows = _chosen(told["first"], batch, places)
            if values.dtype == pl.Binary:
                values = values.map_elements(_shown, return_dtype=pl.String)
            if "row" in batch.schema.names:
                yield from _nested(told["column"], values, rows)
            else:
                plain.setdefault(told["column"], []).append((values, rows))
        columns = [
            Held(name, pl.concat([values for values, _ in parts]))
            for name, parts in plain.items()
        ]
        whole = [held for held in columns if len(held.values) == len(places)]
        yield from portions(whole, places + 1)
        for held in columns:
            if len(held.values) != len(places):
                rows = np.concatenate([rows for _, rows in plain[held.name]])
                yield from portions([held], rows + 1)


def _beside(file: BinaryIO, footer: Footer, budget: Budget) -> Iterator[Portion]:
    """Yield what stands beside the data, and fill in the leaves of the footer."""
    if not footer.encrypted:
        yield from around(file, footer, (), budget)


def _chosen(
    first: int, batch: pa.RecordBatch, places: NDArray[np.int64]
) -> tuple[pl.Series, NDArray[np.int64]]:
    """Return the values of the rows that were drawn, and their rows."""
    values = pl.from_arrow(batch.column("value"))
    assert isinstance(values, pl.Series)  # noqa: S101
    rows = first + np.arange(len(values), dtype=np.int64)
    if "row" in batch.schema.names:
        rows = batch.column("row").to_numpy().astype(np.int64)
    kept = np.flatnonzero(np.isin(rows, places))
    return values[kept], rows[kept]


def _nested(name: str, values: pl.Series, rows: NDArray[np.int64]) -> Iterator[Portion]:
    if values.dtype != pl.String:
        yield Numbers((), name, values, rows + 1)
        return
    full = np.flatnonzero(values.is_not_null().to_numpy())
    yield Cells((), name, values.drop_nulls(), rows[full] + 1, structured=True)


def _shown(content: bytes) -> str:
    """Return bytes as the text that they are, else in hexadecimal."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{content.hex()}\n{content.decode('latin-1')}"


def _within(places: NDArray[np.int64], at: int, count: int) -> NDArray[np.int64]:
    low, high = np.searchsorted(places, [at, at + count])
    return places[low:high]
