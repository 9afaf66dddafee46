"""A caller's words, turned into the estate's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.order import Naming
from ringfence.boundary.vocabulary import NODE_KINDS, VERBS, kind_of
from ringfence.gate.compile import kept
from ringfence.gate.point.asked import Caller
from ringfence.gate.surfaces import naming
from ringfence.gate.surfaces.naming import (
    kind,
    principal,
    principal_name,
    resource,
    resource_name,
    verb,
    verb_names,
)

PLAIN = Caller("plain")
OWN = Caller(
    "own",
    types={"todo": "dataset", "Doc": "dataset", "employee": "person", "x": "nothing"},
    actions={
        "can_read": "read",
        "Look": "SELECT",
        "read": "delete",
        "odd": "?",
        "Two": "read",
        "TWO": "update",
    },
    principals=(
        Naming("svc-*", "service_account:{1}"),
        Naming("*@corp.test", "person:{1}"),
        Naming("boss", "person:rick"),
    ),
    resources=(
        Naming("todo:*", "dataset:todo/all.{1}"),
        Naming("hive.*.*", "dataset:lake/{1}.{2}"),
        Naming("arn:x:*", "dataset:s3/{1}"),
    ),
)


def test_a_type_is_a_kind_by_its_own_name():
    """Every kind of node can be named as it is."""
    assert [kind(PLAIN, one) for one in NODE_KINDS] == [*NODE_KINDS]


@pytest.mark.parametrize(
    ("caller", "type", "expected"),
    [
        (PLAIN, "user", "person"),
        (PLAIN, "USER", "person"),
        (PLAIN, "Dataset", "dataset"),
        (PLAIN, "table", "dataset"),
        (PLAIN, "todo", ""),
        (PLAIN, "", ""),
        (OWN, "todo", "dataset"),
        (OWN, "DOC", "dataset"),
        (OWN, "employee", "person"),
        (OWN, "x", ""),
    ],
)
def test_a_type_is_what_the_caller_or_everybody_calls_it(caller, type, expected):  # noqa: A002
    """The caller's own words come first, in whatever case; others are unknown."""
    assert kind(caller, type) == expected


@pytest.mark.parametrize(
    ("caller", "name", "expected"),
    [
        *((PLAIN, one, one) for one in VERBS),
        (PLAIN, "SELECT", "read"),
        (PLAIN, "Get", "read"),
        (PLAIN, "write", "update"),
        (PLAIN, "create", "insert"),
        (PLAIN, "remove", "delete"),
        (PLAIN, "can_read", ""),
        (PLAIN, "", ""),
        (PLAIN, "any", ""),
        (PLAIN, "edit", ""),
        (OWN, "can_read", "read"),
        (OWN, "CAN_READ", "read"),
        (OWN, "look", "read"),
        (OWN, "read", "delete"),
        (OWN, "odd", ""),
        (OWN, "Two", "read"),
        (OWN, "TWO", "update"),
        (OWN, "two", ""),
    ],
)
def test_an_action_is_a_verb_in_any_case(caller, name, expected):
    """`SELECT` and `select` are one verb; groups and unknown words are none."""
    assert verb(caller, name) == expected


def test_a_verb_is_told_in_the_callers_words():
    """Where a caller has words of its own for a verb, those alone are told."""
    assert verb_names(OWN, "read") == ["Look", "Two", "can_read"]
    assert verb_names(OWN, "delete") == ["read"]
    assert verb_names(OWN, "insert") == ["insert"]
    assert verb_names(Caller("c", actions={"read": "insert"}), "read") == []


@pytest.mark.parametrize(
    ("type", "id", "expected"),
    [
        ("user", "Alice", "person:alice"),
        ("user", "svc-etl", "service_account:etl"),
        ("user", "Bob@corp.test", "person:bob"),
        ("user", "boss", "person:rick"),
        ("role", "db/Admin", "role:db/Admin"),
        ("alien", "x", "alien:x"),
        ("person:a", "b", "person%3Aa:b"),
        ("", "x", ":x"),
        ("user", "", "person:"),
    ],
)
def test_a_principal_is_named_by_the_callers_patterns_or_its_type(type, id, expected):  # noqa: A002
    """The first pattern that fits wins; else the type and the id make the node."""
    assert principal(OWN, type, id) == expected


