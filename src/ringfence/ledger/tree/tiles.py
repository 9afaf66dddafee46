"""Tiles: a tree as files that never change, named as C2SP tlog-tiles names them.

A tile holds 256 hashes of one level, every eighth level of the tree; what a tree has
beyond its full tiles lies in one partial tile a level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from struct import Struct, error
from typing import NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.tree.merkle import HASH

WIDTH = 256  # hashes of a full tile
HEIGHT = 8  # levels of the tree that a level of tiles spans
LEVELS = 8  # of tiles: 64 levels of the tree
LONGEST = 65_535  # bytes of an entry
_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/([1-9][0-9]{0,2}))?"
)
_LENGTH = Struct(">H")


class Tile(NamedTuple):
    """Hashes `number * 256` to `number * 256 + width` of a level of tiles."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return the name of its file, relative to the log."""
        return f"tile/{self.level}/{_numbered(self.number, self.width)}"


class Bundle(NamedTuple):
    """Entries `number * 256` to `number * 256 + width`."""

    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return the name of its file, relative to the log."""
        return f"tile/entries/{_numbered(self.number, self.width)}"


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, level by level; partial ones last in their level."""
    level = 0
    while size:
        size, rest = divmod(size, WIDTH)
        for index in range(size):
            yield Tile(level, index)
        if rest:
            yield Tile(level, size, rest)
        level += 1


def bundles_of(size: int) -> Iterator[Bundle]:
    """Yield every bundle of a log's entries; a partial one last."""
    full, rest = divmod(size, WIDTH)
    for index in range(full):
        yield Bundle(index)
    if rest:
        yield Bundle(full, rest)


def parse_path(path: str) -> Tile | Bundle:
    """Return what a file of a log holds, by its name.

    Raises:
        ProofError: It is no name of a tile or bundle, or not spelt as it has to be.
    """
    found = _PATH.fullmatch(path)
    if found:
        level, index, width = found.groups()
        number = int(index.replace("x", "").replace("/", ""))
        many = int(width or WIDTH)
        one = (
            Bundle(number, many)
            if level == "entries"
            else Tile(int(level), number, many)
        )
        # A second spelling would be a second file.
        if one.path == path and many <= WIDTH:
            return one
    raise ProofError("no tile of a log is called that", Locus(path))


def pack(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle: each after its length in two bytes."""
    lengths = map(_LENGTH.pack, map(len, entries))
    try:
        return b"".join(
            [part for pair in zip(lengths, entries, strict=True) for part in pair]
        )
    except error:
        raise ValueError(f"an entry is longer than {LONGEST:,} bytes") from None


def unpack(bundle: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle.

    Args:
        bundle: Its content.
        width: How many entries it holds.

    Raises:
        ProofError: It holds more, fewer, or a torn one.
    """
    entries, at, end = [], 0, len(bundle)
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start])
        entries.append(bundle[start:at])
    if at != end:
        raise ProofError(f"a bundle doesn't hold {width} entries and nothing else")
    return entries


def check_tile(content: bytes, tile: Tile) -> None:
    """Check that a tile is as long as its hashes.

    Raises:
        ProofError: It isn't.
    """
    if len(content) != tile.width * HASH:
        message = f"has {len(content)} bytes, not {tile.width * HASH}"
        raise ProofError(message, Locus(tile.path))


def _numbered(index: int, width: int) -> str:
    """Return a number in groups of three digits, all but the last marked."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *before, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    name = "/".join([*(f"x{group}" for group in before), last])
    return name if width == WIDTH else f"{name}.p/{width}"
