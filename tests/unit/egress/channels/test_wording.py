"""Reasons in words: one line, a place, figures, and no value."""

from __future__ import annotations

import pytest

from ringfence.egress.channels.judge import VERDICTS, Given, Reason
from ringfence.egress.channels.wording import MASKED, named, placed, said
from ringfence.egress.inspection.sightings import Place

MAIL = Place((), "email")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Given(Reason.AS_DECLARED), "as declared"),
        (
            Given(Reason.MASKED, MAIL, "token"),
            "column email: goes as a token of the recipient's own",
        ),
        (Given(Reason.NOT_COMPLETE, what="PARTIAL"), "not looked through: PARTIAL"),
        (
            Given(Reason.UNDECIDED, Place((), "next", 4), "an opaque token", 2),
            "column next, row 4: can't be decided: an opaque token (2)",
        ),
        (
            Given(Reason.UNDECLARED_COLUMN, MAIL, count=1204),
            "column email: not declared, with 1,204 values",
        ),
        (
            Given(Reason.UNDECLARED_TAG, MAIL, "PHONE", 1),
            "column email: 1 value of PHONE, not declared",
        ),
        (Given(Reason.UNDECLARED_TEXT), "text without columns, not declared"),
        (
            Given(Reason.WRONG_TYPE, MAIL, "nested", 3),
            "column email: holds nested, declared as another type",
        ),
        (
            Given(Reason.UNKNOWN_RECIPIENT, None, "tool:a", 3),
            "it isn't known whether tool:a is excluded, and it would have "
            "3 protected people's data",
        ),
        (
            Given(Reason.UNKNOWN_RECIPIENT, count=3),
            "nobody is known to receive 3 protected people's data",
        ),
        (Given(Reason.NO_CHANNEL), "there is no such channel"),
        (Given(Reason.NOT_IN_FORCE), "the channel isn't in force"),
        (
            Given(Reason.EXCLUDED_RECIPIENT, None, "tool:a", 1),
            "tool:a is excluded, and would have 1 protected person's data",
        ),
        (
            Given(Reason.UNDECLARED_SUBJECTS, MAIL, "EMAIL", 1204),
            "column email: 1,204 protected people's EMAIL, not declared",
        ),
        (
            Given(Reason.OVER_CAP, count=5001, most=5000),
            "5,001 people in twelve months by this channel, at most 5,000",
        ),
        (
            Given(Reason.OVER_CAP, None, "totals", 51, 50),
            "51 people in twelve months under exception totals, at most 50",
        ),
        (
            Given(Reason.BULK, None, "whereabouts", 1001, 1000),
            "whereabouts of 1,001 people in twelve months, more than 1,000",
        ),
        (
            Given(Reason.BULK, None, "combined", 101, 100),
            "several categories of 101 people in twelve months, more than 100",
        ),
        (
            Given(Reason.SMALL_CELL, Place(("a.csv",), "n"), count=2, most=10),
            "column n, in a.csv: 2 counts below the smallest that may be told of 10",
        ),
        (
            Given(Reason.COMPLEMENT, count=1),
            "1 count that a total and the others give away",
        ),
        (
            Given(Reason.DIFFERENCE, count=2),
            "2 counts that differ too little from an earlier release",
        ),
    ],
)
def test_a_reason_is_one_line(given: Given, text: str) -> None:
    """Every reason is said with its place, its figures and what it is about."""
    assert said(given) == text


def test_every_reason_and_mask_has_words() -> None:
    """None is without words, and none has two lines."""
    for reason in VERDICTS:
        for what in ("", "token"):
            if what or reason is not Reason.MASKED:
                text = said(Given(reason, None, what, 2, 1))
                assert text
                assert "\n" not in text
    for mask in MASKED:
        assert MASKED[mask] in said(Given(Reason.MASKED, MAIL, mask))


@pytest.mark.parametrize(
    "name",
    [
        "ann@example.com",
        "415-555-0100",
        "4155550100",
        "a\nb",
        "ключ",
        "x" * 65,
        "",
        "'; drop",
    ],
)
def test_a_name_that_may_tell_of_somebody_is_not_said(name: str) -> None:
    """A column may be called after a person; then its name stays out of words."""
    assert named(name) == "(a name that isn't shown)"


@pytest.mark.parametrize("name", ["email", "/people/*/email", "q1 2022.csv", "a(b)"])
def test_a_plain_name_is_said(name: str) -> None:
    """What is plainly a name of a column, pointer or file is told."""
    assert named(name) == name


def test_places_are_told_from_the_inside_out() -> None:
    """A place names column, row and containers; a place of nothing else is text."""
    place = Place(("a.zip", "b.csv"), "email", 1204)
    assert placed(place) == "column email, row 1,204, in a.zip > b.csv"
    assert placed(Place()) == "text"
    assert placed(None) == ""
