"""Statements about shares become one interval for each owner."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ringfence.boundary.ownership import (
    Share,
    Stake,
    ceiling,
    floor,
    in_words,
    merge,
    stake,
    undisclosed,
)


def held(
    low: str, high: str, *, is_direct: bool = True, is_known: bool = True
) -> Stake:
    ends = Fraction(low), Fraction(high)
    return Stake("a", "b", "s", *ends, is_direct=is_direct, is_known=is_known)


def share(low: str, high: str, *, is_direct: bool = True, owner: str = "a") -> Share:
    return Share(owner, "b", "s", Fraction(low), Fraction(high), is_direct=is_direct)


@pytest.mark.parametrize(
    ("detail", "low", "high", "is_direct"),
    [
        ({"min": "25", "max": "49.9", "directness": "direct"}, 25, "49.9", True),
        ({"min": "25", "max": "25", "directness": "indirect"}, 25, 25, False),
        ({"min": "25", "directness": "unknown"}, 25, 100, False),
        ({"max": "25"}, 0, 25, False),
        ({"min": "a quarter", "max": "1e9"}, 0, 100, False),
        ({"min": "-5", "max": ""}, 0, 100, False),
    ],
)
def test_stake_from_detail(detail, low, high, is_direct):
    """Bounds that are missing or no decimal numbers are as wide as can be."""
    found = stake("a", "b", detail={"interest": "s", **detail})
    expected = Stake("a", "b", "s", Fraction(low), Fraction(high), is_direct=is_direct)
    assert expected == found


def test_open_stake_from_detail():
    """An edge that can't be decided is a stake that isn't known."""
    assert not stake("a", "b", detail={}, unknown="disputed").is_known


@pytest.mark.parametrize(
    ("stakes", "expected"),
    [
        ([held("10", "20"), held("15", "30")], [share("10", "30")]),
        ([held("10", "20"), held("10", "20")], [share("10", "20")]),
        ([held("10", "20", is_known=False)], [share("0", "20")]),
        ([held("10", "20"), held("15", "20", is_known=False)], [share("0", "20")]),
        ([held("10", "20", is_direct=False)], [share("10", "20", is_direct=False)]),
        (
            [held("10", "20"), held("25", "25", is_direct=False), held("9", "10")],
            [share("9", "20"), share("25", "25", is_direct=False)],
        ),
        ([held("60", "40")], [share("60", "60")]),
        ([held("60", "40", is_known=False)], [share("0", "60")]),
    ],
)
def test_merge(stakes, expected):
    """One owner has one share in each way: the widest interval of its versions."""
    shares = merge(stakes)
    assert expected == list(shares.of("b", "s"))
    assert {"a": expected} == shares.by_owner


def test_merge_keeps_interests_apart():
    """Votes are no shares."""
    shares = merge([held("10", "20"), Stake("a", "b", "v", Fraction(5), Fraction(5))])
    assert [one.low for one in shares.of("b", "v")] == [5]
    assert list(shares.of("c", "s")) == []
    assert {"a", "b"} == set(shares.ends())


def test_a_stake_of_no_stated_interest_may_be_of_any():
    """It is possible in every interest, certain in none, and stated of none."""
    shares = merge([held("10", "20"), stake("a", "b", detail={"min": "50"})])
    assert [share("10", "20")] == list(shares.of("b", "s"))
    assert list(shares.of("b", "v")) == []
    (unstated,) = shares.perhaps_of("b", "v")
    assert unstated == Share("a", "b", "", Fraction(0), Fraction(100), is_direct=False)
    assert [share("10", "20"), unstated] == list(shares.perhaps_of("b", "s"))


def test_floor():
    """Direct shares add up; indirect ones may all be the same, or direct ones."""
    shares = [share("25", "25"), share("20", "30"), share("30", "30", is_direct=False)]
    assert floor(shares) == 45
    assert floor([*shares[:1], share("40", "50", is_direct=False)]) == 40
    chain = [share("30", "30", is_direct=False), share("40", "40", is_direct=False)]
    assert floor(chain) == 40
    assert floor([]) == 0


def test_ceiling():
    """At most, everything adds up, to the whole."""
    assert ceiling([share("25", "25"), share("20", "30", is_direct=False)]) == 55
    assert ceiling([share("25", "75"), share("20", "30")]) == 100


def test_undisclosed():
    """What nobody is said to hold at least is undisclosed."""
    assert undisclosed([share("50", "75"), share("20", "30")]) == 30
    # The indirect holding may be of the very shares that are held directly.
    assert undisclosed([share("90", "90"), share("60", "60", is_direct=False)]) == 10
    chain = [share("50", "50", is_direct=False), share("40", "40", is_direct=False)]
    assert undisclosed(chain) == 50
    assert undisclosed([]) == 100


@pytest.mark.parametrize(
    ("percent", "words"),
    [("50", "50"), ("49.9", "49.9"), ("100", "100"), ("0", "0"), ("33.333", "33.333")],
)
def test_in_words(percent, words):
    """A percentage is written as short as it can be."""
    assert words == in_words(Fraction(percent))
