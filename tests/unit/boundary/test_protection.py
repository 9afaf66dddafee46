"""Which columns are protected: tags, patterns and the lack of both."""

from __future__ import annotations

import time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.model import Boundary, Protection
from ringfence.boundary.protection import patterns, protected
from ringfence.boundary.status import Status

CONTACT = Protection(
    "contact",
    tags=("EMAIL",),
    datasets=("w/public.users*",),
    columns=("*/*.*.phone",),
)
HEALTH = Protection("health", tags=("HEALTH",))


def boundary(unclassified: Literal["unknown", "no"] = "unknown") -> Boundary:
    return Boundary("b", "p", (CONTACT, HEALTH), {}, (), (), unclassified=unclassified)


@pytest.mark.parametrize(
    ("column", "tags", "expected"),
    [
        ("column:w/public.orders.mail", ("EMAIL",), Status.YES),
        ("column:w/public.orders.mail", ("email",), Status.NO),
        ("column:w/public.orders.mail", ("none",), Status.NO),
        ("column:w/public.orders.mail", (), Status.UNKNOWN),
        ("column:w/public.orders.mail", ("none", "EMAIL"), Status.YES),
        ("column:w/public.users.id", (), Status.YES),
        ("column:w/public.users_2019.id", ("none",), Status.YES),
        ("column:w/public.old_users.id", (), Status.UNKNOWN),
        ("column:x/y.z.phone", (), Status.YES),
        ("column:x/y.z.phone2", (), Status.UNKNOWN),
    ],
)
def test_status(column, tags, expected):
    """A tag or a pattern protects; no tag at all leaves it open."""
    assert expected == protected(boundary()).status(column, tags)


def test_unclassified_no():
    """The boundary may say that what nobody classifies isn't protected."""
    columns = protected(boundary("no"))
    assert columns.status("column:w/public.orders.mail", ()) == Status.NO


def test_named_protections():
    """A claim may speak of some protections only."""
    health = protected(boundary(), ("health",))
    assert health.status("column:w/public.users.id", ("EMAIL",)) == Status.NO
    assert health.status("column:w/public.users.id", ("HEALTH",)) == Status.YES


def test_classes():
    """A column names every protection that it belongs to."""
    every = protected(boundary())
    assert every.classes("column:w/public.users.id", ("HEALTH",)) == (
        "contact",
        "health",
    )
    assert every.classes("column:w/public.orders.id", ("X",)) == ()


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [("dataset:w/public.users", Status.YES), ("dataset:w/public.orders", Status.NO)],
)
def test_dataset(dataset, expected):
    """A dataset without columns is protected by its own id alone."""
    assert expected == protected(boundary()).dataset_status(dataset)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "ab", False),
        ("*", "", True),
        ("*", "a/b.c\n", True),
        ("?", "a", True),
        ("?", "", False),
        ("a.b", "axb", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "abbc", True),
        ("a*b*c", "acb", False),
        ("a*ab", "ab", False),
        ("a**b", "ab", True),
        ("*a?", "aaab", True),
    ],
)
def test_patterns(pattern, text, expected):
    """`*` is any run, `?` one character, everything else itself."""
    assert expected is patterns([pattern]).match(text)


def test_no_pattern_matches_nothing():
    """An empty set of patterns protects nothing."""
    assert not patterns([]).match("")


def plain_match(pattern: str, text: str) -> bool:
    """Return whether a pattern matches, by trying every length of every run."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(plain_match(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return (
        bool(text)
        and pattern[0] in ("?", text[0])
        and plain_match(pattern[1:], text[1:])
    )


@given(st.lists(st.text("ab*?.", max_size=6), max_size=3), st.text("ab.", max_size=8))
def test_patterns_match_as_they_read(chosen, text):
    """The compiled set agrees with a match by exhaustion."""
    assert any(plain_match(one, text) for one in chosen) == patterns(chosen).match(text)


def test_many_stars_and_columns_take_no_long_time():
    """A hostile pattern costs no more than its length, over 100,000 columns too."""
    guarded = Protection("p", columns=("*a" * 30 + "b",), datasets=("*a" * 30 + "c",))
    columns = protected(Boundary("b", "p", (guarded,), {}, (), ()))
    began = time.process_time()
    for number in range(100_000):
        columns.status(f"column:w/{'a' * 40}{number % 1000}.t.{number}", ("none",))
    assert time.process_time() - began < 10
