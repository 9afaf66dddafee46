"""Premises in several hands: answers, plans and differences count them as claims do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.boundary.model import BoundaryException
from ringfence.claims.afterwards import afterwards
from ringfence.claims.answers import Crossing, how
from ringfence.claims.between import between
from ringfence.claims.difference import difference
from ringfence.claims.extents import what
from ringfence.claims.outcome import Verdict
from ringfence.claims.planning import Planning, planned
from ringfence.claims.reachers import who
from ringfence.report import reach_text
from ringfence.report.answering import Screen
from tests.asked import MAIL, NOTE, TABLE, asking, opened, silent
from tests.estates import attribute, claim, edge, source

JOINS = edge("person:bo", "member_of", "group:key")
# Ann has the tool, and Bo the key; the tool reads nothing without it.
FACTS = (
    source(covers=["store:w"]),
    attribute("person:ann", "residence", "CN"),
    attribute("person:bo", "residence", "CN"),
    attribute(MAIL, "tag", "EMAIL"),
    attribute(NOTE, "tag", "none"),
    edge("store:w", "contains", TABLE),
    edge(TABLE, "contains", MAIL),
    edge(TABLE, "contains", NOTE),
    edge("person:ann", "can_use", "tool:pulse"),
    JOINS,
    edge("tool:pulse", "has_privilege", MAIL, verb="read", needs=["group:key"]),
)
LEAVE = BoundaryException(
    "leave",
    who=("person:ann",),
    columns=("w/a.users.note",),
    since="2021-01-01T00:00:00Z",
    until="2023-01-01T00:00:00Z",
    purpose="support",
    owner="person:bo",
    cap=9,
)
CASES = {
    "one part": ({}, (), Verdict.REFUTED),
    "two parts": (
        {"exceptions": (LEAVE,)},
        (claim("no_reach", exceptions=("leave",)),),
        Verdict.UNPROVEN,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_plan_closes_what_several_reach_together(name: str, tmp_path: Path):
    """Nobody crosses alone; the plan closes it, and the estate after it says so."""
    more, claims, verdict = CASES[name]
    ready = Planning(opened(tmp_path / "case", FACTS, *claims, **more), None)
    found = planned(ready, silent)
    assert (found.verdict, found.people, found.columns) == (verdict, 1, 1)
    assert [plan.closes for plan in found.plans] == [True]
    path = tmp_path / "plan-a.yaml"
    path.write_text(found.plans[0].file, encoding="utf-8")
    left = afterwards(ready, path, tmp_path / "after", silent)
    assert (left.after, left.plan.closes) == (Verdict.UPHELD, True)


def test_a_plan_for_one_way_closes_what_is_lent_too(tmp_path: Path):
    """Ann crosses alone as well: a plan that closes only that doesn't close."""
    facts = [*FACTS, edge("person:ann", "has_privilege", MAIL, verb="read")]
    case = opened(
        tmp_path / "case",
        facts,
        claim("no_reach", exceptions=("leave",)),
        exceptions=(LEAVE,),
    )
    ready = Planning(case, None)
    (plan,) = planned(ready, silent).plans
    assert (plan.changes, plan.closes) == (2, True)
    path = tmp_path / "plan-a.yaml"
    lines = plan.file.splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if "tool:pulse" not in line), encoding="utf-8"
    )
    left = afterwards(ready, path, tmp_path / "after", silent)
    assert (left.after, left.plan.closes) == (Verdict.UNPROVEN, False)


def test_answers_say_what_is_reached_together(tmp_path: Path):
    """Alone nobody reaches it; together they may, and so no answer is all clear."""
    ready = asking(tmp_path, FACTS)
    told = (
        who(ready, "protected", ["person"], silent),
        what(ready, "excluded", silent),
        between(ready, "excluded", "protected", most=3, progress=silent),
    )
    for found in told:
        assert found.crossing is Crossing.POSSIBLE
        assert (found.together.rules, found.together.resources) == (1, 1)


def test_who_holds_every_premise_crosses_alone(tmp_path: Path):
    """The edge is on the way, and counted; the answer is as grave as without it."""
    facts = [*FACTS, edge("person:ann", "member_of", "group:key")]
    found = who(asking(tmp_path, facts), "protected", ["person"], silent)
    assert [row.id for row in found.rows] == ["person:ann"]
    assert (found.crossing, found.together.rules) == (Crossing.CERTAIN, 1)


def test_a_way_by_rules_alone_is_shown(tmp_path: Path):
    """Ann holds both premises: what she reaches, and the path, count the rule's edge."""
    ready = asking(tmp_path, [*FACTS, edge("person:ann", "member_of", "group:key")])
    (row,) = what(ready, "ann", silent).rows
    assert (row.principal, row.resource, row.certain) == ("person:ann", MAIL, 1)
    found = between(ready, "everybody", MAIL, most=3, progress=silent)
    (path,) = found.paths
    assert (path.origin, path.hops[-1].head) == ("person:ann", MAIL)
    assert row.hops == len(path.hops)
    assert found.certain == 1


def test_without_such_edges_nothing_is_said(tmp_path: Path):
    """Of an estate without several premises there is nothing to say."""
    facts = [fact for fact in FACTS if not fact.needs]
    found = who(asking(tmp_path, facts), "protected", ["person"], silent)
    assert (found.crossing, found.together.rules) == (Crossing.NONE, 0)


def test_whoever_completes_the_premises_is_new_reach(tmp_path: Path):
    """Bo joins: Ann's tool reads with his help, which it didn't; once, and not again."""
    before = [fact for fact in FACTS if fact is not JOINS]
    found = difference(
        asking(tmp_path / "a", before), asking(tmp_path / "b", FACTS), silent
    )
    (pair,) = found.risen
    assert (pair.principal, pair.resource) == ("person:ann", MAIL)
    assert (pair.reasons, found.crossing) == (
        ("together with others",),
        Crossing.POSSIBLE,
    )
    assert found.witnesses["person:ann"].hops
    assert [line.count('"person:bo"') for line in pair.new] == [1]
    same = difference(
        asking(tmp_path / "c", FACTS), asking(tmp_path / "d", FACTS), silent
    )
    assert (same.risen, same.crossing) == ((), Crossing.NONE)


def test_the_closing_lines_say_so(tmp_path: Path):
    """The text names the edges, what they come to, and the exit code."""
    ready = asking(tmp_path, FACTS)
    found = who(ready, "protected", ["person"], silent)
    text = reach_text.who(found, how(ready), Screen(200, 9, {}))
    assert "none of 2 people reaches protected" in text
    assert "together    1 edge on the way needs more than one premise" in text
    assert "the excluded may reach 1 protected resource\n" in text
    assert "exit 10: somebody excluded may reach something protected" in text
