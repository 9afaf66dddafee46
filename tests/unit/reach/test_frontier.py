"""The frontier of a company in which each plan's price can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.reach.costs import Seen
from ringfence.reach.frontier import (
    BETWEEN,
    FEWEST,
    SPARING,
    Uncuttable,
    _letters,
    frontier,
    worthwhile,
)
from tests.estates import edge
from tests.planning import Setting

T, X = "dataset:d/t", ["person:x1", "person:x2", "person:x3"]


def company(people=(4, 30)):
    """Return facts: two groups with different crowds share three excluded people."""
    facts = []
    for place, count in enumerate(people):
        group = f"group:g{place}"
        facts += [
            edge(f"person:l{place}-{n}", "member_of", group) for n in range(count)
        ]
        facts += [edge(who, "member_of", group) for who in X]
        facts.append(edge(group, "has_privilege", T, verb="read"))
    return facts


def plans(facts, **more):
    """Return the frontier, told of what it did."""
    setting = Setting(facts, X, [T], **more)
    told: list[str] = []
    found = frontier(setting.graph, setting.aim, setting.prices, progress=told.append)
    assert told[0] == "looking for every way"
    return setting, found


def test_from_fewest_changes_to_zero_collateral():
    """Two grants hurt 34; a grant and three memberships hurt 4; six hurt nobody."""
    _, found = plans(company())
    rows = [(p.name, p.aim, p.changes, p.cost, p.blast.pairs) for p in found]
    assert rows == [
        ("A", FEWEST, 2, 2, 34),
        ("B", BETWEEN, 4, 4, 4),
        ("C", SPARING, 6, 6, 0),
    ]
    assert [plan.blast.before for plan in found] == [34, 34, 34]
    assert all(len(plan.remaining) == 0 for plan in found)


def test_one_plan_may_be_best_in_both_ways():
    """Where the excluded are alone, fewest changes and no collateral are one plan."""
    _, found = plans([edge(X[0], "has_privilege", T, verb="read")])
    assert [plan.aim for plan in found] == [f"{FEWEST}, {SPARING}"]


def test_nothing_to_close_is_a_plan_without_changes():
    """An estate in which nothing is reached has one plan, which changes nothing."""
    _, found = plans([edge("person:l", "has_privilege", T, verb="read")])
    assert [(p.changes, p.cost, p.blast.pairs, p.blast.before) for p in found] == [
        (0, 0, 0, 1)
    ]


def test_what_leads_through_the_excluded_is_lost_by_any_plan():
    """Somebody who directs an excluded person loses what only that one had."""
    facts = [*company(), edge("person:boss", "directs", X[0])]
    _, found = plans(facts, costs={"directs": None})
    assert found[-1].aim == SPARING
    assert found[-1].blast.pairs == 1


def test_no_plan_spares_all_where_memberships_must_stay():
    """With memberships out of bounds only the grants are left, and nothing is spared."""
    _, found = plans(company(), costs={"member_of": None})
    assert [(p.aim, p.changes, p.blast.pairs) for p in found] == [(FEWEST, 2, 34)]


def test_the_gentlest_stands_in_for_one_that_spares_all():
    """Where one group's members must stay, the other's are still spared."""
    facts = [f for f in company() if (f.id, f.value) != (X[0], "group:g1")]
    facts.append(edge(X[0], "directs", "group:g1"))
    _, found = plans(facts, costs={"directs": None})
    assert [(p.aim, p.changes, p.blast.pairs) for p in found] == [
        (FEWEST, 2, 34),
        (BETWEEN, 4, 30),
    ]


def test_an_uncuttable_pair_is_named():
    """What can't be taken away is told by its two ends."""
    facts = [*company(), edge(X[1], "controls", T)]
    setting, found = plans(facts)
    assert found == Uncuttable(setting.graph.number[X[1]], setting.graph.number[T])


def test_an_uncuttable_rule_of_several_is_named():
    """Of a rule that no single person meets, one origin and the target are told."""
    facts = [
        edge(X[0], "controls", "store:d"),
        edge(X[1], "controls", "dataset:d/k"),
        edge("store:d", "contains", T, needs=["dataset:d/k"]),
    ]
    setting, found = plans(facts)
    assert isinstance(found, Uncuttable)
    assert found.target == setting.graph.number[T]


def test_what_nobody_uses_goes_first():
    """An idle edge costs nothing, so that the plan prefers it."""
    facts = [edge(X[0], "member_of", "group:g"), edge("group:g", "can_use", "tool:t")]
    facts += [edge("tool:t", "has_privilege", T, verb="read")]
    rows = {fact.name: row for row, fact in enumerate(Setting(facts, X, [T]).facts)}
    use = {rows["can_use"]: Seen(0), rows["member_of"]: Seen(5, "2022-01-30T00:00:00Z")}
    setting, found = plans(facts, use=use, idle_since="2021-11-01T00:00:00Z")
    assert setting.named(found[0].edges) == {("group:g", "can_use", "tool:t", "")}
    assert found[0].cost == 0


def test_changes_of_what_is_undecided_are_counted():
    """A change all of whose facts are undecided counts as such."""
    facts = [edge(X[0], "member_of", "group:g", unknown="?")]
    facts += [edge("group:g", "has_privilege", T, verb="read")]
    _, found = plans(facts)
    assert (found[0].changes, found[0].undecided) == (1, 1)


def test_a_plan_that_another_beats_is_dropped():
    """Of plans that take as much, only the cheapest is worth a look."""
    _, found = plans(company())
    again = worthwhile([*found, *found[::-1]])
    assert [plan.cost for plan in again] == [plan.cost for plan in found]


@pytest.mark.parametrize(
    ("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (53, "BB")]
)
def test_plans_are_lettered(place, name):
    """There is a letter for every plan."""
    assert _letters(place) == name


def test_as_many_plans_between_as_asked_for():
    """With none between, the two ends are left."""
    setting = Setting(company(), X, [T])
    found = frontier(setting.graph, setting.aim, setting.prices, between=0)
    assert not isinstance(found, Uncuttable)
    assert [plan.aim for plan in found] == [FEWEST, SPARING]


def test_nobody_legitimate_is_no_trouble():
    """Without legitimate people the first plan is the only one."""
    facts = [fact for fact in company() if not fact.id.startswith("person:l")]
    setting, found = plans(facts)
    assert len(setting.aim.legitimate) == 0
    assert [plan.blast.before for plan in found] == [0]
    assert np.array_equal(found[0].blast.people, [])
