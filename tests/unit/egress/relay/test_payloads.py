"""Rows as JSON lines, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.payload import Payload
from ringfence.egress.relay.payloads import OtherRowsError, given_back, payload
from ringfence.egress.relay.pgoutput import Column, Relation
from ringfence.egress.relay.transactions import Changed

KINDS = {20: "integer", 25: "text", 16: "boolean", 1700: "number"}
TABLE = Relation(
    1,
    "app",
    "t",
    tuple(Column(f"c{type_}", type_, type_ == 20) for type_ in KINDS),
)


def lines(*changes: Changed) -> bytes:
    """Return changes as the exit gets them."""
    found: Payload = payload("app.t", changes, KINDS)
    assert isinstance(found.content, bytes)
    return found.content


def inserted(**row: str | None) -> Changed:
    """Return that a row was inserted."""
    return Changed("insert", TABLE, None, row)


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("c20", "-9223372036854775808", b"-9223372036854775808"),
        ("c20", "007", b'"007"'),
        ("c16", "t", b"true"),
        ("c16", "false", b"false"),
        ("c16", "maybe", b'"maybe"'),
        ("c1700", "1.50", b"1.50"),
        ("c1700", "NaN", b'"NaN"'),
        ("c1700", "0.1234567890123456789", b'"0.1234567890123456789"'),
        ("c1700", "1e400", b'"1e400"'),
        ("c25", "12", b'"12"'),
        ("c25", None, b"null"),
        ("other", "x", b'"x"'),
    ],
)
def test_a_value_is_a_number_only_if_json_has_it(column, text, expected) -> None:
    """A number that JSON's readers would change is a text, and nothing is lost."""
    assert lines(inserted(**{column: text})) == b'{"%s":%s}\n' % (
        column.encode(),
        expected,
    )


def test_of_an_update_both_rows_are_told() -> None:
    """What was is a line before what is."""
    change = Changed("update", TABLE, {"c20": "1"}, {"c20": "2", "c25": "x"})
    gone = Changed("delete", TABLE, {"c20": "3"}, None)
    assert lines(change, gone) == b'{"c20":1}\n{"c20":2,"c25":"x"}\n{"c20":3}\n'
    assert payload("app.t", [gone], KINDS).name == "app.t.jsonl"


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.none()
NUMBERS = st.decimals(allow_nan=True, allow_infinity=False).map(str)
ROWS = st.fixed_dictionaries(
    {"c20": st.integers(-(2**63), 2**63 - 1).map(str)},
    optional={
        "c25": TEXTS,
        "c16": st.sampled_from(["t", "f", None]),
        "c1700": NUMBERS | st.none(),
    },
)


def as_told(row: dict[str, str | None]) -> dict[str, str | None]:
    """Return a row as it comes back: a truth is told in full."""
    words = {"t": "true", "f": "false"}
    return {
        name: words.get(text or "", text) if name == "c16" else text
        for name, text in row.items()
    }


@given(st.lists(st.tuples(st.none() | ROWS, ROWS), min_size=1, max_size=4))
def test_what_is_released_is_what_there_was(rows) -> None:
    """Of what the exit doesn't change, every value comes back as it was."""
    changes = [Changed("update", TABLE, old, new) for old, new in rows]
    found = given_back(changes, lines(*changes))
    assert [(one.old and dict(one.old), dict(one.new or {})) for one in found] == [
        (old and as_told(old), as_told(new)) for old, new in rows
    ]


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_every_line_is_json(rows) -> None:
    """Each row is one line, and JSON's own reader reads it."""
    found = lines(*(Changed("insert", TABLE, None, row) for row in rows))
    assert [list(json.loads(one)) for one in found.split(b"\n")[:-1]] == [
        list(row) for row in rows
    ]


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\n",
        b'{"c20":1}\n{"c20":2}\n',
        b'{"c20":1,"c25":"x"}\n',
        b'{"c25":1}\n',
        b'{"c20":[1]}\n',
        b'{"c20":{"a":1}}\n',
        b"[1]\n",
        b'{"c20":1\n',
        b'{"c20":"\xff"}\n',
    ],
)
def test_other_rows_are_refused(output: bytes) -> None:
    """What isn't the very rows that the exit was given isn't written anywhere."""
    with pytest.raises(OtherRowsError):
        given_back([inserted(c20="1")], output)
