"""CSV and TSV: cells by column, each text once, and nothing lost on the way.

The bytes of a block are counted against the bytes of its cells. Where they differ, or
where a row has too many cells or too few, the block is looked through as text.
"""

from __future__ import annotations

import csv
import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.bytewise import bytes_of, holds
from ringfence.egress.inspection.report import Coverage, Type
from ringfence.egress.inspection.sightings import Doubt, Place
from ringfence.egress.opening.caps import Caps, OverError
from ringfence.egress.opening.names import is_name
from ringfence.egress.opening.pointers import TIME
from ringfence.egress.opening.portions import (
    Cells,
    Gap,
    Lines,
    Pair,
    Part,
    Portions,
    Shown,
    Told,
    metadata,
)
from ringfence.egress.opening.streams import Stream
from ringfence.egress.opening.telling import delimiter
from ringfence.egress.opening.text import Reader, lines_of

DOMAIN = r"^\s*@?(?:[0-9A-Za-z-]+\.)+[A-Za-z]{2,}\s*$"
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?")
_TYPES: tuple[tuple[Type, str], ...] = (
    ("integer", r"^\s*[+-]?[0-9]+\s*$"),
    ("number", r"^\s*[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?\s*$"),
    ("boolean", r"(?i)^(?:true|false)$"),
    ("time", f"^{TIME}$"),
)
_BEGINS = r"^\s*[+\-.0-9tTfF]"
_SAMPLE = 2048


class Layout:
    """How a table is laid out: what separates its cells, and what they are called.

    Attributes:
        mark: What separates cells.
        header: The cells of the first row.
        names: Names of the columns; where the first row is no header, their numbers.
        headed: Whether the first row is a header.
    """

    def __init__(self, head: bytes, stated: str) -> None:
        self.mark = delimiter(head, stated) or ","
        text = head.decode("utf-8", "replace")
        rows = csv.reader(text.splitlines(keepends=True), delimiter=self.mark)
        self.header = next(rows, [])
        plain = all(is_name(c) and not _NUMBER.fullmatch(c) for c in self.header)
        self.headed = plain and len(set(self.header)) == len(self.header)
        numbers = [str(n) for n in range(1, len(self.header) + 1)]
        self.names = self.header if self.headed else numbers


def table(stream: Stream, part: Part, caps: Caps, stated: str = "") -> Portions:
    """Yield the cells of a table, column by column."""
    layout = Layout(stream.head, stated)
    if len(layout.names) > caps.columns:
        raise OverError
    yield metadata(part, "header", layout.header)
    reader = Reader(stream, caps)
    found = Table(part, layout)
    for block in reader.blocks(quoted=True):
        yield from found.read(block, reader.passed())
    yield from found.columns()
    yield from reader.gaps(part)
    yield Told(part, "csv", found.rows - bool(found.rows and layout.headed))


class Table:
    """The columns of a table, block by block. `rows`: how many have been read."""

    def __init__(self, part: Part, layout: Layout) -> None:
        self.rows = 0
        self._part = part
        self._layout = layout
        self._types: list[set[Type]] = [set() for _ in layout.names]
        self._values = [0] * len(layout.names)
        self._malformed: list[int] = []

    def read(self, block: bytes, line: int) -> Portions:
        """Yield the cells of a block, else its lines."""
        if b"\r\n" in block:
            block = block.replace(b"\r\n", b"\n")
        block = block.rstrip(b"\n")
        if not block:
            return
        frame = frame_of(block, self._layout)
        if frame is None:
            self._malformed.append(line)
            lines = lines_of(block)
            self.rows += len(lines)
            yield Lines(self._part, lines, line)
            return
        first = self.rows + 1
        self.rows += len(frame)
        if first == 1 and self._layout.headed:
            frame = frame.slice(1)
            first += 1
        yield from self._frame(frame, first)

    def _frame(self, frame: pl.DataFrame, first: int) -> Portions:
        before: tuple[pl.Series, bool] | None = None
        for place, column in enumerate(frame.get_columns()):
            cells = cells_of(column)
            texts = cells[0]
            name = self._layout.names[place]
            full = len(column) - int((column == "").sum() or 0)
            self._values[place] += full
            if full:
                self._types[place] |= types_of(texts)
            yield Cells(self._part, name, texts, first, cells[1], structured=True)
            domain = has_domain(texts)
            if before is not None and (domain or before[1]):
                yield Pair(self._part, name, before[0], column, first)
            before = column, domain

    def columns(self) -> Portions:
        """Yield the columns, once every block was read, and what was no table."""
        told = zip(self._layout.names, self._types, self._values, strict=True)
        for name, types, values in told:
            yield Shown(self._part, name, frozenset(types or {"empty"}), values)
        if self._malformed:
            place = Place(self._part, "", self._malformed[0])
            count = len(self._malformed)
            yield Gap(place, Doubt.MALFORMED, Coverage.COMPLETE, count)


def frame_of(block: bytes, layout: Layout) -> pl.DataFrame | None:
    """Return the cells of a block as texts; None: it is no such table.

    INVARIANT: a frame holds every byte of the block but separators and quotes.
    """
    names = [str(n) for n in range(len(layout.names))]
    try:
        frame = pl.read_csv(
            block + b"\n",
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=layout.mark,
            empty_string_is_null=False,
            truncate_ragged_lines=False,
        )
    except (pl.exceptions.PolarsError, OSError, ValueError):
        return None
    if frame.null_count().row(0) != (0,) * len(names) or not _is_whole(block, frame):
        return None
    return frame


def _is_whole(block: bytes, frame: pl.DataFrame) -> bool:
    """Return whether cells and separators are as long as their block."""
    marks = len(frame.columns) * len(frame) - 1
    lengths = int(
        frame.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
    )
    quotes = block.count(b'"')
    if not quotes:
        return len(block) == lengths + marks
    inside = int(
        frame.select(
            pl.sum_horizontal(pl.all().str.count_matches('"', literal=True).sum())
        ).item()
    )
    return len(block) - quotes == lengths - inside + marks


def cells_of(column: pl.Series) -> tuple[pl.Series, NDArray[np.int64] | None]:
    """Return each text of a column once and which is where, if that saves anything."""
    sample = column.head(_SAMPLE)
    if len(column) < _SAMPLE or sample.n_unique() * 2 > len(sample):
        return column, None
    texts = column.unique(maintain_order=True)
    if len(texts) * 2 > len(column):
        return column, None
    frame = pl.DataFrame({"text": texts}).with_row_index("code")
    joined = column.to_frame("text").join(
        frame, on="text", how="left", maintain_order="left"
    )
    return texts, joined["code"].cast(pl.Int64).to_numpy()


def has_domain(texts: pl.Series) -> bool:
    """Return whether any of some texts may be the domain of an address."""
    if not holds(bytes_of(texts), "."):
        return False
    return bool(texts.str.contains(DOMAIN).any())


def types_of(texts: pl.Series) -> set[Type]:
    """Return what the texts of cells are; an empty one is nothing."""
    found: set[Type] = set()
    full = texts.filter(texts != "")
    # Most texts are told from everything else by how they begin.
    rest = full.filter(full.str.contains(_BEGINS))
    if len(rest) < len(full):
        found.add("text")
    for type_, expression in _TYPES:
        if not len(rest):
            break
        one = rest.str.contains(expression)
        if one.any():
            found.add(type_)
            rest = rest.filter(~one)
    if len(rest):
        found.add("text")
    return found
