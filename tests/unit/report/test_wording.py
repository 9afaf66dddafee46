"""Words for counts, dates and ages."""

from __future__ import annotations

import pytest

from ringfence.report import wording


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (1, "person", "1 person"),
        (1906, "dataset", "1,906 datasets"),
        (0, "legal_entity", "0 entities"),
        (2, "never_heard_of", "2 never_heard_of"),
    ],
)
def test_a_count_has_its_noun(number: int, kind: str, expected: str):
    """A number of nodes is said with the noun of their kind, in its number."""
    assert wording.counted_kind(number, kind) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_reads_as_prose(parts: list[str], expected: str):
    """The last part of a list is joined with `and`."""
    assert wording.joined(parts) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "undated"),
        (0, "under an hour"),
        (3_600, "1 hour"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (-2 * 86_400, "2 days later"),
    ],
)
def test_an_age_is_said_in_the_largest_unit(seconds: int | None, expected: str):
    """Ages are days, else hours; what lies after the date judged is `later`."""
    assert wording.age(seconds) == expected


@pytest.mark.parametrize("text", ["", "soon", "2022-13-01T00:00:00Z"])
def test_what_is_no_instant_has_no_age(text: str):
    """A source without a usable date is undated, never an error."""
    assert wording.seconds_between(text, "2022-01-31T00:00:00Z") is None


def test_an_instant_without_a_zone_has_no_age():
    """A naive date can't be set against a zoned one."""
    assert wording.seconds_between("2022-01-31", "2022-01-31T00:00:00Z") is None


def test_a_label_comes_before_the_id():
    """A node is called by its label, or else by its id without the kind."""
    labels = {"tool:x": "The X"}
    assert wording.name("tool:x", labels) == "The X"
    assert wording.name("tool:y:z", labels) == "y:z"
    assert wording.name("CN", labels) == "CN"


def test_a_first_second_is_shown_as_its_day():
    """Midnight is the date as it was written."""
    assert wording.day("2022-01-31T00:00:00Z") == "2022-01-31"
    assert wording.day("2022-01-31T06:00:00Z") == "2022-01-31T06:00:00Z"
