"""Growing: entries become leaves, leaves become tiles, in memory alone.

Of a tree, its right edge is enough to go on: what is left of it never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from struct import Struct

from ringfence.errors import Locus, ProofError
from ringfence.ledger.tree.merkle import EMPTY, HASH, LEAF, NODE, node_hash
from ringfence.ledger.tree.tiles import (
    HEIGHT,
    LEVELS,
    WIDTH,
    Bundle,
    Tile,
    check_tile,
    pack,
    unpack,
)

Fetch = Callable[[str], bytes]
"""Gives the content of a log's file by its name; FileNotFoundError if there is none."""
_pairs = Struct(f"{2 * HASH}s").iter_unpack


def folded(hashes: bytes) -> bytes:
    """Return the hash over a power of two of neighbouring hashes."""
    while len(hashes) > HASH:
        hashes = b"".join([sha256(NODE + pair).digest() for (pair,) in _pairs(hashes)])
    return hashes


def leaf_hashes(entries: Sequence[bytes]) -> bytes:
    """Return the hashes of entries as leaves, one behind another."""
    return b"".join([sha256(LEAF + entry).digest() for entry in entries])


def joined(subtrees: Sequence[bytes]) -> bytes:
    """Return the hash over whole subtrees, the largest first."""
    if not subtrees:
        return EMPTY
    *before, found = subtrees
    for subtree in reversed(before):
        found = node_hash(subtree, found)
    return found


def subtrees(hashes: bytes) -> list[bytes]:
    """Return the hashes over the largest powers of two of neighbours, from the left."""
    count, at, found = len(hashes) // HASH, 0, []
    while at < count:
        wide = 1 << ((count - at).bit_length() - 1)
        found.append(folded(hashes[at * HASH : (at + wide) * HASH]))
        at += wide
    return found


class Frontier:
    """The right edge of a tree: what has to be known of it to let it grow.

    Attributes:
        size: How many entries the tree has.
    """

    def __init__(self) -> None:
        self.size = 0
        self._edge = [bytearray() for _ in range(LEVELS)]
        self._entries: list[bytes] = []
        self._full: list[tuple[str, bytes]] = []
        self._partial: set[str] = set()  # files that lie there already

    @classmethod
    def at(cls, size: int, fetch: Fetch) -> Frontier:
        """Take up the tree of a size from its files.

        Raises:
            ProofError: They contradict one another.
            OSError: One can't be read.
        """
        frontier = cls()
        frontier.size = size
        for tile in _edge(size):
            content = fetch(tile.path)
            check_tile(content, tile)
            frontier._edge[tile.level] += content
            frontier._partial.add(tile.path)
        bundle = Bundle(size // WIDTH, size % WIDTH)
        if bundle.width:
            frontier._entries = unpack(fetch(bundle.path), bundle.width)
            frontier._partial.add(bundle.path)
        if leaf_hashes(frontier._entries) != frontier._edge[0]:
            message = "the entries are not those whose hashes the tile beside holds"
            raise ProofError(message, Locus(bundle.path))
        return frontier

    def root(self) -> bytes:
        """Return the hash of the tree."""
        above_first = (subtrees(bytes(edge)) for edge in reversed(self._edge))
        return joined([one for found in above_first for one in found])

    def extend(self, entries: Sequence[bytes]) -> None:
        """Add entries.

        Raises:
            ValueError: One is longer than a bundle can say.
        """
        at = 0
        while at < len(entries):
            part = entries[at : at + WIDTH - len(self._entries)]
            at += len(part)
            self._entries += part
            self._edge[0] += leaf_hashes(part)
            self.size += len(part)
            if len(self._entries) == WIDTH:
                bundle = Bundle(self.size // WIDTH - 1)
                self._full.append((bundle.path, pack(self._entries)))
                self._entries = []
                self._close()

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files that the tree has got since they were last asked for."""
        yield from self._full
        self._full = []
        partial = {
            tile.path: bytes(self._edge[tile.level]) for tile in _edge(self.size)
        }
        if self._entries:
            bundle = Bundle(self.size // WIDTH, len(self._entries))
            partial[bundle.path] = pack(self._entries)
        yield from (one for one in partial.items() if one[0] not in self._partial)
        self._partial = set(partial)

    def _close(self) -> None:
        """Put full tiles away, and their hashes into the level above."""
        level = 0
        while len(edge := self._edge[level]) == WIDTH * HASH:
            number = (self.size >> HEIGHT * (level + 1)) - 1
            self._full.append((Tile(level, number).path, bytes(edge)))
            self._edge[level + 1].extend(folded(bytes(edge)))
            edge.clear()
            level += 1


def _edge(size: int) -> Iterator[Tile]:
    """Yield the partial tiles of a tree."""
    for level in range(LEVELS):
        number, width = divmod(size >> HEIGHT * level, WIDTH)
        if width:
            yield Tile(level, number, width)
