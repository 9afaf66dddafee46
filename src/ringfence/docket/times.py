"""Time codes: where in a recording something is, as people write and read it."""

from __future__ import annotations

import re

from ringfence.docket.objects import RATE

_TIME = re.compile(r"(?:([0-9]{1,4}):)?(?:([0-9]{1,4}):)?([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_SIXTY = 60
_DIGITS, _MILLION = 6, 1_000_000  # so much of a second is read


def code(samples: int, *, digits: int = 3) -> str:
    """Return a time at 16 kHz as `h:mm:ss.mmm`; `digits` of a second, cut off."""
    seconds, rest = divmod(samples, RATE)
    minutes, seconds = divmod(seconds, _SIXTY)
    hours, minutes = divmod(minutes, _SIXTY)
    part = f".{rest * 10**digits // RATE:0{digits}}" if digits else ""
    return f"{hours}:{minutes:02}:{seconds:02}{part}"


def parsed(text: str) -> int | None:
    """Return the sample at a time: `12.5`, `20:12` or `1:20:12.5`; None if it is none.

    Minutes and seconds end at 59 where something greater stands before them.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None or not text.isascii():
        return None
    high, low, seconds = found.groups()
    hours, minutes = (high, low) if low else (None, high)
    parts = ((minutes, float(seconds)), (hours, int(minutes or 0)))
    if any(above and below >= _SIXTY for above, below in parts):
        return None
    whole, _, rest = seconds.partition(".")
    at = (int(hours or 0) * _SIXTY + int(minutes or 0)) * _SIXTY + int(whole)
    return at * RATE + int(rest.ljust(_DIGITS, "0")) * RATE // _MILLION
