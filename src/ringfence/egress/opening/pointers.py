"""Leaves of a JSON document and their pointers (RFC 6901), with `*` for every place."""

from __future__ import annotations

import re
from types import NoneType
from typing import Any

import msgspec

from ringfence.egress.inspection.report import Type
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.names import pointer_part

DEEPEST = 64
_REMEMBERED = 10_000
TIME = r"\d{4}-\d\d-\d\d(?:[T ][0-9:.,+\-Z]*)?"
_TIME = re.compile(TIME)
_TYPES: dict[type, Type] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    NoneType: "empty",
}
_decode = msgspec.json.Decoder().decode


def parsed(text: str | bytes) -> object:
    """Return a JSON document.

    Raises:
        OverError: It is nested too deep to be told from a bomb.
        msgspec.DecodeError: It isn't JSON.
    """
    try:
        return _decode(text)
    except RecursionError as error:
        raise OverError from error


def type_of(leaf: object) -> Type:
    """Return what a leaf is."""
    if isinstance(leaf, str):
        return "time" if leaf[:2].isdigit() and _TIME.fullmatch(leaf) else "text"
    return _TYPES.get(type(leaf), "nested")


def leaves(value: object, at: str = "") -> list[tuple[str, Any]]:
    """Return every leaf of a document with its pointer, in order.

    An empty list or object is a leaf of its own: the column is there. `at`: the pointer
    of the document itself.

    Raises:
        OverError: It is nested too deep.
    """
    if not value or not isinstance(value, (dict, list)):
        return [(at, value)]
    found: list[tuple[str, Any]] = []
    _gather(value, at, 1, found)
    return found


def _gather(
    value: dict[str, Any] | list[Any],
    at: str,
    depth: int,
    found: list[tuple[str, Any]],
) -> None:
    """Take in the leaves of what isn't empty; `depth`: that of its values."""
    if depth > DEEPEST:
        raise OverError
    if isinstance(value, dict):
        for key, inner in value.items():
            pointer = f"{at}/{_PARTS.get(key) or part_of(key)}"
            if inner and isinstance(inner, (dict, list)):
                _gather(inner, pointer, depth + 1, found)
            else:
                found.append((pointer, inner))
        return
    at += "/*"
    for inner in value:
        if inner and isinstance(inner, (dict, list)):
            _gather(inner, at, depth + 1, found)
        else:
            found.append((at, inner))


_PARTS: dict[str, str] = {}


def part_of(key: str) -> str:
    """Return a key as a part of a pointer; it is remembered."""
    found = _PARTS.get(key)
    if found is None:
        found = pointer_part(key)
        if len(_PARTS) < _REMEMBERED and found != "*":
            _PARTS[key] = found
    return found


def keys_of(value: object) -> list[str]:
    """Return the keys that are none a report may name: they may be somebody's data."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found += [key for key in one if part_of(key) == "*"]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
