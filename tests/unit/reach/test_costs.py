"""What taking an edge away costs, and which facts are one change."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from ringfence.boundary.vocabulary import EDGE_KINDS
from ringfence.errors import ConfigError
from ringfence.reach.costs import COSTS, IDLE, alike, changes, kinds, prices
from tests.estates import edge, edges_of, graph
from tests.house.tree import DOCS

FACTS = [
    edge("person:a", "member_of", "group:g"),
    edge("person:a", "owns_group", "group:g"),
    edge("group:g", "has_privilege", "dataset:d/t", verb="read"),
    edge("group:g", "has_privilege", "dataset:d/t", verb="insert"),
    edge("dataset:d/t", "contains", "column:d/t.c"),
]


def priced(facts=FACTS, **more):
    """Return the costs of facts by kind and verb."""
    found = graph(facts)
    of = kinds(found, edges_of(facts)[1])
    cost = prices(found, of, **more).cost
    names = [list(EDGE_KINDS)[number] for number in of]
    return dict(zip(zip(names, found.give.tolist(), strict=True), cost, strict=True))


def test_every_kind_of_edge_has_its_cost():
    """No kind of the vocabulary is left without a cost, or a word that it must stay."""
    assert set(COSTS) == set(EDGE_KINDS)


def test_the_page_tells_every_cost():
    """The table of costs on the page of plans is the one that counts."""
    page = (DOCS / "plans.md").read_text(encoding="utf-8")
    section = page.partition("## Costs")[2].partition("\n## ")[0]
    told = {
        kind: int(cost) if cost.isdigit() else None
        for kinds, cost in re.findall(r"^\| (`.*`) \| (.*) \|$", section, re.MULTILINE)
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    # A stake is no edge that reach walks.
    assert told == {kind: cost for kind, cost in COSTS.items() if kind != "owns"}


def test_what_must_stay_has_no_finite_price():
    """Containment can't be taken away; a membership costs one."""
    cost = priced()
    assert cost["contains", 0] == np.inf
    assert cost["member_of", 1] == 1


def test_costs_by_kind_can_be_set():
    """A cost of one's own counts, and so does a word that a kind must stay."""
    cost = priced(costs={"member_of": 7, "owns_group": None})
    assert cost["member_of", 1] == 7
    assert cost["owns_group", 1] == np.inf


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (
            {"membr_of": 1},
            "no kind of edge `membr_of`\n  help: did you mean `member_of`",
        ),
        ({"member_of": -1}, "can't be `-1`"),
    ],
)
def test_a_wrong_cost_is_one_clear_error(costs, message):
    """An unknown kind and a negative cost are named."""
    with pytest.raises(ConfigError, match=message):
        priced(costs=costs)


def test_an_edge_that_nobody_uses_costs_the_same_and_weighs_less():
    """Use changes no cost: the people behind an idle edge count a tenth, others one."""
    found = graph(FACTS)
    of = kinds(found, edges_of(FACTS)[1])
    plain = prices(found, of)
    told = prices(found, of, idle=np.array([0, 2]))
    assert plain.weight is None
    assert told.weight is not None
    assert told.cost.tolist() == plain.cost.tolist()
    weight = dict(zip(found.row.tolist(), told.weight.tolist(), strict=True))
    assert weight == {0: IDLE, 1: 1, 2: IDLE, 3: 1, 4: 1}


def test_numbers_of_32_bits_are_enough():
    """Edges are told apart in an estate whose nodes' numbers are short ones."""
    found = graph(FACTS)
    many = replace(
        found,
        ids=[""] * 3_000_000,
        is_data=np.zeros(3_000_000, bool),
        tail=np.arange(2**21, 2**21 + len(found), dtype=np.int32),
        head=np.full(len(found), 2**20, np.int32),
    )
    number, count = changes(many, np.zeros(len(found), np.int64), np.arange(len(found)))
    assert count == len(found)
    assert number.tolist() == list(range(len(found)))


def test_facts_that_say_the_same_are_one_change():
    """Two sources, or one with a condition, make one change; another verb doesn't."""
    again = edge("person:a", "member_of", "group:g", unknown="not decided")
    needy = edge("person:a", "member_of", "group:g", needs=["key:k"])
    facts = [*FACTS, again, needy]
    found = graph(facts)
    of = kinds(found, edges_of(facts)[1])
    number, count = changes(found, of, np.arange(len(found)))
    assert count == len(FACTS)
    one = int(np.flatnonzero(found.is_membership)[0])
    assert alike(found, of, np.array([one])).tolist() == (
        np.flatnonzero(number == number[one]).tolist()
    )
    assert len(alike(found, of, np.array([one]))) == 3
