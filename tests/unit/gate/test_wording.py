"""Decisions in plain words, and why their principals are excluded."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Reason, Request
from ringfence.boundary.decision.scene import Dataset, Known, Marker, Scene
from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    Employer,
    Gate,
    Selector,
    Test,
)
from ringfence.boundary.status import Status
from ringfence.gate.wording import path, words

NO, UNKNOWN, YES = Status
ANN, MAIL = "person:ann", "column:w/t.mail"
NOW = "2022-01-31T00:00:00Z"
ABROAD = Selector(
    "abroad", Attribute("residence", ("CN",)), Attribute("organised_in", ("CN",))
)
OWNED = Selector(
    "owned",
    AnyOf((Employer(absent="no"), Attribute("team", ("x",), "no"))),
    Attribute("organised_in", ("CN",)),
)
SCENE = Scene(
    boundary="b",
    estate="e",
    since=NOW,
    until="2022-02-28T00:00:00Z",
    gate=Gate(("abroad", "owned")),
    selectors=(ABROAD, OWNED),
    people={
        ANN: Known(
            {"residence": ("CN",), "employer": ("loop",)},
            why={"abroad": "resides in CN"},
        ),
        "person:doubt": Known({"residence": ()}, ("residence",)),
        "person:two": Known({"residence": ("CN", "US")}),
        "person:none": Known({"team": ("y",)}),
        "person:us": Known({"residence": ("US",), "employer": ("strange", "loop")}),
    },
    entities={
        "abroad": {"legal_entity:loop": YES},
        "owned": {"legal_entity:loop": NO},
    },
    datasets={"dataset:w/t": Dataset({"mail": YES})},
)


def decided(principal: str, **more: Any) -> tuple[Decision, Request]:
    """Return what the scene decides of somebody who reads the column, and the asked."""
    asked = Request(principal, "read", MAIL, **more)
    return decide(SCENE, asked, NOW), asked


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (
            Decision(Reason.NOT_EXCLUDED),
            "may read W: nothing that the gate names excludes the principal",
        ),
        (
            Decision(Reason.NOT_PROTECTED, ("abroad",)),
            "may read W: nothing that is touched is protected",
        ),
        (
            Decision(Reason.NOT_COUNTED, ("abroad",)),
            "may read W: the gate doesn't count the verb",
        ),
        (
            Decision(Reason.OTHER_ROW),
            "may read W: the row is of nobody in the population",
        ),
        (
            Decision(Reason.LEAVE, leave="totals"),
            "may read W: exception `totals` concedes it",
        ),
        (
            Decision(Reason.ROWS, rows=Marker("country", ("US", "PR"))),
            "may read W, without the rows whose `country` is `US` or `PR` or isn't "
            "known",
        ),
        (Decision(Reason.ROWS), "may read W, without the rows of the population"),
        (
            Decision(Reason.MASKED, masks={"mail": "hash", "zip": "null"}),
            "may read W, masked: `mail` as a hash and `zip` as nothing",
        ),
        (
            Decision(Reason.STALE),
            "may not read W: what the gate knows is of another time",
        ),
        (Decision(Reason.UNKNOWN_VERB), "may not read W: there is no such verb"),
        (
            Decision(Reason.EXCLUDED, ("abroad",), ("mail",)),
            "may not read W: `abroad` excludes the principal, and `mail` is protected",
        ),
        (
            Decision(Reason.EXCLUDED, ("abroad", "owned"), ("", "a", "b")),
            "may not read W: `abroad` and `owned` keep the principal out, "
            "and `a` and `b` are protected",
        ),
        (
            Decision(Reason.PERHAPS_EXCLUDED, ("abroad",), ("",)),
            "may not read W: nobody can say that the principal isn't excluded by "
            "`abroad`, and what is touched is, or may be, protected",
        ),
        (
            Decision(Reason.EXCLUDED, ("abroad",), tuple("abcdefg")),
            "may not read W: `abroad` excludes the principal, and `a`, `b`, `c` and 4 "
            "more are protected",
        ),
        (
            Decision(Reason.NO_PURPOSE, leave="totals"),
            "may not read W: exception `totals` may concede it, for a purpose that the "
            "request doesn't state",
        ),
        (
            Decision(Reason.UNCOUNTED, leave="totals"),
            "may not read W: exception `totals` needs to be told how many people's "
            "data is asked for",
        ),
        (
            Decision(Reason.CAP, leave="totals"),
            "may not read W: exception `totals` is used up: this would go beyond its "
            "cap",
        ),
        (Decision(Reason.NO_GRANT), "may not read W: nobody surely gave it"),
        (
            Decision(Reason.GUARD),
            "may not read W: it was given on a condition that this request doesn't "
            "meet",
        ),
    ],
)
def test_each_reason_has_its_words(decision: Decision, expected: str):
    """One sentence: who, whether, what, and why."""
    label = {ANN: "Ann", "dataset:w": "W"}.__getitem__
    asked = Request(ANN, "read", "dataset:w")
    assert words(decision, asked, label) == f"Ann {expected}"


def test_another_purpose_is_named():
    """What the request says it is for isn't what the exception is for."""
    asked = Request(ANN, "read", "dataset:w", purpose="fun")
    told = words(Decision(Reason.NO_PURPOSE, leave="totals"), asked)
    assert told.endswith("`totals` concedes it, yet not for the purpose `fun`")


