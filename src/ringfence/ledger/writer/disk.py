"""The disk as a ledger needs it: few operations, each of which may fail for good.

Whatever a ledger must find again after a power failure goes through these, so that the
tests can put a disk in their place that loses all that wasn't synced.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Protocol

from ringfence.documents import durable
from ringfence.errors import Locus
from ringfence.ledger.faults import BusyError
from ringfence.ledger.tree.growing import Fetch

PUBLIC, PRIVATE = "public", "private"
NEW = "private/new"  # where files lie until they are whole
LOCK = "private/lock"
GROUP = 256  # files that are written, and then synced together
_MOST = 1 << 18  # bytes that are read at once: most bundles
THREADS = 16  # that wait for the disk; a file system joins what they wait for


class Disk(Protocol):
    """A ledger's folder. Paths are relative to it; every failure is an OSError."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other writer out; a LedgerError tells that one is there."""
        ...

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        ...

    def files(self, folder: str) -> list[str]:
        """Return the files below a folder, relative to it; of no folder, nothing."""
        ...

    def holds(self, path: str) -> bool:
        """Tell whether a file is there."""
        ...

    def create(self, path: str, content: bytes, *, secret: bool) -> None:
        """Write a file that wasn't there; a secret one is for its owner alone."""
        ...

    def append(self, path: str, content: bytes) -> None:
        """Write to the end of a file."""
        ...

    def truncate(self, path: str, size: int) -> None:
        """Cut a file off."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, whoever had it before."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder, unless it is there."""
        ...

    def remove_folder(self, path: str) -> None:
        """Remove a folder that is empty."""
        ...

    def sync(self, paths: Sequence[str]) -> None:
        """Bring what files hold to the disk."""
        ...

    def datasync(self, path: str) -> None:
        """Bring what a file holds to the disk, and its length."""
        ...

    def sync_folder(self, path: str) -> None:
        """Bring the names in a folder to the disk."""
        ...

    def close(self) -> None:
        """Let go of every file that is still open."""
        ...


