"""AWS statements as conditions: enough of the language for the scenarios and the peer.

Keys: `action` in small letters (AWS ignores their case), `resource`, `principal`, and
the condition keys by their own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ringfence.guard.operators import Operator
from ringfence.guard.tree import (
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Each,
    Not,
    Undecided,
)

Statement = Mapping[str, Any]
BUCKET = "arn:aws:s3:::us-user-data"
OBJECTS = f"{BUCKET}/*"
BOTH = [BUCKET, OBJECTS]
TAG = "aws:PrincipalTag/country"
READS = ("s3:getobject", "s3:getobjectversion", "s3:selectobjectcontent")
GUARD = {
    "Effect": "Deny",
    "Action": "s3:*",
    "Resource": BOTH,
    "Condition": {"StringNotEquals": {TAG: "US"}},
}
# A read of a protected object, by somebody whose country isn't stated to be US.
READ_BY_EXCLUDED: tuple[Condition, ...] = (
    Compare("action", "equals", READS),
    Compare("resource", "like", (OBJECTS,)),
    Not(Compare(TAG, "equals", ("US",))),
)
_POSITIVE: dict[str, Operator] = {
    "StringEquals": "equals",
    "StringEqualsIgnoreCase": "equals_ignoring_case",
    "StringLike": "like",
    "ArnEquals": "arn_like",
    "ArnLike": "arn_like",
    "Bool": "equals_ignoring_case",
    "IpAddress": "in_network",
    "NumericEquals": "same_number",
    "NumericLessThan": "less",
    "NumericLessThanEquals": "at_most",
    "NumericGreaterThan": "more",
    "NumericGreaterThanEquals": "at_least",
    "DateEquals": "same_instant",
    "DateLessThan": "before",
    "DateLessThanEquals": "until",
    "DateGreaterThan": "after",
    "DateGreaterThanEquals": "from",
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_EACH: dict[tuple[str, bool], Each] = {
    ("", False): "one",
    ("", True): "one",
    ("ForAllValues", False): "all",
    ("ForAllValues", True): "any",
    ("ForAnyValue", False): "any",
    ("ForAnyValue", True): "all",
}


def texts(value: object) -> list[str]:
    """Return a string or a list as a list."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def allowed(*statements: Statement) -> Condition:
    """Return the condition that some statement allows and none denies."""
    allows = [matches(one) for one in statements if one["Effect"] == "Allow"]
    denies = [matches(one) for one in statements if one["Effect"] == "Deny"]
    return All((AnyOf(tuple(allows)), Not(AnyOf(tuple(denies)))))


def matches(statement: Statement) -> Condition:
    """Return the condition that a statement applies to a request."""
    parts: list[Condition] = []
    for name, key in (("Action", "action"), ("Resource", "resource")):
        small = str.lower if key == "action" else str
        if name in statement:
            parts.append(_like(key, map(small, texts(statement[name]))))
        if f"Not{name}" in statement:
            parts.append(Not(_like(key, map(small, texts(statement[f"Not{name}"])))))
    if "NotPrincipal" in statement:
        parts.append(Not(_like("principal", texts(statement["NotPrincipal"]["AWS"]))))
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            parts.append(tested(operator, key, texts(values)))
    return All(tuple(parts))


def tested(operator: str, key: str, values: Sequence[str]) -> Condition:
    """Return the condition that an AWS operator, key and values state."""
    if operator == "Null":
        absent = Absent(key)
        return AnyOf(tuple(absent if v == "true" else Not(absent) for v in values))
    each, _, plain = operator.rpartition(":")
    if plain.endswith("IfExists"):
        exists = f"{each}:{plain.removesuffix('IfExists')}".lstrip(":")
        return AnyOf((Absent(key), tested(exists, key, values)))
    if any("${" in value for value in values):
        return Undecided("a variable")
    positive = _NEGATED.get(plain, plain)
    negated = positive != plain
    if positive not in _POSITIVE:
        return Undecided(f"operator {operator}")
    # That all values don't match is that not any does, and the other way round.
    comparison = Compare(key, _POSITIVE[positive], tuple(values), _EACH[each, negated])
    return Not(comparison) if negated else comparison


def _like(key: str, patterns: Iterable[str]) -> Condition:
    found = list(patterns)
    plain = Compare(key, "like", tuple(one for one in found if "${" not in one))
    if len(plain.values) == len(found):
        return plain
    return AnyOf((plain, Undecided("a variable")))
