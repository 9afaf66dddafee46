"""Shares as exact decimals: percentages are compared with thresholds, never rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from ringfence.documents.located import Reader
from ringfence.errors import Locus

ALL = Decimal(100)
NONE = Decimal(0)
# Digits after the point that a share may have; more is noise, or an attack.
_MOST_DIGITS = 40
_PERCENT = re.compile(rf"\d{{1,9}}(\.\d{{1,{_MOST_DIGITS}}})?")
_HINT = "write a percentage from 0 to 100, such as `25` or `49.9`"


@dataclass(frozen=True, slots=True)
class Share:
    """The bounds of a share in percent."""

    least: Decimal = NONE
    most: Decimal = ALL

    def detail(self, interest: str, directness: str) -> dict[str, str]:
        """Return the detail that an `owns` edge carries."""
        return {
            "interest": interest,
            "min": written(self.least),
            "max": written(self.most),
            "directness": directness,
        }


def percent(reader: Reader, text: str, at: Locus, what: str) -> Decimal | None:
    """Return a percentage from 0 to 100; note a problem where there is none."""
    digits = text.strip().removesuffix("%").rstrip()
    if not digits.isascii() or not _PERCENT.fullmatch(digits):
        reader.note(f"{what} `{text}` is no percentage", at, _HINT)
        return None
    return _checked(reader, Decimal(digits), at, what)


def number(reader: Reader, value: float, at: Locus, what: str) -> Decimal | None:
    """Return a number of a document as a percentage, with the digits it was given."""
    text = value.written if isinstance(value, WrittenNumber) else repr(value)
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or not -_MOST_DIGITS <= exponent <= _MOST_DIGITS:
        reader.note(f"{what} `{text}` is no percentage", at, _HINT)
        return None
    return _checked(reader, found, at, what)


def _checked(reader: Reader, found: Decimal, at: Locus, what: str) -> Decimal | None:
    if NONE <= found <= ALL:
        return found
    bound = "less than 0" if found < NONE else "more than 100"
    reader.note(f"{what} `{written(found)}` is {bound} percent", at, _HINT)
    return None


def written(share: Decimal) -> str:
    """Return a decimal in its shortest plain form: `25`, `49.9`."""
    text = format(share, "f")
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short in ("", "-0") else short


class WrittenNumber(float):
    """A number that still knows its digits: 49.99999999999999999 isn't 50."""

    written: str

    def __new__(cls, text: str) -> Self:
        """Return the number that `text` writes."""
        found = super().__new__(cls, text)
        found.written = text
        return found
