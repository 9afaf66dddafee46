"""Values of one key: found where there are any, and certainly none where not."""

from __future__ import annotations

import pytest

from ringfence.guard import globs, keyed
from ringfence.guard.clock import Clock, OutOfTimeError
from ringfence.guard.formula import Literal
from ringfence.guard.operators import Operator
from ringfence.guard.tree import Absent, Compare, Each
from ringfence.guard.words import UnsureError, compares_with, word

Pair = tuple[Operator, str]


def clock() -> Clock:
    return Clock.of(60)


def sought(inside: list[Pair], outside: list[Pair]) -> str | None:
    return word(
        [Compare("k", op, (value,)) for op, value in inside],
        [Compare("k", op, (value,)) for op, value in outside],
        clock(),
    )


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        ([], [], "x"),
        ([("like", "*")], [], "x"),
        ([("like", "*")], [("like", "?*")], ""),
        ([("like", "a*")], [("equals", "a")], "ax"),
        ([("like", "*a")], [("like", "?*")], None),
        ([("like", "a*"), ("like", "*b")], [("equals", "ab")], "axb"),
        ([("like", "a*"), ("like", "b*")], [], None),
        ([("like", "s3:Get*")], [("like", "s3:*")], None),
        ([("equals", "*")], [("equals", "x")], "*"),
        ([("equals", "*")], [("like", "*")], None),
        ([("like", "?")], [("equals_ignoring_case", "x")], "0"),
        ([("equals_ignoring_case", "K")], [("equals", "k"), ("equals", "K")], "\u212a"),
        ([("arn_like", "a:*:c:d:e:f")], [("like", "*b*")], "a::c:d:e:f"),
        ([("arn_like", "*:b:c:d:e:f")], [("arn_like", "?*:b:c:d:e:f")], ":b:c:d:e:f"),
        ([("like", "a:*")], [("arn_like", "a:*:*:*:*:*")], "a:"),
        ([("like", "a:*:*:*:*:*")], [("arn_like", "*:*:*:*:*:*")], None),
        ([("less", "1"), ("more", "0")], [], "0.5"),
        ([("less", "2"), ("more", "0")], [], "1"),
        ([("at_most", "1"), ("at_least", "1")], [("same_number", "1.0")], None),
        ([], [("at_most", "1"), ("at_least", "1")], "x"),
        ([("before", "2024-01-01")], [("before", "2023-12-31T23:59:59Z")], "2023-12-31T23:59:59Z"),
        ([("in_network", "10.0.0.0/8")], [("in_network", "10.0.0.0/9")], "10.128.0.0"),
        ([("in_network", "10.0.0.0/9")], [("in_network", "10.0.0.0/8")], None),
        ([("in_network", "255.0.0.0/8")], [("in_network", "255.0.0.0/9")], "255.128.0.0"),
        ([("in_network", "0.0.0.0/0"), ("in_network", "::/0")], [], None),
        ([], [("in_network", "0.0.0.0/0")], "::"),
        ([], [("in_network", "0.0.0.0/0"), ("in_network", "::/0")], "x"),
        ([("less", "5"), ("like", "1*")], [], "1"),
        ([("less", "5"), ("equals", "7")], [], None),
        ([("less", "5"), ("more", "6"), ("like", "*")], [], None),
        ([("same_instant", "0"), ("same_number", "0")], [], "0"),
    ],
)  # fmt: skip
def test_a_value_in_and_out(
    inside: list[Pair], outside: list[Pair], expected: str | None
):
    """The value found is the one expected, or there is none."""
    assert sought(inside, outside) == expected


def test_kinds_that_meet_may_leave_it_open():
    """A number below 100 that ends in 7 isn't tried for: that is said, not denied."""
    with pytest.raises(UnsureError):
        sought([("more", "10"), ("less", "100"), ("like", "*7")], [])


def test_no_bounds_leave_every_value():
    """A comparison with no value at all is of no use, and in nobody's way."""
    assert word([], [Compare("k", "less", ())], clock()) == "x"
    assert word([Compare("k", "less", ())], [], clock()) is None


