"""The table of operators: what each compares, and what it may be compared with.

Both evaluators read it. `concrete` calls `matches`; `symbolic` asks, of several
comparisons with one value, for a value that `matches` where it has to and only there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from ringfence.guard import values

Operator = Literal[
    "equals",  # the same text
    "equals_ignoring_case",
    "like",  # `*` any run, `?` any one character
    "arn_like",  # the same, for each of an ARN's six parts
    "in_network",  # an address in a CIDR range; IPv4 is never in an IPv6 range
    "same_number",
    "less",
    "at_most",
    "more",
    "at_least",
    "same_instant",  # instants: ISO 8601, or seconds since 1970
    "before",
    "until",
    "after",
    "from",
]
Reader = Callable[[str], Fraction | None]
Order = Callable[[Fraction, Fraction], bool]


class Kind(StrEnum):
    """What a value has to be for an operator to be of use."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    NETWORK = "address"


@dataclass(frozen=True, slots=True)
class Definition:
    """What an operator means.

    Attributes:
        matches: Whether a value of the request compares with a value of the condition.
        flaw: What is wrong with a value of the condition; empty if nothing is.
    """

    kind: Kind
    matches: Callable[[str, str], bool]
    flaw: Callable[[str], str]


def glob_matches(text: str, pattern: str) -> bool:
    """Return whether a whole text is like a pattern: `*` any run, `?` any character.

    Nothing else is special, and the time it takes grows with the product of the
    lengths at most.
    """
    at = star = resume = 0
    place, starred = 0, False
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, resume, starred = place, at, True
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            place, at = place + 1, at + 1
        elif starred:  # let the last `*` take one character more
            resume += 1
            place, at = star + 1, resume
        else:
            return False
    return not pattern[place:].strip("*")


def _arn_like(text: str, pattern: str) -> bool:
    parts, globs = values.arn_parts(text), values.arn_parts(pattern)
    if parts is None or globs is None:
        return False
    return all(glob_matches(*pair) for pair in zip(parts, globs, strict=True))


def _same_but_for_case(text: str, other: str) -> bool:
    return values.folded(text) == values.folded(other)


def _in_network(text: str, cidr: str) -> bool:
    one, network = values.address(text), values.network(cidr)
    return one is not None and network is not None and one in network


def _sound(_: str) -> str:
    return ""


def _flaw_of_arn(text: str) -> str:
    return "" if values.arn_parts(text) else f"`{text}` has not an ARN's six parts"


def _flaw_of_network(text: str) -> str:
    return "" if values.network(text) else f"`{text}` is no address range"


def _ordered(kind: Kind, read: Reader, order: Order) -> Definition:
    """Return the operator that reads both sides, and compares them by an order."""

    def matches(text: str, bound: str) -> bool:
        left, right = read(text), read(bound)
        return left is not None and right is not None and order(left, right)

    def flaw(text: str) -> str:
        if len(text) > values.LONGEST:
            return f"is longer than the {values.LONGEST} characters of a {kind}"
        return "" if read(text) is not None else f"`{text}` is no {kind}"

    return Definition(kind, matches, flaw)


def _numbers(order: Order) -> Definition:
    return _ordered(Kind.NUMBER, values.number, order)


def _instants(order: Order) -> Definition:
    return _ordered(Kind.INSTANT, values.instant, order)


OPERATORS: dict[Operator, Definition] = {
    "equals": Definition(Kind.TEXT, operator.eq, _sound),
    "equals_ignoring_case": Definition(Kind.TEXT, _same_but_for_case, _sound),
    "like": Definition(Kind.TEXT, glob_matches, _sound),
    "arn_like": Definition(Kind.TEXT, _arn_like, _flaw_of_arn),
    "in_network": Definition(Kind.NETWORK, _in_network, _flaw_of_network),
    "same_number": _numbers(operator.eq),
    "less": _numbers(operator.lt),
    "at_most": _numbers(operator.le),
    "more": _numbers(operator.gt),
    "at_least": _numbers(operator.ge),
    "same_instant": _instants(operator.eq),
    "before": _instants(operator.lt),
    "until": _instants(operator.le),
    "after": _instants(operator.gt),
    "from": _instants(operator.ge),
}
