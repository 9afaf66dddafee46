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

Operator = Literal[
    "equals",  # the same text
    "equals_ignoring_case",
    "like",  # `*` any run, `?` any one character
    "arn_like",  # the same, for each part between colons
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


class _Node(msgspec.Struct, frozen=True, tag_field="test", forbid_unknown_fields=True):
    """What every condition is: a test."""


class All(_Node, frozen=True, tag="all"):
    """Every part holds; of no parts, it always holds."""

    of: tuple[Condition, ...]


class AnyOf(_Node, frozen=True, tag="any"):
    """Some part holds; of no parts, it never does."""

    of: tuple[Condition, ...]


class Not(_Node, frozen=True, tag="not"):
    """The part doesn't hold."""

    of: Condition


class Absent(_Node, frozen=True, tag="absent"):
    """The request has no such key."""

    key: str


class Compare(_Node, frozen=True, tag="compare"):
    """A key's value compares with one of some values; an absent key never does.

    Attributes:
        each: Of a key with several values: whether `any` of them has to compare, or
            `all` of them (which an absent or empty key passes).
    """

    key: str
    op: Operator
    values: tuple[str, ...]
    each: Literal["any", "all"] = "any"


class Undecided(_Node, frozen=True, tag="undecided"):
    """A condition that isn't understood: neither true nor false, whatever is asked."""

    reason: str


Condition = All | AnyOf | Not | Absent | Compare | Undecided

NEVER = AnyOf(())
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
    return _decoder.decode(text)


def keys(condition: Condition) -> Iterator[str]:
    """Yield every key that a condition speaks of, as often as it does."""
    match condition:
        case All() | AnyOf():
            for part in condition.of:
                yield from keys(part)
        case Not():
            yield from keys(condition.of)
        case Absent() | Compare():
            yield condition.key
        case Undecided():
            pass
