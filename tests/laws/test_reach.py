"""Laws of reach: more facts never mean less of it, and doubt never hides any."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.status import Status
from ringfence.reach.closure import forward
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation, Part, Result, states
from ringfence.reach.masks import ALL_VERBS
from tests.estates import graph
from tests.strategies import DATA, PRINCIPALS, edges, estates


def reached(found: Graph, origin: str, *, sure: bool = False) -> set[tuple[str, str]]:
    """Return the states that an origin reaches."""
    if origin not in found.number:
        return set()
    masks = np.zeros(len(found.ids), np.uint16)
    masks[found.number[origin]] = found.entry(found.number[origin])
    arcs = found.definite if sure else found.possible
    named = states(found, forward(arcs, masks))
    return {(state, node) for state, nodes in named.items() for node in nodes}


ORIGIN = st.sampled_from(PRINCIPALS + DATA)


@given(estates, edges(), ORIGIN, st.booleans())
def test_a_new_fact_never_removes_reach(facts, new, origin, bare):
    """Whatever is reached without a fact is reached with it."""
    before = reached(graph(facts, bare=bare), origin)
    assert before <= reached(graph([*facts, new], bare=bare), origin)


@given(estates, ORIGIN)
def test_unknown_never_shrinks_reach(facts, origin):
    """An edge that turns undecided leaves possible reach as it was."""
    doubted = [msgspec.structs.replace(fact, unknown="not decided") for fact in facts]
    assert reached(graph(facts), origin) == reached(graph(doubted), origin)
    assert reached(graph(doubted), origin, sure=True) <= reached(
        graph(facts), origin, sure=True
    )


@given(estates, ORIGIN)
def test_bare_reach_includes_residual_reach(facts, origin):
    """Controls only ever take away what is certain, and nothing that is possible."""
    bare, residual = graph(facts, bare=True), graph(facts, bare=False)
    assert reached(residual, origin, sure=True) <= reached(bare, origin, sure=True)
    assert reached(bare, origin) == reached(residual, origin)


@given(estates, ORIGIN)
def test_closure_is_idempotent(facts, origin):
    """Closing a closed set adds nothing."""
    found = graph(facts)
    if origin not in found.number:
        return
    masks = np.zeros(len(found.ids), np.uint16)
    masks[found.number[origin]] = found.entry(found.number[origin])
    once = forward(found.possible, masks)
    assert np.array_equal(once, forward(found.possible, once))


@given(estates, st.sets(ORIGIN, max_size=3), st.sets(st.sampled_from(DATA), max_size=3))
def test_an_isolation_is_one_of_three(facts, origins, targets):
    """Reached is possible too, isolated is neither, and a witness exists if reached."""
    found = graph(facts)
    part = Part(
        dict.fromkeys(sorted(origins), Status.YES),
        dict.fromkeys(sorted(targets), Status.YES),
    )
    asked = Isolation(found, part, ALL_VERBS)
    possible = any(
        node in targets
        for origin in origins
        for state, node in reached(found, origin)
        if state != "control"
    )
    certain = any(
        node in targets
        for origin in origins
        for state, node in reached(found, origin, sure=True)
        if state != "control"
    )
    expected = (
        Result.REACHED if certain else Result.POSSIBLE if possible else Result.ISOLATED
    )
    assert expected == asked.result
    if expected is Result.ISOLATED:
        with pytest.raises(ValueError, match="empty"):
            asked.shortest()
    else:
        origin, target, walk = asked.shortest()
        assert origin in origins
        assert target in targets
        assert asked.witness(origin, target) == walk


@given(estates, st.sets(ORIGIN, max_size=3), st.sampled_from(DATA))
def test_crossing_and_reached_are_exact(facts, origins, target):
    """The crossing origins are those whose own closure holds the target."""
    found = graph(facts)
    part = Part(dict.fromkeys(sorted(origins), Status.YES), {target: Status.YES})
    asked = Isolation(found, part, ALL_VERBS)
    if asked.result is Result.ISOLATED:
        return
    sure = asked.result is Result.REACHED
    expected = sorted(
        origin
        for origin in origins
        if any(
            node == target and state != "control"
            for state, node in reached(found, origin, sure=sure)
        )
    )
    assert expected == asked.crossing
    assert asked.reached == [target]
