"""One request, one condition: the table of iam.md's marks, row by row."""

from __future__ import annotations

import pytest

from ringfence.guard.concrete import holds
from ringfence.guard.operators import OPERATORS, Operator
from ringfence.guard.tree import (
    NEVER,
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Each,
    Not,
    Undecided,
)

U = Undecided("why")
T: Condition = All(())


@pytest.mark.parametrize(
    ("op", "value", "wanted", "expected"),
    [
        ("equals", "US", "US", True),
        ("equals", "us", "US", False),
        ("equals", "U*", "U*", True),
        ("equals", "US", "U*", False),
        ("equals_ignoring_case", "TRUE", "true", True),
        ("equals_ignoring_case", "straße", "STRASSE", False),
        ("like", "abc", "a*c", True),
        ("like", "ac", "a*c", True),
        ("like", "ac", "a?c", False),
        ("like", "a[b]c", "a[b]c", True),
        ("like", "abc", "a[b]c", False),
        ("like", "a\nc", "a*c", True),
        ("like", "", "*", True),
        ("like", "", "?", False),
        ("like", "abcabd", "*ab?", True),
        ("arn_like", "arn:aws:s3:::b/o", "arn:aws:s3:::b/*", True),
        ("arn_like", "a:b:c:d:e:f", "a:*:d:e:f:*", False),
        ("arn_like", "arn:aws:iam::1:role/a", "arn:*:iam::*:role/*", True),
        ("arn_like", "arn:aws:iam:x:1:role/a", "arn:aws:iam::1:role/*", False),
        ("arn_like", "a:b:c:d:e:f:g", "a:b:c:d:e:*", True),
        ("arn_like", "a:b:c", "*:*:*:*:*:*", False),
        ("in_network", "10.1.2.3", "10.0.0.0/8", True),
        ("in_network", "11.1.2.3", "10.0.0.0/8", False),
        ("in_network", "::ffff:10.1.2.3", "10.0.0.0/8", False),
        ("in_network", "10.1.2.3", "::/0", False),
        ("in_network", "2001:db8::1", "2001:db8::/32", True),
        ("in_network", "here", "0.0.0.0/0", False),
        ("same_number", "1.0", "1", True),
        ("less", "1", "1", False),
        ("at_most", "1", "1", True),
        ("more", "0.30000000000000001", "0.3", True),
        ("at_least", "x", "1", False),
        ("same_instant", "1704067200", "2024-01-01T00:00:00Z", True),
        ("before", "2024-01-01T01:00:00+02:00", "2024-01-01", True),
        ("until", "2024-01-01", "2024-01-01", True),
        ("after", "2024-01-01", "2024-01-01", False),
        ("from", "2024-01-01", "2024-01-01", True),
    ],
)
def test_an_operator_compares(op: Operator, value: str, wanted: str, expected: bool):  # noqa: FBT001
    """The operator compares, and its negation is the opposite."""
    comparison = Compare("k", op, (wanted,))
    assert holds(comparison, {"k": (value,)}) is expected
    assert holds(Not(comparison), {"k": (value,)}) is not expected


@pytest.mark.parametrize("op", OPERATORS)
def test_an_absent_key_compares_with_nothing(op: Operator):
    """A comparison is false of an absent key, and its negation true."""
    values = {"in_network": "::/0", "arn_like": "*:*:*:*:*:*"}
    comparison = Compare("k", op, (values.get(op, "1"),))
    for request in ({}, {"k": ()}, {"other": ("1",)}):
        assert holds(comparison, request) is False
        assert holds(Not(comparison), request) is True
        assert holds(AnyOf((Absent("k"), comparison)), request) is True


@pytest.mark.parametrize(
    ("each", "values", "expected"),
    [
        ("one", ("a",), True),
        ("one", ("a", "a"), False),
        ("one", ("a", "b"), False),
        ("any", ("a", "b"), True),
        ("any", ("b",), False),
        ("any", (), False),
        ("all", ("a", "a"), True),
        ("all", ("a", "b"), False),
        ("all", (), True),
    ],
)
def test_a_key_with_several_values(each: Each, values: tuple[str, ...], expected: bool):  # noqa: FBT001
    """One value alone, some value, or every value compares."""
    assert holds(Compare("k", "equals", ("a",), each), {"k": values}) is expected


def test_several_wanted_values_are_alternatives():
    """A negated comparison with several values holds if none matches."""
    comparison = Compare("k", "equals", ("a", "b"))
    assert holds(comparison, {"k": ("b",)}) is True
    assert holds(Not(comparison), {"k": ("b",)}) is False
    assert holds(Not(comparison), {"k": ("c",)}) is True
    assert holds(Compare("k", "equals", ()), {"k": ("",)}) is False


def test_the_case_of_keys_is_nothing():
    """Keys that differ in case alone are one key."""
    request = {"AWS:SourceIp": ("a",), "aws:sourceip": ("b",)}
    assert holds(Absent("aws:sourceIP"), request) is False
    assert holds(Compare("Aws:SourceIp", "equals", ("b",), "any"), request) is True


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (U, None),
        (Not(U), None),
        (All((U, NEVER)), False),
        (All((U, T)), None),
        (AnyOf((U, T)), True),
        (AnyOf((U, NEVER)), None),
        (All(()), True),
        (NEVER, False),
        (Not(All((T, AnyOf((NEVER, U)), NEVER))), True),
    ],
)
def test_what_is_not_decided_follows_kleene(
    condition: Condition,
    expected: bool | None,  # noqa: FBT001
):
    """Undecided gives way to what settles the matter without it."""
    assert holds(condition, {}) is expected


def test_a_hostile_pattern_takes_no_time():
    """Stars cost the product of the lengths, not a power of them."""
    comparison = Compare("k", "like", ("*a" * 200 + "b",))
    assert holds(comparison, {"k": ("a" * 5000,)}) is False
