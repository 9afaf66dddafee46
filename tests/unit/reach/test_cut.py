"""The cheapest cut of small networks, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.reach.cut import ENDLESS, cheapest, network
from tests.estates import edge
from tests.planning import Setting

T, U = "dataset:d/t", "dataset:d/u"


def cut(facts, *, excluded=("person:x",), targets=(T,), **more):
    """Return the changes of the cheapest cut, None if there is none."""
    setting = Setting(facts, excluded, targets, **more)
    aim = setting.aim
    ways = network(
        setting.graph, setting.prices.kind, aim.excluded, aim.targets, aim.verbs
    )
    found = cheapest(ways, ways.priced(setting.prices.cost[ways.edges]))
    return None if found is None else setting.named(ways.of(found))


def member(who, group):
    return edge(who, "member_of", group)


def may(who, what, verb="read"):
    return edge(who, "has_privilege", what, verb=verb)


def test_the_narrowest_place_is_cut():
    """Three groups lead through one grant: the grant goes."""
    groups = [f"group:g{n}" for n in range(3)]
    facts = [member("person:x", group) for group in groups]
    facts += [member(group, "group:all") for group in groups]
    facts.append(may("group:all", T))
    assert cut(facts) == {("group:all", "has_privilege", T, "read")}


def test_of_equal_cuts_the_one_nearest_the_origin_is_taken():
    """A chain of equal edges is cut at its first one."""
    facts = [
        member("person:x", "group:g"),
        member("group:g", "group:h"),
        may("group:h", T),
    ]
    assert cut(facts) == {("person:x", "member_of", "group:g", "")}


def test_of_equally_dear_cuts_the_smaller_is_taken():
    """One change that costs two goes before two that cost one each."""
    facts = [member("person:x", "group:a"), member("person:x", "group:b")]
    facts += [edge(g, "can_assume", "role:r") for g in ("group:a", "group:b")]
    facts.append(may("role:r", T))
    assert cut(facts, costs={"has_privilege": 2}) == {
        ("role:r", "has_privilege", T, "read")
    }


def test_a_change_is_paid_for_once():
    """A copy exposes reading and decrypting: to end it costs three, and not six."""
    facts = [edge("person:x", "can_change", T), edge(T, "replicated_to", U)]
    costs = {"replicated_to": 3, "can_change": 4}
    found = cut(facts, targets=(U,), verbs=("any",), costs=costs)
    assert found == {(T, "replicated_to", U, "")}


def test_parallel_edges_all_go():
    """Two kinds of edge between the same nodes are two changes, and both are made."""
    facts = [member("person:x", "group:g"), edge("person:x", "owns_group", "group:g")]
    facts.append(may("group:g", T))
    found = cut(facts, costs={"has_privilege": 5})
    assert {kind for _, kind, _, _ in found} == {"member_of", "owns_group"}


def test_what_must_stay_is_gone_round():
    """Lineage stays: the grant on the copy goes, though it costs far more."""
    facts = [may("person:x", U), edge(U, "derived_from", T)]
    found = cut(facts, costs={"has_privilege": 1_000_000})
    assert found == {("person:x", "has_privilege", U, "read")}


def test_no_cut_where_all_must_stay():
    """A law and a container can't be taken away."""
    facts = [edge("person:x", "controls", "store:d"), edge("store:d", "contains", T)]
    assert cut(facts) is None


def test_nothing_to_cut_is_no_change():
    """Who reaches nothing needs no plan."""
    assert cut([member("person:x", "group:g"), may("group:h", T)]) == set()


def test_an_origin_that_is_the_target_has_no_cut():
    """Nothing stands between a copy and itself."""
    assert cut([edge(T, "derived_from", U)], excluded=(T,)) is None


def test_a_rule_is_cut_at_a_premise_that_can_be_changed():
    """The ciphertext must stay readable, so that the key goes."""
    rule = edge("person:x", "controls", T, needs=["key:k"])
    facts = [rule, edge("person:x", "holds_key", "key:k")]
    assert cut(facts) == {("person:x", "holds_key", "key:k", "")}


def test_a_rule_whose_premises_all_stay_has_no_cut():
    """A rule of what can't be changed, from what can't be changed, stays."""
    rule = edge("person:x", "controls", T, needs=["store:d"])
    assert cut([rule, edge("person:x", "controls", "store:d")]) is None


def test_what_a_rule_made_unnecessary_is_put_back():
    """With the key gone, the other premise of the same rule stays where it is."""
    facts = [
        may("person:x", U),
        edge("person:x", "holds_key", "key:k"),
        edge(U, "exported_to", T, needs=["key:k"]),
        edge("key:k", "can_assume", "role:r"),
        may("role:r", T),
    ]
    found = cut(facts, costs={"exported_to": None, "has_privilege": 1})
    assert found == {("person:x", "holds_key", "key:k", "")}


def test_of_two_changes_that_are_too_many_one_is_put_back():
    """Two rules of the same two premises are both closed by one of these."""
    v = "dataset:d/v"
    facts = [
        may("person:x", U),
        may("person:x", v),
        edge(U, "derived_from", T, needs=[v]),
        edge(v, "derived_from", "dataset:d/w", needs=[U]),
    ]
    found = cut(facts, targets=(T, "dataset:d/w"))
    assert found == {("person:x", "has_privilege", v, "read")}


@pytest.mark.parametrize("dear", [1, 10**6, 10**12, 10**15])
def test_prices_may_be_far_apart(dear):
    """Prices beyond 32 bits still leave the cheap way the cheap way."""
    facts = [member("person:x", "group:g"), may("group:g", T)]
    found = cut(facts, costs={"has_privilege": dear + 1, "member_of": dear})
    assert found == {("person:x", "member_of", "group:g", "")}


def test_many_dear_changes_stay_within_32_bits():
    """A sum of prices beyond 32 bits is no trouble, and two opposite edges neither."""
    facts = [member("person:x", f"group:{n}") for n in range(40)]
    facts += [member(f"group:{n}", f"group:{n + 1}") for n in range(39)]
    facts += [member(f"group:{n + 1}", f"group:{n}") for n in range(39)]
    facts += [may("group:39", T), may("group:7", T)]
    found = cut(facts, costs={"member_of": ENDLESS, "has_privilege": ENDLESS - 1})
    assert {kind for _, kind, _, _ in found} == {"has_privilege"}


def test_an_unused_change_counts_as_one_of_its_cost():
    """Of changes that cost nothing, no more are made than it takes."""
    facts = [
        member("person:x", "group:g"),
        member("group:g", "group:h"),
        may("group:h", T),
    ]
    found = cut(facts, costs={"member_of": 0, "has_privilege": 0})
    assert len(found) == 1


def test_a_price_is_that_of_the_dearest_fact():
    """A change that takes several facts costs what the dearest of them does."""
    facts = [
        member("person:x", "group:g"),
        edge("person:x", "member_of", "group:g", unknown="?"),
        may("group:g", T),
    ]
    setting = Setting(facts, ["person:x"], [T])
    aim = setting.aim
    ways = network(
        setting.graph, setting.prices.kind, aim.excluded, aim.targets, aim.verbs
    )
    price = ways.priced(np.arange(len(ways.edges), dtype=float))
    assert len(price) == 2
    assert price.max() == len(ways.edges) - 1
