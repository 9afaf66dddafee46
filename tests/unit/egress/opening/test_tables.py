"""A table's cells are all of its bytes, or it is looked through as text."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps, OverError
from ringfence.egress.opening.portions import Cells, Gap, Lines, Pair, Shown, Told
from ringfence.egress.opening.streams import in_memory
from ringfence.egress.opening.tables import Layout, cells_of, frame_of, table, types_of

CELL = st.text('ab",; \n1é', max_size=6)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_cells_are_python_s(rows: list[list[str]]):
    """What the standard library writes is read as it was written."""
    told = io.StringIO()
    csv.writer(told, lineterminator="\n").writerows(rows)
    block = told.getvalue().encode().rstrip(b"\n")
    frame = frame_of(block, Layout(b"a,b,c\n", ""))
    if frame is not None:
        assert [list(row) for row in frame.rows()] == rows


@pytest.mark.parametrize(
    "block", [b"1,2", b"1,2,3,4", b'1,"2"x,3', b'1,"2,3', b"1,2,3\n\n4,5,6"]
)
def test_what_is_no_table_gives_none(block: bytes):
    """Too few cells, too many, text behind a quote, an open quote, an empty row."""
    assert frame_of(block, Layout(b"a,b,c\n", "")) is None


def test_a_malformed_block_is_looked_through_as_text():
    """The rest of the table keeps its columns."""
    content = b"a,b\n" + b"1,2\n" * 20 + b"3,4,5\n" + b"6,7\n" * 20
    found = list(table(in_memory(content), (), Caps(block=40)))
    assert any(isinstance(one, Lines) for one in found)
    gaps = [one for one in found if isinstance(one, Gap)]
    assert [one.why for one in gaps] == [Doubt.MALFORMED]
    assert [one.column for one in found if isinstance(one, Shown)] == ["a", "b"]


@pytest.mark.parametrize(
    ("head", "names", "headed"),
    [
        (b"id,mail\n1,a\n", ["id", "mail"], True),
        (b"1,a@b.example\n2,b\n", ["1", "2"], False),
        (b"a,a\n1,2\n", ["1", "2"], False),
        (b"a,\n1,2\n", ["1", "2"], False),
        (b"+1 415 555 0123,x\n1,2\n", ["1", "2"], False),
    ],
)
def test_a_header_is_told_from_data(head: bytes, names: list[str], headed):
    """A first row that may be somebody's data names no column."""
    layout = Layout(head, "")
    assert (layout.names, layout.headed) == (names, headed)


def test_rows_and_columns_are_told():
    """Types are of the values, and an empty cell is none."""
    content = b"id,mail,at\n1,x,2024-01-02\n2.5,,2024-01-03 10:00:00\n"
    found = list(table(in_memory(content), ("p",), Caps()))
    shown = {
        one.column: (set(one.types), one.values)
        for one in found
        if isinstance(one, Shown)
    }
    assert shown == {
        "id": ({"integer", "number"}, 2),
        "mail": ({"text"}, 1),
        "at": ({"time"}, 2),
    }
    assert found[-1] == Told(("p",), "csv", 2)


def test_a_domain_beside_a_name_is_a_pair():
    """An address may stand in two columns."""
    content = b"user,host\njane,example.com\njohn,example.org\n"
    found = [
        one for one in table(in_memory(content), (), Caps()) if isinstance(one, Pair)
    ]
    assert [(one.left.to_list(), one.right.to_list()) for one in found] == [
        (["jane", "john"], ["example.com", "example.org"])
    ]


@given(st.permutations(["a", "b", "", "é"]), st.integers(512, 600))
def test_each_text_is_given_once(values: list[str], times: int):
    """Texts and their places make the column again."""
    column = pl.Series(values * times)
    texts, codes = cells_of(column)
    assert codes is not None
    assert texts.to_list() == values
    assert texts.gather(codes).to_list() == column.to_list()


@pytest.mark.parametrize(
    ("texts", "types"),
    [
        (["1", "-2"], {"integer"}),
        (["1.5", "1e9", ".5"], {"number"}),
        (["true", "FALSE"], {"boolean"}),
        (["x", "1", ""], {"text", "integer"}),
        (["", ""], set()),
    ],
)
def test_types_are_told(texts: list[str], types: set[str]):
    """Every type that some cell has is there."""
    assert types_of(pl.Series(texts)) == types


def test_too_wide_a_table_is_over_a_limit():
    """Columns are told apart up to a number."""
    with pytest.raises(OverError):
        list(table(in_memory(b"a,b,c\n1,2,3\n"), (), Caps(columns=2)))


def test_rows_are_where_they_are():
    """The first row of cells is the row behind the header."""
    content = b"id,mail\n1,x\n2,y\n"
    found = [
        one for one in table(in_memory(content), (), Caps()) if isinstance(one, Cells)
    ]
    assert [(one.column, one.rows) for one in found] == [
        ("header", 0),
        ("id", 2),
        ("mail", 2),
    ]
