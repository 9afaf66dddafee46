"""Estimates before a plan, and the exact blast radius after it."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.reach.collateral import Sweep, passed, people_behind
from tests.estates import edge
from tests.planning import Setting

T = "dataset:d/t"


def crowd(count):
    """Return an estate in which so many people share two nested groups and a grant."""
    facts = [edge(f"person:p{n:04}", "member_of", "group:g") for n in range(count)]
    facts += [
        edge("group:g", "member_of", "group:h"),
        edge("group:h", "member_of", "group:g"),
    ]
    facts.append(edge("group:h", "has_privilege", T, verb="read"))
    facts.append(edge("person:x", "member_of", "group:h"))
    return Setting(facts, ["person:x"], [T])


@pytest.mark.parametrize("count", [1, 10, 300, 2000])
def test_people_behind_are_estimated(count):
    """The estimate is within half of the truth, on both sides of a cycle."""
    setting = crowd(count)
    goals = np.zeros(len(setting.graph.ids), np.uint16)
    goals[setting.aim.targets] = setting.aim.verbs
    found = people_behind(setting.graph, setting.aim.legitimate, goals)
    at = setting.graph.number
    for node in ("group:g", "group:h", T):
        assert found[at[node]] == pytest.approx(count, rel=0.5)
    assert found[at["person:x"]] == 0


def test_people_behind_counts_each_of_them_once():
    """Who comes by two ways draws one set of ranks: diamonds don't double."""
    facts = [edge("person:p", "member_of", f"group:{n}") for n in range(9)]
    facts += [edge(f"group:{n}", "has_privilege", T, verb="read") for n in range(9)]
    one = Setting(facts, [], [T])
    two = Setting(facts[::9], [], [T])
    found = []
    for setting in (one, two):
        goals = np.zeros(len(setting.graph.ids), np.uint16)
        goals[setting.aim.targets] = setting.aim.verbs
        behind = people_behind(setting.graph, setting.aim.legitimate, goals)
        found.append(behind[setting.graph.number[T]])
    assert found[0] == found[1] > 0


def test_nobody_is_behind_where_nobody_is():
    """Without people every estimate is nothing."""
    setting = crowd(3)
    goals = np.zeros(len(setting.graph.ids), np.uint16)
    goals[setting.aim.targets] = setting.aim.verbs
    assert not people_behind(setting.graph, np.empty(0, np.int64), goals).any()


def test_ways_of_their_own_pass_nobody_excluded():
    """Who directs an excluded person doesn't come to its edges by a way of their own."""
    facts = [
        edge("person:boss", "directs", "person:x"),
        edge("person:x", "member_of", "group:g"),
        edge("person:l", "member_of", "group:h"),
        edge("group:g", "has_privilege", T, verb="read"),
        edge("group:h", "has_privilege", T, verb="read"),
        edge(T, "derived_from", "dataset:d/u"),
    ]
    setting = Setting(facts, ["person:x"], [T])
    edges = np.arange(len(setting.graph))
    found = passed(setting.graph, setting.aim.legitimate, setting.aim.excluded, edges)
    assert setting.named(edges[found]) == {
        ("person:boss", "directs", "person:x", ""),
        ("person:l", "member_of", "group:h", ""),
        ("group:h", "has_privilege", T, "read"),
        (T, "derived_from", "dataset:d/u", ""),
    }


@pytest.mark.parametrize("room", [1, 1 << 12, 1 << 29])
def test_targets_may_go_in_parts(room):
    """However little memory there is, the same pairs are lost."""
    targets = [f"dataset:d/t{n:03}" for n in range(150)]
    facts = [edge("person:a", "has_privilege", t, verb="read") for t in targets]
    facts += [edge("person:b", "has_privilege", t, verb="read") for t in targets[::2]]
    setting = Setting(facts, [], targets)
    graph, aim = setting.graph, setting.aim
    sweep = Sweep(graph, aim.legitimate, aim.targets, aim.verbs, room=room)
    gone = np.flatnonzero(graph.head >= graph.number["dataset:d/t100"])
    for _ in range(2):
        blast = sweep.blast(gone)
        assert (blast.before, blast.pairs) == (225, 75)
        assert (
            blast.people.tolist() == setting.numbers(["person:a", "person:b"]).tolist()
        )
        assert blast.lost.tolist() == [50, 25]


def test_losses_are_listed_by_person():
    """Each person's lost targets are told, and nobody else's."""
    facts = [edge(p, "has_privilege", T, verb="read") for p in ("person:a", "person:b")]
    setting = Setting(facts, [], [T])
    graph, aim = setting.graph, setting.aim
    sweep = Sweep(graph, aim.legitimate, aim.targets, aim.verbs)
    who, what = sweep.losses(np.array([0, 1]), aim.legitimate[:1])
    assert who.tolist() == aim.legitimate[:1].tolist()
    assert what.tolist() == aim.targets.tolist()


def test_without_targets_nothing_is_lost():
    """No target, no pair."""
    setting = Setting([edge("person:a", "member_of", "group:g")], [], [])
    aim = setting.aim
    sweep = Sweep(setting.graph, aim.legitimate, aim.targets, aim.verbs)
    assert sweep.blast(np.empty(0, np.int64)).before == 0
    assert [
        len(side) for side in sweep.losses(np.empty(0, np.int64), aim.legitimate)
    ] == [0, 0]
