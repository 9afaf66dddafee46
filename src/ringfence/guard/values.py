"""The values that conditions compare: numbers, instants, addresses, ARNs, folded text.

All are exact: a number or an instant is a fraction, never a float. Text that is no such
value reads as None, and a comparison with it is false.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST = 64  # characters of a number or an instant in a condition
ARN_PARTS = 6
# The bounds leave room for what lies between two numbers of a condition.
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,2})?", re.ASCII
)
_SECONDS = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:T(\d\d:\d\d)(?::(\d\d)(\.\d{1,400})?)?(?:Z|([+-])(\d\d):?(\d\d)))?",
    re.ASCII,
)
_CIDR = re.compile(r"[0-9A-Fa-f:.]+(?:/\d{1,3})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    Fraction((datetime(year, month, day, tzinfo=UTC) - _EPOCH).days * 86_400)
    for year, month, day in ((1, 1, 1), (9999, 12, 31))
)


@lru_cache(4096)
def number(text: str) -> Fraction | None:
    """Return the number that a decimal states, with an exponent of two digits or none.

    >>> number("1.50"), number("15e-1"), number("1,5")
    (Fraction(3, 2), Fraction(3, 2), None)
    """
    return Fraction(text) if _NUMBER.fullmatch(text) else None


@lru_cache(4096)
def instant(text: str) -> Fraction | None:
    """Return seconds since 1970: stated as such, or as ISO 8601 with a zone.

    A date alone is its first instant, in UTC. A time without a zone is no instant.
    """
    if _SECONDS.fullmatch(text):
        return Fraction(text)
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    date, time, second, part, sign, hours, minutes = found.groups()
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if shift >= timedelta(days=1) or int(minutes or 0) >= 60:  # noqa: PLR2004
        return None
    try:
        local = datetime.fromisoformat(f"{date}T{time or '00:00'}:{second or '00'}Z")
    except ValueError:
        return None
    since = local - _EPOCH + (shift if sign == "-" else -shift)
    return since // timedelta(seconds=1) + Fraction(f"0{part}" if part else 0)


@lru_cache(4096)
def address(text: str) -> Address | None:
    """Return the IPv4 or IPv6 address that a text states, without a zone of its own."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(4096)
def network(text: str) -> Network | None:
    """Return the range that CIDR notation states; a lone address is a range of one."""
    try:
        found = _CIDR.fullmatch(text)
        return ipaddress.ip_network(text, strict=False) if found else None
    except ValueError:
        return None


def arn_parts(text: str) -> list[str] | None:
    """Return the six parts of an ARN; the last may hold colons of its own."""
    parts = text.split(":", ARN_PARTS - 1)
    return parts if len(parts) == ARN_PARTS else None


def folded(text: str) -> str:
    """Return a text without case: each character folded that folds to one."""
    if text.isascii():
        return text.lower()
    return "".join(_fold(one) for one in text)


def _fold(character: str) -> str:
    plain = character.casefold()
    return plain if len(plain) == 1 else character


@lru_cache(1)
def _cases() -> dict[str, str]:
    """Return every character that has cases, by what they fold to."""
    by_fold: dict[str, str] = {}
    for code in range(0x20000):  # no script with cases stands beyond
        character = chr(code)
        plain = _fold(character)
        if plain != character:
            by_fold[plain] = by_fold.get(plain, plain) + character
    return by_fold


def cases(character: str) -> str:
    """Return every character that is this one but for its case."""
    plain = _fold(character)
    return _cases().get(plain, plain)


def number_text(value: Fraction) -> str:
    """Return a number as `number` reads it, in plain decimals.

    The number has a finite decimal form, as all bounds and their midpoints do.
    """
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = f"{abs(value * 10**places).numerator:0{places + 1}d}"
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return ("-" if value < 0 else "") + whole + (f".{part}" if part else "")


def instant_text(value: Fraction) -> str:
    """Return an instant as ISO 8601 where the calendar has it, else as seconds."""
    if not _FIRST <= value < _LAST:
        return number_text(value)
    seconds = value.numerator // value.denominator
    moment = _EPOCH + timedelta(seconds=seconds)
    part = number_text(value - seconds)[1:]
    return f"{moment:%Y-%m-%dT%H:%M:%S}".zfill(19) + f"{part}Z"
