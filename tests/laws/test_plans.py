"""Laws of plans: they close, they cost the least, and they say exactly what they take."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.estate.facts import line
from ringfence.reach.costs import COSTS, Prices
from ringfence.reach.exemptions import Exempt, keeps, regranted
from ringfence.reach.frontier import FEWEST, SPARING, Uncuttable, frontier
from ringfence.reach.plan import after
from tests.estates import edge
from tests.planning import Setting
from tests.reference import closure as reference
from tests.reference.cut import (
    ENDLESS,
    change,
    closes,
    closing,
    flow,
    goals,
    without,
)
from tests.strategies import PRINCIPALS

PEOPLE, GROUPS = PRINCIPALS[:3], PRINCIPALS[3:5]
ROLES = ["role:db/r0", "tool:t"]
THINGS = ["dataset:a/s.t", "dataset:a/s.u", "column:a/s.t.c0"]
EXCLUDED = st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2).map(sorted)
TARGETS = st.sets(st.sampled_from(THINGS), min_size=1, max_size=2).map(sorted)
VERBS = st.sampled_from([("read",), ("any",), ("read", "insert")])
# Towards data rather than anywhere: else hardly anybody reaches anything.
TOWARDS = [
    (PEOPLE, ["member_of", "owns_group"], GROUPS),
    (PEOPLE, ["can_use", "can_assume"], ROLES),
    (PEOPLE, ["directs"], PEOPLE),
    (GROUPS, ["member_of"], GROUPS),
    (GROUPS, ["can_assume", "runs_as"], ROLES),
    (PEOPLE + GROUPS + ROLES, ["has_privilege", "has_privilege", "can_change"], THINGS),
    (GROUPS + ROLES, ["has_privilege"], THINGS),
    (THINGS, ["derived_from", "contains", "replicated_to", "backed_up_to"], THINGS),
]


@st.composite
def towards(draw, *, most_needs=0):
    """Draw an edge that leads from people towards data, perhaps with premises."""
    tails, names, heads = draw(st.sampled_from(TOWARDS))
    name = draw(st.sampled_from(names))
    return edge(
        draw(st.sampled_from(tails)),
        name,
        draw(st.sampled_from(heads)),
        verb=draw(st.sampled_from(["read", "read", "insert"]))
        if name == "has_privilege"
        else "",
        unknown=draw(st.sampled_from(["", "", "not decided"])),
        needs=draw(
            st.sets(st.sampled_from(GROUPS + ROLES + THINGS), max_size=most_needs)
        ),
    )


def estates_of(draws, *, least, most):
    """Return small estates of some edges, enough of them that somebody crosses."""
    return st.lists(draws, min_size=least, max_size=most, unique_by=line)


ESTATES = estates_of(towards(), least=12, most=30)
RULED = estates_of(towards() | towards(most_needs=2), least=12, most=30)
FEW = estates_of(towards(), least=5, most=7)


def legitimate(setting, facts):
    """Return the pairs of people and targets in reach, by the reference."""
    return {
        (person, target)
        for person in setting.people
        for target in reference.reached(facts, person, setting.verbs)
        if target in setting.targets
    }


@given(RULED, EXCLUDED, TARGETS, VERBS)
def test_after_every_plan_nothing_is_reached(facts, excluded, targets, verbs):
    """The excluded reach no target, not even all together and by what is undecided."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    wanted = goals(targets, verbs)
    fixed = [fact for fact in setting.walked() if COSTS[fact.name] is None]
    if isinstance(plans, Uncuttable):
        assert not closes(fixed, excluded, wanted)
        return
    assert closes(fixed, excluded, wanted)
    for plan in plans:
        taken = setting.named(plan.edges)
        assert closes(without(setting.walked(), taken), excluded, wanted)
        assert len(plan.remaining) == 0
        assert plan.changes == len(taken)
        assert plan.cost == sum(COSTS[kind] or 0 for _, kind, _, _ in taken)


@given(RULED, EXCLUDED, TARGETS, VERBS)
def test_the_blast_radius_is_the_difference_of_two_closures(
    facts, excluded, targets, verbs
):
    """Whom a plan hurts, and by how many pairs, is what the reference finds."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    before = legitimate(setting, setting.walked())
    for plan in () if isinstance(plans, Uncuttable) else plans:
        left = without(setting.walked(), setting.named(plan.edges))
        lost = before - legitimate(setting, left)
        told = {
            setting.graph.ids[person]: int(count)
            for person, count in zip(plan.blast.people, plan.blast.lost, strict=True)
        }
        names = [person for person, _ in lost]
        assert told == {person: names.count(person) for person in names}
        assert plan.blast.pairs == len(lost)
        assert plan.blast.before == len(before)


@given(RULED, EXCLUDED, TARGETS, VERBS)
def test_sparing_takes_only_ways_through_the_excluded(facts, excluded, targets, verbs):
    """Who loses a pair by it had no way to it but through somebody excluded."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    for plan in () if isinstance(plans, Uncuttable) else plans:
        if SPARING in plan.aim:
            left = without(setting.walked(), setting.named(plan.edges))
            own = [fact for fact in setting.walked() if fact.id not in excluded]
            assert legitimate(setting, own) <= legitimate(setting, left)


