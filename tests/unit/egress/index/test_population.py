"""The population: texts out of files and databases, and nothing that isn't text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringfence.egress.index.population import (
    Frames,
    ParquetFiles,
    Query,
    readable,
)
from ringfence.errors import ConfigError, SourceError
from tests.postgres_server import cluster_of, installations

ROWS = {"id": [1, 2, 3], "email": ["a@b.example", None, ""], "more": [1.5, 2.5, 3.5]}


def texts(population, *columns: str) -> list[tuple[str | None, ...]]:
    """Return all rows of a population."""
    return [row for piece in population.pieces(columns) for row in piece.rows()]


def test_parquet_is_read_piece_by_piece(tmp_path: Path):
    """In the order of the files, never more rows at once than are wanted."""
    files = []
    for number in range(2):
        files.append(tmp_path / f"{number}.parquet")
        rows = {"id": range(number * 250, number * 250 + 250)}
        pl.DataFrame(rows).write_parquet(files[-1], row_group_size=100)
    pieces = [*ParquetFiles(files, rows=60).pieces(["id"])]
    assert max(map(len, pieces)) <= 60
    whole = pl.concat(pieces)["id"].to_list()
    assert whole == [str(number) for number in range(500)]


def test_other_columns_are_not_read(tmp_path: Path):
    """What isn't wanted may be of any type, and gaps stay gaps."""
    pl.DataFrame(ROWS).write_parquet(tmp_path / "p.parquet")
    found = texts(ParquetFiles([tmp_path / "p.parquet"]), "email", "id")
    assert found == [("a@b.example", "1"), (None, "2"), ("", "3")]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pl.Series([1, 2**63], dtype=pl.UInt64), ["1", str(2**63)]),
        (pl.Series([Decimal(10**30)], dtype=pl.Decimal(38, 0)), ["1" + "0" * 30]),
        (pl.Series(["a", "b", "a"], dtype=pl.Categorical), ["a", "b", "a"]),
        (pl.Series([None, None]), [None, None]),
    ],
)
def test_whole_numbers_are_texts(values: pl.Series, wanted: list[str | None]):
    """To the last digit."""
    assert texts(Frames([pl.DataFrame({"id": values})]), "id") == [
        (one,) for one in wanted
    ]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0, 2.0], "is of floating-point numbers, which round"),
        ([True], "holds neither texts nor whole numbers"),
        ([date(2026, 1, 1)], "holds neither texts nor whole numbers"),
        ([["a"], ["b"]], "holds neither texts nor whole numbers"),
        ([b"a"], "holds neither texts nor whole numbers"),
        ([Decimal("1.5")], "holds neither texts nor whole numbers"),
    ],
)
def test_other_columns_are_refused(values: list[object], told: str):
    """Their texts would not be what an identifier looks like elsewhere."""
    with pytest.raises(SourceError, match=f"column `id` {told}"):
        texts(Frames([pl.DataFrame({"id": values})]), "id")


def test_a_column_that_is_missing_is_told(tmp_path: Path):
    """With the file that lacks it."""
    pl.DataFrame(ROWS).write_parquet(tmp_path / "p.parquet")
    with pytest.raises(SourceError, match=r"p.parquet: has no column `phone`"):
        texts(ParquetFiles([tmp_path / "p.parquet"]), "id", "phone")
    with pytest.raises(SourceError, match="has no column `phone`"):
        texts(Frames([pl.DataFrame(ROWS)]), "phone")


def test_what_is_no_parquet_is_told(tmp_path: Path):
    """Text, half a file, a folder, nothing: one clear error each, without content."""
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"id": [f"secret-{n}" for n in range(1000)]}), whole)
    content = whole.read_bytes()
    for number, bad in enumerate([b"", b"secret", content[: len(content) // 2]]):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(bad)
        with pytest.raises(SourceError, match="isn't readable Parquet") as caught:
            texts(ParquetFiles([path]), "id")
        assert "secret" not in str(caught.value)
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SourceError, match=r"is a directory|no such file"):
            texts(ParquetFiles([path]), "id")


@pytest.fixture(scope="module")
def dsn() -> str:
    """Return a database with rows."""
    return cluster_of(max(one.version for one in installations())).dsn()


def test_a_query_is_read_through_a_cursor(dsn: str):
    """Piece by piece, whatever the columns' types and names are."""
    query = """SELECT n AS id, 'p' || n || '@b.example' AS "e mail",
               n::numeric AS n FROM generate_series(1, 500) AS n -- all of them"""
    pieces = [*Query(dsn, query, rows=120).pieces(["e mail", "id", "n"])]
    assert [len(piece) for piece in pieces] == [120, 120, 120, 120, 20]
    assert pieces[-1].row(-1) == ("p500@b.example", "500", "500")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT 1", "has no column `id`"),
        ("SELECT 1.5::float8 AS id", "is of floating-point numbers"),
        ("SELECT nonsense AS id", "SQLSTATE 42703"),
        ("SELECT 'secret'::int AS id", "SQLSTATE 22P02"),
        ("DELETE FROM nowhere", "SQLSTATE 42601"),
        ("SELECT 1 AS id) AS a; SELECT (1", "SQLSTATE 42601"),
        ("SELECT %s AS id", "SQLSTATE 42601"),
        ("", "SQLSTATE 42601"),
    ],
)
def test_a_query_that_fails_is_told_without_values(dsn: str, query: str, told: str):
    """What the server says may quote them."""
    with pytest.raises(SourceError, match=told) as caught:
        texts(Query(dsn, query), "id")
    assert "secret" not in str(caught.value)


def test_a_query_changes_nothing(dsn: str):
    """The transaction is read-only."""
    query = "SELECT lo_create(0)::text AS id"
    with pytest.raises(SourceError, match="SQLSTATE 25006"):
        texts(Query(dsn, query), "id")


def test_a_database_that_is_away_is_told_without_its_password():
    """By the kind of the error alone."""
    dsn = "host=127.0.0.1 port=1 password=secret connect_timeout=1"
    with pytest.raises(SourceError, match="can't be read") as caught:
        texts(Query(dsn, "SELECT 1 AS id"), "id")
    assert "secret" not in str(caught.value)


def test_words_name_one_population(monkeypatch):
    """Files or a query with its variable, and not both."""
    monkeypatch.setenv("INSIDE", "host=x")
    assert readable([Path("a")], "", "") == ParquetFiles([Path("a")])
    assert readable([], "INSIDE", "SELECT 1") == Query("host=x", "SELECT 1")
    for files, query in (([], ""), ([Path("a")], "SELECT 1")):
        with pytest.raises(ConfigError, match="one population is wanted"):
            readable(files, "INSIDE", query)
    for variable in ("", "NOWHERE"):
        with pytest.raises(ConfigError, match="names no database"):
            readable([], variable, "SELECT 1")
