"""Columns of JSON lines are those that parsing every line would show."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps, OverError
from ringfence.egress.opening.pointers import leaves, parsed, type_of
from ringfence.egress.opening.portions import Gap, Shown
from ringfence.egress.opening.shapes import Shapes

LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["2024-01-02", "2024-01-02T10:00:00Z", 'a"b', "a\\"]),
)
KEY = st.sampled_from(["a", "b c", "d.e", "f/g", "é", 'h"i', "<j>"])
VALUE = st.recursive(
    LEAF, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEY, v, max_size=3)
)
LINE = st.dictionaries(KEY, VALUE, max_size=4)


def shown(lines: list[str]) -> dict[str, set[str]]:
    shapes = Shapes((), Caps())
    shapes.read(pl.Series(lines, dtype=pl.String), 1)
    return {
        one.column: set(one.types) for one in shapes.columns() if isinstance(one, Shown)
    }


@settings(max_examples=40)
@given(st.lists(LINE, max_size=80), st.booleans(), st.booleans())
def test_columns_are_those_of_a_parser(values, spaced, escaped):
    """Whatever lines come, in whatever spelling, no column and no type is lost."""
    marks = None if spaced else (",", ":")
    lines = [json.dumps(v, separators=marks, ensure_ascii=escaped) for v in values]
    expected: dict[str, set[str]] = {}
    for value in values:
        for pointer, leaf in leaves(value):
            expected.setdefault(pointer, set()).add(type_of(leaf))
    assert shown(lines) == expected


def test_a_column_of_the_last_line_is_shown():
    """It isn't the head alone that is looked at."""
    lines = ['{"a":1}'] * 5000 + ['{"a":1,"b":"x"}']
    assert shown(lines) == {"/a": {"integer"}, "/b": {"text"}}


def test_an_odd_type_of_one_line_is_shown():
    """One text among numbers is a type of the column."""
    lines = ['{"a":1}'] * 5000 + ['{"a":"x"}'] + ['{"a":1}'] * 10
    assert shown(lines) == {"/a": {"integer", "text"}}


def test_a_line_that_is_no_json_is_malformed():
    """It is counted, and the first is named."""
    shapes = Shapes((), Caps())
    shapes.read(pl.Series(['{"a":1}', '{"a":', "", "x", '{"a":1}x']), 10)
    gaps = [one for one in shapes.columns() if isinstance(one, Gap)]
    assert [(one.why, one.place.row, one.count) for one in gaps] == [
        (Doubt.MALFORMED, 11, 3)
    ]


def test_too_many_columns_are_over_a_limit():
    """Keys that are data make as many columns as there are data."""
    shapes = Shapes((), Caps(columns=10))
    with pytest.raises(OverError):
        shapes.read(pl.Series([json.dumps({f"k{n}": 1}) for n in range(20)]), 1)


def test_keys_that_may_be_data_have_no_name():
    """A pointer says `*` for an address."""
    assert shown(['{"a@b.example":{"x":1}}']) == {"/*/x": {"integer"}}


def test_too_deep_a_document_is_over_a_limit():
    """Nesting has no bound of its own."""
    with pytest.raises(OverError):
        leaves(parsed("[" * 100 + "]" * 100))
    with pytest.raises(OverError):
        parsed("[" * 100_000 + "]" * 100_000)
