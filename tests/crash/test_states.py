from __future__ import annotations

import re

import pytest

from ringfence.ledger.writer import log
from tests.crash.modelled import ModelDisk
from tests.crash.scenario import CaughtError, Scene, Watch

# Calls of the disk in which a writer is killed: each such call, and which of them.
KILLED = [
    (call, which)
    for call in (
        "append private/journal",
        "rename private/signed",
        "rename public/checkpoint",
        "rename public/tile",
        "make_folder public/tile",
        "rename private/journal",
        "create private/new",
    )
    for which in (0, 1)
]


@pytest.fixture(autouse=True)
def small_journals(monkeypatch):
    """Have journals begun anew after a few batches."""
    monkeypatch.setattr(log, "LARGE", 700)


def test_no_crash_loses_what_was_acknowledged():
    """In no state that a crash may leave is an entry lost, or a head that was shown."""
    scene = Scene(ModelDisk())
    watch = Watch(scene, states=140)
    scene.play()
    assert watch.bad == []
    assert len(watch.seen) >= 5_000


def test_no_crash_of_a_recovery_loses_anything_either():
    """A ledger whose power fails again while it is opened and resumed is as safe."""
    scene = Scene(ModelDisk())
    first = Watch(scene, states=8)
    scene.play()
    states = 0
    for files, said in first.kept:
        if said.founded:
            second = Scene(ModelDisk(files), said)
            watch = Watch(second, states=4)
            second.resume()
            assert watch.bad == []
            states += len(watch.seen)
    assert states >= 500


class KilledError(BaseException):
    """The process ends here; what it wrote is in the memory of the system."""


def test_what_a_killed_writer_left_in_memory_is_not_taken_for_lasting():
    """A power failure after a kill and a reopening loses nothing either.

    The second writer finds files and folders that the first one never synced.
    """
    states = 0
    for killed, which in KILLED:
        scene = Scene(ModelDisk())
        calls: list[str] = []

        def die(call, scene=scene, calls=calls, killed=killed, which=which):
            calls.append(call if scene.said.founded else "")
            if sum(one.startswith(killed) for one in calls) > which:
                raise KilledError

        scene.disk.watch = die
        with pytest.raises(KilledError):
            scene.play()
        watch = Watch(scene, states=4)
        scene.resume()
        assert watch.bad == []
        states += len(watch.seen)
    assert states >= 500


@pytest.mark.parametrize(
    ("deaf", "loss"),
    [
        ("file", "refused|unsound"),
        ("folder", "refused|lost|regressed|unpublished|unsound"),
        ("parent", "refused"),
        ("datasync", "lost"),
        ("journal", "lost"),
        ("signed", "regressed"),
        ("checkpoint", "unpublished"),
    ],
)
def test_a_sync_that_is_left_out_is_caught(deaf, loss):
    """Without any one kind of sync, there are states in which something is lost."""
    scene = Scene(ModelDisk())
    watch = Watch(scene, most=1)
    with pytest.raises(CaughtError):
        scene.play(deaf)
    assert re.search(rf": ({loss})", watch.bad[0])
