"""Grants say what people surely hold, and on which condition."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.scene import Dataset, Grant
from ringfence.boundary.model import Gate
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERBS
from ringfence.claims import granting
from ringfence.claims.case import Case
from ringfence.claims.granting import grants
from ringfence.estate.facts import Fact
from ringfence.guard.tree import DEEPEST, All, Compare, Condition, Not
from tests.estates import AS_OF, attribute, boundary, edge, estate

ANN, BO = "person:ann", "person:bo"
MAIL, NOTE = "column:w/a.users.mail", "column:w/a.users.note"
TABLE = "dataset:w/a.users"
DATASETS = {TABLE: Dataset({"mail": Status.YES, "note": Status.NO})}
DATA = (edge(TABLE, "contains", MAIL), edge(TABLE, "contains", NOTE))
MFA = Compare("request.mfa", "equals", ("yes",))
OFFICE = Compare("request.network", "equals", ("office",))
DAY = Compare("request.day", "equals", ("monday",))


def granted(folder: Path, facts: Iterable[Fact]) -> tuple[Grant, ...]:
    """Return the grants of some facts, in a warehouse with one table."""
    fence = replace(boundary(), gate=Gate(("in-china",), mode="grants"))
    return grants(Case(estate(folder, [*DATA, *facts]), fence, AS_OF), DATASETS)


def reads(who: str, what: str, guard: Condition | None = None) -> Fact:
    """Return that somebody may read something, perhaps on a condition."""
    found = edge(who, "has_privilege", what, verb="read")
    return found if guard is None else replace(found, guard=guard)


def test_people_who_hold_the_same_share_one_grant(tmp_path: Path):
    """By whatever way they came by it: of their own, or by a group."""
    facts = [
        reads(ANN, TABLE),
        edge(BO, "member_of", "group:g"),
        edge("person:cy", "member_of", "group:g"),
        reads("group:g", TABLE),
        attribute("person:none", "residence", "US"),
        edge("person:idle", "member_of", "group:idle"),
    ]
    assert granted(tmp_path, facts) == (
        Grant((ANN, BO, "person:cy"), ("read",), (TABLE,)),
    )


def test_a_column_is_granted_alone(tmp_path: Path):
    """Nor do all columns make a dataset: it may have more some day."""
    facts = [reads(ANN, MAIL), reads(BO, MAIL), reads(BO, NOTE)]
    assert granted(tmp_path, facts) == (
        Grant((ANN,), ("read",), (MAIL,)),
        Grant((BO,), ("read",), (MAIL, NOTE)),
    )


def test_what_a_column_has_beside_its_dataset_is_a_grant_of_its_own(tmp_path: Path):
    """Verbs of the whole dataset aren't said again of its columns."""
    more = edge(ANN, "has_privilege", NOTE, verb="update")
    assert granted(tmp_path, [reads(ANN, TABLE), more]) == (
        Grant((ANN,), ("update",), (NOTE,)),
        Grant((ANN,), ("read",), (TABLE,)),
    )


def test_whoever_can_rewrite_a_dataset_holds_every_verb(tmp_path: Path):
    """What controls data gives all of it."""
    facts = [edge(ANN, "can_change", TABLE)]
    assert granted(tmp_path, facts) == (Grant((ANN,), VERBS, (TABLE,)),)


@pytest.mark.parametrize(
    "doubtful",
    [
        edge(ANN, "has_privilege", TABLE, verb="read", control="a row filter"),
        edge(ANN, "has_privilege", TABLE, verb="read", unknown="not decided"),
        edge(ANN, "has_privilege", TABLE, verb="read", needs=("group:g",)),
        edge(ANN, "directs", BO),
    ],
    ids=["control", "unknown", "needs", "organisational"],
)
def test_what_is_not_sure_is_not_granted(doubtful: Fact, tmp_path: Path):
    """A control, a doubt or a missing premise, and nothing is granted."""
    facts = [doubtful, edge("person:cy", "can_use", "group:g"), reads(BO, NOTE)]
    assert granted(tmp_path, facts) == (Grant((BO,), ("read",), (NOTE,)),)


def test_a_premise_that_is_held_closes_a_rule(tmp_path: Path):
    """Two with the same edge differ where only one holds what it needs."""
    needy = [
        edge(one, "has_privilege", TABLE, verb="read", needs=("group:g",))
        for one in (ANN, BO)
    ]
    facts = [*needy, edge(ANN, "can_use", "group:g")]
    assert granted(tmp_path, facts) == (Grant((ANN,), ("read",), (TABLE,)),)


def test_a_guard_is_the_condition_of_a_grant(tmp_path: Path):
    """What is held without it is granted without it."""
    facts = [reads(ANN, TABLE, MFA), reads(ANN, NOTE)]
    assert granted(tmp_path, facts) == (
        Grant((ANN,), ("read",), (MAIL,), MFA),
        Grant((ANN,), ("read",), (NOTE,)),
    )


def test_a_guard_in_doubt_grants_nothing(tmp_path: Path):
    """Whoever meets it still faces the control behind it."""
    facts = [replace(reads(ANN, TABLE, MFA), control="a row filter")]
    assert granted(tmp_path, facts) == ()


def test_every_guard_of_a_way_has_to_be_met(tmp_path: Path):
    """Two in a row make one condition of both."""
    use = replace(edge(ANN, "can_use", "tool:t"), guard=MFA)
    facts = [use, reads("tool:t", TABLE, OFFICE)]
    both = All(of=(MFA, OFFICE))
    assert granted(tmp_path, facts) == (Grant((ANN,), ("read",), (TABLE,), both),)


def test_each_of_two_ways_is_a_grant(tmp_path: Path):
    """Either condition does; both together are never asked for."""
    facts = [reads(ANN, TABLE, MFA), reads(ANN, TABLE, OFFICE)]
    found = granted(tmp_path, facts)
    assert {one.what for one in found} == {(TABLE,)}
    assert [one.guard for one in found] == [MFA, OFFICE]


def test_a_condition_too_deep_to_write_grants_nothing(tmp_path: Path):
    """What can't be put into words of the scene is left out."""
    deep: Condition = MFA
    for _ in range(DEEPEST - 1):
        deep = Not(deep)
    use = replace(edge(ANN, "can_use", "tool:t"), guard=deep)
    facts = [use, reads("tool:t", TABLE, OFFICE), reads("tool:t", NOTE)]
    assert granted(tmp_path, facts) == (Grant((ANN,), ("read",), (NOTE,), deep),)


def test_beyond_so_many_conditions_nothing_more_is_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The search is bounded; what it doesn't get to isn't granted."""
    monkeypatch.setattr(granting, "MOST_SETS", 2)
    facts = [reads(ANN, MAIL, MFA), reads(ANN, NOTE, OFFICE)]
    assert len(granted(tmp_path, facts)) == 1


def test_a_dataset_without_a_fact_of_its_own_is_granted_by_columns(tmp_path: Path):
    """Nobody holds what the estate doesn't name."""
    fence = replace(boundary(), gate=Gate(("in-china",), mode="grants"))
    case = Case(estate(tmp_path, [reads(ANN, MAIL)]), fence, AS_OF)
    assert grants(case, DATASETS) == (Grant((ANN,), ("read",), (MAIL,)),)