def test_every_reason_has_words():
    """No reason is left without a sentence."""
    asked = Request(ANN, "read", MAIL)
    for reason in Reason:
        one = Decision(reason, ("abroad",), ("mail",), masks={"mail": "hash"})
        assert words(one, asked).startswith(f"{ANN} may ")


def test_what_a_stranger_writes_is_safe_to_print():
    """A name that would steer a terminal is shown, not obeyed."""
    asked = Request("person:\x1b[2J", "read", MAIL, purpose="\u202e")
    told = words(Decision(Reason.NO_PURPOSE, leave="x"), asked)
    assert told.isprintable()


@pytest.mark.parametrize(
    ("principal", "more", "expected"),
    [
        (ANN, {}, ("abroad: resides in CN",)),
        ("legal_entity:loop", {}, ("abroad: is an excluded legal entity",)),
        (
            "legal_entity:other",
            {},
            (
                "abroad: nobody can say whether the legal entity is excluded",
                "owned: nobody can say whether the legal entity is excluded",
            ),
        ),
        (
            "person:doubt",
            {},
            ("abroad: what is stated of `residence` can't be relied on",),
        ),
        ("person:two", {}, ("abroad: `residence` is CN and US",)),
        ("person:none", {}, ("abroad: no `residence` is recorded",)),
        (
            "person:us",
            {},
            ("owned: nobody can say whether legal_entity:strange is excluded",),
        ),
        (
            "person:stranger",
            {},
            (
                "abroad: is nobody whom the estate knows",
                "owned: is nobody whom the estate knows",
            ),
        ),
        (
            "tool:t",
            {},
            (
                "abroad: is no person, and nobody can say who uses it",
                "owned: is no person, and nobody can say who uses it",
            ),
        ),
        (
            "person:us",
            {"stated": {"residence": ("CN",), "employer": ("loop",)}, "trusted": True},
            ("abroad: is excluded by what the request states",),
        ),
        (
            "person:none",
            {"stated": {"team": ("x",)}, "trusted": True},
            (
                "abroad: no `residence` is recorded",
                "owned: is excluded by what the request states",
            ),
        ),
    ],
)
def test_why_somebody_is_excluded(
    principal: str, more: dict[str, Any], expected: tuple[str, ...]
):
    """Selector by selector: the reason, or what isn't known."""
    decision, asked = decided(principal, **more)
    assert path(SCENE, asked, decision) == expected


def test_what_a_request_adds_may_be_what_makes_the_doubt():
    """The estate knows all that is asked, and the caller states something else."""
    known = {"person:us": Known({"residence": ("US",)})}
    scene = replace(SCENE, people=known)
    stated = {"residence": ("CN", "US")}
    asked = Request("person:us", "read", MAIL, stated=stated, trusted=True)
    decision = decide(scene, asked, NOW)
    told = path(scene, asked, decision)
    assert told == ("abroad: may be excluded by what the request states",)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (Employer(), "nobody can say who the employer is"),
        (Employer(("strange",)), "what is known doesn't tell"),
    ],
)
def test_what_is_missing_is_what_the_test_asks(people: Test, expected: str):
    """An employer that nobody says; of what is known, the words say no more."""
    stated = people != Employer()
    employer: dict[str, tuple[str, ...]] = {"employer": ("loop",)} if stated else {}
    scene = replace(
        SCENE,
        selectors=(replace(ABROAD, people=people), OWNED),
        people={"person:us": Known(employer)},
    )
    asked = Request("person:us", "read", MAIL)
    found = Decision(Reason.PERHAPS_EXCLUDED, ("abroad",))
    assert path(scene, asked, found) == (f"abroad: {expected}",)
