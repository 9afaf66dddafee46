"""Columns: what they are called, and what most of their values are."""

from __future__ import annotations

import random

import polars as pl
import pytest

from ringfence.egress.detectors.hints import hint_of
from ringfence.egress.detectors.ours import DETECTOR


def tags(column: pl.Series) -> dict[str, list[int]]:
    """Return the rows of a column by tag."""
    found = DETECTOR.detect(column).by_tag(DETECTOR.tags)
    return {tag: rows.tolist() for tag, rows in found.items()}


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("first_name", "NAME"),
        ("customerFirstName", "NAME"),
        ("DOB", "BIRTH_DATE"),
        ("/people/*/home_zip", "ADDRESS"),
        ("/geo/lat", "LOCATION"),
        ("shipping-address", "ADDRESS"),
        ("homePhoneNumber", "PHONE"),
        ("tin", "GOV_ID"),
        ("/lat/*", "LOCATION"),
        ("tags/0", None),
        ("name", None),
        ("", None),
        ("platform", None),
        ("translation", None),
    ],
)
def test_a_name_tells_what_a_column_is(name: str, tag: str | None):
    """The last words of a name count, however they are joined; parts of words don't."""
    hint = hint_of(name)
    assert (hint and hint.tag) == tag


def test_a_named_column_is_found_where_its_values_look_so():
    """Names are no pattern; a column that is called so and holds letters is names."""
    assert tags(pl.Series("first_name", ["Jane", "José", None])) == {"NAME": [0, 1]}


def test_a_named_column_of_something_else_is_not_found():
    """Most values have to look like what the name says."""
    values = ["1", "2", "x", "7", "8", "9"]
    assert tags(pl.Series("first_name", values)) == {}
    assert tags(pl.Series("latitude", ["37.7", "51.5"])) == {}
    assert tags(pl.Series("first_name", [None, ""])) == {}


@pytest.mark.parametrize("values", [[37.7749, -33.8688], ["37.77", "-33.87"]])
def test_a_latitude_of_two_decimals_is_a_place(values: list[object]):
    """Numbers and texts are alike: a column of latitudes tells where somebody is."""
    assert tags(pl.Series("lat", values)) == {"LOCATION": [0, 1]}


def test_whole_numbers_are_what_their_column_is_called():
    """A column of integers is found by its name alone."""
    assert tags(pl.Series("latitude_e7", [377749000, -338688000])) == {
        "LOCATION": [0, 1]
    }
    assert tags(pl.Series("views", [4155552671, 4111111111111111])) == {}


def test_some_numbers_of_a_column_are_no_cards():
    """A tenth of all numbers satisfy Luhn's formula: a column of them isn't cards."""
    chance = random.Random(7)  # noqa: S311 - two runs must agree
    numbers = [str(chance.randint(4 * 10**15, 5 * 10**15)) for _ in range(500)]
    assert tags(pl.Series("order", numbers)) == {}


def test_most_numbers_of_a_column_are_cards():
    """Where most hold, those that do are cards, and the name isn't asked."""
    cards = ["4111111111111111", "5555555555554444", "4000000000000000"]
    assert tags(pl.Series("x", cards)) == {"BANK_ACCOUNT": [0, 1]}


def test_a_text_among_numbers_stands_for_itself():
    """A sentence with a card in it is sure, whatever the numbers around it are."""
    values = ["pay 4111111111111111 now", "4000000000000000", "4000000000000001"]
    assert tags(pl.Series("x", values)) == {"BANK_ACCOUNT": [0]}
