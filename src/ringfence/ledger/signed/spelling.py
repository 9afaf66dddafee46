"""How numbers, bytes and names are spelt in the formats of C2SP: in one way each.

A second spelling of one value would be a second file that means the same, so whatever
isn't spelt as we would spell it is none.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error

LARGEST = (1 << 63) - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
# A lone surrogate is how Python shows a byte of the command line that is no UTF-8.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def number(text: str) -> int | None:
    """Return a decimal number from 0 to 2^63 - 1; None for anything else."""
    value = int(text) if _NUMBER.fullmatch(text) else LARGEST + 1
    return value if value <= LARGEST else None


def base64(content: bytes) -> str:
    """Return bytes in base64 (RFC 4648, section 4)."""
    return b64encode(content).decode()


def unbase64(text: str) -> bytes | None:
    """Return what base64 stands for; None for what `base64` would spell otherwise."""
    try:
        content = b64decode(text, validate=True)
    except (Error, ValueError):  # ValueError: not ASCII
        return None
    return content if base64(content) == text else None


def control(text: str) -> int | None:
    """Return where a control character other than a line feed stands, if any does."""
    found = _CONTROL.search(text)
    return None if found is None else found.start()


def is_key_name(text: str) -> bool:
    """Tell whether a key may be called that: no space, no `+`, no control character."""
    return (
        bool(text)
        and not any(c == "+" or c.isspace() for c in text)
        and (control(text) is None)
    )
