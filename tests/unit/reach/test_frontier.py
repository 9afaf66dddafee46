"""The frontier of a company in which each plan's price can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ringfence.reach.collateral import Busy
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


def row_of(facts, tail, kind):
    """Return the row of a fact, by its tail and kind."""
    ordered = Setting(facts, X, [T]).facts
    return next(n for n, f in enumerate(ordered) if (f.id, f.name) == (tail, kind))


def test_what_nobody_uses_goes_before_what_fewer_use():
    """A grant that thirty share and nobody uses is taken rather than one that four use.

    Neither end of the frontier changes by that.
    """
    facts = company()
    used = [(f"person:l0-{n}", T) for n in range(4)]
    idle = [row_of(facts, "group:g1", "has_privilege")]
    _, plain = plans(facts)
    _, found = plans(facts, idle=idle, used=used)
    rows = [(p.aim, p.cost, p.blast.pairs, p.blast.busy) for p in found]
    assert rows == [
        (FEWEST, 2, 34, Busy(people=4, pairs=4, untold=0, open=0)),
        (BETWEEN, 4, 30, Busy(people=0, pairs=0, untold=0, open=0)),
        (SPARING, 6, 0, Busy(people=0, pairs=0, untold=0, open=0)),
    ]
    for end in (0, -1):
        assert found[end].edges.tolist() == plain[end].edges.tolist()
    assert plain[1].blast.pairs == 4


def test_without_logs_nothing_is_said_of_use():
    """Who looked at no log is told of no use, and every person counts the same."""
    _, found = plans(company())
    assert [plan.blast.busy for plan in found] == [None, None, None]


def test_of_what_cannot_be_told_it_is_said():
    """A pair that may be in use counts as open, and its person only if none is used."""
    facts = company()
    setting = Setting(facts, X, [T], used=[("person:l0-0", T)])
    assert setting.aim.in_use is not None
    people = setting.numbers([f"person:l0-{n}" for n in range(3)])
    open_ = ((people, setting.numbers([T])),)
    told = replace(setting.aim.in_use, open=open_)
    found = frontier(setting.graph, replace(setting.aim, in_use=told), setting.prices)
    assert not isinstance(found, Uncuttable)
    assert found[0].blast.busy == Busy(people=1, pairs=1, untold=2, open=2)


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
