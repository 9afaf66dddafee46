"""Phones of every country, by the examples of its own plan."""

from __future__ import annotations

import phonenumbers
import polars as pl
import pytest

from ringfence.egress.detectors.ours import DETECTOR
from ringfence.egress.detectors.plans import plans

EXAMPLES = [
    number
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (0, 1)  # fixed and mobile
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]
_LEAST = 7


def missed(texts: list[str]) -> list[str]:
    """Return the texts in which no phone is found."""
    found = DETECTOR.detect(pl.Series(texts)).by_tag(DETECTOR.tags)
    rows = set(found.get("PHONE", []))
    return [text for row, text in enumerate(texts) if row not in rows]


@pytest.mark.parametrize("form", [0, 1])  # E.164, international
def test_a_number_with_a_plus_is_found_for_every_country(form: int):
    """The plus and the calling code are enough, grouped or not."""
    texts = [f"see {phonenumbers.format_number(one, form)} ok" for one in EXAMPLES]
    assert missed(texts) == []


def test_a_number_as_its_country_writes_it_is_found_beside_a_word():
    """Beside a word for phones a national number of seven digits and more is found."""
    national = [phonenumbers.format_number(one, 2) for one in EXAMPLES]
    texts = [
        f"call me at {text}, please"
        for text in national
        if sum(one.isdecimal() for one in text) >= _LEAST
    ]
    assert missed(texts) == []


def test_a_number_with_its_trunk_prefix_needs_no_word():
    """A plan's own grouping, with the zero that it dials before, is sure."""
    texts = [
        phonenumbers.format_number(one, 2)
        for one in EXAMPLES
        if phonenumbers.format_number(one, 2).startswith("0")
        and " " in phonenumbers.format_number(one, 2)
    ]
    sure = [text for text in texts if sum(map(str.isdecimal, text)) >= _LEAST]
    assert len(sure) > 100
    # Argentina writes a 15 into its mobile numbers that is dialled and isn't of them.
    assert missed(sure) == ["011 15-2345-6789"]


@pytest.mark.parametrize(
    "text",
    [
        "order 4155552671",
        "123 456 789",
        "12 34 56 78",
        "2023 1234",
        "1234-5678",
        "+12",
        "+01:00",
        "1 + 2 = 3",
        "555-0134",
        "id 0123456789",
        "1990-2024",
    ],
)
def test_a_number_that_may_be_anything_is_no_phone(text: str):
    """Without a word, a plus, a bracket or a zero, digits in groups are anything."""
    assert missed([text]) == [text]


def test_the_plans_are_read_once():
    """The data of all countries stays in memory."""
    assert plans() is plans()


def test_a_grouping_that_no_country_has_is_none():
    """Sizes of groups are looked up, and then the number itself."""
    assert plans().are_grouped(["020", "7946", "0958"])
    assert not plans().are_grouped(["02", "07946", "0", "958"])
    assert not plans().are_grouped([])
