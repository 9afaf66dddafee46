"""`diff`: new reach first, one exit code, and the same in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import CROSSING, WAREHOUSE, write_case


@pytest.fixture
def snapshots(say):
    """Return the function that runs commands, with `old` and `new` already written."""
    say("check", "case", "-o", "old")
    say("check", "crossed", "-o", "new")
    return say


def test_new_reach_comes_first(snapshots):
    """The pair, why it is new, the fact that is, then what the facts say."""
    said = snapshots("diff", "old", "new")
    assert said.code == 11
    first = said.out.splitlines()[0]
    assert (
        first
        == "new reach   1 pair of 1 principal and 1 resource: 1 certain, 0 possible"
    )
    assert "  new   may read w   db:9" in said.out
    assert "ended       none" in said.out
    assert said.out.endswith("exit 11: there is new reach over the boundary\n")


def test_reach_that_ended_is_no_finding(snapshots):
    """The other way round it is good news, and the code says so."""
    said = snapshots("diff", "new", "old")
    assert (said.code, "new reach   none" in said.out) == (0, True)
    assert "ended       1 pair" in said.out
    assert snapshots("diff", "old", "old").code == 0


def test_possible_reach_has_its_own_code(snapshots):
    """An undecided grant is new, and perhaps a crossing."""
    doubt = CROSSING.replace('"value":"store:w"', '"unknown":"?","value":"store:w"')
    write_case(Path("doubtful"), warehouse=WAREHOUSE + doubt)
    snapshots("check", "doubtful", "-o", "perhaps")
    assert snapshots("diff", "old", "perhaps").code == 10


def test_json_has_every_pair(snapshots):
    """Levels, reasons and the lines of new facts, for both estates' digests."""
    told = json.loads(snapshots("diff", "old", "new", "--format", "json").out)
    (pair,) = told["risen"]
    assert (pair["was"], pair["now"], pair["reasons"]) == (
        "none",
        "certain",
        ["new facts"],
    )
    assert pair["new"][0] in Path("new/facts.jsonl").read_text().splitlines()
    assert (told["exit"], told["ringfence"]) == (11, "diff/1")
    assert told["old"]["estate"] != told["new"]["estate"]


def test_facts_files_need_a_boundary(snapshots):
    """A facts file alone doesn't say who is excluded."""
    bare = snapshots("diff", "old/facts.jsonl", "new/facts.jsonl")
    assert (bare.code, "add `--boundary FILE`" in bare.err) == (2, True)
    words = ("old/facts.jsonl", "new/facts.jsonl", "--boundary", "case/boundary.yaml")
    assert snapshots("diff", *words).code == 11
