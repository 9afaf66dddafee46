"""A fact and its canonical line are the same thing, written two ways."""

from __future__ import annotations

import json

import msgspec
import pytest

from ringfence.estate.facts import Fact, attribute, edge, line, node
from ringfence.guard.tree import NEVER


def test_a_line_has_sorted_keys_no_blanks_and_no_empty_values():
    """The canonical line is the shortest JSON of the fact, its keys in order."""
    fact = edge("person:ann", "member_of", "group:dev", at="x:1", source="hr")
    assert line(fact) == (
        b'{"at":"x:1","fact":"edge","id":"person:ann","name":"member_of",'
        b'"source":"hr","value":"group:dev"}'
    )


def test_every_key_has_its_place():
    """A fact with every field written has all twelve keys in alphabetical order."""
    fact = edge(
        "person:ann",
        "has_privilege",
        "store:w",
        at="a",
        source="s",
        verb="read",
        control="c",
        guard=NEVER,
        needs=("key:b", "key:a", "key:b"),
        unknown="u",
        since="2022-01-01T00:00:00Z",
        until="2023-01-01T00:00:00Z",
        detail={"b": "2", "a": "1"},
    )
    keys = list(json.loads(line(fact)))
    assert (keys, len(keys)) == (sorted(Fact.__struct_fields__), 14)
    assert b'"guard":{"of":[],"test":"any"},' in line(fact)
    assert b'"needs":["key:a","key:b"],' in line(fact)
    assert b'"detail":{"a":"1","b":"2"}' in line(fact)


@pytest.mark.parametrize(
    "fact",
    [
        node("person:ann", at="x", source="s", until="2022-01-01T00:00:00Z"),
        attribute("person:ann", "label", 'A "n"\u2028\n', at="x", source="s"),
        attribute("a", "b", "c", at="x", source="s", detail={"why": "\U0001f600"}),
    ],
    ids=["node", "attribute", "detail"],
)
def test_a_line_is_read_as_its_fact(fact: Fact):
    """Whatever was written is read as what it was."""
    assert msgspec.json.decode(line(fact), type=Fact) == fact
