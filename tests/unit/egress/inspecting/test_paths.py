"""A reader finds the leaves that are there when a document is wholly parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.egress.inspecting.paths import (
    DEEPEST,
    Path,
    Reader,
    document,
    holds,
    is_leaf,
    pointer,
    way,
)

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(("a", "b", "at_0", "", "x y", "a/b", "é", "class"))
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=6,
)


def stepped(value: object, path: Path) -> object:
    """Return what a way leads to, step by step; None: nothing."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def ways(value: object, before: Path = ()) -> Iterator[Path]:
    """Yield the ways to all leaves."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ways(inner, (*before, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ways(inner, (*before, place))
    else:
        yield before


@given(st.lists(DOCUMENTS, min_size=1, max_size=4))
@example([{"a": {"b": 1}}, {"a": 2}, {"a": {"b": {"a": 3}}}, {"a": None}, ["a"], "a"])
@example([{"a": [{"b": 1}]}, {"a": {"b": 1}}, [1], {}])
def test_a_reader_reads_what_is_there(documents: list[object]) -> None:
    """On every way of any of the documents, in all of them."""
    paths = list(dict.fromkeys(path for one in documents for path in ways(one)))
    found = Reader(paths).leaves([json.dumps(one) for one in documents])
    for path in paths:
        leaves = [stepped(one, path) for one in documents]
        for read, leaf in zip(found[path], leaves, strict=True):
            if not isinstance(leaf, (dict, list)):  # what is no leaf is of no interest
                assert read == leaf


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    """As it does where a document is parsed wholly."""
    text = '{"a": {"b": 1}, "a": {"b": 2}, "c": 3, "c": {}}'
    assert Reader([("a", "b")]).leaves([text]) == {("a", "b"): [2]}
    assert Reader([("c",)]).leaves(['{"c": 3, "c": 4}']) == {("c",): [4]}


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1} {}', '{"a": "\\q"}', "[" * 5000, '{"b": nul, "a": 1}']
)
def test_what_is_no_json_has_no_leaves(text: str) -> None:
    """What isn't on a way is JSON as well, or nothing is read."""
    assert Reader([("a",)]).leaves([text, '{"a": 1}']) == {("a",): [None, 1]}
    assert document(text) is None


@given(DOCUMENTS)
def test_a_way_leads_to_what_holds_a_text(value: object) -> None:
    """The first leaf that holds it, if any does."""
    found = way(value, "a")
    holding = [path for path in ways(value) if holds(stepped(value, path), "a")]
    assert found == (holding[0] if holding else None)


def test_a_way_isnt_endless() -> None:
    """What is nested too deep is left to others."""
    value: object = "a"
    for _ in range(DEEPEST + 1):
        value = [value]
    assert way(value, "a") is None


def test_a_leaf_is_a_candidate_as_text_or_number() -> None:
    """A float or a truth value is none: it reads otherwise."""
    assert is_leaf("12", "12")
    assert is_leaf(12, "12")
    assert not is_leaf(12.0, "12.0")
    assert holds(12.5, "12.5")
    assert not holds(True, "True")  # noqa: FBT003 - a leaf of JSON


def test_a_pointer_has_a_star_for_every_place() -> None:
    """Places of a list are one column."""
    assert pointer(("a", 0, "b")) == "/a/*/b"
    assert pointer(()) == ""
