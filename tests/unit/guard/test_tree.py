"""Conditions as values: their text, and what can't be one."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.guard.tree import (
    DEEPEST,
    NEVER,
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    Undecided,
    canonical,
    keys,
    leaves,
    parse,
)


def test_the_text_is_canonical():
    """Keys are sorted, there are no blanks, and nothing is left out."""
    text = canonical(Not(Compare("k", "equals", ("v",))))
    assert text == (
        '{"of":{"each":"one","key":"k","op":"equals","test":"compare","values":["v"]},'
        '"test":"not"}'
    )


def test_what_is_left_out_is_one():
    """A comparison that says nothing else is of a key with one value."""
    text = '{"test":"compare","key":"k","op":"like","values":[]}'
    assert parse(text) == Compare("k", "like", (), "one")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "truncated"),
        ("{}", "test"),
        ("[]", "object"),
        ('{"test":"perhaps"}', "$.test"),
        ('{"test":"all"}', "of"),
        ('{"test":"absent","key":"k","more":1}', "more"),
        ('{"test":"compare","key":"k","op":"is","values":[]}', "$.op"),
        ('{"test":"compare","key":"k","op":"like","values":"v"}', "$.values"),
        ('{"test":"compare","key":"k","op":"like","values":[1]}', "$.values[0]"),
        (
            '{"test":"not","of":{"test":"compare","key":"k","op":"less","values":["x"]}}',
            "$.of",
        ),
    ],
)
def test_what_is_no_condition_is_refused(text: str, where: str):
    """The message names the place."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("op", "value", "flaw"),
    [
        ("less", "1,5", "`1,5` is no number"),
        ("same_number", "", "`` is no number"),
        ("more", "9" * 65, "is longer than the 64 characters of a number"),
        ("before", "2024-02-30", "`2024-02-30` is no instant"),
        ("from", "2024-01-01T00:00:00", "`2024-01-01T00:00:00` is no instant"),
        ("in_network", "10.0.0.0/33", "`10.0.0.0/33` is no address range"),
        (
            "in_network",
            "10.0.0.0/255.0.0.0",
            "`10.0.0.0/255.0.0.0` is no address range",
        ),
        ("arn_like", "*", "`*` has not an ARN's six parts"),
    ],
)
def test_a_value_that_nothing_compares_with_is_refused(op: str, value: str, flaw: str):
    """A bound that isn't one is told, in a program and in a file alike."""
    message = f"`{op}` of key `k`: {flaw}"
    with pytest.raises(ValueError, match=r".") as caught:
        Compare("k", op, (value,))  # type: ignore[arg-type]
    assert str(caught.value) == message
    text = msgspec.json.encode(
        {"test": "compare", "key": "k", "op": op, "values": [value]}
    )
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text.decode())
    assert str(caught.value).startswith(message)


def nested(levels: int) -> str:
    return '{"test":"not","of":' * levels + '{"test":"absent","key":"k"}' + "}" * levels


def test_nesting_is_bounded():
    """64 levels are read, and not one more; how many more makes no difference."""
    assert isinstance(parse(nested(DEEPEST - 1)), Not)
    for levels in (DEEPEST, DEEPEST + 1, 100_000):
        with pytest.raises(ValueError, match="nested deeper than 64 levels"):
            parse(nested(levels))


def test_nesting_is_bounded_in_programs():
    """A program can't build what a file can't say."""
    condition: Condition = Absent("k")
    for _ in range(DEEPEST - 1):
        condition = All((condition,))
    with pytest.raises(ValueError, match="nested deeper"):
        AnyOf((condition, Absent("k")))


def test_keys_and_leaves_are_told_as_often_as_they_stand():
    """Each test is a leaf; what isn't decided has no key."""
    one, other = Absent("a"), Compare("b", "equals", ())
    condition = All((one, AnyOf((Not(other), Undecided("why"), one)), NEVER))
    assert list(keys(condition)) == ["a", "b", "a"]
    assert list(leaves(condition)) == [one, other, Undecided("why"), one]
