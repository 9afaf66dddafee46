"""gzip, zstd, bzip2 and xz: every stream of a file, and what lies behind each."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable

import zstandard

from ringfence.egress.opening.caps import BrokenError, MiB
from ringfence.egress.opening.streams import Readable

_OUTPUT = MiB
_HEADER = 10  # bytes of a gzip header without its fields
_INPUT = 64 << 10
_SMALL = 1 << 10  # zstd can't be told how much to unpack at once, only given less


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def unused(self) -> bytes:
        return self._inner.unused_data

    @property
    def done(self) -> bool:
        return self._inner.eof

    def feed(self, content: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + content, _OUTPUT)

    @property
    def hungry(self) -> bool:
        return not self._inner.unconsumed_tail


class _Bounded:
    """bzip2 and xz."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    @property
    def unused(self) -> bytes:
        return self._inner.unused_data

    @property
    def done(self) -> bool:
        return self._inner.eof

    def feed(self, content: bytes) -> bytes:
        return self._inner.decompress(content, _OUTPUT)

    @property
    def hungry(self) -> bool:
        return self._inner.needs_input


class _Zstd:
    hungry = True

    def __init__(self) -> None:
        size = 128 * MiB
        self._inner = zstandard.ZstdDecompressor(max_window_size=size).decompressobj()

    @property
    def unused(self) -> bytes:
        return self._inner.unused_data

    @property
    def done(self) -> bool:
        return self._inner.eof

    def feed(self, content: bytes) -> bytes:
        return self._inner.decompress(content)


def _xz() -> _Bounded:
    return _Bounded(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 * MiB))


Engine = _Zlib | _Bounded | _Zstd

ENGINES: dict[str, Callable[[], Engine]] = {
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(-15),
    "bzip2": lambda: _Bounded(bz2.BZ2Decompressor()),
    "xz": _xz,
    "zstd": _Zstd,
}
_MAGIC = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\x00",
    "zstd": b"\x28\xb5\x2f\xfd",
}


class Packed:
    """The unpacked bytes of a file, of all its streams one after the other.

    Attributes:
        behind: Bytes behind the end, and between streams, that no stream holds.
        headers: Texts of gzip's headers: name and comment.
    """

    def __init__(self, source: Readable, name: str, *, several: bool = True) -> None:
        self._source = source
        self._name = name
        self._several = several
        self._engine: Engine | None = None
        self._input = b""
        self._ended = False
        self._output = b""
        self.behind = b""
        self.headers: list[str] = []

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end.

        Raises:
            BrokenError: It ends too early.
        """
        while not self._output and self._step():
            pass
        found, self._output = self._output[:size], self._output[size:]
        return found

    def _step(self) -> bool:
        """Unpack some more; False: there is no more."""
        engine = self._engine or self._next()
        if engine is None:
            return False
        self._engine = engine
        if engine.hungry:
            step = _SMALL if self._name == "zstd" else _INPUT
            content = self._take(step)
            if not content:
                raise BrokenError
        else:
            content = b""
        self._output = engine.feed(content)
        if engine.done:
            self._input = engine.unused + self._input
            self._engine = None
            self._ended = True
        return True

    def _take(self, size: int) -> bytes:
        if not self._input:
            self._input = self._source.read(_INPUT)
        found, self._input = self._input[:size], self._input[size:]
        return found

    def _ahead(self, size: int) -> bytes:
        while len(self._input) < size and (more := self._source.read(_INPUT)):
            self._input += more
        return self._input[:size]

    def _next(self) -> Engine | None:
        """Begin the next stream, if there is one; what else is there is behind."""
        if self._ended and not self._several:
            self.behind += self._ahead(1)
            return None
        magic = _MAGIC.get(self._name, b"")
        head = self._ahead(8)
        if self._name == "zstd" and head[1:4] == b"\x2a\x4d\x18":
            return self._skippable(head)
        if not head.startswith(magic) or not head:
            self._rest()
            return None
        if self._name == "gzip":
            self._header()
        return ENGINES[self._name]()

    def _rest(self) -> None:
        """Keep what lies behind the last stream, unless it is padding."""
        while block := self._ahead(_INPUT):
            self._input = self._input[len(block) :]
            if len(self.behind) < MiB:
                self.behind += block.strip(b"\0")

    def _skippable(self, head: bytes) -> Engine | None:
        """Keep a frame that no reader of zstd shows."""
        size = struct.unpack("<I", head[4:8])[0]
        if size > MiB:
            raise BrokenError
        self.behind += self._ahead(8 + size)[8:]
        self._input = self._input[8 + size :]
        self._ended = True
        return self._next()

    def _header(self) -> None:
        """Keep name, comment and extra field of a gzip header (RFC 1952)."""
        head = self._ahead(_INPUT)
        if len(head) < _HEADER:
            raise BrokenError
        flags, at = head[3], _HEADER
        if flags & 4:
            size = int.from_bytes(head[at : at + 2], "little")
            self.headers.append(head[at + 2 : at + 2 + size].decode("latin-1"))
            at += 2 + size
        for flag in (8, 16):
            if flags & flag:
                end = head.find(b"\0", at)
                if end < 0:
                    raise BrokenError
                self.headers.append(head[at:end].decode("latin-1"))
                at = end + 1
