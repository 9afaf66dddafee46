"""Laws of the way from files to the table: crash, shuffle, duplicates."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.audit import reader
from tests.sealed import Lines, line, order_of, rows_of, sealed, write

# Runs once whole; then, for every step of that run that touches the disk, a run that is
# killed there and one that completes it. Each is a process of its own, by fork before
# any thread is there. It prints, as JSON, every state that was not the whole one.
KILLED = r"""
import json, os, shutil, signal, sys
from pathlib import Path
from typing import Any
from ringfence.audit import reader
from tests.sealed import Lines, rows_of, sealed

base, stride = Path(sys.argv[1]), int(sys.argv[2])
reader.reader = lambda *_: Lines()
WATCHED = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "open"}

def child(work):
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(theirs, work())
        finally:
            os._exit(0)
    os.close(theirs)
    said = b""
    while piece := os.read(ours, 1 << 16):
        said += piece
    os.close(ours)
    os.waitpid(pid, 0)
    return said

def run(stop):
    taken, seen = [], [0]
    def step(what):
        taken.append(what)
        seen[0] += 1
        if seen[0] == stop:
            os.kill(os.getpid(), signal.SIGKILL)
    def hook(event, arguments):
        if event in WATCHED and "/out" in str(arguments[0]):
            step(event)
    sync = os.fsync
    os.fsync = lambda handle: (step("fsync"), sync(handle))[1]
    sys.addaudithook(hook)
    sealed(base)
    return json.dumps(taken).encode()

def state():
    table = sealed(base)
    left = sorted(str(one) for one in (base / "out").rglob(".*"))
    text = (table.folder / "table.json").read_text()
    return json.dumps([rows_of(table), text, left], default=str).encode()

first = shutil.copytree(base / "out", base / "kept") if (base / "out").exists() else None
def again():
    shutil.rmtree(base / "out", ignore_errors=True)
    if first:
        shutil.copytree(first, base / "out")
steps = json.loads(child(lambda: run(0)))
whole = child(state)
wrong = []
for number, what in enumerate(steps, 1):
    if what == "os.rename" or number % stride == 0:
        again()
        child(lambda: run(number))
        if child(state) != whole:
            wrong.append([number, what])
print(json.dumps({"steps": steps, "wrong": wrong, "rows": len(json.loads(whole)[0])}))
"""


@pytest.fixture(autouse=True)
def lines(monkeypatch):
    monkeypatch.setattr(reader, "reader", lambda *_: Lines())


def killed(base: Path, stride: int) -> dict[str, Any]:
    script = [sys.executable, "-W", "ignore", "-c", KILLED, str(base), str(stride)]
    done = subprocess.run(script, capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_run_that_is_killed_is_completed_by_the_next(tmp_path):
    """Killed at whatever step, the next run gives the whole table and no leftover."""
    for name, start in (("one", 0), ("two", 3)):
        write(
            tmp_path / "app" / name,
            [line(i * 50_000, uid=f"u{i}") for i in range(start, start + 6)],
        )
    found = killed(tmp_path, 11)
    assert found["steps"].count("os.rename") == 3
    assert (found["wrong"], found["rows"]) == ([], 9)


def test_a_run_that_is_killed_over_an_older_table_is_completed(tmp_path):
    """Also where a new table takes the place of one that stood there."""
    write(tmp_path / "app/one", [line(i, uid=f"u{i}") for i in range(6)])
    sealed(tmp_path)
    write(tmp_path / "app/two", [line(i, uid=f"u{i}") for i in range(3, 9)])
    found = killed(tmp_path, 13)
    assert found["steps"].count("os.rename") == 3
    assert (found["wrong"], found["rows"]) == ([], 9)


EVENTS = st.lists(
    st.tuples(st.integers(0, 200_000), st.sampled_from("abc"), st.integers(0, 30)),
    max_size=20,
    unique_by=lambda one: one[2],
)


def told(events) -> list[str]:
    return [line(t, actor=actor, uid=f"u{n}") for t, actor, n in events]


def table_of(files: list[list[str]]):
    base = Path(tempfile.mkdtemp(prefix="ringfence-"))
    try:
        for number, some in enumerate(files):
            write(base / "app" / f"{number}", some)
        table = sealed(base)
        everything = rows_of(table, '* EXCLUDE (file, "offset", line)')
        return (
            sorted(everything),
            table.states,
            [table.words(d) for d in ("actor", "touch")],
        )
    finally:
        shutil.rmtree(base)


@settings(max_examples=5)
@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_shuffling_files_and_lines_changes_places_alone(
    events, dice: random.Random, parts
):
    """The same lines in other files and another order are the same events and words."""
    lines = told(events)
    first, _, words = table_of([lines])
    dice.shuffle(lines)
    second, _, others = table_of([lines[n::parts] for n in range(parts)])
    assert (first, words) == (second, others)
    assert len(first) == len(events)


@settings(max_examples=5)
@given(EVENTS.filter(bool), st.data())
def test_a_second_delivery_changes_the_duplicates_alone(events, data):
    """Whatever was delivered again, whole or in part, no event is lost or doubled."""
    lines = told(events)
    again = data.draw(st.lists(st.sampled_from(lines), unique=True))
    first, _, words = table_of([lines])
    second, (state,), others = table_of([lines, again, lines])
    assert (first, words) == (second, others)
    assert state.duplicates == len(again) + len(lines)
    assert sum(one.events for one in state.files) == state.events + state.duplicates


def test_the_order_of_the_logs_is_no_matter(tmp_path):
    """Orders in another order give the same table."""
    for name in "ab":
        write(tmp_path / name / "one", [line(1, actor=name)])
    orders = [order_of(tmp_path, name) for name in "ab"]
    digest = sealed(tmp_path, *orders).digest
    shutil.rmtree(tmp_path / "out")
    assert sealed(tmp_path, *orders).digest == digest
