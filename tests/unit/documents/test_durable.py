from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringfence.documents.durable import locked, sync
from ringfence.errors import Locus, RingfenceError

BUSY = RingfenceError("somebody is there")


def test_a_lock_is_held_by_one(tmp_path):
    """While one holds a lock, another is told at once; after that it is free again."""
    file = tmp_path / "deep/lock"
    with (
        locked(file, BUSY),
        pytest.raises(RingfenceError, match="somebody is there"),
        locked(file, BUSY),
    ):
        pass
    with locked(file, BUSY):
        assert file.exists()


def test_a_lock_that_cannot_be_made_is_one_error(tmp_path):
    """A folder that can't be made is told with its name."""
    (tmp_path / "file").touch()
    with pytest.raises(RingfenceError) as caught, locked(tmp_path / "file/lock", BUSY):
        pass
    assert caught.value.problems[0].at == Locus(str(tmp_path / "file"))


def test_files_and_folders_are_synced_and_let_go(tmp_path, monkeypatch):
    """A sync that fails is told, and leaves no handle open."""
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    sync(tmp_path)
    (tmp_path / "file").touch()
    sync(tmp_path / "file")

    def fails(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        sync(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before
