"""CSV with places: each row knows its line, each row has all the columns."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents.table import read_table
from ringfence.errors import SourceError
from tests.unit.documents.plain import refusal

REFUSED = {
    "empty": ("", "f:1: has no header line"),
    "blank header": ("\na\n1\n", "f:1: has no header line"),
    "named twice": ("a,b, a\n", "f:1: names column `a` twice"),
    "blank twice": ("a,,\n", "f:1: names column `` twice"),
    "too few": ("a,b\n1,2\n3\n", "f:3: has 1 cells, the header has 2"),
    "too many": ("a,b\n1,2,3\n", "f:2: has 3 cells, the header has 2"),
    "after a long cell": ('a,b\n"x\ny",2\n3\n', "f:4: has 1 cells, the header has 2"),
    "open quote": ('a,b\n"1,2\n3', "f:3: is not CSV: unexpected end of data"),
    "text after a quote": ('a\n"1"x\n', "f:2: is not CSV: ',' expected after '\"'"),
    "a NUL": ("a\n1\n\0\n", "f:3: holds a NUL"),
    "a cell without end": (
        "a\n" + "x" * 200_000,
        "f:2: is not CSV: field larger than field limit (131072)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused(case: str):
    """Each has one error that names the line."""
    text, reason = REFUSED[case]
    assert refusal(read_table, text) == reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_any_line_end_will_do(end: str):
    """Tables come from everywhere: their line ends carry no meaning."""
    table = read_table(end.join(["a,b", "1,2", "", "3,4"]), "f")
    assert [(row["a"], row["b"], row.at.line) for row in table.rows] == [
        ("1", "2", 2),
        ("3", "4", 4),
    ]


def test_cells_are_stripped_and_absent_columns_empty():
    """Blanks around a name or a cell, and columns that aren't there, say nothing."""
    table = read_table(" a , b \n 1 ,\n", "f")
    row = table.rows[0]
    assert (table.columns, row["a"], row["b"], row["c"]) == (("a", "b"), "1", "", "")


def test_norway_is_norway():
    """A cell is text, whatever it looks like."""
    assert read_table("a\nNO\n", "f").rows[0]["a"] == "NO"


def test_a_required_column_is_required():
    """The hint names the closest column there is."""
    table = read_table("userName,residence\n", "f")
    table.require("residence")
    with pytest.raises(SourceError) as caught:
        table.require("username")
    problem = caught.value.problems[0]
    assert str(problem) == (
        "f:1: has no column `username`\n  help: did you mean `userName`?"
    )


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_parse_of_print_is_identity(rows: list[tuple[str, str]]):
    """Whatever a CSV writer printed is read as what it was, but for outer blanks."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    found = read_table(stream.getvalue(), "f").rows
    assert [(row["a"], row["b"]) for row in found] == [
        (one.strip(), other.strip()) for one, other in rows
    ]


@given(st.text("ab,\"'\n\r\0\u2028;\t "))
def test_any_text_is_read_or_refused(text: str):
    """No text ends in anything but a table or a refusal with a line."""
    assert refusal(read_table, text).startswith(("taken", "f:"))
