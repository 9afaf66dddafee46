"""Runs: numbers put apart by their first byte, on disk, so that memory stays small."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from ringfence.egress.index.filter import SHARDS
from ringfence.egress.index.store import Numbers

_BYTE = np.uint64(56)


class Runs:
    """Rows of numbers, each in the file of its first number's first byte.

    Args:
        folder: Where the files are; it is made.
        width: Numbers of a row.
    """

    def __init__(self, folder: Path, width: int) -> None:
        folder.mkdir()
        self._folder, self._width = folder, width
        self._handles: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the files."""
        self.close()

    def add(self, *columns: Numbers) -> None:
        """Put rows away.

        Raises:
            OSError: The disk is full, or fails.
        """
        if not len(columns[0]):
            return
        number = (columns[0] >> _BYTE).astype(np.uint8)
        order = np.argsort(number, kind="stable")  # bytes are sorted by counting
        rows = np.empty((len(order), self._width), "<u8")
        for place, column in enumerate(columns):
            rows[:, place] = column[order]
        ends = np.cumsum(np.bincount(number, minlength=SHARDS))
        low = 0
        for byte, high in enumerate(ends.tolist()):
            if high > low:
                _write(self._handle(byte), rows[low:high].data.cast("B"))
            low = high

    def close(self) -> None:
        """Close the files; what was put away can be taken."""
        for handle in self._handles.values():
            os.close(handle)
        self._handles = {}

    def _handle(self, byte: int) -> int:
        """Return the file of a first byte."""
        if byte not in self._handles:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            path = self._folder / f"{byte:02x}"
            self._handles[byte] = os.open(path, flags, 0o600)
        return self._handles[byte]


class Taking:
    """Rows that were put away, while they are taken.

    Args:
        folder: Where the files are.
        width: Numbers of a row.
    """

    def __init__(self, folder: Path, width: int) -> None:
        self._folder, self._width = folder, width

    def take(self, number: int) -> Numbers:
        """Return the rows of a first byte, and delete their file."""
        path = self._folder / f"{number:02x}"
        if not path.exists():
            return np.empty((0, self._width), np.uint64)
        rows = np.fromfile(path, "<u8").reshape(-1, self._width)
        path.unlink()
        return rows

    def done(self) -> None:
        """Delete the folder, which is empty."""
        self._folder.rmdir()


def _write(handle: int, content: memoryview) -> None:
    while content:
        content = content[os.write(handle, content) :]
