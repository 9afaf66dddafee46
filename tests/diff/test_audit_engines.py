"""Every engine judges as the plain loop does: event for event, group for group."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings

from ringfence.audit.judge import Question, judge
from ringfence.audit.world import World
from tests import judging
from tests.judging import (
    DAY,
    START,
    Small,
    Table,
    by_engine,
    by_loop,
    duck,
    sheet,
    told,
)
from tests.reference import audit

SIZE = 1_000_000
PEOPLE, TOUCHES = 2_000, 1_000


def million(size: int = SIZE) -> Small:
    """A company for a month: people who come and go, touches of which few matter."""
    rng = np.random.default_rng(11)
    end = START + 30 * DAY

    def timeline(codes, statuses, most):
        rows = []
        for code in range(1, codes):
            cuts = np.sort(rng.integers(START - DAY, end, rng.integers(0, most)))
            ends = [-(1 << 60), *cuts.tolist(), 1 << 60]
            for since, until in pairwise(ends):
                status = int(rng.choice(4, p=statuses))
                if status < 3:
                    rows.append((code, since, until, status))
        return tuple(rows)

    standing = timeline(PEOPLE, [0.7, 0.05, 0.2, 0.05], 5)
    touched = timeline(TOUCHES, [0.85, 0.02, 0.12, 0.01], 2)
    pairs = np.column_stack(
        [rng.integers(0, PEOPLE, 20_000), rng.integers(0, TOUCHES, 20_000)]
    )
    begins = rng.integers(START, end, 20_000)
    leave = tuple(
        (int(who), int(touch), int(since), int(since) + 3 * DAY)
        for (who, touch), since in zip(pairs, begins, strict=True)
    )
    drawn = {
        "time": rng.integers(START, end, size),
        "who": rng.integers(0, PEOPLE, size),
        "tool": rng.integers(0, 8, size),
        "touch": rng.integers(0, TOUCHES, size),
        "verb": rng.integers(0, 4, size),
        "rows": np.where(rng.random(size) < 0.3, -1, rng.integers(0, 9_000, size)),
        "address": rng.integers(0, 500, size),
    }
    abroad = {code: int(rng.integers(1, 3)) for code in range(10)}
    rows = zip(*(drawn[name].tolist() for name in judging.READ), strict=True)
    events = tuple(audit.Event(*row) for row in rows)
    window = (START + DAY // 2, end - DAY // 3)
    return Small(standing, touched, leave, abroad, events, window)


@settings(max_examples=60, deadline=None)
@given(judging.smalls())
def test_duckdb_judges_as_the_loop_does(small):
    """Whatever the world, edges of intervals included, DuckDB and the loop agree."""
    assert by_engine(small, duck()) == by_loop(small)


@settings(max_examples=40, deadline=None)
@given(judging.smalls())
def test_sqlite_judges_as_the_loop_does(small):
    """The same kernels in another engine's dialect give the same groups."""
    assert by_engine(small, judging.SQLite()) == by_loop(small)


def test_a_million_events_are_judged_alike(tmp_path):
    """A month of a company: every reason and every group, exactly."""
    small = million()
    table = Table(tmp_path, sheet(small.events), PEOPLE)
    engine = duck()
    engine.most = SIZE // 5
    judged = judge(engine, table, small.world(), small.question(), tmp_path)
    engine.close()
    expected = by_loop(small)
    assert told(judged) == expected
    assert len(expected.groups) > 10_000
    assert len(expected.reasons) == 10


PROGRAM = """
import json, sys
from pathlib import Path
from tests.judging import Table, duck, sheet
from tests.diff.test_audit_engines import answer
print(json.dumps(answer(Path(sys.argv[1]))))
"""


def answer(folder: Path) -> list[list[int]]:
    """Judge ten thousand events; return every number of the answer."""
    small = million(10_000)
    table = Table(folder, sheet(small.events), PEOPLE)
    judged = judge(duck(), table, small.world(), small.question(), folder)
    return [[*judged.reasons.values()], *(c.tolist() for c in judged.groups.values())]


def test_the_time_zone_of_the_machine_changes_nothing(tmp_path):
    """A day begins at midnight UTC, wherever the program runs."""
    answers = []
    for zone in ("UTC", "America/New_York"):
        folder = tmp_path / zone.replace("/", "-")
        folder.mkdir()
        command = [sys.executable, "-c", PROGRAM, str(folder)]
        done = subprocess.run(
            command, env={**os.environ, "TZ": zone}, capture_output=True, check=True
        )
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert len(answers[0][1]) > 100


def test_no_file_is_no_event(tmp_path):
    """A log of which nothing was read has nothing to judge."""
    table = Table(tmp_path, sheet(()), 1)
    judged = judge(duck(), table, World(), Question(("log",)), tmp_path)
    assert judged.events == 0
    assert sum(judged.reasons.values()) == 0
    assert all(len(column) == 0 for column in judged.groups.values())
