"""CSV (RFC 4180) with places: each row knows its line, each row has all the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.documents.located import nearest
from ringfence.errors import Locus, SourceError


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column name, and its place."""

    cells: dict[str, str]
    at: Locus

    def __getitem__(self, column: str) -> str:
        """Return a cell, stripped of blanks; an absent column is empty."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    at: Locus

    def require(self, column: str) -> None:
        """Check that there is such a column.

        Raises:
            SourceError: There is none; the hint names the closest one.
        """
        if column not in self.columns:
            hint = nearest(column, self.columns)
            raise SourceError(f"has no column `{column}`", self.at, hint)


def read_table(text: str, name: str) -> Table:
    """Return the table in `text`, whose first line names the columns.

    Raises:
        SourceError: No header, a column named twice, a row with more or fewer cells
            than the header, a quote that is never closed, or a NUL.
    """
    if "\0" in text:
        at = Locus(name, text.count("\n", 0, text.index("\0")) + 1)
        raise SourceError("holds a NUL", at, "export the table anew, as text")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, name)
        rows = tuple(_rows(reader, header, name))
    except csv.Error as error:
        at = Locus(name, reader.line_num)
        raise SourceError(f"is not CSV: {error}", at) from None
    return Table(tuple(header), rows, Locus(name, 1))


def _check_header(header: list[str], name: str) -> None:
    if not any(header):
        raise SourceError("has no header line", Locus(name, 1))
    for column in header:
        if header.count(column) > 1:
            message = f"names column `{column}` twice"
            raise SourceError(message, Locus(name, 1))


def _rows(reader: Iterator[list[str]], header: list[str], name: str) -> Iterator[Row]:
    begins = 2
    for cells in reader:
        at = Locus(name, begins)
        begins = reader.line_num + 1  # type: ignore[attr-defined]
        if not cells:
            continue
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}"
            raise SourceError(message, at, "quote a cell that holds a comma")
        yield Row(dict(zip(header, cells, strict=True)), at)
