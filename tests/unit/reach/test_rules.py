"""Edges with several premises: sweeps, witnesses, periods and who has everything."""

from __future__ import annotations

import numpy as np

from ringfence.boundary.status import Status
from ringfence.estate.facts import Fact, line
from ringfence.reach.closure import backward, forward, tree
from ringfence.reach.everything import who_has_everything
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation, Part, Result
from ringfence.reach.masks import ALL_VERBS, CONTROL, READ
from ringfence.reach.timeline import Period, timeline
from tests.estates import edge, graph

COLUMN = "column:a/s.t.c"
VAULT = "dataset:a/s.v"


def seeds(found: Graph, *nodes: str) -> np.ndarray:
    """Return the entry states of some nodes."""
    masks = np.zeros(len(found.ids), np.uint16)
    for node in nodes:
        masks[found.number[node]] = found.entry(found.number[node])
    return masks


def opens() -> list[Fact]:
    """Return a key that opens a column for whoever reads the vault too."""
    return [
        edge("person:a", "holds_key", "key:k"),
        edge("key:k", "decrypts", COLUMN, verb="read", needs=[VAULT]),
        edge("person:b", "has_privilege", VAULT, verb="read"),
    ]


def test_neither_alone_and_both_together():
    """The key without the vault opens nothing, nor the other way round."""
    found = graph(opens())
    column = found.number[COLUMN]
    for who, expected in ((("a",), 0), (("b",), 0), (("a", "b"), READ)):
        held = forward(found.possible, seeds(found, *(f"person:{one}" for one in who)))
        assert held[column] & READ == expected


def test_each_premise_may_matter_and_none_reaches_alone():
    """A backward sweep wants every premise; alone, it wants none of them."""
    found = graph(opens())
    goals = np.zeros(len(found.ids), np.uint16)
    goals[found.number[COLUMN]] = READ
    wanted = backward(found.possible_reversed, goals)
    assert {found.ids[node] for node in np.flatnonzero(wanted & CONTROL)} == {
        "person:a",
        "person:b",
        "key:k",
    }
    alone = backward(found.possible_reversed, goals, alone=True)
    assert np.flatnonzero(alone).tolist() == [found.number[COLUMN]]


def test_a_witness_names_what_it_rests_on_first():
    """Each fact of a derivation comes after those that it needs, and once."""
    facts = [
        edge("person:a", "member_of", "group:g", needs=["person:b"]),
        edge("group:g", "holds_key", "key:k"),
        edge("group:g", "has_privilege", COLUMN, verb="read", needs=["key:k"]),
    ]
    found = graph(facts)
    grown = tree(found.possible, seeds(found, "person:a", "person:b"))
    walk = grown.path(found, found.number[COLUMN], READ)
    assert walk is not None
    ordered = sorted(facts, key=line)
    told = [ordered[found.row[one]] for one in walk.edges]
    assert told == facts


def test_a_long_chain_of_rules_has_a_witness():
    """However deep premises rest on one another, the derivation is found."""
    facts = [edge("person:a", "member_of", "group:0")]
    for n in range(2_000):
        needs = [f"group:{n}"]
        facts.append(edge("person:a", "can_assume", f"group:{n + 1}", needs=needs))
    found = graph(facts)
    grown = tree(found.possible, seeds(found, "person:a"))
    walk = grown.path(found, found.number["group:2000"], CONTROL)
    assert walk is not None
    assert len(walk.edges) == 2_001


def test_a_rule_that_is_left_out_of_a_core_never_works():
    """Where a premise is not kept, its edge goes too."""
    found = graph(opens())
    kept = np.array([node != VAULT for node in found.ids])
    assert len(found.within(kept)) == 1
    assert found.within(np.ones(len(found.ids), bool)).needs == found.needs


def test_lent_premises_open_a_way_perhaps():
    """What somebody else may lend lets a rule hand on, but never surely."""
    found = graph(opens())
    held = forward(found.possible, seeds(found, "person:a", "person:b"))
    part = Part({"person:a": Status.YES}, {COLUMN: Status.YES})
    assert Isolation(found, part, READ).result is Result.ISOLATED
    assert Isolation(found.lent(held), part, READ).result is Result.POSSIBLE
    nothing = np.zeros(len(found.ids), np.uint16)
    assert len(found.lent(nothing)) == len(found)


def test_a_period_is_replayed_where_rules_take_part():
    """A pair with several premises is in reach while all of them hold."""
    facts = [
        edge("person:a", "holds_key", "key:k"),
        edge("key:k", "decrypts", COLUMN, verb="read", needs=[VAULT]),
        edge("person:a", "has_privilege", VAULT, verb="read"),
    ]
    found = graph(facts)
    since, until = np.array([0, 12, 3]), np.array([99, 18, 15])
    ordered = [facts.index(one) for one in sorted(facts, key=line)]
    period = Period(10, 20, since[ordered], until[ordered])
    told = timeline(
        found,
        period,
        origins=np.array([found.number["person:a"]]),
        targets=np.array([found.number[COLUMN]]),
        verbs=READ,
    )
    assert told.of(0, 0) == [(12, 15)]


def test_whoever_has_everything_only_with_help_does_not():
    """A master has it all alone; a premise in other hands makes nobody one."""
    found = graph(opens())
    people = np.array([found.number["person:a"], found.number["person:b"]])
    told = who_has_everything(
        found,
        people,
        np.array([found.number[COLUMN]]),
        certain=np.array([True]),
        verbs=ALL_VERBS,
        share=100,
        sure=False,
    )
    assert told.masters == []
    settled = {int(node) for short in told.short for node in short.principals}
    assert settled == set(people.tolist())
