"""Guards in the way of a claim: what is known of whom, and which request shows it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from ringfence.boundary.vocabulary import LASTING
from ringfence.claims.case import Case
from ringfence.claims.guarded import asked, known_of, passable, request_on, window
from ringfence.claims.kinds import QUESTIONS
from ringfence.claims.question import Question
from ringfence.estate.facts import Fact
from ringfence.guard.symbolic import Unknown
from ringfence.guard.tree import NEVER, AnyOf, Compare, Condition, Not
from ringfence.reach.isolation import Result
from tests.estates import AS_OF, attribute, boundary, claim, edge, estate, graph

COLUMN = "column:a/s.t.c"
OFFICE = Compare("request.network", "in_network", ("10.0.0.0/8",))
AT_HOME = Compare("principal.residence", "equals", ("US",))
LATE = Compare("request.time", "after", ("2030-01-01T00:00:00Z",))


def question(folder: Path, *facts: Fact) -> Question:
    """Return the question whether anybody in China reaches the column."""
    known = [
        attribute("person:li", "residence", "CN"),
        attribute("person:bo", "residence", "CN"),
        attribute("person:bo", "team", "growth"),
        attribute(COLUMN, "tag", "EMAIL"),
    ]
    one = claim("no_reach")
    case = Case(estate(folder, [*known, *facts]), boundary(one), AS_OF)
    return QUESTIONS["no_reach"](one, case)


def grant(tail: str, **more: object) -> Fact:
    """Return a grant of reading the column."""
    return edge(tail, "has_privilege", COLUMN, verb="read", **more)


def results(found: Question) -> set[Result]:
    """Return what the isolations of a question come to."""
    return {one.isolation.result for one in asked(found)}


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (OFFICE, {Result.REACHED}),
        (NEVER, {Result.ISOLATED}),
        (AT_HOME, {Result.ISOLATED}),
        (Not(AT_HOME), {Result.REACHED}),
        (LATE, {Result.ISOLATED}),
        (AnyOf((LATE, OFFICE)), {Result.REACHED}),
    ],
    ids=["network", "never", "at home", "abroad", "too late", "either"],
)
def test_a_guard_lets_in_whom_it_can(
    guard: Condition, expected: set[Result], tmp_path: Path
):
    """What is known of a person, and the day judged, are conditions like any other."""
    assert results(question(tmp_path, grant("person:li", guard=guard))) == expected


def test_people_of_whom_something_else_is_known_are_asked_apart(tmp_path: Path):
    """A guard that asks for a team keeps others out; whose team nobody knows may pass."""
    team = Compare("principal.team", "equals", ("ads",))
    found = asked(
        question(
            tmp_path,
            grant("person:li", guard=team),
            grant("person:bo", guard=team),
        )
    )
    told = {
        origin: one.isolation.result
        for one in found
        for origin in one.isolation.part.origins
    }
    assert told == {"person:li": Result.POSSIBLE, "person:bo": Result.ISOLATED}


@pytest.mark.parametrize("key", ["us_person", "team", "employer", "location", "Badge"])
def test_what_nobody_knows_of_a_person_refutes_nothing(key: str, tmp_path: Path):
    """A solver may choose the network; it may not make somebody a U.S. person."""
    guard = Compare(f"principal.{key}", "equals", ("x",))
    found = question(tmp_path, grant("person:li", guard=AnyOf((guard, guard))))
    assert results(found) == {Result.POSSIBLE, Result.ISOLATED} - (
        {Result.ISOLATED} if key != "team" else set()
    )


def test_a_request_is_made_while_every_fact_holds(tmp_path: Path):
    """A condition on the afternoon meets no edge that ends in the morning."""
    noon = Compare("request.time", "from", ("2022-01-31T12:00:00Z",))
    early = grant("person:li", guard=noon, until="2022-01-31T06:00:00Z")
    assert results(question(tmp_path, early)) == {Result.ISOLATED}


def test_a_control_stays_when_the_guard_is_met(tmp_path: Path):
    """What nobody can decide beside the condition leaves the edge undecided."""
    both = grant("person:li", guard=OFFICE, control="a row filter")
    assert results(question(tmp_path, both)) == {Result.POSSIBLE}


@pytest.mark.parametrize("kind", sorted(LASTING - {"controls", "physical"}))
def test_what_one_request_gave_for_good_serves_the_next(kind: str, tmp_path: Path):
    """Whoever takes a key at the office has it at home too."""
    tail = "key:k" if kind == "holds_key" else "group:g"
    found = question(
        tmp_path,
        edge("person:li", kind, tail, guard=OFFICE),
        grant(tail, guard=Not(OFFICE)),
    )
    assert results(found) == {Result.POSSIBLE, Result.ISOLATED}


def test_what_needs_no_condition_stands_beside_those_that_do(tmp_path: Path):
    """Two who surely get in together do so, whatever stands on some other way."""
    found = question(
        tmp_path,
        edge("person:bo", "member_of", "group:g"),
        grant("person:li", needs=["group:g"]),
        grant("person:bo", guard=Compare("principal.team", "equals", ("ads",))),
    )
    assert Result.REACHED in results(found)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("0500-02-28T00:00:00Z", "0500-03-01T00:00:00Z"),
        ("2022-01-31T00:00:00Z", "2022-01-31T06:00:00Z"),
    ],
    ids=["last", "early", "changing"],
)
def test_a_day_ends_where_something_changes(
    instant: str, expected: str, tmp_path: Path
):
    """A request of a day is made while all facts in force stay so, in any year."""
    early = grant("person:li", until="2022-01-31T06:00:00Z")
    case = Case(estate(tmp_path, [early]), boundary(), instant)
    assert window(case) == (instant, expected)


def test_an_entity_and_open_facts_make_nothing_known(tmp_path: Path):
    """Of a company, or by two sources that disagree, nothing is known."""
    found = question(
        tmp_path,
        attribute("legal_entity:corp", "organised_in", "CN"),
        attribute("person:bo", "team", "ads"),
        grant("person:li"),
    )
    spoken = {"principal.team", "principal.residence", "request.time"}
    day = (AS_OF, "2022-02-01T00:00:00Z")
    assert known_of(found, "legal_entity:corp", spoken) == {"request.time": day}
    assert known_of(found, "person:bo", spoken - {"request.time"}) == {
        "principal.residence": ("CN",)
    }


def test_a_premise_in_other_hands_opens_no_sure_way(tmp_path: Path):
    """What needs the key of somebody who gets it by another request is perhaps reached."""
    found = question(
        tmp_path,
        edge("person:bo", "holds_key", "key:k", guard=Not(OFFICE)),
        grant("person:li", guard=OFFICE, needs=["key:k"]),
    )
    assert results(found) == {Result.POSSIBLE, Result.ISOLATED}


def test_a_request_is_the_shortest_that_is_found(tmp_path: Path):
    """A path's own guards are asked about; if that fails, the request of its way serves."""
    found = question(tmp_path, grant("person:li", guard=OFFICE))
    (one,) = [one for one in asked(found) if "person:li" in one.isolation.crossing]
    walk = one.isolation.witness("person:li", COLUMN)
    assert walk is not None
    assert request_on(found, one, "person:li", walk) == {
        "request.network": ("10.0.0.0",)
    }
    with patch("ringfence.claims.guarded.decide", return_value=Unknown("slow")):
        assert request_on(found, one, "person:li", walk) == one.request


def test_what_nobody_can_meet_is_no_edge():
    """A question about reach leaves out edges that no request passes, on that day."""
    facts = [
        grant("person:a", guard=NEVER),
        grant("person:b", guard=LATE),
        grant("person:c", guard=OFFICE),
        grant("person:d"),
    ]
    found = graph(facts)
    today = (AS_OF, "2022-02-01T00:00:00Z")
    assert len(passable(found, today)) == 2
    assert len(passable(found, None)) == 3
    assert passable(graph(facts[2:]), today).guards == found.guards[:1]
