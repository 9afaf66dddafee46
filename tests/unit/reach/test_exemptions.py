"""What exceptions concede comes back as grants of its own, if that is safe."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.reach.exemptions import Exempt, keeps, regranted
from ringfence.reach.frontier import Uncuttable, frontier
from ringfence.reach.masks import READ
from ringfence.reach.plan import Regrant, after, remaining
from tests.estates import edge
from tests.planning import Setting

T, U, COPY = "dataset:d/t", "dataset:d/u", "dataset:d/copy"
X, Y = "person:x", "person:y"


def setting_of(*more, excluded=(X, Y)):
    facts = [
        edge(X, "member_of", "group:g"),
        edge(Y, "member_of", "group:g"),
        edge("group:g", "has_privilege", T, verb="read"),
        edge("group:g", "has_privilege", U, verb="read"),
        *more,
    ]
    return Setting(facts, excluded, [T, U, COPY])


def exempt(setting, who, what):
    return Exempt(setting.numbers([who]), setting.numbers([what]))


def first(setting):
    found = frontier(setting.graph, setting.aim, setting.prices)
    assert not isinstance(found, Uncuttable)
    return found[0]


def test_a_conceded_pair_comes_back():
    """One person keeps one dataset, and nobody keeps anything else."""
    setting = setting_of()
    graph, plan, one = setting.graph, first(setting), exempt(setting, X, T)
    found = regranted(graph, setting.aim, plan, [one])
    assert found.granted == (Regrant(graph.number[X], graph.number[T], READ),)
    assert found.refused == ()
    left = after(graph, plan.edges, found.granted)
    assert remaining(left, setting.aim).tolist() == [graph.number[T]]
    assert keeps(left, setting.aim, [one])
    assert not keeps(left, setting.aim, [])
    assert left.row.tolist().count(-1) == 1


def test_only_what_was_there_comes_back():
    """An exception concedes; it doesn't give what nobody had."""
    setting = setting_of(edge("group:h", "has_privilege", COPY, verb="read"))
    plan = first(setting)
    found = regranted(setting.graph, setting.aim, plan, [exempt(setting, X, COPY)])
    assert found.granted == found.refused == ()
    assert len(after(setting.graph, plan.edges, found.granted)) == (
        len(setting.graph) - len(plan.edges)
    )


def test_what_would_open_another_way_is_refused():
    """A copy that exposes what isn't conceded can't be granted anew; the rest can."""
    setting = setting_of(
        edge("group:g", "has_privilege", COPY, verb="read"),
        edge(COPY, "derived_from", T),
    )
    plan, number = first(setting), setting.graph.number
    one = Exempt(setting.numbers([X]), setting.numbers([U, COPY]))
    found = regranted(setting.graph, setting.aim, plan, [one])
    assert [(r.origin, r.target) for r in found.granted] == [(number[X], number[U])]
    assert [(r.origin, r.target) for r in found.refused] == [(number[X], number[COPY])]


def test_data_is_granted_nothing():
    """An excluded copy has nothing to be granted."""
    setting = setting_of(edge(COPY, "derived_from", T), excluded=(X, Y, COPY))
    aim = setting.aim
    found = regranted(
        setting.graph, aim, first(setting_of()), [exempt(setting, COPY, T)]
    )
    assert found.granted == ()


@pytest.mark.parametrize("verbs", [("read",), ("any",)])
def test_only_verbs_that_count_and_were_held_come_back(verbs):
    """Who could read doesn't get more by the way."""
    facts = [edge(X, "has_privilege", T, verb=verb) for verb in ("read", "insert")]
    setting = Setting(facts, [X], [T], verbs=verbs)
    found = regranted(
        setting.graph, setting.aim, first(setting), [exempt(setting, X, T)]
    )
    before = np.bitwise_or.reduce(setting.graph.give) & setting.aim.verbs
    assert [one.give for one in found.granted] == [before]
