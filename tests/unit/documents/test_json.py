"""JSON with places: what RFC 8259 leaves open is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents.json import DEEPEST, read_json, read_json_lines
from ringfence.documents.located import Located
from tests.unit.documents.plain import plain, refusal

REFUSED = {
    "duplicate key": ('{"a": 1, "a": 2}', "f: duplicate key `a`"),
    "inner duplicate": ('[{"b": {"a": 1, "a": 2}}]', "f: duplicate key `a`"),
    "no number": ("[NaN]", "f: `NaN` is not JSON"),
    "infinity": ("[-Infinity]", "f: `-Infinity` is not JSON"),
    "like infinity": ('{"a": [1e999]}', "f#/a/0: holds a number that is too large"),
    "too deep": ("[" * 202 + "]" * 202, f"f: is nested deeper than {DEEPEST} levels"),
    "bottomless": ("[" * 100_000, "f: is not readable JSON: nested too deeply"),
    "long number": ("9" * 5000, "f: is not readable JSON: a number is too long"),
    "half a pair": (
        '{"a": "\\ud800"}',
        "f#/a: holds half a surrogate pair, which is no character",
    ),
    "half a pair as a key": (
        '{"a": {"\\udfff": 1}}',
        "f#/a: holds half a surrogate pair, which is no character",
    ),
    "broken off": ('{"a":\n', "f:2:1: is not JSON: expecting value"),
    "empty": ("", "f:1:1: is not JSON: expecting value"),
    "two values": ("1\n2", "f:2:1: is not JSON: extra data"),
    "comma too many": ("[1,]", "f:1:4: is not JSON: expecting value"),
    "control character": (
        '"\x1b[2J"',
        "f:1:2: is not JSON: invalid control character at",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_clear_json_is_refused(case: str):
    """Each has one error that names the place."""
    text, reason = REFUSED[case]
    assert refusal(read_json, text) == reason


def test_a_byte_order_mark_is_named():
    """Text that still has its mark is no JSON, and the error says so."""
    assert "BOM" in refusal(read_json, "\ufeff{}")


def test_values_know_their_pointers():
    """Each value carries its RFC 6901 pointer, with `/` and `~` escaped."""
    root = read_json('{"a/b~c": [0, {"": 1.5}]}', "f")
    items = (root.get("a/b~c") or root).items()
    assert [str(item.at) for item in items] == ["f#/a~1b~0c/0", "f#/a~1b~0c/1"]
    inner = items[1].get("")
    assert inner is not None
    assert (inner.data, str(inner.at)) == (1.5, "f#/a~1b~0c/1/")


def test_nesting_is_taken_up_to_the_limit():
    """Two hundred levels are read."""
    assert refusal(read_json, "[" * DEEPEST + "]" * DEEPEST) == "taken"


def test_a_whole_pair_is_one_character():
    """Two halves that belong together are a character."""
    assert plain(read_json('"\\ud83d\\ude00"', "f")) == "\U0001f600"


def lines(text: str, name: str) -> list[Located]:
    return list(read_json_lines(text, name))


def test_lines_end_with_line_feeds_alone():
    """U+2028, U+0085 and the like stand inside a string; blank lines are left out."""
    found = lines('{"a": "x\u2028y\x85z\x7f"}\n\n  \n[1]\r\n2', "f")
    assert [(plain(one), one.at.file) for one in found] == [
        ({"a": "x\u2028y\x85z\x7f"}, "f:1"),
        ([1], "f:4"),
        (2, "f:5"),
    ]


def test_a_bad_line_is_named():
    """The error names the line, and the column in it."""
    assert refusal(lines, '{"a": 1}\n{"a":') == "f:2:6: is not JSON: expecting value"
    assert refusal(lines, '1\n{"a": 1, "a": 1}') == "f:2: duplicate key `a`"


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(TREES, st.booleans())
def test_parse_of_print_is_identity(tree: object, is_ascii: bool):  # noqa: FBT001
    """Whatever was printed is read as what it was."""
    assert plain(read_json(json.dumps(tree, ensure_ascii=is_ascii), "f")) == tree


@given(st.text())
def test_any_text_is_read_or_refused(text: str):
    """No text ends in anything but a value or a refusal."""
    assert refusal(read_json, text).startswith(("taken", "f:", "f#"))
