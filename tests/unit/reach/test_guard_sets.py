"""The sets of guards that may be met together, where the solver has its limits."""

from __future__ import annotations

from unittest.mock import patch

from ringfence.guard.symbolic import Impossible, Possible, Unknown
from ringfence.reach import guard_sets as module
from ringfence.reach.guard_sets import Conflict, Guards, GuardSet, guard_sets

NOBODY: Guards = frozenset()


def apart(*pairs: tuple[int, int]):
    """Return a decider to whom some pairs of guards exclude each other."""

    def decide(guards: Guards) -> Impossible | Possible | Unknown:
        if any({*pair} <= guards for pair in pairs):
            return Impossible(f"of {sorted(guards)}")
        return Possible({"met": tuple(map(str, sorted(guards)))})

    return decide


def test_guards_that_go_together_are_one_way():
    """Without a conflict nothing is left out."""
    found = guard_sets([2, 1], apart())
    request = {"met": ("1", "2")}
    assert found.sets == [GuardSet(NOBODY, frozenset({1, 2}), request)]
    assert found.conflicts == []


def test_a_conflict_makes_a_way_for_each_side():
    """Of two that exclude each other, each way leaves one out, and the third stays."""
    found = guard_sets([1, 2, 3], apart((1, 2)))
    assert {way.barred for way in found.sets} == {frozenset({1}), frozenset({2})}
    assert found.conflicts == [Conflict(frozenset({1, 2}), "of [1, 2]")]


def test_only_the_largest_sets_are_ways():
    """Three that exclude each other by twos leave one each, and no smaller set."""
    found = guard_sets([1, 2, 3], apart((1, 2), (2, 3), (1, 3)))
    assert sorted(sorted(way.barred) for way in found.sets) == [[1, 2], [1, 3], [2, 3]]
    assert len(found.conflicts) == 3


def test_what_is_not_decided_may_be_met_and_surely_is_not():
    """A set of which nobody knows stays a way; what is sure of it is found one by one."""

    def decide(guards: Guards) -> Impossible | Possible | Unknown:
        if 9 in guards:
            return Unknown("too large")
        return Possible({"n": (str(len(guards)),)})

    found = guard_sets([1, 2, 9], decide)
    assert found.sets == [GuardSet(NOBODY, frozenset({1, 2}), {"n": ("2",)})]


def test_too_many_ways_are_none():
    """Beyond the limits every guard counts as met, and none surely."""
    pairs = [(2 * n, 2 * n + 1) for n in range(3)]
    for limit in ("MOST_SETS", "MOST_QUESTIONS"):
        with patch.object(module, limit, 7):
            found = guard_sets(range(6), apart(*pairs))
        assert found.sets == [GuardSet(NOBODY, NOBODY)]
        assert found.conflicts == []
    assert len(guard_sets(range(6), apart(*pairs)).sets) == 8
