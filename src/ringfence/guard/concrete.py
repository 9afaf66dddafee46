"""Does this request pass? The concrete reading of a condition.

Three-valued, after Kleene, for `Undecided` alone: everything else is true or false of
every request. A value that isn't what an operator compares makes the comparison false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringfence.guard.operators import OPERATORS
from ringfence.guard.tree import (
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    Undecided,
)

Request = Mapping[str, tuple[str, ...]]
"""A request: the values of each key. A key without values is an absent one."""


Truth = bool | None
"""True, false, or undecided."""


def holds(condition: Condition, request: Request) -> Truth:
    """Return whether a request meets a condition; None if that isn't decided.

    The case of key names is nothing; keys that differ in case alone are one.
    """
    by_key: dict[str, tuple[str, ...]] = {}
    for key, values in request.items():
        name = key.casefold()
        by_key[name] = by_key.get(name, ()) + tuple(values)
    return _holds(condition, by_key)


def _holds(condition: Condition, request: Request) -> Truth:
    match condition:
        case All():
            return _every(_holds(part, request) for part in condition.of)
        case AnyOf():
            return _negated(
                _every(_negated(_holds(part, request)) for part in condition.of)
            )
        case Not():
            return _negated(_holds(condition.of, request))
        case Absent():
            return not request.get(condition.key.casefold())
        case Compare():
            return compares(condition, request.get(condition.key.casefold(), ()))
        case Undecided():
            return None


def compares(comparison: Compare, values: tuple[str, ...]) -> bool:
    """Return whether the values of its key pass a comparison."""
    matches = OPERATORS[comparison.op].matches
    found = (any(matches(value, one) for one in comparison.values) for value in values)
    match comparison.each:
        case "one":
            return len(values) == 1 and any(found)
        case "any":
            return any(found)
        case "all":
            return all(found)


def _every(parts: Iterable[Truth]) -> Truth:
    undecided = False
    for part in parts:
        if part is False:
            return False
        undecided = undecided or part is None
    return None if undecided else True


def _negated(value: Truth) -> Truth:
    return None if value is None else not value
