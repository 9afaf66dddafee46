"""Numbers, instants, addresses and cases: what reads as one, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.guard import values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("1.50", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("1.", 1),
        ("+15e-1", Fraction(3, 2)),
        ("1E+02", 100),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_a_decimal_is_a_number(text: str, number: Fraction):
    """Numbers are exact: a tenth is a tenth."""
    assert values.number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,5",
        "1e100",
        "1_000",
        " 1",
        "1/2",
        "nan",
        "inf",
        "٣",
        "0x1",
        "1" * 401,
    ],
)
def test_what_is_no_decimal_is_no_number(text: str):
    """Python's own numbers take more than anybody means."""
    assert values.number(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-1.5", Fraction(-3, 2)),
        ("1970-01-01", 0),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T00:00:01.0000000001Z", 1 + Fraction(1, 10**10)),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00-0130", 5400),
        ("0001-01-01T00:00:00+23:59", -62135596800 - 86340),
        ("9999-12-31T23:59:59-23:59", 253402300799 + 86340),
    ],
)
def test_an_instant_is_seconds_or_iso_8601(text: str, seconds: Fraction):
    """Any zone is one instant, to any part of a second."""
    assert values.instant(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "x", "1e9", "2024-02-30", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z",
     "2024-01-01T00:00:60Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60", "0000-01-01", "2024-1-1", "20240101T000000Z"],
)  # fmt: skip
def test_what_is_no_instant(text: str):
    """A time without a zone, or one that the calendar lacks, is no instant."""
    assert values.instant(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20))
def test_numbers_and_instants_are_spelt_as_they_are_read(decimal: object):
    """What is written reads as the same number, or the same instant."""
    fraction = Fraction(str(decimal))
    assert values.number(values.number_text(fraction)) == fraction
    assert values.instant(values.instant_text(fraction)) == fraction


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (Fraction(0), "1970-01-01T00:00:00Z"),
        (Fraction(1, 4), "1970-01-01T00:00:00.25Z"),
        (Fraction(-1, 4), "1969-12-31T23:59:59.75Z"),
        (Fraction(-62135596800), "0001-01-01T00:00:00Z"),
        (Fraction(-62135596801), "-62135596801"),
        (Fraction(10**12), "1000000000000"),
    ],
)
def test_an_instant_is_spelt_by_the_calendar_while_it_lasts(
    seconds: Fraction, text: str
):
    """Beyond the calendar's years, seconds serve."""
    assert values.instant_text(seconds) == text


@pytest.mark.parametrize(
    "text", ["", "x", "10.0.0", "010.0.0.1", "fe80::1%eth0", "10.0.0.1/32"]
)
def test_what_is_no_address(text: str):
    """An address is whole, and of no zone of its own."""
    assert values.address(text) is None


def test_a_range_may_name_any_of_its_addresses():
    """Bits beyond the prefix are nothing, and a lone address is a range of one."""
    assert str(values.network("10.1.2.3/8")) == "10.0.0.0/8"
    assert str(values.network("::1")) == "::1/128"


def test_an_arns_last_part_has_colons_of_its_own():
    """Six parts, of which the last takes the rest."""
    assert values.arn_parts("arn:aws:logs:x:1:group:a:b") == [
        "arn", "aws", "logs", "x", "1", "group:a:b"
    ]  # fmt: skip
    assert values.arn_parts("arn:aws:logs:x:1") is None


@pytest.mark.parametrize(
    ("character", "same"),
    [("k", "kK\u212a"), ("S", "sS\u017f"), ("é", "éÉ"), ("1", "1"), ("ß", "ß\u1e9e")],
)
def test_every_case_of_a_character_is_known(character: str, same: str):
    """The Kelvin sign is a k, and the long s an s."""
    found = set(values.cases(character))
    assert {values.folded(one) for one in found} == {values.folded(character)}
    assert found == {
        one for one in same if values.folded(one) == values.folded(character)
    }
