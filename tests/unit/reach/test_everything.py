"""Who has everything, against asking each principal alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.estate.facts import line
from ringfence.reach.everything import closed_set, who_has_everything
from ringfence.reach.masks import ALL_VERBS, READ
from tests.estates import GRADES, edge, graph
from tests.reference import closure as reference
from tests.strategies import DATA, estates


def brute_force(facts, principals, targets, *, share, sure):
    """Return who reaches at least `share` percent, by a closure for each principal."""
    edges = reference.walked(facts, as_of="2022", grades=GRADES)
    if sure:
        edges = [one for one in edges if reference.definite(one, bare=False)]
    return sorted(
        one
        for one in principals
        if len(reference.reached(edges, one, ["any"]) & set(targets)) * 100
        >= share * len(targets)
    )


@given(
    estates,
    st.sets(st.sampled_from(DATA), min_size=1),
    st.sampled_from([1, 34, 50, 67, 99, 100]),
    st.booleans(),
)
def test_masters_are_those_who_reach_enough(facts, wanted, share, sure):
    """The masters are those that a closure for each principal finds."""
    found = graph(facts)
    targets = sorted(wanted & set(found.ids))
    principals = [one for one in found.ids if kind_of(one) not in DATA_KINDS]
    if not targets or not principals:
        return
    result = who_has_everything(
        found,
        np.array([found.number[one] for one in principals]),
        np.array([found.number[one] for one in targets]),
        certain=np.ones(len(targets), bool),
        verbs=ALL_VERBS,
        share=share,
        sure=sure,
    )
    expected = brute_force(
        sorted(facts, key=line), principals, targets, share=share, sure=sure
    )
    assert expected == sorted(found.ids[number] for number in result.masters)
    settled = [number for short in result.short for number in short.principals]
    assert len(settled) + len(result.masters) == len(principals)
    if sure:
        return
    for short in result.short:
        closed = closed_set(found.possible, found, short.principals)
        assert not (closed[short.missed] & ALL_VERBS).any()
        assert len(short.missed) * 100 > len(targets) * (100 - share)


@pytest.mark.parametrize("count", [63, 64, 65])
def test_many_targets(count):
    """One role that reads all of 63, 64 or 65 columns is found, and nobody else."""
    facts = [
        edge("role:db/all", "has_privilege", f"column:db/s.t.c{n}", verb="read")
        for n in range(count)
    ]
    facts += [
        edge("role:db/most", "has_privilege", f"column:db/s.t.c{n}", verb="read")
        for n in range(1, count)
    ]
    found = graph(facts)
    numbers = [found.number[f"column:db/s.t.c{n}"] for n in range(count)]
    roles = [found.number["role:db/all"], found.number["role:db/most"]]
    result = who_has_everything(
        found,
        np.array(roles),
        np.array(numbers),
        certain=np.ones(count, bool),
        verbs=READ,
        share=100,
        sure=True,
    )
    assert result.masters == [found.number["role:db/all"]]
