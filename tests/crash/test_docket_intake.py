"""Intake and destruction that are killed at any effect on the disk, and started again.

The law: what was told to be kept is kept, in the ledger and sealed; nothing is logged
twice; nothing half written stays; and the same command again completes the work.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.docket.checking import check_docket
from ringfence.docket.destroying import destroy
from ringfence.docket.intake import Intake
from ringfence.docket.objects import Hand, Handling, Recording, Statement
from ringfence.docket.originals import Originals
from tests.killing import Killed, living
from tests.taped import NAME, TIME, Taped, noise, remembered, taped, wav

FIRST, NEXT = b"what was received first", wav(noise(20_000))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("made"))
    there.add("first.pdf", FIRST)
    there.state(there.held(Recording)[0].ref, "nobody can", None)
    there.file("next.wav", NEXT)
    there.index().catch_up()
    return there


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("ringfence.docket.intake.decoded", remembered)


def again(made: Taped, folder: Path) -> Taped:
    """Return a copy of a docket, in which nothing was killed yet."""
    return replace(made.copied(folder), folder=made.folder)


def add(tapes: Taped) -> None:
    with Intake.of(tapes.docket) as intake:
        terms = tapes.terms(sealed_name=NAME, identities=tapes.names)
        intake.add(tapes.folder / "next.wav", terms, TIME)


def check_first(tapes: Taped) -> None:
    """Check that what was kept before is kept, whatever happened since."""
    kept = Originals(tapes.docket)
    assert kept.read(tapes.recording().content, tapes.keys) == FIRST


def check_whole(tapes: Taped) -> None:
    """Hold a docket to the law, once the same was done again."""
    check_first(tapes)
    kept, there = Originals(tapes.docket), tapes.held(Recording)
    assert len(there) == 2
    assert kept.read(tapes.recording(2).content, tapes.keys) == NEXT
    assert len(tapes.held(Hand)) == 2
    steps = [one.object for one in tapes.held(Handling)]
    assert [one.thing for one in steps if one.thing] == [one.ref for one in there]
    assert not [*(tapes.docket.folder / "originals").glob("*.part")]
    found = check_docket(tapes.docket)
    assert found.problems == []
    orphans = [one for one in found.notes if "original" in one]
    assert orphans == []


def test_intake_killed_at_any_effect_goes_on(made, tmp_path):
    """Killed at each effect in turn: nothing that was kept is lost, and the rest comes."""
    left, died = 0, True
    while died:
        tapes = again(made, tmp_path)
        with living(left) as life, suppress(Killed):
            add(tapes)
        died = life.is_dead
        if died:
            check_first(tapes)
        add(tapes)
        check_whole(tapes)
        left += 1
    assert left > 40


def test_intake_killed_twice_goes_on(made, tmp_path):
    """A second run that is killed too changes nothing of that."""
    for left in range(3, 40, 9):
        tapes = again(made, tmp_path)
        for more in (left, left // 2):
            with living(more), suppress(Killed):
                add(tapes)
            check_first(tapes)
        add(tapes)
        check_whole(tapes)


def test_destruction_killed_at_any_effect_goes_on(made, tmp_path):
    """At no point is something gone that the ledger doesn't call destroyed."""
    left, died = 0, True
    while died:
        tapes = again(made, tmp_path)
        content = tapes.recording().content
        with living(left) as life, suppress(Killed):
            destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
        died = life.is_dead
        tapes.docket.settle()
        said = [one for one in tapes.held(Handling) if one.object.step == "destroyed"]
        gone = not Originals(tapes.docket).holds(content)
        assert not gone or said
        destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
        assert not Originals(tapes.docket).holds(content)
        assert (tapes.held(Recording), tapes.held(Statement)) == ([], [])
        assert left % 4 or check_docket(tapes.docket).problems == []
        left += 1
    assert left > 20


@pytest.mark.parametrize("left", [6, 17, 33])
def test_sigkill_loses_nothing(made, tmp_path, left):
    """A process that the system kills, for good, leaves what another one completes."""
    tapes = again(made, tmp_path)
    script = Path(__file__).with_name("killed_intake.py")
    file = made.folder / "next.wav"
    command = [sys.executable, script, tapes.docket.folder, file, tapes.by, str(left)]
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [*map(str, command)], env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert run.returncode == -signal.SIGKILL
    check_first(tapes)
    with Intake.of(tapes.docket) as intake:
        intake.add(file, tapes.terms(), TIME)
    check_whole(tapes)


def test_a_disk_that_is_full_leaves_no_part(made, tmp_path, monkeypatch):
    """An error while an original is written is told, and sweeps what was written."""
    tapes = again(made, tmp_path)
    real = os.write

    def full(handle: int, content: bytes) -> int:
        if len(content) > 5_000:
            raise OSError(28, "No space left on device")
        return real(handle, content)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        add(tapes)
    monkeypatch.undo()
    assert [*(tapes.docket.folder / "originals").glob("*.part")] == []
    assert len(tapes.held(Recording)) == 1
