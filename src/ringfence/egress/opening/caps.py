"""How much of a payload is opened before it is held: a bomb costs a bounded amount."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from email.errors import MessageError

import polars as pl
import zstandard

MiB = 1 << 20


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of opening; what is over one is a doubt, and what lies behind is not seen.

    Attributes:
        expanded: Bytes of everything that is unpacked.
        ratio: How many times its own size a payload may unpack to, beyond `floor`.
        floor: Bytes that any payload may unpack to.
        depth: Containers within one another.
        members: Members of all archives together.
        block: Bytes of text that are looked through at once.
        line: Bytes of a line; a longer one is cut where it has a space.
        document: Bytes of a document that has to be parsed as a whole.
        columns: Columns that are told apart.
        memory: Bytes of address space of the process that reads Parquet.
    """

    expanded: int = 64 << 30
    ratio: int = 200
    floor: int = 256 * MiB
    depth: int = 4
    members: int = 10_000
    block: int = 24 * MiB
    line: int = 8 * MiB
    document: int = 32 * MiB
    columns: int = 4096
    memory: int = 4 << 30


class OverError(Exception):
    """A limit is reached: what lies behind it isn't looked through."""


class BrokenError(Exception):
    """The bytes aren't what their format asks for."""


BROKEN = (
    BrokenError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MessageError,
    LookupError,
    OSError,
    RuntimeError,  # RecursionError and NotImplementedError too
    TypeError,
    ValueError,  # UnicodeError too
    lzma.LZMAError,
    pl.exceptions.PolarsError,
    struct.error,
    tarfile.TarError,
    zlib.error,
    zstandard.ZstdError,
)
"""What the readers of the standard library raise on hostile bytes."""

OVER = (OverError, MemoryError)


class Budget:
    """What is left to be unpacked of one payload."""

    def __init__(self, caps: Caps, size: int) -> None:
        self.caps = caps
        self._bytes = min(caps.expanded, max(caps.floor, caps.ratio * size))
        self._members = caps.members
        self.files = ExitStack()
        """Files that hold what was unpacked; who made the budget closes them."""

    @property
    def left(self) -> int:
        """Bytes that may still be unpacked."""
        return self._bytes

    def take(self, size: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            OverError: They were the last straw.
        """
        self._bytes -= size
        if self._bytes < 0:
            raise OverError

    def enter(self, depth: int) -> None:
        """Count a member of an archive.

        Raises:
            OverError: There are too many, or it lies too deep.
        """
        self._members -= 1
        if self._members < 0 or depth > self.caps.depth:
            raise OverError
