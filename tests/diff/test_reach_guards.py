"""Reach under guards against every request of a small world, one by one."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.boundary.status import Status
from ringfence.estate.facts import Fact, line
from ringfence.guard.concrete import Request, holds
from ringfence.guard.symbolic import decide
from ringfence.guard.tree import Absent, All, AnyOf, Compare, Condition, Not, parse
from ringfence.reach.guard_sets import guard_sets
from ringfence.reach.isolation import Isolation, Part, Result
from ringfence.reach.masks import ALL_VERBS
from tests.estates import GRADES, graph
from tests.reference import closure as reference
from tests.strategies import DATA, PRINCIPALS, edges

VALUES = {"network": ("office", "home", "elsewhere"), "mfa": ("yes", "no", "maybe")}
# Every request that the conditions below can tell apart.
REQUESTS: list[Request] = [
    {key: (value,) for key, value in zip(VALUES, values, strict=True) if value}
    for values in product(*((*words, "") for words in VALUES.values()))
]


@st.composite
def leaves(draw: st.DrawFn) -> Condition:
    """Draw a comparison or an absence."""
    key = draw(st.sampled_from(sorted(VALUES)))
    if draw(st.booleans()):
        known = VALUES[key][:2]
        return Compare(key, "equals", (draw(st.sampled_from(known)),))
    return Absent(key)


conditions = st.recursive(
    leaves(),
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(All, st.lists(parts, max_size=2).map(tuple))
        | st.builds(AnyOf, st.lists(parts, max_size=2).map(tuple))
    ),
    max_leaves=3,
)


@st.composite
def guarded(draw: st.DrawFn) -> list[Fact]:
    """Draw an estate of which some edges carry a guard."""
    guards = draw(st.lists(conditions, min_size=1, max_size=4))
    plain = draw(st.lists(edges(), min_size=2, max_size=16, unique_by=line))
    return [
        replace(fact, guard=draw(st.sampled_from(guards)), unknown="", control="")
        if draw(st.booleans())
        else fact
        for fact in plain
    ]


def works(fact: Fact, request: Request) -> bool:
    """Whether an edge is certain for a request."""
    if fact.unknown or (fact.control and fact.guard is None):
        return False
    return fact.guard is None or bool(holds(fact.guard, request))


@given(guarded(), st.sampled_from(PRINCIPALS[:3]), st.sampled_from(DATA))
def test_one_request_meets_every_guard_of_a_path(facts, origin, target):
    """A target is surely reached just if some single request makes a path work."""
    found = graph(facts)
    if origin not in found.number or target not in found.number:
        return
    walked = reference.walked(facts, as_of="2022", grades=GRADES)
    sure, possible = (
        any(
            reference.reached([e for e in walked if kept(e, one)], origin, ("any",))
            >= {target}
            for one in REQUESTS
        )
        for kept in (
            works,
            lambda e, one: works(replace(e, unknown="", control=""), one),
        )
    )
    part = Part({origin: Status.YES}, {target: Status.YES})
    plain = Isolation(found, part, ALL_VERBS)
    told = guard_sets(
        plain.guards(), lambda some: decide([parse(found.guards[one]) for one in some])
    )
    results = {
        Isolation(found.under(way.barred, way.met), part, ALL_VERBS).result
        for way in told.sets
    }
    if sure:
        assert Result.REACHED in results
    elif possible:
        assert results <= {Result.POSSIBLE, Result.ISOLATED}
        assert Result.POSSIBLE in results
    else:
        assert results == {Result.ISOLATED}


@given(guarded())
def test_the_ways_cover_every_request(facts):
    """Whatever a request meets lies in one way, and no way has a conflict in it."""
    guards = [parse(text) for text in graph(facts).guards]
    numbers = range(len(guards))
    told = guard_sets(
        numbers, lambda some: decide([guards[one] for one in sorted(some)])
    )
    for request in REQUESTS:
        met = {one for one in numbers if holds(guards[one], request)}
        assert any(not met & way.barred for way in told.sets)
    for way in told.sets:
        assert all(holds(guards[one], way.request) for one in way.met)
        left = set(numbers) - way.barred
        assert not any(conflict.guards <= left for conflict in told.conflicts)
    assert all(conflict.proof for conflict in told.conflicts)
