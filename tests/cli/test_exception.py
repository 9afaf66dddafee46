"""`ringfence exception`: a whole course by the command line, as two people take it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import BOUNDARY, PEOPLE, write_case

ASK = ("--by", "ann", "--who", "ann", "--column", "w/a.*", "--purpose", "audit")


@pytest.fixture
def step(say, tmp_path: Path):
    """Return a function that takes a step of a case with a gate, in its own ledger."""
    boundary = BOUNDARY + "gate: {excluded: [in-cn]}\n"
    write_case(tmp_path / "fenced", boundary=boundary, people=PEOPLE + "cy,US,Cy\n")
    assert say("ledger", "init", "leaves", "--origin", "example.com/leaves").code == 0

    def take(word: str, *more: str):
        return say("exception", word, "fenced", *more, "--ledger", "leaves")

    return take


def test_a_course(step):
    """Asked by one, approved by another, listed, ended by a third."""
    asked = step("ask", "audit", *ASK, "--cap", "5", "--until", "2100-01-01")
    assert (asked.code, "longer than 366 days" in asked.err) == (2, True)
    ended = ("--since", "2099-06-01", "--until", "2100-01-01")
    asked = step("ask", "audit", *ASK, "--cap", "5", *ended)
    assert (asked.code, "asked for" in asked.out) == (0, True)
    own = step("approve", "audit", "--by", "ann")
    assert (own.code, "their own exception" in own.err) == (2, True)
    assert step("approve", "audit", "--by", "bo").code == 0
    listed = json.loads(step("list", "--format", "json").out)
    assert [one["approved"] for one in listed["exceptions"]] == ["person:bo"]
    over = step("revoke", "audit", "--by", "cy", "--why", "done")
    assert (over.code, "revoked" in over.out) == (0, True)
    late = step("review", "audit", "--by", "bo", "--why", "looked")
    assert (late.code, "reviewed" in late.out) == (0, True)


def test_refused(step):
    """A refusal says why, and the exception is over."""
    ended = ("--since", "2099-06-01", "--until", "2100-01-01")
    assert step("ask", "audit", *ASK, "--cap", "5", *ended).code == 0
    done = step("refuse", "audit", "--by", "bo", "--why", "no need")
    assert (done.code, "refused" in done.out) == (0, True)
    again = step("approve", "audit", "--by", "cy")
    assert (again.code, "refused already" in again.err) == (2, True)


def test_broken_glass(step):
    """It holds at once, for hours; only somebody inside breaks it."""
    more = ("--who", "ann", "--column", "w/a.*", "--purpose", "fire", "--cap", "5")
    broken = step("break-glass", "fire", "--by", "bo", *more, "--hours", "2")
    assert (broken.code, "in force" in broken.out) == (0, True)
    other = step("break-glass", "more", "--by", "ann", *more)
    assert (other.code, "inside the fence" in other.err) == (2, True)
    long = step("break-glass", "long", "--by", "bo", *more, "--hours", "5")
    assert (long.code, "hours" in long.err) == (2, True)
