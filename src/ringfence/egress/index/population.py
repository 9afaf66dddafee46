"""The population: rows with identifiers of protected people, read piece by piece.

Each row has the primary id of its person. It comes out of Parquet files or of one query
to a database inside the fence; nothing of it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl
import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import parquet

from ringfence.egress.forms.kinds import Kind
from ringfence.errors import ConfigError, Locus, SourceError

ROWS = 100_000  # of a piece


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a population are.

    Attributes:
        kinds: What identifiers stand in a column; other columns aren't read.
        subject: The column with the primary id.
    """

    kinds: Mapping[str, Kind]
    subject: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        return tuple(dict.fromkeys((self.subject, *self.kinds)))


class Population(Protocol):
    """Where rows come from."""

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows, piece by piece: columns of texts, with gaps.

        Raises:
            SourceError: It can't be read, or a column isn't there or holds no texts.
        """
        ...


@dataclass(frozen=True, slots=True)
class Frames:
    """Rows that are in memory.

    Attributes:
        frames: The rows.
    """

    frames: Sequence[pl.DataFrame]

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows; see `Population`."""
        for frame in self.frames:
            yield _texts(frame, columns, Locus("the rows"))


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Parquet files, one after another.

    Attributes:
        files: The files.
        rows: Rows of a piece.
    """

    files: Sequence[Path]
    rows: int = ROWS

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows; see `Population`."""
        for file in self.files:
            at = Locus(str(file))
            try:
                yield from self._of(file, columns, at)
            except pa.ArrowException:
                # What it says may quote what it read.
                raise SourceError("isn't readable Parquet", at) from None
            except OSError as error:
                reason = (error.strerror or "can't be read").lower()
                raise SourceError(reason, at, "check the path") from None

    def _of(
        self, file: Path, columns: Sequence[str], at: Locus
    ) -> Iterator[pl.DataFrame]:
        with file.open("rb") as stream, parquet.ParquetFile(stream) as opened:
            _check_columns(columns, opened.schema_arrow.names, at)
            batches = opened.iter_batches(self.rows, columns=[*columns])
            for batch in batches:
                frame = pl.from_arrow(pa.Table.from_batches([batch]))
                if isinstance(frame, pl.DataFrame):
                    yield _texts(frame, columns, at)


@dataclass(frozen=True, slots=True)
class Query:
    """A query to a PostgreSQL database inside the fence, read through a cursor.

    Attributes:
        dsn: How it is reached; no message quotes it.
        query: A SELECT.
        rows: Rows of a piece.
    """

    dsn: str
    query: str
    rows: int = ROWS

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows; see `Population`."""
        at = Locus("--query")
        try:
            with psycopg.connect(self.dsn, application_name="ringfence index") as base:
                base.read_only = True
                yield from self._of(base, columns, at)
        except psycopg.Error as error:
            # The server's message may quote values or the connection; its code doesn't.
            message = f"the database can't be read: {_code(error)}"
            raise SourceError(message, at, "try the query with `psql`") from None

    def _of(
        self, base: psycopg.Connection, columns: Sequence[str], at: Locus
    ) -> Iterator[pl.DataFrame]:
        inner = sql.SQL(self.query.strip().rstrip(";"))
        head = sql.SQL("SELECT * FROM ({}\n) AS rows LIMIT 0").format(inner)
        found = base.execute(head).description or []
        _check_columns(columns, [one.name for one in found], at)
        for one in found:
            if one.name in columns and one.type_code in _ROUNDED:
                raise _rounded(one.name, at)
        texts = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns
        )
        whole = sql.SQL("SELECT {} FROM ({}\n) AS rows").format(texts, inner)
        schema = dict.fromkeys(columns, pl.String)
        with base.cursor(name="ringfence_index") as cursor:
            cursor.execute(whole)
            while rows := cursor.fetchmany(self.rows):
                yield pl.DataFrame(rows, schema=schema, orient="row")


_ROUNDED = (700, 701)  # PostgreSQL's numbers of real and double precision


def _code(error: psycopg.Error) -> str:
    return f"SQLSTATE {error.sqlstate}" if error.sqlstate else type(error).__name__


def _rounded(name: str, at: Locus) -> SourceError:
    message = f"column `{name}` is of floating-point numbers, which round"
    return SourceError(message, at, "give it as text or as integers")


def _check_columns(wanted: Sequence[str], found: Sequence[str], at: Locus) -> None:
    if missing := sorted(set(wanted) - set(found)):
        raise SourceError(f"has no column `{missing[0]}`", at)


def _texts(frame: pl.DataFrame, columns: Sequence[str], at: Locus) -> pl.DataFrame:
    """Return columns as texts.

    Raises:
        SourceError: One isn't there, or its values aren't texts or whole numbers.
    """
    _check_columns(columns, frame.columns, at)
    for name in columns:
        kind = frame.schema[name]
        if kind.is_float():
            raise _rounded(name, at)
        whole = kind.is_integer() or (isinstance(kind, pl.Decimal) and not kind.scale)
        if not (whole or kind in _TEXTUAL):
            message = f"column `{name}` holds neither texts nor whole numbers"
            raise SourceError(message, at, "give its values as text, one in each row")
    return frame.select(pl.col(name).cast(pl.String) for name in columns)


_TEXTUAL = (pl.String, pl.Categorical, pl.Enum, pl.Null)


def readable(files: Sequence[Path], dsn_env: str, query: str) -> Population:
    """Return the population that words of the command line name.

    Raises:
        ConfigError: They name none, or two.
    """
    if bool(files) == bool(query):
        hint = "name Parquet files with `--from`, or a query with `--query`"
        raise ConfigError("one population is wanted", Locus("--from"), hint)
    if files:
        return ParquetFiles(files)
    dsn = os.environ.get(dsn_env, "") if dsn_env else ""
    if not dsn:
        hint = "name a variable that holds the connection string"
        raise ConfigError("names no database", Locus("--dsn-env"), hint)
    return Query(dsn, query)
