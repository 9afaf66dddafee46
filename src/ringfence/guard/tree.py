"""The syntax tree of conditions: what must hold for an edge to work.

A condition speaks of a request by keys: what is known of the principal
(`principal.residence`), and the circumstances (`request.network`, `request.time`,
`request.mfa`, or any key of a system's own). One tree has two readings, made from the
same definitions: `concrete` (does this request pass?) and `symbolic` (can any?).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ringfence.guard.operators import OPERATORS, Operator

Each = Literal["one", "any", "all"]
DEEPEST = 64
_TOO_DEEP = f"a condition is nested deeper than {DEEPEST} levels"


class _Node(msgspec.Struct, frozen=True, tag_field="test", forbid_unknown_fields=True):
    """What every condition is: a test.

    Building one, from a file or in a program, raises ValueError if it couldn't be
    evaluated: a bound that is no number, or parts nested too deep.
    """


class All(_Node, frozen=True, tag="all"):
    """Every part holds; of no parts, it always holds."""

    of: tuple[Condition, ...]

    def __post_init__(self) -> None:
        """Refuse parts nested too deep."""
        _require_depth(self)


class AnyOf(_Node, frozen=True, tag="any"):
    """Some part holds; of no parts, it never does."""

    of: tuple[Condition, ...]

    def __post_init__(self) -> None:
        """Refuse parts nested too deep."""
        _require_depth(self)


class Not(_Node, frozen=True, tag="not"):
    """The part doesn't hold."""

    of: Condition

    def __post_init__(self) -> None:
        """Refuse parts nested too deep."""
        _require_depth(self)


class Absent(_Node, frozen=True, tag="absent"):
    """The request has no value of such a key."""

    key: str


class Compare(_Node, frozen=True, tag="compare"):
    """A key's value compares with one of some values.

    Attributes:
        each: How many values the key may have, and which have to compare: `one`, it has
            one value alone, which does; `any`, some value does; `all`, every value
            does, which an absent key passes. An absent key passes no other.
    """

    key: str
    op: Operator
    values: tuple[str, ...]
    each: Each = "one"

    def __post_init__(self) -> None:
        """Refuse values that the operator can't compare with."""
        flaw_in = OPERATORS[self.op].flaw
        for value in self.values:
            if flaw := flaw_in(value):
                raise ValueError(f"`{self.op}` of key `{self.key}`: {flaw}")


class Undecided(_Node, frozen=True, tag="undecided"):
    """A condition that isn't understood: neither true nor false, whatever is asked."""

    reason: str


Condition = All | AnyOf | Not | Absent | Compare | Undecided
_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[Condition] = msgspec.json.Decoder(Condition)


def canonical(condition: Condition) -> str:
    """Return a condition as canonical JSON: what a fact states, and sorts by."""
    return _encoder.encode(condition).decode()


def parse(text: str) -> Condition:
    """Return the condition that canonical JSON states.

    Raises:
        ValueError: It states none; the message says where.
    """
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def keys(condition: Condition) -> Iterator[str]:
    """Yield every key that a condition speaks of, as often as it does."""
    for one in leaves(condition):
        if not isinstance(one, Undecided):
            yield one.key


def leaves(condition: Condition) -> Iterator[Absent | Compare | Undecided]:
    """Yield every part of a condition that has no parts of its own."""
    match condition:
        case All() | AnyOf():
            for part in condition.of:
                yield from leaves(part)
        case Not():
            yield from leaves(condition.of)
        case Absent() | Compare() | Undecided():
            yield condition


def _require_depth(condition: All | AnyOf | Not) -> None:
    level: tuple[Condition, ...] = (condition,)
    for _ in range(DEEPEST):
        level = tuple(part for one in level for part in _parts(one))
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case All() | AnyOf():
            return condition.of
        case Not():
            return (condition.of,)
        case _:
            return ()


NEVER = AnyOf(())
