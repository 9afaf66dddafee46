"""Bodies that wait for a verdict: in memory, and over a size in a private file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LOCK = ".lock"
_PREFIX = "ringfence-answers-"


class OverError(Exception):
    """A body is larger than may be."""


class Spool:
    """One body, as it arrives.

    Args:
        folder: Where it goes if it is large.
        memory: Bytes that are kept in memory.
        most: Bytes that it may have.
    """

    def __init__(self, folder: Path, memory: int, most: int) -> None:
        self._folder, self._memory, self._most = folder, memory, most
        self._parts = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Take what arrived.

        Raises:
            OverError: It is more than may be.
            OSError: There is no room for it.
        """
        self.size += len(data)
        if self.size > self._most:
            raise OverError
        if self._file is None and self.size > self._memory:
            handle, name = tempfile.mkstemp(dir=self._folder)
            self._path, self._file = Path(name), os.fdopen(handle, "wb")
            self._file.write(self._parts)
            self._parts = bytearray()
        if self._file is None:
            self._parts += data
        else:
            self._file.write(data)

    def whole(self) -> bytes | Path:
        """Return the body, all of it, or the file that holds it."""
        if self._file is None or self._path is None:
            return bytes(self._parts)
        self._file.close()
        return self._path

    def drop(self) -> None:
        """Keep nothing of it."""
        self._parts = bytearray()
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def folder(above: Path | None) -> Iterator[Path]:
    """Give a private folder that is gone at the end.

    What a killed process left beside it is removed: unjudged bodies don't lie about.

    Args:
        above: Where to make it; None: where this machine keeps temporary files.

    Raises:
        OSError: It can't be made.
    """
    if above is not None:
        above.mkdir(parents=True, exist_ok=True)
    home = Path(above or tempfile.gettempdir())
    _sweep(home)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
    with (made / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _sweep(home: Path) -> None:
    for left in home.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (left / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