@pytest.mark.parametrize(
    ("type", "id", "expected"),
    [
        ("todo", "7", "dataset:todo/all.7"),
        ("table", "hive.s.t", "dataset:lake/s.t"),
        ("TODO", "7", "dataset:todo/all.7"),
        ("table", "todo:7", "dataset:todo:7"),
        ("alien", "todo:7", "alien:todo:7"),
        ("alien", "arn:x:7", "dataset:s3/7"),
        ("table", "app/s.t", "dataset:app/s.t"),
        ("column", "app/s.t.c", "column:app/s.t.c"),
        ("alien", "x", "alien:x"),
    ],
)
def test_a_resource_may_be_named_with_its_type(type, id, expected):  # noqa: A002
    """A pattern such as `todo:*` is of that type alone; `arn:` is no type."""
    assert resource(OWN, type, id) == expected


@pytest.mark.parametrize(
    ("type", "node", "expected"),
    [
        ("user", "person:rick", "rick@corp.test"),
        ("user", "service_account:etl", "svc-etl"),
        ("role", "role:db/a", "db/a"),
        ("alien", "person:rick", "rick@corp.test"),
        ("role", "service_account:a@corp.test", "svc-a@corp.test"),
        ("role", "tool:pulse", None),
    ],
)
def test_a_principal_found_is_told_in_the_callers_words(type, node, expected):  # noqa: A002
    """A name is told only if it leads back; what has none isn't told."""
    assert principal_name(OWN, type, node) == expected


@pytest.mark.parametrize(
    ("type", "node", "expected"),
    [
        ("todo", "dataset:todo/all.7", "7"),
        ("table", "dataset:app/s.t", "app/s.t"),
        ("column", "dataset:app/s.t", None),
    ],
)
def test_a_resource_found_is_told_in_the_callers_words(type, node, expected):  # noqa: A002
    """A name is told only if it leads back; what has none isn't told."""
    assert resource_name(OWN, type, node) == expected


@pytest.mark.parametrize(
    ("namings", "node", "expected"),
    [
        ([("x", "person:y"), ("user:*", "person:{1}")], "person:x", None),
        ([("role:*", "person:{1}"), ("user:u-*", "person:{1}")], "person:x", "u-x"),
        ([("user:*", "person:all")], "person:all", "all"),
        ([("*-*", "person:{1}.{2}")], "person:a.b", "a.b"),
        ([("*-*", "person:{1}")], "person:a", "a"),
        ([("*", "person:all")], "person:x", None),
    ],
)
def test_a_name_is_never_a_pattern(namings, node, expected):
    """A pattern that takes more than its node tells gives no name."""
    caller = Caller("c", principals=tuple(Naming(*one) for one in namings))
    assert principal_name(caller, "user", node) == expected


@given(st.text(max_size=12), st.text(max_size=12))
def test_an_unknown_type_never_becomes_a_kind(type, id):  # noqa: A002
    """Whatever is asked, only a type that is known gives a node of a kind."""
    known = kind(PLAIN, type)
    assert (kind_of(principal(PLAIN, type, id)) in NODE_KINDS) == bool(known)


@given(
    st.sampled_from(["user", "role", "todo", "table", "alien"]),
    st.text(max_size=12)
    | st.sampled_from(["svc-a", "a@corp.test", "boss", "hive.a.b"]),
)
def test_a_name_that_is_told_leads_back(type, id):  # noqa: A002
    """Whatever a node is called in an answer is that node when it is asked."""
    node = principal(OWN, type, id)
    name = principal_name(OWN, type, node)
    assert name is None or principal(OWN, type, name) == node


def test_what_one_caller_means_is_not_what_another_does():
    """Equal words of two callers are kept apart, whatever the two are called."""
    makers = [
        Caller("same", principals=(Naming("*", f"person:{n}{{1}}"),)) for n in range(3)
    ]
    for _ in range(2):
        found = [principal(one, "user", "li") for one in makers]
        assert found == ["person:0li", "person:1li", "person:2li"]
    assert resource(makers[0], "user", "li") == "person:li"


def test_what_is_meant_fills_no_memory(monkeypatch):
    """Ever new names are dropped, and long ones aren't kept at all."""
    monkeypatch.setattr(kept, "MOST", 3)
    monkeypatch.setattr(naming, "_principals", kept.Kept())
    for number in range(10):
        assert principal(PLAIN, "user", f"P{number}") == f"person:p{number}"
    long = "x" * (kept.LONGEST + 1)
    assert principal(PLAIN, "user", long) == f"person:{long}"
    assert 0 < len(naming._principals) <= 3
    assert not any(long in key for key in naming._principals)
