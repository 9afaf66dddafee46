"""Files of a folder, read and copied: through no link, and held to what they were."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ringfence.egress.files import names
from ringfence.egress.files.store import BLOCK, ChangedError, StoreError, Taken
from ringfence.errors import Locus

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class Way:
    """The folder that a file lies in, opened, and the file's name.

    Attributes:
        folder: The folder's handle; -1: the name is a path.
        name: The name.
    """

    folder: int
    name: str


def copied(path: Path, target: BinaryIO) -> Taken:
    """Copy a file that somebody names; it may be a link.

    Raises:
        ChangedError: It is gone, or changes meanwhile.
        OSError: It can't be read, or not be copied.
    """
    with reading(Way(-1, str(path.resolve()))) as file:
        return taken_of(file, target)


def place(source: Path, target: Path) -> None:
    """Copy a file of the gateway's own to where nothing is, in one step.

    Raises:
        OSError: Something is there, or it may not be there.
    """
    handle, made = tempfile.mkstemp(names.UNFINISHED, ".", target.absolute().parent)
    new = Path(made)
    try:
        with source.open("rb") as old, os.fdopen(handle, "wb") as file:
            while block := old.read(BLOCK):
                file.write(block)
            os.fchmod(file.fileno(), open_mode())
            file.flush()
            os.fsync(file.fileno())
        os.link(new, target)
    finally:
        new.unlink(missing_ok=True)


def open_mode() -> int:
    """Return the permissions of a new file, as this process makes them."""
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def mark_of(found: os.stat_result) -> str:
    """Return what tells a file from what may take its place."""
    return f"{same(found)}:{found.st_ctime_ns}"


def same(found: os.stat_result) -> str:
    """Return what a file keeps when it is renamed."""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"


def opened(name: str, flags: int, folder: int) -> int:
    """Open what lies in a folder.

    Raises:
        ChangedError: It is gone.
    """
    try:
        return os.open(name, flags, dir_fd=None if folder < 0 else folder)
    except OSError as error:
        if error.errno in _GONE:
            raise ChangedError("it is gone") from None
        raise


@contextmanager
def reading(way: Way) -> Iterator[BinaryIO]:
    """Open a file to read it.

    Raises:
        ChangedError: It is gone, or no file.
    """
    handle = opened(way.name, _READ, way.folder)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(_stat(file).st_mode):
            raise ChangedError("it is no file")
        yield file


def taken_of(file: BinaryIO, target: BinaryIO) -> Taken:
    """Copy a file that is open, and say what was copied.

    Raises:
        ChangedError: It changed meanwhile.
        OSError: It can't be copied.
    """
    before = _stat(file)
    _check_room(target, before.st_size)
    found, size = hashlib.sha256(), 0
    while block := file.read(BLOCK):
        found.update(block)
        size += len(block)
        target.write(block)
    after = _stat(file)
    if mark_of(before) != mark_of(after) or size != after.st_size:
        raise ChangedError("it changes")
    return Taken(found.hexdigest(), size, mark_of(after))


def _stat(file: BinaryIO) -> os.stat_result:
    return os.fstat(file.fileno())


def mark_at(way: Way) -> str:
    """Return what tells a file from what may take its place.

    Raises:
        ChangedError: It is gone.
    """
    try:
        found = os.stat(way.name, dir_fd=way.folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _GONE:
            raise ChangedError("it is gone") from None
        raise
    return mark_of(found)


def is_like(path: Path, taken: Taken) -> bool:
    """Whether a file that was renamed is the one that was taken."""
    return same(path.lstat()) == taken.mark.rpartition(":")[0]


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file; None: there is none; empty: it is no file."""
    try:
        handle = os.open(path, _READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in _GONE:
            return ""
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(_stat(file).st_mode):
            return ""
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_room(target: BinaryIO, size: int) -> None:
    """Leave what can't be copied: a full disk would end the ledger, too."""
    there = os.fstatvfs(target.fileno())
    if size > there.f_bavail * there.f_frsize:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def copy(source: Path, target: Path, wanted: str) -> None:
    """Copy a file to another file system, held to its digest."""
    found = hashlib.sha256()
    handle = os.open(target, NEW, 0o600)
    with os.fdopen(handle, "wb") as new, source.open("rb") as old:
        while block := old.read(BLOCK):
            found.update(block)
            new.write(block)
        new.flush()
        os.fsync(new.fileno())
    if found.hexdigest() != wanted:
        raise StoreError("isn't what was judged", Locus(str(source)))
