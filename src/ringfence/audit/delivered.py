"""The bytes of a file as delivered: read once, hashed, and unpacked on the way."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from io import FileIO

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # what zlib calls a gzip with its header


def regular(path: str, flags: int) -> int:
    """Open a file that is one: a pipe would be waited for, a device never end."""
    handle = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is no file")
    return handle


class Source:
    """A file that is read once, hashed as delivered, and unpacked if it is packed."""

    def __init__(self, file: FileIO, chunk: int) -> None:
        """Begin; `chunk` bytes are read, or unpacked, in one go."""
        self.problems: list[str] = []
        self._file = file
        self._chunk = chunk
        self._hash = sha256()

    def unpacked(self) -> Iterator[bytes]:
        """Yield the content; `problems` tell what ended it too early."""
        first = self._read()
        while len(first) < len(_MAGIC) and (more := self._read()):
            first += more
        if first.startswith(_MAGIC):
            try:
                yield from self._members(first)
            except zlib.error as error:
                reason = str(error).rpartition(": ")[2]
                self.problems.append(f"the gzip is corrupt ({reason})")
            return
        while first:
            yield first
            first = self._read()

    def digest_of_all(self) -> str:
        """Read what is left, and return the SHA-256 of all."""
        while self._read():
            pass
        return self._hash.hexdigest()

    def _read(self) -> bytes:
        data = self._file.read(self._chunk) or b""
        self._hash.update(data)
        return data

    def _members(self, packed: bytes) -> Iterator[bytes]:
        """Yield what the members of a gzip hold; zeros may follow the last."""
        while packed:
            if not packed.startswith(_MAGIC[: len(packed)]):
                self.problems.append("bytes that are no gzip follow the gzip")
                return
            member = zlib.decompressobj(_GZIP)
            while not member.eof:
                before = member.copy()
                try:
                    data = member.decompress(packed, self._chunk)
                except zlib.error:
                    yield _until_error(before, packed)
                    raise
                if data:
                    yield data
                elif not packed and not member.eof:
                    self.problems.append("the gzip breaks off")
                    return
                packed = member.unconsumed_tail or self._read()
            packed = self._behind(member.unused_data + packed)

    def _behind(self, packed: bytes) -> bytes:
        while packed and not (packed := packed.lstrip(b"\0")):
            packed = self._read()
        return packed


def _until_error(member: zlib._Decompress, packed: bytes) -> bytes:
    """Return what unpacks before the octet that can't be."""
    data = b""
    with suppress(zlib.error):
        for at in range(len(packed)):
            data += member.decompress(packed[at : at + 1])
    return data
