"""Plans for a claim: who is spared, what comes back, and what is left afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.boundary.model import BoundaryException
from ringfence.claims.afterwards import afterwards, claim_of
from ringfence.claims.outcome import Verdict
from ringfence.claims.planning import Planning, planned
from ringfence.errors import ConfigError
from tests.asked import FACTS, MAIL, NOTE, TABLE, opened, silent
from tests.estates import attribute, claim, edge

BO = edge("person:bo", "member_of", "group:dev")
LEAVE = BoundaryException(
    "leave",
    who=("group:dev",),
    columns=("w/a.users.mail",),
    purpose="support",
    owner="person:bo",
    cap=9,
    until="2023-01-01T00:00:00Z",
)


def planning(folder: Path, *facts: object, **more: object) -> Planning:
    return Planning(opened(folder, [*FACTS, *facts], **more), None)  # type: ignore[list-item]


def test_plans_run_from_few_changes_to_no_harm(tmp_path: Path):
    """One change of the shared grant hurts Bo; Ann's own membership hurts nobody."""
    found = planned(planning(tmp_path, BO), silent)
    assert (found.verdict, found.people, found.columns, found.pairs) == (
        Verdict.REFUTED,
        1,
        1,
        1,
    )
    last = found.plans[-1]
    assert (last.closes, last.people, last.pairs, last.losers) == (True, 0, 0, ())
    assert "person:ann" in last.file


def test_an_upheld_claim_needs_no_plan(tmp_path: Path):
    """Nobody crosses: there is nothing to plan, and no way to look for."""
    facts = [fact for fact in FACTS if fact.name != "can_use"]
    found = planned(Planning(opened(tmp_path, facts), None), silent)
    assert (found.plans, found.pairs, found.uncuttable) == ((), 0, None)


def test_what_cannot_be_taken_away_is_named(tmp_path: Path):
    """A law has no price: there is no plan, and the pair says why."""
    facts = [*FACTS, edge("person:ann", "controls", "store:w")]
    case = opened(tmp_path, facts, claim("no_reach", grades=("technical", "legal")))
    found = planned(Planning(case, None), silent)
    assert (found.plans, found.uncuttable) == ((), ("person:ann", MAIL))


def test_whoever_reaches_only_what_is_conceded_is_left_alone(tmp_path: Path):
    """The exception is no crossing: Ann keeps her ways, and nothing is planned."""
    case = opened(
        tmp_path, FACTS, claim("no_reach", exceptions=("leave",)), exceptions=(LEAVE,)
    )
    assert planned(Planning(case, None), silent).pairs == 0


def test_what_is_conceded_comes_back(tmp_path: Path):
    """Ann reads more than the exception lets her: all goes, and that is granted anew."""
    facts = [*FACTS, attribute(NOTE, "tag", "EMAIL")]
    case = opened(
        tmp_path, facts, claim("no_reach", exceptions=("leave",)), exceptions=(LEAVE,)
    )
    ready = Planning(case, None)
    found = planned(ready, silent)
    plan = found.plans[-1]
    assert (plan.regrants, plan.closes) == (1, True)
    path = tmp_path / "plan-A.yaml"
    path.write_text(plan.file)
    after = afterwards(ready, path, tmp_path / "after", silent)
    # The membership for which the exception holds has stayed.
    assert after.after is not Verdict.REFUTED
    assert after.added == 2


def test_a_plan_is_proved_on_what_is_left(tmp_path: Path):
    """Facts left out, the claim judged anew, and a proof that the checker accepts."""
    ready = planning(tmp_path, BO)
    plan = planned(ready, silent).plans[-1]
    path = tmp_path / "mine.yaml"
    path.write_text(plan.file)
    found = afterwards(ready, path, tmp_path / "after", silent)
    assert (claim_of(path), found.claim) == ("no-reach", "no-reach")
    assert (found.before, found.differs, found.plan.pairs) == (Verdict.REFUTED, (), 0)
    assert found.after is not Verdict.REFUTED
    assert (found.removed, found.added) == (plan.changes, 0)
    before = {*(tmp_path / "facts.jsonl").read_text().splitlines()}
    left = {*(tmp_path / "after" / "facts.jsonl").read_text().splitlines()}
    assert (left < before, len(before - left)) == (True, plan.changes)
    if found.proof:
        run = subprocess.run(
            [sys.executable, "-m", "ringfence_verify", str(tmp_path / "after")],
            check=False,
            capture_output=True,
            text=True,
        )
        assert (run.returncode, f"{found.proof} ok" in run.stdout) == (0, True)


def test_a_plan_that_is_edited_is_priced_anew(tmp_path: Path):
    """Without its changes a plan closes nothing; the claim stays refuted."""
    ready = planning(tmp_path, BO)
    text = planned(ready, silent).plans[-1].file
    path = tmp_path / "mine.yaml"
    path.write_text(
        text.partition("remove:")[0].replace('estate: "', 'estate: "x') + "remove: []\n"
    )
    found = afterwards(ready, path, tmp_path / "after", silent)
    assert (found.after, found.plan.closes, found.plan.changes) == (
        Verdict.REFUTED,
        False,
        0,
    )
    assert found.differs == ("estate",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", r"there is no claim `nope`"),
        ("residency", r"is of kind `residency`, which has no plans"),
    ],
)
def test_only_some_claims_have_plans(name: str, message: str, tmp_path: Path):
    """Plans are for `no_reach`."""
    case = opened(tmp_path, FACTS, claim("no_reach"), claim("residency"))
    with pytest.raises(ConfigError, match=message):
        Planning(case, name)


def test_a_boundary_without_such_a_claim_has_nothing_to_plan_for(tmp_path: Path):
    """The error says what to add."""
    with pytest.raises(ConfigError, match="no claim of kind `no_reach`"):
        Planning(opened(tmp_path, FACTS, claim("residency")), None)


def test_a_plan_for_another_claim_is_refused(tmp_path: Path):
    """A plan is judged by the claim that it was made for."""
    ready = planning(tmp_path, BO)
    text = planned(ready, silent).plans[0].file
    path = tmp_path / "p.yaml"
    path.write_text(text.replace('claim: "no-reach"', 'claim: "other"'))
    with pytest.raises(ConfigError, match="is a plan for the claim `other`"):
        afterwards(ready, path, tmp_path / "after", silent)
    assert TABLE


def test_a_plan_file_that_is_no_text_is_told(tmp_path: Path):
    """Bytes that aren't UTF-8 are a mistake in the file, with its place."""
    ready = planning(tmp_path, BO)
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"plan: \xff\n")
    with pytest.raises(ConfigError, match=r"mine.yaml"):
        afterwards(ready, path, tmp_path / "after", silent)
