"""Lines: what became of each file, and nothing of anybody."""

from __future__ import annotations

import json

import pytest

from ringfence.egress.files import lines
from ringfence.egress.files.gateway import Outcome
from ringfence.egress.files.names import numbered, odd
from ringfence.errors import ExitCode

BLOCKED = Outcome("block", "figures/a.csv", ("one", "two", "three"), "block/a.csv", 7)


def test_a_line_says_verdict_path_and_first_reason():
    """Further reasons are counted; the receipt has them."""
    assert lines.text(BLOCKED) == "BLOCK    figures/a.csv  one (and 2 more)\n"
    assert lines.text(Outcome("left", "a", ("odd",))) == "LEFT     a  odd\n"
    assert lines.text(Outcome("failed", "", ("odd",))) == "FAILED   odd\n"


def test_json_says_all():
    """A line of JSON has every reason, the target and the ledger's entry."""
    assert json.loads(lines.json(BLOCKED)) == {
        "verdict": "block",
        "path": "figures/a.csv",
        "target": "block/a.csv",
        "entry": 7,
        "reasons": ["one", "two", "three"],
    }
    assert json.loads(lines.json(Outcome("left", "a")))["entry"] is None


@pytest.mark.parametrize("name", ["ann@example.com.csv", "+1 415 555 0100", "a\nb"])
def test_a_name_that_may_tell_of_somebody_isnt_shown(name: str):
    """Paths are data, too."""
    outcome = Outcome("hold", f"partner/{name}", target=f"hold/partner/{name}")
    for text in (lines.text(outcome), lines.json(outcome)):
        assert name not in text
        assert "partner/(a name that isn't shown)" in text


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], ExitCode.NOTHING_COLLECTED),
        (["release", "mask"], ExitCode.ALL_UPHELD),
        (["release", "hold"], ExitCode.UNPROVEN),
        (["left"], ExitCode.UNPROVEN),
        (["hold", "block"], ExitCode.REFUTED),
        (["block", "failed"], ExitCode.TOOL_FAILED),
    ],
)
def test_the_code_is_that_of_the_worst(verdicts, code):
    """Failed, then blocked, then held or left, then released, then nothing."""
    assert lines.code(verdicts) is code


def test_numbers_stand_before_the_ending():
    """A second file of a name is told apart, and is still of its kind."""
    assert numbered("p/a.csv", 1) == "p/a.csv"
    assert numbered("p/a.csv", 2) == "p/a~2.csv"
    assert numbered("p/a", 3) == "p/a~3"


@pytest.mark.parametrize(
    "path", ["a", "p/", "p//a", "p/../a", "./a", "p/a\x00", "p/\x85", "p/" + "ü" * 101]
)
def test_paths_that_cant_be_taken(path: str):
    """A path that can't be told, or leads elsewhere, is said to be odd."""
    assert odd(path)
    assert not odd("p/a b/ü'\"")
