"""Bytes that are read once, from the front, with a look at the first of them."""

from __future__ import annotations

import codecs
import io
import tempfile
from typing import BinaryIO, Protocol, cast

from ringfence.egress.opening.caps import Budget, MiB, OverError

HEAD = 64 << 10
_SPOOLED = 16 * MiB


class Readable(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        ...


class Stream:
    """Bytes from a file, a member of an archive, or memory.

    Attributes:
        head: The first 64 KiB.
    """

    def __init__(self, source: Readable, file: BinaryIO | None = None) -> None:
        self._source = source
        self._file = file
        self.head = self._exactly(HEAD)
        self._ahead = self.head

    def _exactly(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""
        parts = []
        while size > 0 and (part := self._source.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(taken) == size:
            return taken
        rest = self._exactly(size - len(taken))
        return taken + rest if taken else rest

    def file(self, budget: Budget) -> BinaryIO:
        """Return the bytes as a file to move about in, from its start.

        Raises:
            OverError: They don't fit in what may be unpacked.
        """
        if self._file is None:
            self._file = _spooled(_Bounded(self, budget.left + 1), budget)
        self._file.seek(0)
        return self._file


def _spooled(source: _Bounded, budget: Budget) -> BinaryIO:
    made = tempfile.SpooledTemporaryFile
    file = cast("BinaryIO", budget.files.enter_context(made(_SPOOLED)))
    while block := source.read(MiB):
        file.write(block)
    if file.tell() > budget.left:
        raise OverError
    return file


class _Bounded:
    """At most so many bytes of a stream."""

    def __init__(self, stream: Readable, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        found = self._stream.read(min(size, self._left))
        self._left -= len(found)
        return found


class Counted:
    """Unpacked bytes, each of which costs of the budget."""

    def __init__(self, source: Readable, budget: Budget) -> None:
        self._source = source
        self._budget = budget

    def read(self, size: int) -> bytes:
        """Return up to so many bytes.

        Raises:
            OverError: Too much was unpacked.
        """
        found = self._source.read(size)
        self._budget.take(len(found))
        return found


class Recoded:
    """UTF-16 or UTF-32 as UTF-8. `lost`: whether some of it was none."""

    def __init__(self, source: Readable, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._left = b""
        self.lost = False

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        while len(self._left) < size:
            block = self._source.read(MiB)
            text = self._decoder.decode(block, final=not block)
            self.lost = self.lost or "\ufffd" in text
            self._left += text.encode("utf-8", "replace")
            if not block:
                break
        found, self._left = self._left[:size], self._left[size:]
        return found


def in_memory(content: bytes) -> Stream:
    """Return bytes as a stream."""
    file = io.BytesIO(content)
    return Stream(file, file)


def of_file(file: BinaryIO) -> Stream:
    """Return a file, from its start, as a stream."""
    file.seek(0)
    return Stream(file, file)
