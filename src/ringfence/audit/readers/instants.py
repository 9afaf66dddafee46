"""Instants as logs write them, in microseconds since 1970, UTC.

Nothing is guessed: a time without zone names no instant, and a number is taken for
seconds only where no other unit would give a year of this age. The plausible spans of
the units don't overlap, so that a wrong unit is always seen.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringfence.audit.readers.fields import UnreadableError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}

_SHAPE = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r" ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_DIGITS = re.compile(r"\d{1,20}(?:\.\d{1,20})?")
_LEAP = "60"


def from_text(said: str, zone: ZoneInfo | None = None) -> int:
    """Return the instant that an ISO 8601 text names; nanoseconds are cut off.

    Args:
        said: The text.
        zone: Where the clock stood that a text without zone tells of.

    Raises:
        UnreadableError: It names no instant.
    """
    shape = _SHAPE.fullmatch(said)
    if shape is None:
        raise UnreadableError(f"`{said[:40]}` is no date with a time")
    day, minute, second, fraction, offset = shape.groups()
    if second == _LEAP:
        raise UnreadableError(f"`{said}` is a leap second, which no clock here has")
    digits = (fraction or "")[:6].ljust(6, "0")
    plain = f"{day}T{minute}:{second or '00'}.{digits}"
    try:
        if offset is not None:
            shift = "+00:00" if offset[0] not in "+-" else offset
            return _micros(datetime.fromisoformat(plain + shift))
        return _micros(_at(datetime.fromisoformat(plain), zone, said))
    except (ValueError, OverflowError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"`{said}` is on no calendar") from None


def _at(local: datetime, zone: ZoneInfo | None, said: str) -> datetime:
    if zone is None:
        raise UnreadableError(f"`{said}` has no zone: say it with `zone`")
    early, late = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        # The hour that clocks show twice, or the one that they leave out.
        raise UnreadableError(f"`{said}` names no one instant in {zone.key}")
    return early


def _micros(instant: datetime) -> int:
    micros = (instant - _EPOCH) // _MICROSECOND
    if not _EARLIEST <= micros // 1_000_000 < _LATEST:
        raise UnreadableError(f"`{instant.isoformat()}` is not of this age")
    return micros


def from_number(number: float | Decimal, unit: str | None = None) -> int:
    """Return the instant that a number since 1970 names.

    Args:
        number: The number.
        unit: One of `UNITS`; None for whichever makes it an instant of this age.

    Raises:
        UnreadableError: It names no instant of this age; if another unit would make
            it one, the text says so.
    """
    fits = [
        name for name, per in UNITS.items() if _EARLIEST * per <= number < _LATEST * per
    ]
    if not fits:
        raise UnreadableError(f"`{str(number)[:40]}` is no instant of this age")
    if unit is not None and unit not in fits:
        raise UnreadableError(f"`{number}` looks like {fits[0]}, not {unit}")
    scale = 1_000_000 // UNITS[fits[0]]
    if isinstance(number, int):
        return number * scale
    whole = int(number)
    return whole * scale + round((number - whole) * scale)


def from_digits(said: str, unit: str) -> int:
    """Return the instant that digits name, since 1970 in the given unit.

    Raises:
        UnreadableError: It is no number, or names no instant of this age.
    """
    if not _DIGITS.fullmatch(said):
        raise UnreadableError(f"`{said[:40]}` is no number of {unit}")
    return from_number(Decimal(said), unit)


def from_value(said: object, unit: str | None = None) -> int:
    """Return the instant that a value of JSON names: a number, or text.

    Raises:
        UnreadableError: It names no instant.
    """
    if isinstance(said, int | float) and not isinstance(said, bool):
        return from_number(said, unit)
    if isinstance(said, str):
        return _remembered(said)
    raise UnreadableError("has no time")


@lru_cache(maxsize=1 << 10)
def _remembered(said: str) -> int:
    return from_text(said.strip())


def zone(name: str) -> ZoneInfo | None:
    """Return a zone of the IANA database by its name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