def test_a_key_that_may_have_a_value_stays_open():
    """Neither one value nor several were found, and that proves nothing."""
    tests: list[Pair] = [("more", "10"), ("less", "100"), ("like", "*7")]
    literals = [Literal(Compare("k", op, (v,)), true=True) for op, v in tests]
    with pytest.raises(UnsureError):
        keyed.values(literals, clock())
    assert keyed.core([ABSENT, *literals], clock()) == [ABSENT, literals[2]]


def test_values_that_no_plain_character_tells_apart():
    """Where every plain character is named, another stands for all others."""
    named = "x0abcdefghijklmnopqrstuvwyz123456789\u4e00"
    outside: list[Pair] = [("equals", one) for one in named]
    assert sought([("like", "?")], outside) == "\u4e01"


def test_patterns_that_begin_otherwise_are_left_out():
    """A long list is cut to what can match, and nothing is lost by it."""
    assert globs.beginning("like", ("abc*", "abd", "ab?x")) == "ab"
    assert globs.beginning("equals_ignoring_case", ("ab",)) == ""
    assert globs.beside("like", ("abc*", "a*", "b*", "?b", ""), "ab") == (
        "abc*",
        "a*",
        "?b",
        "",
    )
    many = Compare("k", "like", tuple(f"s{n}:*" for n in range(300)))
    assert word([Compare("k", "like", ("s7:Get*",)), many], [], clock()) == "s7:Get"


def test_a_search_ends_with_its_time():
    """Patterns whose product is vast stop when the time is over."""
    inside = [globs.automaton("like", (f"*{c}*{c}*",)) for c in "abcdefghijklmnop"]
    with pytest.raises(OutOfTimeError):
        globs.witness(inside, [], Clock.of(0.01))


def literal(each: Each, wanted: str, *, true: bool = True) -> Literal:
    return Literal(Compare("k", "like", (wanted,), each), true)


ABSENT, PRESENT = Literal(Absent("k"), true=True), Literal(Absent("k"), true=False)


@pytest.mark.parametrize(
    ("literals", "expected"),
    [
        ([], ()),
        ([ABSENT], ()),
        ([PRESENT], ("x",)),
        ([ABSENT, PRESENT], None),
        ([ABSENT, literal("one", "a")], None),
        ([ABSENT, literal("all", "a")], ()),
        ([literal("one", "a", true=False)], ()),
        ([literal("one", "a")], ("a",)),
        ([literal("one", "a"), literal("one", "b")], None),
        ([literal("any", "a"), literal("any", "b")], ("a", "b")),
        ([literal("any", "a*"), literal("any", "*b")], ("ab",)),
        ([literal("any", "a"), literal("all", "b")], None),
        ([literal("any", "a"), literal("all", "a", true=False)], ("a", "x")),
        ([literal("any", "a"), literal("all", "a"), literal("one", "a", true=False)], None),
        ([literal("any", "a"), literal("one", "a", true=False)], ("a", "x")),
        ([PRESENT, literal("one", "*", true=False)], ("x", "0")),
        ([literal("all", "*", true=False)], None),
        ([literal("any", "*", true=False), PRESENT], None),
        ([literal("any", "a"), literal("any", "b"), literal("any", "?", true=False)], None),
    ],
)  # fmt: skip
def test_a_key_is_absent_or_has_one_value_or_several(
    literals: list[Literal], expected: tuple[str, ...] | None
):
    """The fewest values that will do are found, in each of the three ways."""
    assert keyed.values(literals, clock()) == expected


def test_a_core_has_no_literal_too_many():
    """Of five literals, the two that contradict each other are left."""
    literals = [
        literal("one", "*"),
        literal("one", "a*"),
        literal("one", "*x", true=False),
        literal("one", "b*"),
        literal("all", "*"),
    ]
    assert keyed.core(literals, clock()) == [literals[1], literals[3]]


def test_one_value_compares_whatever_the_others_do():
    """Any of the values wanted will do."""
    assert compares_with("b", Compare("k", "equals", ("a", "b"), "all")) is True
    assert compares_with("c", Compare("k", "equals", ("a", "b"), "any")) is False
