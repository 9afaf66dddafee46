from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("failing.py")
ENDED_WELL, STOPPED, KILLED = 0, 3, -9
# What a writer may not go on after. Of the others, some failures mean nothing: a folder
# that can't be made because it is there.
FATAL = ("fsync", "fdatasync", "write", "rename")


def told_of(what: str, folder: Path) -> list[dict[str, Any]]:
    command = [sys.executable, str(PROGRAM), what, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "PermissionError" in done.stderr:
        pytest.skip("strace may not take hold of a process here")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_no_call_that_fails_or_kills_loses_an_entry(tmp_path):
    """At each system call of a writer, a kill and an I/O error leave a sound ledger.

    It is opened again, has all that was acknowledged, and goes on.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: system calls can't be made to fail")
    untouched, *cases = told_of("calls", tmp_path)
    assert untouched["ended"] == ENDED_WELL
    assert len(cases) == 2 * sum(untouched["calls"].values()) > 300
    assert [case for case in (untouched, *cases) if "bad" in case] == []
    ends = {case["case"]: case["ended"] for case in cases}
    assert {ends[case] for case in ends if "signal=KILL" in case} == {KILLED}
    failed = {case: end for case, end in ends.items() if "error=EIO" in case}
    assert set(failed.values()) <= {ENDED_WELL, STOPPED}
    fatal = {end for case, end in failed.items() if _call(case) in FATAL}
    assert fatal == {STOPPED}


def _call(case: str) -> str:
    return case.removeprefix("inject=").partition(":")[0]


def test_a_writer_that_is_killed_over_and_over_keeps_what_it_acknowledged(tmp_path):
    """Killed in twenty rounds, a writer has each time what it had told of outside."""
    rounds = told_of("kills", tmp_path)
    assert [one for one in rounds if "bad" in one] == []
    assert len(rounds) == 20
    sizes = [one["acknowledged"] for one in rounds]
    assert all(before < after for before, after in pairwise(sizes))
