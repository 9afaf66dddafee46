"""Tar archives in one spelling: the same files give the same bytes, anywhere.

A member is a plain file with a name and a size, and nothing else: no owner, no time, no
link, no device, no extended header. Whatever a header says besides can't be said, for
each has to be, byte for byte, the one that its name and size give (POSIX.1-1988 ustar).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ringfence.errors import Locus, ProofError

BLOCK = 512  # bytes: a header, and what contents are filled up to
LARGEST = 8**11 - 1  # bytes of a member: 8 GiB
_LONGEST_NAME = 100  # bytes
_MODE = b"0000644\0" + 2 * b"0000000\0"  # rw-r--r--, and nobody's
_TIME = b"00000000000\0"
# A plain file that links nowhere, in the format `ustar`.
_AFTER = (b"0" + bytes(100) + b"ustar\0" + b"00").ljust(BLOCK - 156, b"\0")
_END = bytes(2 * BLOCK)


def write_member(stream: BinaryIO, name: str, content: bytes) -> None:
    """Write one member.

    Raises:
        ValueError: The name or the content is longer than a header can say.
    """
    stream.write(_header(name, len(content)) + content)
    stream.write(bytes(-len(content) % BLOCK))


def write_end(stream: BinaryIO) -> None:
    """Write what an archive ends with."""
    stream.write(_END)


class Member:
    """A member that is being read.

    Attributes:
        name: What it is called.
        size: How many bytes it has.
        at: Where it stands, for messages.
    """

    def __init__(self, name: str, size: int, stream: BinaryIO, at: Locus) -> None:
        self.name, self.size, self.at = name, size, at
        self._stream, self._is_read = stream, False

    def read(self) -> bytes:
        """Return what it holds, the first time that it is asked for.

        Raises:
            ProofError: The archive ends before it, or what fills it up isn't zeros.
        """
        filled = self.size + -self.size % BLOCK
        content = b"" if self._is_read else self._stream.read(filled)
        if not self._is_read and len(content) != filled:
            raise ProofError("the archive is cut off", self.at)
        if any(content[self.size :]):
            raise ProofError("isn't filled up with zeros", self.at)
        self._is_read = True
        return content[: self.size]


def members(stream: BinaryIO, place: str = "the archive") -> Iterator[Member]:
    """Yield the members of an archive, in its order.

    Args:
        stream: The archive.
        place: What messages call it.

    Raises:
        ProofError: It isn't spelt as `write_member` and `write_end` spell it.
    """
    while True:
        header = stream.read(BLOCK)
        if header == _END[:BLOCK]:
            if stream.read(BLOCK + 1) != _END[BLOCK:]:
                raise ProofError("goes on behind its end", Locus(place))
            return
        member = _read_header(header, stream, place)
        yield member
        member.read()


def _read_header(header: bytes, stream: BinaryIO, place: str) -> Member:
    hint = "only what `ringfence ledger export` wrote is read"
    if len(header) < BLOCK:
        raise ProofError("the archive is cut off", Locus(place), hint)
    try:
        name = header[:_LONGEST_NAME].rstrip(b"\0").decode("ascii")
        size = int(header[124:135], 8)
        if name and _header(name, size) == header:
            return Member(name, size, stream, Locus(f"{place}:{name}"))
    except ValueError:
        pass
    raise ProofError("has a member that is no plain file", Locus(place), hint)


def _header(name: str, size: int) -> bytes:
    if not (name.isascii() and len(name) <= _LONGEST_NAME):
        raise ValueError(f"`{name}` is no name of a member")
    if not 0 <= size <= LARGEST:
        raise ValueError(f"`{name}` is larger than {LARGEST:,} bytes")
    before = name.encode().ljust(_LONGEST_NAME, b"\0") + _MODE
    before += b"%011o\0" % size + _TIME
    total = sum(before) + sum(_AFTER) + 8 * ord(" ")  # itself counts as blanks
    return before + b"%06o\0 " % total + _AFTER