@given(RULED, EXCLUDED, TARGETS)
def test_dearer_plans_take_less(facts, excluded, targets):
    """Along the frontier cost rises, and what legitimate people lose falls."""
    setting = Setting(facts, excluded, targets)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    found = () if isinstance(plans, Uncuttable) else plans
    for cheap, dear in pairwise(found):
        assert cheap.cost < dear.cost
        assert cheap.blast.pairs > dear.blast.pairs
        assert cheap.name < dear.name


@settings(deadline=None)
@given(FEW, EXCLUDED, TARGETS, VERBS)
def test_no_subset_of_changes_does_better(facts, excluded, targets, verbs):
    """Of all sets of changes none is cheaper than the first plan, or gentler."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    walked, wanted = setting.walked(), goals(targets, verbs)
    every = list(closing(walked, excluded, wanted, COSTS))
    if isinstance(plans, Uncuttable):
        assert every == []
        return
    least = min(cost for cost, _ in every)
    assert plans[0].cost == least
    fewest = min(len(taken) for cost, taken in every if cost == least)
    # Of plans that cost the same, one that hurts fewer comes first.
    if FEWEST in plans[0].aim:
        assert plans[0].changes == fewest
    if SPARING in plans[-1].aim:
        before = legitimate(setting, walked)
        gentlest = min(
            len(before - legitimate(setting, without(walked, taken)))
            for _, taken in every
        )
        assert plans[-1].blast.pairs == gentlest


@given(ESTATES, EXCLUDED, TARGETS, VERBS)
def test_the_cut_is_a_second_solvers_flow(facts, excluded, targets, verbs):
    """Without rules the first plan costs what a maximum flow of another make comes to."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    value = flow(setting.walked(), excluded, goals(targets, verbs), COSTS)
    if isinstance(plans, Uncuttable):
        assert value >= ENDLESS
    else:
        assert plans[0].cost == value


@given(RULED, EXCLUDED, TARGETS, st.randoms(use_true_random=False))
def test_neither_a_second_run_nor_the_order_matters(facts, excluded, targets, dice):
    """Two runs give the same plans, and so do the same edges in another order."""
    setting = Setting(facts, excluded, targets)
    first = frontier(setting.graph, setting.aim, setting.prices)
    order = list(range(len(setting.graph)))
    dice.shuffle(order)
    places = np.array(order, np.int64)
    shuffled = setting.graph.chosen(places)
    prices = Prices(setting.prices.kind[places], setting.prices.cost[places])
    second = frontier(shuffled, setting.aim, prices)
    if isinstance(first, Uncuttable) or isinstance(second, Uncuttable):
        assert first == second
        return
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert setting.named(one.edges) == setting.named(places[other.edges])
        assert (one.aim, one.cost, one.blast.pairs) == (
            other.aim,
            other.cost,
            other.blast.pairs,
        )


@given(RULED, EXCLUDED, TARGETS, TARGETS, VERBS)
def test_a_regrant_opens_nothing_else(facts, excluded, targets, conceded, verbs):
    """With what is granted anew, nobody excluded reaches more than is conceded."""
    setting = Setting(facts, excluded, targets, verbs=verbs)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    if isinstance(plans, Uncuttable) or not setting.excluded:
        return
    kept = [target for target in setting.targets if target in conceded]
    one = Exempt(setting.numbers(setting.excluded[:1]), setting.numbers(kept))
    for plan in plans:
        found = regranted(setting.graph, setting.aim, plan, [one])
        left = after(setting.graph, plan.edges, found.granted)
        assert keeps(left, setting.aim, [one])
        for refused in found.refused:
            more = after(setting.graph, plan.edges, [*found.granted, refused])
            assert not keeps(more, setting.aim, [one])


@given(ESTATES, EXCLUDED, TARGETS)
def test_all_facts_of_an_edge_go_together(facts, excluded, targets):
    """No fact is left that says what a plan takes away."""
    setting = Setting(facts, excluded, targets)
    plans = frontier(setting.graph, setting.aim, setting.prices)
    for plan in () if isinstance(plans, Uncuttable) else plans:
        taken = setting.named(plan.edges)
        rows = {int(setting.graph.row[edge]) for edge in plan.edges}
        saying = {n for n, f in enumerate(setting.facts) if change(f) in taken}
        assert saying == rows
