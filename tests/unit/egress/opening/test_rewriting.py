"""A payload is written anew: masked columns, and nothing else of the old file."""

from __future__ import annotations

import io
import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.rewriting import Plan, RewritingError, rewrite
from ringfence.egress.payload import Payload
from tests.egress_packed import EMAIL, KNOWN, PLANTED, in_gzip, in_zip


def token(values: pl.Series) -> pl.Series:
    """Mask a text by a word, and leave what is null."""
    masked = [None if one is None else "token" for one in values.to_list()]
    return pl.Series(values.name, masked, dtype=pl.String)


def rewritten(
    content: bytes, plan: Plan, name: str = "a", caps: Caps | None = None
) -> bytes:
    target = io.BytesIO()
    rewrite(io.BytesIO(content), name, plan, target, caps=caps)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("table", "note"),
        ("table_bare", "2"),
        ("json_lines", "/u/e"),
        ("json_pretty", "/*/a/b/*"),
        ("json_twice", "/a"),
        ("parquet", "e"),
        ("parquet_statistics", "e"),
    ],
)
def test_a_masked_column_shows_nobody(name: str, column: str):
    """The inspection of what is written sees nobody, and the same columns."""
    content = PLANTED[name](EMAIL)
    masked = rewritten(content, {column: token})
    found = Inspector(KNOWN).inspect(Payload("a", masked))
    assert EMAIL.encode() not in masked
    assert (found.subjects.tolist(), found.undecided) == ([], ())
    before = Inspector(KNOWN).inspect(Payload("a", content))
    assert [c.name for c in found.columns] == [c.name for c in before.columns]
    assert found.rows == before.rows


@pytest.mark.parametrize("name", ["parquet_metadata", "parquet_hidden"])
def test_what_stands_beside_the_data_isn_t_copied(name: str):
    """Neither metadata nor hidden bytes reach the new file."""
    assert EMAIL.encode() not in rewritten(PLANTED[name](EMAIL), {})


@given(
    st.lists(
        st.lists(st.text('a",\n é', max_size=5), min_size=2, max_size=2), max_size=9
    )
)
def test_other_cells_stay_as_they_are(rows: list[list[str]]):
    """A table's other columns are the same, cell by cell."""
    head = pl.DataFrame(
        {"first": [r[0] for r in rows], "second": [r[1] for r in rows]},
        schema={"first": pl.String, "second": pl.String},
    )
    content = head.write_csv(quote_style="always").encode()
    found = pl.read_csv(
        rewritten(content, {"first": token}, "a.csv"),
        infer_schema=False,
        empty_string_is_null=False,
    )
    assert found["second"].to_list() == [r[1] for r in rows]
    assert found["first"].to_list() == ["token"] * len(rows)


def test_a_line_end_within_a_cell_stays():
    """Rows end in a line feed; what ends a line within quotes is the cell's own."""
    content = b'a,b\r\n"x\r\ny",z\r\n"say ""no""\r\n",z\r\n'
    masked = rewritten(content, {"b": token})
    assert masked == b'a,b\n"x\r\ny",token\n"say ""no""\r\n",token\n'


@pytest.mark.parametrize(
    "number", ["1.123456789012345678901", "1E2", "-0.0", "1e-400", "10.50"]
)
@pytest.mark.parametrize("frame", ['{"a": "x", "n": %s}', '{"a": "x", "n": %s}\n' * 2])
def test_numbers_stay_as_they_are_written(number: str, frame: str):
    """No digit of a number that isn't masked is lost, or is another one."""
    content = frame.replace("%s", number).encode()
    masked = rewritten(content, {"/a": token})
    assert masked.count(f'"n":{number}}}'.encode()) == frame.count("%s")


def test_a_number_is_masked_as_its_value():
    """However a number is written, its mask is the same."""
    seen: list[str] = []

    def note(values: pl.Series) -> pl.Series:
        seen.extend(values.to_list())
        return token(values)

    rewritten(b'{"n": 1E2}\n{"n": 100.0}\n{"n": 100.00}\n', {"/n": note})
    assert seen == ["100.0"] * 3


@pytest.mark.parametrize("name", ["table", "parquet"])
def test_what_is_to_be_masked_has_to_be_there(name: str):
    """A column that isn't found can't have been masked: nothing is written for it."""
    with pytest.raises(RewritingError, match="isn't there"):
        rewritten(PLANTED[name](EMAIL), {"nowhere": token})


def test_rows_are_masked_over_blocks():
    """Each block is masked like the first."""
    content = b"id,mail\n" + b"".join(b"%d,x\n" % n for n in range(100))
    masked = rewritten(content, {"mail": token}, caps=Caps(block=16))
    assert masked == b"id,mail\n" + b"".join(b"%d,token\n" % n for n in range(100))


def test_other_values_of_a_document_stay_as_they_are():
    """Numbers, nulls and nested values are written as they were read."""
    lines: list[dict[str, object]] = [
        {"a": {"k": 1}, "n": 1.5, "z": None, "t": "é"},
        {"a": 7},
        {"b": []},
    ]
    content = "".join(json.dumps(one) + "\n" for one in lines).encode()
    masked = [json.loads(one) for one in rewritten(content, {"/a": token}).splitlines()]
    assert masked == [{**lines[0], "a": "token"}, {"a": "token"}, {"b": []}]


def test_other_columns_of_parquet_keep_their_types():
    """Only the masked column becomes text."""
    told = io.BytesIO()
    frame = pa.table({"id": [1, None], "l": [[1], None], "e": [EMAIL, None]})
    pq.write_table(frame, told)
    found = pq.read_table(io.BytesIO(rewritten(told.getvalue(), {"e": token})))
    assert found["e"].to_pylist() == ["token", None]
    assert (
        found.select(["id", "l"]).to_pydict() == frame.select(["id", "l"]).to_pydict()
    )
    assert found.schema.metadata is None


@pytest.mark.parametrize(
    ("content", "plan"),
    [
        (b"a text\n", {}),
        (in_gzip(b"a,b\n1,2\n"), {}),
        (in_zip(b"a"), {}),
        (b"a,b\n" + b"1,2\n" * 20 + b"3,4,5\n", {"a": token}),
        (b'{"a":1}\n{"a":\n', {"/a": token}),
        (b'{"a":1', {"/a": token}),
        (b"a,b\n1,\x002\n", {"a": token}),
        (b"[1]", {"": token}),
        (PLANTED["parquet_nested"]("x"), {"/l/*/k/x": token}),
        (PLANTED["parquet"]("x")[:-6], {"e": token}),
        (b"a,b\n1,2\n", {"a": lambda s: s.head(0)}),
    ],
)
def test_what_can_t_be_written_anew_is_an_error(content: bytes, plan: Plan):
    """Nothing leaves masked by half."""
    with pytest.raises(RewritingError):
        rewritten(content, plan)
