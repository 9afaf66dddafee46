"""Parquet of every writer: harmless tables are whole, and nothing hides in any byte."""

from __future__ import annotations

import datetime as dt
import decimal
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import BrokenError
from ringfence.egress.opening.footer import footer_of
from ringfence.egress.opening.thrift import Thrift, Value
from ringfence.egress.payload import Payload
from tests.egress_packed import EMAIL, JANE, KNOWN

INSPECTOR = Inspector(KNOWN)
MARK = "Q" * len(EMAIL)
Writer = Callable[[pa.Table, Path], bytes]


def by_pyarrow(**options: Any) -> Writer:
    def write(table: pa.Table, folder: Path) -> bytes:
        del folder
        told = io.BytesIO()
        pq.write_table(table, told, **options)
        return told.getvalue()

    return write


def by_polars(**options: Any) -> Writer:
    def write(table: pa.Table, folder: Path) -> bytes:
        del folder
        told = io.BytesIO()
        pl.DataFrame(table).write_parquet(told, **options)
        return told.getvalue()

    return write


def by_duckdb(options: str) -> Writer:
    def write(table: pa.Table, folder: Path) -> bytes:
        path = folder / "a.parquet"
        with duckdb.connect() as database:
            database.register("given", table)
            database.execute(f"COPY given TO '{path}' (FORMAT parquet, {options})")
        return path.read_bytes()

    return write


BARE: Mapping[str, Writer] = {
    "pyarrow": by_pyarrow(compression="none"),
    "pyarrow, indexed": by_pyarrow(compression="none", write_page_index=True),
    "pyarrow, no dictionary": by_pyarrow(
        compression="none", use_dictionary=False, write_page_index=True
    ),
    "pyarrow, version 2": by_pyarrow(
        compression="none", data_page_version="2.0", write_page_index=True
    ),
    "pyarrow, a filter": by_pyarrow(
        compression="none", bloom_filter_options={"e": True}
    ),
    "polars": by_polars(compression="uncompressed", statistics="full"),
    "duckdb": by_duckdb("COMPRESSION uncompressed"),
    "duckdb, version 2": by_duckdb("COMPRESSION uncompressed, PARQUET_VERSION V2"),
}
WRITERS: Mapping[str, Writer] = {
    **BARE,
    "pyarrow, small pages": by_pyarrow(
        write_page_index=True, data_page_size=64, use_dictionary=False
    ),
    "pyarrow, small groups": by_pyarrow(row_group_size=2, write_page_checksum=True),
    "pyarrow, no schema": by_pyarrow(store_schema=False, write_statistics=False),
    "polars, packed": by_polars(),
    "polars, small groups": by_polars(row_group_size=2, data_page_size=64),
    "polars, no statistics": by_polars(statistics=False, compression="snappy"),
    "duckdb, packed": by_duckdb("COMPRESSION zstd"),
    "duckdb, filters": by_duckdb("WRITE_BLOOM_FILTER true, DICTIONARY_SIZE_LIMIT 9999"),
}
NOBODY = pa.table(
    {
        "e": ["x", None, "y", "x", ""],
        "n": [1, 2, 3, None, 5],
        "f": [0.5, 1.0, None, 2.0, 3.0],
        "b": [b"a", b"b", None, b"c", b""],
        "l": [[1], [], None, [2, None], [3]],
        "s": [{"k": "v", "n": 1}] * 5,
        "t": [dt.datetime(2024, 1, 2, tzinfo=dt.UTC), None] * 2 + [None],
        "d": [decimal.Decimal("1.20"), None, None, None, None],
        "y": [True, None, False, None, True],
    }
)
TABLES = {
    "some": NOBODY,
    "none": NOBODY.slice(0, 0),
    "nulls": pa.table({"e": pa.nulls(3, pa.string()), "n": pa.nulls(3, pa.int64())}),
    "many": pa.table({"e": [f"word {n}" for n in range(150)], "n": list(range(150))}),
}


