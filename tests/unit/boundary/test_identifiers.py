"""The vectors of 28 CFR 202.212, and the thresholds of 28 CFR 202.205."""

from __future__ import annotations

import pytest

from ringfence.boundary.identifiers import (
    Identifier,
    bulk_threshold,
    is_bulk,
    is_covered,
)
from ringfence.boundary.regime import shipped

REGIME = shipped()["us-dsp-2025"]
KIND = {
    "ssn": Identifier.GOVERNMENT,
    "passport": Identifier.GOVERNMENT,
    "card": Identifier.FINANCIAL,
    "mac": Identifier.DEVICE,
    "name": Identifier.CONTACT,
    "e-mail": Identifier.CONTACT,
    "phone": Identifier.CONTACT,
    "birth date": Identifier.CONTACT,
    "address": Identifier.CONTACT,
    "geography": Identifier.CONTACT,
    "advertising id": Identifier.ADVERTISING,
    "user name": Identifier.AUTHENTICATION,
    "ip": Identifier.NETWORK,
    "cookie": Identifier.NETWORK,
    "call": Identifier.CALL_DETAIL,
}


@pytest.mark.parametrize(
    ("columns", "for_service", "expected"),
    [
        (["ssn"], False, False),
        (["name", "ssn"], False, True),
        (["ssn", "passport"], False, True),
        (["name", "e-mail", "phone"], False, False),
        (["advertising id", "e-mail"], False, True),
        (["e-mail", "birth date", "ip"], False, True),
        (["user name", "name"], False, True),
        (["mac", "address"], False, True),
        (["ip", "cookie"], True, False),
        (["ip", "cookie"], False, True),
        (["user name", "ip", "call"], True, False),
        (["user name", "ip", "name"], True, True),
        (["name", "e-mail", "ip", "geography"], False, True),
        ([], False, False),
    ],
)
def test_covered_identifiers(columns, for_service, expected):
    """Identifiers are covered together, with the two exceptions of the rule."""
    kinds = [KIND[column] for column in columns]
    assert expected is is_covered(kinds, for_network_service=for_service)


@pytest.mark.parametrize(("columns", "expected"), [(["name"], True), ([], False)])
def test_linked_to_sensitive_data(columns, expected):
    """One identifier is enough when it is linked to other sensitive data."""
    kinds = [KIND[column] for column in columns]
    assert expected is is_covered(kinds, with_other_sensitive_data=True)


def test_the_regime_knows_the_same_identifiers():
    """The data file lists the eight kinds in the order of 28 CFR 202.234."""
    assert [str(kind) for kind in Identifier] == list(REGIME.identifiers)
    cites = [one.cite for one in REGIME.identifiers.values()]
    assert [f"28 CFR 202.234({letter})" for letter in "abcdefgh"] == cites


@pytest.mark.parametrize(
    ("category", "more_than"),
    [
        ("human-genomic", 100),
        ("other-omic", 1_000),
        ("biometric-identifiers", 1_000),
        ("precise-geolocation", 1_000),
        ("personal-health", 10_000),
        ("personal-financial", 10_000),
        ("covered-personal-identifiers", 100_000),
        ("government-related", 0),
    ],
)
def test_thresholds(category, more_than):
    """Bulk is strictly more than the threshold."""
    thresholds = REGIME.categories
    assert not is_bulk(more_than, [category], thresholds)
    assert is_bulk(more_than + 1, [category], thresholds)


def test_units():
    """Devices are counted for location, persons for everything else."""
    units = {name: one.unit for name, one in REGIME.categories.items()}
    devices = [name for name, unit in units.items() if unit == "devices"]
    assert (["precise-geolocation"], {"persons", "devices"}) == (
        devices,
        set(units.values()),
    )


def test_combined_categories_have_the_lowest_threshold():
    """The lowest threshold of any category present counts."""
    found = bulk_threshold(
        ["covered-personal-identifiers", "personal-health"], REGIME.categories
    )
    assert found is not None
    assert found.more_than == 10_000


def test_data_without_threshold():
    """Data of no category is never bulk."""
    assert bulk_threshold(["weather"], REGIME.categories) is None
    assert not is_bulk(10**9, [], REGIME.categories)
