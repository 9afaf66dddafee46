"""Parquet shows its data, and what stands beside them."""

from __future__ import annotations

import datetime as dt
import decimal
import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import BrokenError
from ringfence.egress.opening.parquet import begins_with
from ringfence.egress.opening.thrift import Thrift, texts_of
from ringfence.egress.payload import Payload
from tests.egress_packed import EMAIL, JANE, KNOWN, PLANTED

INSPECTOR = Inspector(KNOWN)
ACCOUNT = 6900000000000000007


def inspected(frame: pa.Table, **options) -> Inspection:
    told = io.BytesIO()
    pq.write_table(frame, told, **options)
    return INSPECTOR.inspect(Payload("a.parquet", told.getvalue()))


def places(found: Inspection) -> list[tuple[tuple[str, ...], str, int, int]]:
    return [
        (s.place.part, s.place.column, s.place.row, s.count) for s in found.sightings
    ]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False},
        {"write_page_index": True},
        {"data_page_version": "2.0"},
        {"row_group_size": 2},
        {"compression": "zstd"},
        {"compression": "gzip"},
        {"compression": "brotli"},
        {"compression": "lz4"},
        {"compression": "none", "write_statistics": False},
        {"store_schema": False},
        {"bloom_filter_options": {"e": True}},
    ],
)
def test_however_it_is_written_it_is_whole(options):
    """Every writer's options give the same sightings, and no doubt."""
    frame = pa.table({"e": ["x", None, EMAIL, "y", EMAIL], "id": [1, 2, 3, 4, ACCOUNT]})
    try:
        found = inspected(frame, **options)
    except TypeError:
        pytest.skip("this version of the library has no such option")
    assert (found.coverage, found.undecided) == (Coverage.COMPLETE, ())
    assert places(found) == [((), "e", 3, 2), ((), "id", 5, 1)]
    assert (found.format, found.rows) == ("parquet", 5)


def test_types_are_told():
    """Each column says what its values are."""
    day = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    frame = pa.table(
        {
            "t": ["x"],
            "i": [1],
            "n": [1.5],
            "d": [decimal.Decimal("1.20")],
            "b": [True],
            "at": [day],
            "e": pa.nulls(1),
            "l": [[{"k": 1}]],
            "m": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
            "f": pa.array([[1, 2]], pa.list_(pa.int32(), 2)),
            "c": pa.array(["x"]).dictionary_encode(),
        }
    )
    shown = {one.name: (set(one.types), one.values) for one in inspected(frame).columns}
    assert shown == {
        "t": ({"text"}, 1),
        "i": ({"integer"}, 1),
        "n": ({"number"}, 1),
        "d": ({"number"}, 1),
        "b": ({"boolean"}, 1),
        "at": ({"time"}, 1),
        "e": ({"empty"}, 0),
        "/l/*/k": ({"integer"}, 1),
        "/m/*/key": ({"text"}, 1),
        "/m/*/value": ({"text"}, 1),
        "/f/*": ({"integer"}, 2),
        "c": ({"text"}, 1),
    }


def test_rows_of_nested_values_are_told():
    """A value in a list is of the row that the list is of."""
    cells = [["a"], [], None, ["b", EMAIL]]
    assert places(inspected(pa.table({"l": cells}))) == [((), "/l/*", 4, 1)]


def test_many_rows_are_read_in_batches():
    """Rows are counted over batches and row groups."""
    texts = ["x"] * 300_000 + [EMAIL]
    found = inspected(pa.table({"e": texts}), row_group_size=280_000)
    assert places(found) == [((), "e", 300_001, 1)]


def test_a_bound_that_is_of_no_row_is_seen():
    """A writer that masked the data alone has left the greatest value."""
    found = INSPECTOR.inspect(Payload("a", PLANTED["parquet_statistics"](EMAIL)))
    assert found.subjects.tolist() == [JANE]
    assert {one.place.part for one in found.sightings} <= {
        ("statistics",),
        ("dictionary",),
        (),
    }


def test_an_entry_of_a_dictionary_that_no_row_has_is_seen():
    """A dictionary page may hold more than the rows use."""
    cells = pa.DictionaryArray.from_arrays([0, 0], ["aaaa", EMAIL])
    found = inspected(pa.table({"e": cells}), write_statistics=False)
    assert places(found) == [(("dictionary",), "", 0, 1)]


def test_a_dictionary_is_told_from_the_rows_it_begins_with():
    """A gap among the rows stands for no entry, at whatever place."""
    entries = pl.Series([5, ACCOUNT])
    assert begins_with(pl.Series([None, 5, None, ACCOUNT, 5]), entries)
    assert not begins_with(pl.Series([5, None, 5]), entries)
    assert not begins_with(pl.Series([None, ACCOUNT, 5]), entries)
    assert not begins_with(pl.Series([5]), entries)
    assert not begins_with(pl.Series(["5", str(ACCOUNT)]), entries)
    assert begins_with(pl.Series(["x", "y", "x"]), pl.Series(["x", "y"]))


def test_hidden_bytes_are_a_doubt():
    """What no page and no footer refers to was put there."""
    found = INSPECTOR.inspect(Payload("a", PLANTED["parquet_hidden"](EMAIL)))
    assert [one.why for one in found.undecided] == [Doubt.TRAILING]


def test_bytes_that_are_no_text_are_a_doubt():
    """Digests and keys of 16, 20 and 32 bytes are read in hexadecimal."""
    frame = pa.table({"b": [b"\xff" * 16, b"\xfe\x01\xff"]})
    found = inspected(frame)
    odd = [(one.place.column, one.why, one.count) for one in found.undecided]
    assert ("b", Doubt.UNREADABLE, 1) in odd


def test_an_encrypted_file_is_a_doubt():
    """Nothing of it is looked through."""
    found = INSPECTOR.inspect(Payload("a", b"PARE" + bytes(40) + b"PARE"))
    assert [one.why for one in found.undecided] == [Doubt.ENCRYPTED]
    assert found.coverage == Coverage.SKIPPED


def test_a_file_that_ends_early_is_looked_through_as_bytes():
    """Without a footer no column is known, and whoever can be read is seen."""
    told = io.BytesIO()
    pq.write_table(pa.table({"e": [EMAIL]}), told, compression="none")
    found = INSPECTOR.inspect(Payload("a", told.getvalue()[:-4]))
    assert found.coverage == Coverage.PARTIAL
    assert found.subjects.tolist() == [JANE]


def test_thrift_reads_what_is_there_and_no_more():
    """Values by number of their field; what ends early is broken."""
    content = b"\x15\x02\x18\x03abc\x19\x25\x02\x04\x11\x00"
    found = Thrift(content).struct()
    assert found == {1: 1, 2: b"abc", 3: [1, 2], 4: True}
    assert texts_of(found) == [b"abc"]
    for end in range(len(content)):
        with pytest.raises(BrokenError):
            Thrift(content[:end]).struct()


def test_thrift_is_bounded():
    """Structures within structures end somewhere."""
    with pytest.raises(BrokenError):
        Thrift(b"\x1c" * 100).struct()