class RealDisk:
    """A folder of a file system.

    A file stays open from its first write to its sync: what could not be written is
    told to the handle that wrote it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = str(folder)
        self._handles: dict[str, int] = {}

    @classmethod
    def made(cls, folder: Path) -> RealDisk:
        """Return a folder that is made if need be, and on the disk.

        Raises:
            OSError: It may not be.
        """
        above = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in above:
            durable.sync(one.parent)
        return cls(folder)

    def locked(self) -> AbstractContextManager[None]:
        """Take the lock of the ledger, which the system drops with the process."""
        message = "another writer holds this ledger"
        hint = "one process writes a ledger; wait for it to end"
        busy = BusyError(message, Locus(str(self._folder)), hint)
        return durable.locked(self._folder / LOCK, busy)

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        return _read(self._at(path))

    def files(self, folder: str) -> list[str]:
        """Return the files below a folder, relative to it; of no folder, nothing."""
        top, found = str(self._folder / folder), []
        try:
            with os.scandir(top) as there:
                for one in there:
                    if one.is_dir(follow_symlinks=False):
                        below = self.files(f"{folder}/{one.name}")
                        found += [f"{one.name}/{name}" for name in below]
                    else:
                        found.append(one.name)
        except FileNotFoundError:
            return []
        return sorted(found)

    def holds(self, path: str) -> bool:
        """Tell whether a file is there."""
        try:
            found = os.lstat(self._at(path))
        except (FileNotFoundError, NotADirectoryError):
            return False
        return not stat.S_ISDIR(found.st_mode)

    def create(self, path: str, content: bytes, *, secret: bool) -> None:
        """Write a file that wasn't there; a secret one is for its owner alone."""
        mode = 0o600 if secret else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        handle = os.open(self._at(path), flags, mode)
        self._handles[path] = handle
        _write(handle, content)

    def append(self, path: str, content: bytes) -> None:
        """Write to the end of a file."""
        if path not in self._handles:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            self._handles[path] = os.open(self._at(path), flags)
        _write(self._handles[path], content)

    def truncate(self, path: str, size: int) -> None:
        """Cut a file off."""
        os.truncate(self._at(path), size)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, whoever had it before."""
        for path in (old, new):  # a handle goes with the file, not with the name
            self._drop(path)
        Path(self._at(old)).rename(self._at(new))

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self._folder / path).unlink()

    def make_folder(self, path: str) -> None:
        """Make a folder, unless it is there; what is private is for nobody else."""
        mode = 0o700 if path.startswith(PRIVATE) else 0o755
        (self._folder / path).mkdir(mode, exist_ok=True)

    def remove_folder(self, path: str) -> None:
        """Remove a folder that is empty."""
        (self._folder / path).rmdir()

    def sync(self, paths: Sequence[str]) -> None:
        """Bring what files hold to the disk, many at once."""
        if len(paths) < THREADS:
            for path in paths:
                self._sync(path)
            return
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(self._sync, paths):  # raises what one of them raised
                pass

    def datasync(self, path: str) -> None:
        """Bring what a file holds to the disk, and its length."""
        if path not in self._handles:
            self.append(path, b"")
        os.fdatasync(self._handles[path])

    def sync_folder(self, path: str) -> None:
        """Bring the names in a folder to the disk."""
        durable.sync(self._at(path))

    def close(self) -> None:
        """Let go of every file that is still open."""
        for path in list(self._handles):
            self._drop(path)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"  # a `Path` costs more than some of the calls

    def _sync(self, path: str) -> None:
        handle = self._handles.get(path)
        if handle is None:
            durable.sync(self._at(path))
            return
        os.fsync(handle)
        self._drop(path)

    def _drop(self, path: str) -> None:
        handle = self._handles.pop(path, None)
        if handle is not None:
            os.close(handle)


def place(disk: Disk, files: Iterable[tuple[str, bytes]], lasting: set[str]) -> None:
    """Bring files under their names: all of them are on the disk when this returns.

    Args:
        disk: The ledger's folder.
        files: Their names and contents.
        lasting: Folders that are known to be on the disk; those of the files join them.

    Raises:
        OSError: They may not be there.
    """
    folders: dict[str, None] = {}  # whose names changed, in the order that they did
    made: set[str] = set()
    remaining = iter(files)
    if NEW not in lasting:  # it may be lost again: nothing lies there for good
        disk.make_folder(PRIVATE)
        disk.make_folder(NEW)
    while group := list(islice(remaining, GROUP)):
        for number, (path, content) in enumerate(group):
            for folder in _above(path):
                if folder not in lasting and folder not in made:
                    disk.make_folder(folder)
                    made.add(folder)
                    # Made by a run that was killed, it may be there in memory alone.
                    folders[_parent(folder)] = None
            secret = path.startswith(PRIVATE)
            disk.create(f"{NEW}/{number}", content, secret=secret)
            folders[_parent(path)] = None
        disk.sync([f"{NEW}/{number}" for number in range(len(group))])
        for number, (path, _) in enumerate(group):
            disk.rename(f"{NEW}/{number}", path)
    for folder in folders:
        disk.sync_folder(folder)
    lasting |= {NEW, *made}


def sweep(disk: Disk) -> None:
    """Remove what a writer that was cut short left half written."""
    for name in disk.files(NEW):
        disk.remove(f"{NEW}/{name}")


def folder_fetch(folder: Path) -> Fetch:
    """Return what reads the files of a log whose public folder this is."""
    root = str(folder)
    return lambda path: _read(f"{root}/{path}")


def public_fetch(disk: Disk) -> Fetch:
    """Return what reads the files that a ledger publishes."""
    return lambda path: disk.read(f"{PUBLIC}/{path}")


def _read(path: str) -> bytes:
    # Half the time of `Path.read_bytes`, which a check of a whole log would feel.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = [os.read(handle, _MOST)]
        while part := os.read(handle, _MOST):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the outermost first."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
