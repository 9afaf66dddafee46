"""A folder as a store: names are renamed, never overwritten, and links lead nowhere."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ringfence.documents import durable
from ringfence.egress.files import copying, names
from ringfence.egress.files.store import (
    ChangedError,
    Found,
    StoreError,
    Taken,
)
from ringfence.errors import Locus

_TAKEN = ".taken"


class LocalStore:
    """A folder.

    Args:
        root: The folder; it is made.
        is_private: Whether what is written is for its owner alone.

    Raises:
        OSError: It can't be made, or not be written in.
        StoreError: What the gateway keeps there is somebody else's.
    """

    def __init__(self, root: Path, *, is_private: bool = False) -> None:
        self.root = root
        self._is_private = is_private
        self._hidden = root / names.HIDDEN
        self._mode = 0o600 if is_private else copying.open_mode()
        self._folder_mode = 0o700 if is_private else 0o777
        root.mkdir(self._folder_mode, parents=True, exist_ok=True)
        self._make_hidden()

    @property
    def where(self) -> str:
        """What messages call it."""
        return str(self.root)

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other gateway out.

        Raises:
            StoreError: One is there.
        """
        busy = StoreError("another gateway is at it", Locus(self.where), "end it first")
        return durable.locked(self._hidden / "lock", busy)

    # --- an outbox --------------------------------------------------------------------

    def found(self) -> Iterator[Found]:
        """Yield what is there, a folder's files in order of their names.

        Raises:
            OSError: The root can't be listed.
        """
        self._entries("")
        waiting = [""]
        while waiting:
            path = waiting.pop()
            try:
                entries = self._entries(path)
            except OSError:
                yield Found(path, "", odd="it can't be listed")
                continue
            for one in entries:
                inner = f"{path}/{one.name}" if path else one.name
                if one.is_dir(follow_symlinks=False):
                    waiting.append(inner)
                    continue
                with suppress(FileNotFoundError):
                    yield _found(inner, one.stat(follow_symlinks=False))

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as there:
                found = [one for one in there if not names.is_skipped(one.name)]
        except (FileNotFoundError, NotADirectoryError):
            if not folder:
                raise
            return []  # it has gone meanwhile
        return sorted(found, key=lambda one: one.name)

    def take(self, path: str, target: BinaryIO) -> Taken:
        """Copy a file.

        Raises:
            ChangedError: It is gone, or changed meanwhile.
            OSError: It can't be read, or not be copied.
        """
        with self._way(path) as way, copying.reading(way) as file:
            return copying.taken_of(file, target)

    def has(self, path: str, mark: str) -> bool:
        """Whether a file is there, and still the one that was taken."""
        try:
            with self._way(path) as way:
                return copying.mark_at(way) == mark
        except ChangedError:
            return False

    def remove(self, path: str, taken: Taken, claim: str) -> bool:
        """Remove a file if it is still what was taken; tell whether it was.

        It is moved out of the way first: what takes its place meanwhile isn't touched.
        """
        beside = self._hidden / f"{claim}{_TAKEN}"
        is_sure = False
        if not os.path.lexists(beside):
            try:
                with self._way(path) as way:
                    is_sure = copying.mark_at(way) == taken.mark
                    os.rename(way.name, beside, src_dir_fd=way.folder)
                    is_sure = is_sure and copying.is_like(beside, taken)
            except ChangedError:
                return False
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                return self._remove_there(path, taken)
        if is_sure or copying.digest(beside) == taken.digest:
            beside.unlink()
            return True
        self._put_back(beside, path)
        return False

    def _remove_there(self, path: str, taken: Taken) -> bool:
        """Remove a file that lies on a file system of its own."""
        with self._way(path) as way:
            if copying.mark_at(way) != taken.mark:
                return False
            os.unlink(way.name, dir_fd=way.folder)
        return True

    def _put_back(self, beside: Path, path: str) -> None:
        number = 1
        while True:
            with self._way(names.numbered(path, number)) as way:
                try:
                    os.link(beside, way.name, dst_dir_fd=way.folder)
                except FileExistsError:
                    number += 1
                    continue
            beside.unlink()
            return

    @contextmanager
    def _way(self, path: str) -> Iterator[copying.Way]:
        """Open the folder of a file, through no link.

        Raises:
            ChangedError: There is no such folder any more.
        """
        *above, name = path.split("/")
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for one in above:
                inner = copying.opened(one, copying.FOLDER, handle)
                os.close(handle)
                handle = inner
            yield copying.Way(handle, name)
        finally:
            os.close(handle)

    # --- released and quarantine ------------------------------------------------------

    def digest(self, path: str, size: int) -> str | None:
        """Return the SHA-256 of what is there; empty if it isn't of that size.

        Raises:
            OSError: It can't be read.
        """
        at = self.root / path
        try:
            there = at.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(there.st_mode) or there.st_size != size:
            return ""
        return copying.digest(at)

    def carry(self, source: Path, claim: str, digest: str) -> None:
        """Bring a file to where nobody looks: moved where it can be, else copied.

        Raises:
            StoreError: There is no such file.
            OSError: It may not be there.
        """
        target = self._hidden / claim
        if not source.exists():
            if copying.digest(target) != digest:
                raise StoreError("what is to leave is gone", Locus(str(source)))
            return  # it was moved
        self._make_hidden()
        try:
            os.rename(source, target)  # noqa: PTH104
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copying.copy(source, target, digest)
        durable.sync(self._hidden)
        durable.sync(source.parent)

    def reveal(self, claim: str, path: str) -> None:
        """Give what was carried its path.

        Raises:
            FileExistsError: Something else has it.
            OSError: It may not have it.
        """
        source, target = self._hidden / claim, self.root / path
        if not source.exists():
            return  # it has it
        self._make(target.parent)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        source.chmod(self._mode)
        durable.sync(source)
        os.rename(source, target)  # noqa: PTH104
        durable.sync(target.parent)
        durable.sync(self._hidden)

    def write(self, path: str, content: bytes) -> None:
        """Write a small file in one step, whatever was there.

        Raises:
            OSError: It may not be there.
        """
        target = self.root / path
        self._make(target.parent)
        self._make_hidden()
        named = hashlib.sha256(path.encode()).hexdigest()[:32]
        new = self._hidden / f"{named}.new"
        with os.fdopen(os.open(new, copying.NEW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(self._mode)
        os.replace(new, target)  # noqa: PTH105
        durable.sync(target.parent)

    def sweep(self, keep: AbstractSet[str]) -> None:
        """Remove what was carried of claims that aren't among these."""
        for one in self._hidden.iterdir():
            # What was taken of a claim that was moved away is somebody's still.
            is_own = one.name != "lock" and one.suffix != _TAKEN
            if is_own and one.name not in keep:
                one.unlink()

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, on the disk."""
        above = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(self._folder_mode, parents=True, exist_ok=True)
        for one in above:
            if self._is_private:
                one.chmod(0o700)
            durable.sync(one.parent)

    def _make_hidden(self) -> None:
        self._hidden.mkdir(0o700, exist_ok=True)
        there = self._hidden.lstat()
        if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.geteuid():
            message = "isn't the gateway's own folder"
            raise StoreError(message, Locus(str(self._hidden)), "remove it")


def _found(path: str, there: os.stat_result) -> Found:
    odd = names.odd(path)
    if not odd and not stat.S_ISREG(there.st_mode):
        odd = "it is no file"
    changed = max(there.st_mtime, there.st_ctime)
    return Found(path, copying.mark_of(there), time.time() - changed, odd)
