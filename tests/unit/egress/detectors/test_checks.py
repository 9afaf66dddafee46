"""Checksums against numbers that their standards print."""

from __future__ import annotations

import polars as pl
import pytest

from ringfence.egress.detectors import checks, device, government, person

TRUE = [
    (checks.luhn, ["79927398713", "4111111111111111", "490154203237518"]),
    (checks.verhoeff, ["2363", "123451"]),
    (checks.routing, ["021000021", "011401533", "121000358"]),
    (
        checks.iban,
        [
            "GB82 WEST 1234 5698 7654 32",
            "DE89370400440532013000",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "SA0380000000608010167519",
            "MT84MALT011000012345MTLCAST001S",
        ],
    ),
    (checks.card, ["4222222222222", "378282246310005", "6011111111111117"]),
    (government.chinese, ["11010519491231002X", "440524188001010014"]),
    (government.brazilian, ["529.982.247-25", "11144477735"]),
    (government.spanish, ["12345678Z", "X1234567L", "Z1234567R"]),
    (government.french, ["184127645108946", "2 69 05 49 588 157 80"]),
    (government.italian, ["RSSMRA85T10A562S", "MRTMTT91D08F205J"]),
    (government.swedish, ["811218-9876", "19670919-9530"]),
    (government.finnish, ["131052-308T"]),
    (government.polish, ["44051401359", "02070803628"]),
    (government.british_health, ["943 476 5919"]),
    (government.german, ["86095742719", "47036892816"]),
    (device.is_sim, ["8901260123456789011"]),
]


@pytest.mark.parametrize(("check", "texts"), TRUE)
def test_a_published_number_holds(check, texts: list[str]):
    """The examples of standards and authorities hold."""
    assert [text for text in texts if not check(text)] == []


@pytest.mark.parametrize(
    ("check", "text"),
    [(check, text) for check, texts in TRUE for text in texts if text[-1].isdigit()],
)
def test_another_last_digit_fails(check, text: str):
    """The last digit of a number is its check, or part of it: no other holds."""
    others = [f"{text[:-1]}{digit}" for digit in "0123456789" if digit != text[-1]]
    assert [other for other in others if check(other)] == []


def test_luhn_of_many_lengths_at_once():
    """A series of numbers of all lengths is answered number by number."""
    texts = pl.Series(["79927398713", "0000", "", "5", "4111-1111-1111-1111", "12"])
    assert checks.luhns(texts).tolist() == [True, False, False, False, True, False]


def test_an_iban_of_another_length_is_none():
    """A country's accounts are of one length."""
    assert not checks.iban("GB82WEST1234569876543")


@pytest.mark.parametrize(
    "text", ["", "GB82", "ZZ82WEST12345698765432", "GB82WEST1234569876543_"]
)
def test_what_is_no_iban_fails_quietly(text: str):
    """A country that has none, and signs that are none, are an answer and no error."""
    assert not checks.iban(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("1980-02-29", True),
        ("1981-02-29", False),
        ("29/02/1980", True),
        ("02/29/1980", True),
        ("31 April 1980", True),
        ("1899-12-31", False),
        ("12 Foo 1980", False),
        ("19800512", True),
        ("19801350", False),
    ],
)
def test_a_birth_date_is_of_the_calendar(text: str, is_one: object):
    """A day that no calendar has is no day of birth; a month in letters is enough."""
    assert person.is_birth_date(text) == is_one
