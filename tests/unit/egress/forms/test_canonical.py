"""Canonical forms, spelling by spelling."""

from __future__ import annotations

import pytest

from ringfence.egress.forms.canonical import canonical, luhn
from ringfence.egress.forms.kinds import Kind

FORMS = [
    (Kind.EMAIL, " Jane.Doe+x@Example.COM ", "jane.doe@example.com"),
    (Kind.EMAIL, "Jane.D.Oe@googlemail.com", "janedoe@gmail.com"),
    (Kind.EMAIL, "jane@b\u00fccher.example", "jane@xn--bcher-kva.example"),
    (Kind.EMAIL, "\uff4aane\uff20example.com", "jane@example.com"),
    (Kind.EMAIL, "mailto:jane@example.com", "jane@example.com"),
    (Kind.EMAIL, "+x@example.com", None),
    (Kind.EMAIL, "jane@example", None),
    (Kind.EMAIL, "jane@@example.com", None),
    (Kind.EMAIL, "j" * 400 + "@example.com", None),
    (Kind.PHONE, "(415) 555-0100", "14155550100"),
    (Kind.PHONE, "+1 415 555 0100 ext. 7", "14155550100"),
    (Kind.PHONE, "tel:+1-415-555-0100", "14155550100"),
    (Kind.PHONE, "0044 20 7946 0958", "442079460958"),
    (Kind.PHONE, "011442079460958", "442079460958"),
    (Kind.PHONE, "+49 (0)151 23456789", "4915123456789"),
    (Kind.PHONE, "+6591234567", "6591234567"),
    (Kind.PHONE, "0151 23456789", None),
    (Kind.PHONE, "5550100", None),
    (Kind.PHONE, "1-800-FLOWERS", None),
    (Kind.ACCOUNT_ID, "00123", "123"),
    (Kind.ACCOUNT_ID, "123.0", "123"),
    (Kind.ACCOUNT_ID, "1.23e2", "123"),
    (Kind.ACCOUNT_ID, "123.5", None),
    (Kind.ACCOUNT_ID, "1e18", None),
    (Kind.ACCOUNT_ID, "Ab-1", "ab-1"),
    (Kind.ACCOUNT_ID, "two words", None),
    (Kind.ACCOUNT_NAME, "@Jane  Doe", "jane doe"),
    (Kind.ADVERTISING_ID, "00000000-0000-0000-0000-000000000000", None),
    (Kind.ADVERTISING_ID, "{7F3C2A10-9D4E-4B6A-8C21-0FE5D6B7A891}",
     "7f3c2a109d4e4b6a8c210fe5d6b7a891"),
    (Kind.DEVICE_ID, "49-015420-323751-8", "49015420323751"),
    (Kind.DEVICE_ID, "490154203237519", "490154203237519"),
    (Kind.DEVICE_ID, "AA:BB:CC:DD:EE:FF", "aabbccddeeff"),
    (Kind.BANK_ACCOUNT, "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    (Kind.GOV_ID, "123-45-6789", "123456789"),
    (Kind.COOKIE, "Ab.12345", "Ab.12345"),
    (Kind.COOKIE, "short", None),
    (Kind.IP, "192.168.001.010", "192.168.1.10"),
    (Kind.IP, "::ffff:98.17.253.226", "98.17.253.226"),
    (Kind.IP, "2001:DB8:0:0::1", "2001:db8::1"),
    (Kind.IP, "fe80::1%eth0", "fe80::1"),
    (Kind.IP, "10.0.0.1/32", "10.0.0.1"),
    (Kind.IP, "127.0.0.1", None),
    (Kind.IP, "1.2.3", None),
    (Kind.EMAIL_DIGEST, "A" * 32, "a" * 32),
    (Kind.PHONE_DIGEST, "a" * 33, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "form"), FORMS)
def test_a_spelling_has_its_form(kind: Kind, text: str, form: str | None) -> None:
    """Each spelling has the form that stands beside it; None: it is not of the kind."""
    assert canonical(kind, text) == form


def test_a_check_digit_checks() -> None:
    """The check digit of ISO/IEC 7812-1 fits its number alone."""
    assert [luhn(f"49015420323751{digit}") for digit in range(10)] == [
        digit == 8 for digit in range(10)
    ]