def inspected(content: bytes) -> Inspection:
    return INSPECTOR.inspect(Payload("a.parquet", content))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_harmless_table_is_whole(writer: str, table: str, tmp_path: Path):
    """Whoever wrote it: nothing is in doubt, and nobody is seen."""
    found = inspected(WRITERS[writer](TABLES[table], tmp_path))
    assert (found.coverage, found.undecided) == (Coverage.COMPLETE, ())
    assert not len(found.subjects)
    assert found.rows == len(TABLES[table])
    names = {
        one.name.split("/")[1] if "/" in one.name else one.name for one in found.columns
    }
    assert names == {*TABLES[table].column_names}


@pytest.mark.parametrize("tables", [0, 1, 2])
def test_a_file_without_a_row_is_whole(tables: int):
    """A writer that was given nothing, or tables without a row."""
    told = io.BytesIO()
    with pq.ParquetWriter(told, NOBODY.schema) as rows:
        for _ in range(tables):
            rows.write_table(NOBODY.slice(0, 0))
    found = inspected(told.getvalue())
    assert (found.coverage, found.undecided, found.rows) == (Coverage.COMPLETE, (), 0)
    assert {one.name for one in found.columns} > {"e", "n", "/l/*", "/s/k"}
    assert {(*one.types, one.values) for one in found.columns} == {("empty", 0)}


def planted(content: bytes) -> list[bytes]:
    """Return a file with somebody in each single place where the mark stands."""
    mark, email = MARK.encode(), EMAIL.encode()
    parts = content.split(mark)
    return [
        mark.join(parts[:at]) + email + mark.join(parts[at:])
        for at in range(1, len(parts))
    ]


@pytest.mark.parametrize("writer", BARE)
def test_somebody_in_any_one_place_is_seen_or_in_doubt(writer: str, tmp_path: Path):
    """Data, dictionaries, bounds of chunks, pages and indices, names, metadata."""
    table = pa.table({MARK: [MARK, MARK, "Z"], "e": [MARK, None, MARK]})
    table = table.replace_schema_metadata({"k": MARK})
    content = BARE[writer](table, tmp_path)
    places = planted(content)
    assert len(places) >= 8
    for one in places:
        found = inspected(one)
        assert JANE in found.subjects.tolist() or found.undecided


@pytest.mark.parametrize("writer", BARE)
def test_somebody_between_the_parts_is_seen(writer: str, tmp_path: Path):
    """Bytes before the footer, and behind the end."""
    content = BARE[writer](NOBODY, tmp_path)
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    email = f"\0{EMAIL}\0".encode()
    hidden = content[:start] + email + content[start:]
    behind = content + email
    for one in (hidden, behind):
        found = inspected(one)
        assert JANE in found.subjects.tolist()
        assert found.undecided


def within(value: Value, *path: int) -> Value:
    """Return what stands in structures and lists, by numbers of fields and places."""
    for step in path:
        assert isinstance(value, dict | list)
        value = value[step]
    return value


def test_somebody_in_the_bits_of_a_filter_is_seen():
    """A filter holds hashes; what can be printed of it is looked through."""
    told = io.BytesIO()
    table = pa.table({"e": [f"word {n}" for n in range(200)]})
    pq.write_table(table, told, bloom_filter_options={"e": True})
    content = told.getvalue()
    assert not inspected(content).undecided
    start = within(footer_of(io.BytesIO(content)).content, 4, 0, 1, 0, 3, 14)
    assert isinstance(start, int)
    at = start + 100
    email = f" {EMAIL} ".encode()
    found = inspected(content[:at] + email + content[at + len(email) :])
    assert found.subjects.tolist() == [JANE]


def test_a_field_that_is_there_twice_hides_nothing():
    """Only the last would be shown: such metadata can't be read at all."""
    assert Thrift(b"\x18\x01a\x18\x01b\x00").struct() == {1: b"a", 2: b"b"}
    with pytest.raises(BrokenError):
        Thrift(b"\x18\x01a\x08\x02\x01b\x00").struct()


@pytest.mark.parametrize("writer", ["polars", "polars, packed"])
def test_a_copy_that_says_something_else_is_a_doubt(writer: str, tmp_path: Path):
    """Metadata behind a chunk are no matter only as what the footer says."""
    content = WRITERS[writer](pa.table({"eeee": ["x", "y"]}), tmp_path)
    at = content.index(b"\x04eeee")
    changed = content[:at] + b"\x04ffff" + content[at + 5 :]
    found = inspected(changed)
    assert [one.why for one in found.undecided] == [Doubt.TRAILING]
