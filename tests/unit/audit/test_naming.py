from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.event import Touch, touch_of
from ringfence.audit.naming import renamed
from ringfence.boundary.naming import captured, node_of
from ringfence.boundary.order import Naming

LETTERS = st.text("ab*", max_size=8)


@pytest.mark.parametrize(
    ("pattern", "name", "taken"),
    [
        ("svc-*", "svc-a", ("a",)),
        ("svc-*", "xsvc-a", None),
        ("*@*", "a@b@c", ("a", "b@c")),
        ("*", "", ("",)),
        ("a", "a", ()),
        ("a*a", "a", None),
        ("*:*/x", "q:r/x", ("q", "r")),
        ("[a]?", "[a]?", ()),
    ],
)
def test_stars_take_what_they_must(pattern, name, taken):
    """Each star takes as little as it can, the last one all that is left."""
    assert captured(pattern, name) == taken


@given(LETTERS, st.text("ab", max_size=10))
def test_patterns_fit_as_regular_expressions_do(pattern, name):
    """A pattern fits exactly if its regular expression does, and gives the name back."""
    taken = captured(pattern, name)
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert (taken is not None) == bool(re.fullmatch(expression, name, re.DOTALL))
    if taken is not None:
        pieces = pattern.split("*")
        assert "".join(a + b for a, b in zip(pieces, (*taken, ""), strict=True)) == name


def test_the_first_naming_that_fits_wins():
    """Order is the boundary's; what none fits keeps its name."""
    namings = (Naming("svc-*", "service_account:{1}"), Naming("*", "person:{1}@x"))
    assert node_of(namings, "svc-a") == "service_account:a"
    assert node_of(namings, "Ann") == "person:ann@x"
    assert node_of(namings[:1], "Ann") == "Ann"
    assert node_of(namings, "") == ""


def test_what_a_star_took_is_not_read_again():
    """A name that looks like a place of a star stays what it is."""
    assert node_of((Naming("*/*", "tool:{1}-{2}-{1}"),), "{2}/x") == "tool:{2}-x-{2}"


def test_people_are_one_in_whatever_case():
    """A person's id is folded and composed, as the estate's is."""
    assert node_of((), "person:JO\u0308RG ") == "person:jörg"


def test_foreign_names_of_a_touch_become_nodes():
    """Every id of a touch is named; what it says besides stays."""
    text = Touch(columns=("c",), whole=("arn:aws:s3:::x",), unclear=True).text()
    touch = touch_of(renamed((Naming("arn:aws:s3:::*", "store:{1}"),), text))
    assert touch == Touch(columns=("c",), whole=("store:x",), unclear=True)
