from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ringfence.ledger.faults import LedgerError
from ringfence.ledger.writer.disk import RealDisk, folder_fetch, place, sweep
from tests.crash.modelled import ModelDisk


@pytest.fixture
def disk(tmp_path):
    found = RealDisk.made(tmp_path / "deep/ledger")
    yield found
    found.close()


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_files_are_placed_with_their_folders(disk, tmp_path):
    """Placed files have their names, contents and rights; nothing is left over."""
    files = [(f"public/tile/{n % 3}/{n}", b"%d" % n) for n in range(600)]
    lasting: set[str] = set()
    place(disk, [*files, ("private/signed", b"secret")], lasting)
    assert {name: disk.read(name) for name, _ in files} == dict(files)
    assert disk.files("private") == ["signed"]
    assert lasting >= {"public", "public/tile", "public/tile/0", "private"}
    folder = tmp_path / "deep/ledger"
    modes = [
        stat.S_IMODE((folder / name).stat().st_mode)
        for name in ("private", "private/signed", "public/tile/0/0")
    ]
    assert modes == [0o700, 0o600, 0o644]


def test_everything_that_is_placed_is_synced_in_order():
    """Files are synced before their names, names of folders with those of files."""
    calls: list[str] = []
    disk = ModelDisk({"private/new/left": b""})
    disk.watch = calls.append
    place(disk, [("public/tile/0/000", b"content")], {"private", "private/new"})
    assert calls == [
        "make_folder public",
        "make_folder public/tile",
        "make_folder public/tile/0",
        "create private/new/0",
        "create private/new/0",
        "sync private/new/0",
        "rename public/tile/0/000",
        "sync_folder .",
        "sync_folder public",
        "sync_folder public/tile",
        "sync_folder public/tile/0",
    ]


def test_a_large_file_is_read_whole(disk):
    """A file of more bytes than are read at once is read to its end."""
    content = os.urandom(600_000)
    place(disk, [("private/large", content)], set())
    assert disk.read("private/large") == content


def test_what_was_half_written_is_swept(disk):
    """Files that never got their names are removed."""
    place(disk, [("private/one", b"")], set())
    disk.create("private/new/7", b"half", secret=True)
    sweep(disk)
    assert disk.files(".") == ["private/one"]


def test_files_below_a_folder_are_listed(disk, tmp_path):
    """Files are told by their names below a folder; a link is a file of its own."""
    place(disk, [("public/b/c", b""), ("public/a", b"")], set())
    (tmp_path / "deep/ledger/public/link").symlink_to("b")
    assert disk.files("public") == ["a", "b/c", "link"]
    assert disk.files("nowhere") == []


def test_appending_and_cutting(disk):
    """A file takes more at its end, and can be cut off; a rename takes it away."""
    place(disk, [("private/journal", b"one")], set())
    disk.datasync("private/journal")
    disk.append("private/journal", b"two")
    disk.datasync("private/journal")
    disk.truncate("private/journal", 4)
    disk.sync(["private/journal"])
    assert disk.read("private/journal") == b"onet"
    disk.datasync("private/journal")
    disk.append("private/journal", b"!")
    place(disk, [("private/journal", b"new")], set())
    disk.append("private/journal", b"er")
    assert disk.read("private/journal") == b"newer"
    disk.datasync("private/journal")


def test_an_existing_file_is_never_written_over(disk):
    """A new file is a new one: what another name still leads to is not emptied."""
    place(disk, [("private/one", b"1")], set())
    with pytest.raises(FileExistsError):
        disk.create("private/one", b"2", secret=True)
    assert disk.read("private/one") == b"1"


def test_folders_and_files_are_removed(disk):
    """An empty folder goes; one that isn't stays."""
    place(disk, [("public/tile/0/000.p/1", b"")], set())
    with pytest.raises(OSError, match="not empty"):
        disk.remove_folder("public/tile/0/000.p")
    disk.remove("public/tile/0/000.p/1")
    disk.remove_folder("public/tile/0/000.p")
    assert disk.files("public") == []


def test_no_handle_is_left_open(tmp_path):
    """Closed, a disk holds no file, whatever was in the middle of being written."""
    before = handles()
    disk = RealDisk.made(tmp_path)
    place(disk, [(f"private/{n}", b"") for n in range(300)], set())
    disk.create("private/new/1", b"", secret=True)
    disk.append("private/7", b"x")
    disk.close()
    assert handles() == before


def test_one_failing_sync_of_many_is_raised(disk, monkeypatch):
    """Of files that are synced at once, each failure is told."""
    sync, calls = os.fsync, []

    def third_fails(handle):
        calls.append(handle)
        if len(calls) == 30:
            raise OSError(5, "Input/output error")
        sync(handle)

    monkeypatch.setattr(os, "fsync", third_fails)
    with pytest.raises(OSError, match="Input/output error"):
        place(disk, [(f"private/{n}", b"") for n in range(40)], set())


def test_a_second_writer_is_told_at_once(disk, tmp_path):
    """A ledger whose lock is held is nobody else's."""
    other = RealDisk(tmp_path / "deep/ledger")
    with (
        disk.locked(),
        pytest.raises(LedgerError, match="another writer holds"),
        other.locked(),
    ):
        pass


def test_a_folder_is_read_by_names(tmp_path):
    """What a web server would serve is read from its folder, or missing there."""
    (tmp_path / "tile").mkdir()
    (tmp_path / "tile/x").write_bytes(b"1")
    fetch = folder_fetch(tmp_path)
    assert fetch("tile/x") == b"1"
    with pytest.raises(FileNotFoundError):
        fetch("tile/y")
