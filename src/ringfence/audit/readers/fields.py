"""Values out of decoded JSON, each of the kind that its place calls for."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from ringfence.audit.event import NO_ROWS

Json = dict[str, object]
_WHOLE = re.compile(r"[+-]?\d{1,19}")
_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<four>\d+\.\d+\.\d+\.\d+))(?::\d+)?")
_MOST = (1 << 63) - 1


class UnreadableError(ValueError):
    """A part of a log that can't be read; the text says why."""


def found(value: object, *path: str) -> object:
    """Return what stands under a path of keys; None where there is nothing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def word(value: object, what: str) -> str:
    """Return a single value as text; nothing is the empty text.

    Raises:
        UnreadableError: It is a list or an object.
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise UnreadableError(f"`{what}` is no single value")


def text(value: object, *path: str) -> str:
    """Return the text under a path; the empty text where there is nothing.

    Raises:
        UnreadableError: A list or an object stands there.
    """
    return word(found(value, *path), ".".join(path))


def first_text(value: object, *paths: tuple[str, ...]) -> str:
    """Return the first text that isn't empty under one of the paths."""
    return next((said for path in paths if (said := text(value, *path))), "")


def texts(value: object, *path: str) -> tuple[str, ...]:
    """Return the texts of a list under a path; one value alone is a list of one.

    Raises:
        UnreadableError: The list holds a list or an object, or isn't one.
    """
    inner, what = found(value, *path), ".".join(path)
    parts = inner if isinstance(inner, list) else [inner]
    return tuple(said for part in parts if (said := word(part, what)))


def objects(value: object, *path: str) -> list[Json]:
    """Return the objects of a list under a path; nothing is an empty list.

    Raises:
        UnreadableError: Something else than a list of objects stands there.
    """
    inner = found(value, *path)
    if inner is None:
        return []
    if isinstance(inner, list) and all(isinstance(part, dict) for part in inner):
        return inner
    raise UnreadableError(f"`{'.'.join(path)}` is no list of objects")


def count(value: object, what: str) -> int | None:
    """Return a count, also one written as text; None where there is nothing.

    Raises:
        UnreadableError: It is no whole number, below 0, or has no place in 64 bits.
    """
    if value is None or value == "":
        return None
    number = value
    if isinstance(number, str) and _WHOLE.fullmatch(number.strip()):
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise UnreadableError(f"`{what}` is no whole number")
    if not 0 <= number <= _MOST:
        raise UnreadableError(f"`{what}` is no count")
    return number


def rows_of(value: object, *path: str) -> int:
    """Return how many rows stand under a path; `NO_ROWS` where it says nothing."""
    number = count(found(value, *path), ".".join(path))
    return NO_ROWS if number is None else number


@lru_cache(maxsize=1 << 14)
def address(said: str) -> str:
    """Return an address in its one spelling, without port; other names as they are."""
    shown = _PORT.fullmatch(said)
    bare = (shown["six"] or shown["four"]) if shown else said
    try:
        found_address = ip_address(bare)
    except ValueError:
        return said
    if isinstance(found_address, IPv6Address) and found_address.ipv4_mapped:
        return str(found_address.ipv4_mapped)
    return str(found_address)
