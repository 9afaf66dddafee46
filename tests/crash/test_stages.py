from __future__ import annotations

import errno

import pytest

from ringfence.ledger.faults import LedgerError
from ringfence.ledger.writer import log
from ringfence.ledger.writer.log import Log
from tests.crash.modelled import ModelDisk
from tests.crash.scenario import Scene, trouble

STAGES = {
    "append",
    "create",
    "datasync",
    "files",
    "make_folder",
    "read",
    "remove",
    "remove_folder",
    "rename",
    "sync",
    "sync_folder",
}


class FailingDisk(ModelDisk):
    """A disk of which one call fails, before it does anything or after it did all."""

    def __init__(self, *, at: int, late: bool) -> None:
        super().__init__()
        self.calls: list[str] = []
        self._at = at
        self._late = late

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        return self._failing(name, found) if name in STAGES else found

    def _failing(self, name, call):
        def called(*arguments, **named):
            self.calls.append(name)
            fails = len(self.calls) == self._at
            if fails and not self._late:
                raise OSError(errno.EIO, "Input/output error")
            try:
                return call(*arguments, **named)
            finally:
                if fails:
                    raise OSError(errno.EIO, "Input/output error")

        return called


@pytest.fixture(autouse=True)
def small_journals(monkeypatch):
    """Have journals begun anew after a few batches."""
    monkeypatch.setattr(log, "LARGE", 700)


@pytest.mark.parametrize("late", [False, True])
def test_a_writer_stops_at_the_first_failure_of_its_disk(late):
    """At whatever call the disk fails, the log takes nothing more, and loses nothing.

    What is found when it is opened again has all that was acknowledged; so has what a
    crash leaves.
    """
    whole = FailingDisk(at=-1, late=late)
    Scene(whole).play()
    for at in range(1, len(whole.calls) + 1):
        disk = FailingDisk(at=at, late=late)
        scene = Scene(disk)
        with pytest.raises(LedgerError):
            scene.play()
        if scene.log is not None:
            assert_stopped(scene.log)
        for state in (disk.now(), *disk.states(at, 3)):
            assert trouble(state, scene.said) is None


def assert_stopped(stopped: Log) -> None:
    for call in (lambda: stopped.append([b"more"]), stopped.publish):
        with pytest.raises(LedgerError, match="not open"):
            call()
