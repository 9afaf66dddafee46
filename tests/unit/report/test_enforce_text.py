"""What a plan for a database says: who would break, and what exceptions concede."""

from __future__ import annotations

import json

import pytest

from ringfence.claims.losing import Line, Loss, Lost
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.statements import Plan, Statement, script
from ringfence.report import enforce_text
from tests.unit.gate.postgres.test_bad_input import EMPTY

DAY = 86_400_000_000
CONCEDED = Statement("GRANT 1;\nGRANT 2", "conceded q1: ann reads mail of a.b by f()")
PLAN = Plan("w", "shop", "b", "e", "c", 180000, (), (), (), (CONCEDED,))


def line(loss: Loss, who: str = "role:w/job", tool: str = "", events: int = 1) -> Line:
    return Line(who, tool, "a.users", "read", loss, events, 19_000 * DAY)


def lost(*lines: Line) -> Lost:
    return Lost(7, 18_999 * DAY, 19_001 * DAY, lines, {"person:ann": "Ann"})


def said(found: Lost | None) -> str:
    """Return what is said of a plan, on one line."""
    return " ".join(enforce_text.planned(PLAN, ["p"], 100, "text", found).split())


def test_nobody_who_breaks_is_said_too():
    """A plan that takes nothing from anybody legitimate says so, with a number."""
    assert "the logs' last 7 days: 0 legitimate uses would break, 0 may," in said(
        lost()
    )
    assert "would break w/job" not in said(lost())


def test_each_kind_of_use_has_its_lines():
    """Who, by which tool, what, how often and when last."""
    told = said(
        lost(
            line(Loss.PERMITTED, events=3),
            line(Loss.UNCLEAR, who=""),
            line(Loss.EXCLUDED, who="person:ann", tool="tool:pulse"),
        )
    )
    assert "3 legitimate uses would break, 1 may, 1 by those to be kept out end" in told
    assert "would break w/job: read a.users, 3 times, last on 2022-01-08" in told
    assert "may break somebody: read a.users, 1 time," in told
    assert "kept out Ann by pulse: read a.users" in told


def test_without_logs_nothing_is_claimed():
    """Nobody is said to be safe because nobody was seen."""
    assert "no logs say who uses what ends" in said(None)


@pytest.mark.parametrize("found", [None, lost(line(Loss.PERMITTED, events=3))])
def test_a_plan_for_programs(found: Lost | None):
    """Numbers and lines by kind, or null."""
    told = json.loads(enforce_text.planned(PLAN, ["p"], 100, "json", found))
    assert told["plan"]["conceded"][0]["why"].startswith("conceded q1")
    if found is None:
        assert told["lost"] is None
        return
    assert (told["lost"]["permitted"], told["lost"]["excluded"]) == (3, 0)
    (use,) = told["lost"]["uses"]
    assert (use["relation"], use["kind"]) == ("a.users", "permitted")
    assert told["lost"]["from"] == "2022-01-07T00:00:00Z"


def test_exceptions_are_shown_and_are_no_part_of_the_script():
    """They are comments: who runs the script by hand concedes nothing."""
    assert "exceptions conceded q1: ann reads mail of a.b by f()" in said(None)
    assert script(PLAN).endswith(";\n")
    lines = script(PLAN).partition("COMMIT;\n")[2].splitlines()
    assert lines == [
        f"-- as long as it is in force: {CONCEDED.why}",
        "--   GRANT 1;",
        "--   GRANT 2;",
    ]


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_was_applied_tells_what_is_conceded(form: str):
    """Each exception in a line of its own, or in a list."""
    journal = Journal(PLAN, EMPTY, EMPTY, "2022-01-31T00:00:00Z")
    told = enforce_text.applied(journal, "j.json", ["conceded q1"], form)
    if form == "json":
        assert json.loads(told)["conceded"] == ["conceded q1"]
    else:
        assert told.splitlines()[1:] == ["journal     j.json", "conceded q1"]
