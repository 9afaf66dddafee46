"""Reading: hashes, proofs and entries out of the files of a log.

What is read here is what the log says. A proof made of it is checked like any other
(`merkle`) before anybody relies on it.
"""

from __future__ import annotations

from functools import lru_cache

from ringfence.errors import ProofError
from ringfence.ledger.tree.growing import Fetch, folded, joined
from ringfence.ledger.tree.merkle import HASH
from ringfence.ledger.tree.tiles import (
    HEIGHT,
    WIDTH,
    Bundle,
    Tile,
    check_tile,
    unpack,
)

HELD = 512  # tiles that are kept: 4 MB


class Tree:
    """The tree of a size, read out of tiles as they are needed.

    Attributes:
        size: How many entries it has.
    """

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._tile = lru_cache(HELD)(self._read)

    def root(self) -> bytes:
        """Return the hash of the tree."""
        return self._range(0, self.size)

    def leaf(self, index: int) -> bytes:
        """Return the hash of an entry."""
        self._check(index)
        return self._subtree(0, index)

    def inclusion(self, index: int) -> list[bytes]:
        """Return the proof that an entry is in the tree (RFC 6962, section 2.1.1).

        Raises:
            ProofError: No such entry is there, or a tile isn't as long as it must be.
            OSError: A tile can't be read.
        """
        self._check(index)
        low, high, found = 0, self.size, []
        while high - low > 1:
            middle = low + _half(high - low)
            if index < middle:
                found.append(self._range(middle, high))
                high = middle
            else:
                found.append(self._range(low, middle))
                low = middle
        return found[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """Return the proof that the tree continues its first entries (section 2.1.2).

        Args:
            old: How many those are, at least one.

        Raises:
            ProofError: The tree has fewer, or a tile isn't as long as it must be.
            OSError: A tile can't be read.
        """
        if not 1 <= old <= self.size:
            raise ProofError(
                f"a log of {self.size} entries can't continue one of {old}"
            )
        low, high, found = 0, self.size, []
        while old != high:
            middle = low + _half(high - low)
            if old <= middle:
                found.append(self._range(middle, high))
                high = middle
            else:
                found.append(self._range(low, middle))
                low = middle
        if low:  # else it is the older tree itself, which whoever asks has
            found.append(self._range(low, high))
        return found[::-1]

    def entry(self, index: int) -> bytes:
        """Return an entry.

        Raises:
            ProofError: No such entry is there, or its bundle is torn.
            OSError: Its bundle can't be read.
        """
        self._check(index)
        number, place = divmod(index, WIDTH)
        return self.bundle(number)[place]

    def bundle(self, number: int) -> list[bytes]:
        """Return the entries of a bundle, as far as the tree has them.

        Raises:
            ProofError: It is torn.
            OSError: It can't be read.
        """
        wide = min(WIDTH, self.size - number * WIDTH)
        try:
            return unpack(self._fetch(Bundle(number, wide).path), wide)
        except FileNotFoundError:
            if wide == WIDTH:
                raise
        # A log may drop what is partial once there is more (C2SP tlog-tiles).
        return unpack(self._fetch(Bundle(number).path), WIDTH)[:wide]

    def _check(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise ProofError(f"entry {index} is not in a log of {self.size} entries")

    def _range(self, low: int, high: int) -> bytes:
        """Return the hash over the leaves from `low`, a multiple of what it spans."""
        whole = []
        while low < high:
            level = (high - low).bit_length() - 1
            whole.append(self._subtree(level, low >> level))
            low += 1 << level
        return joined(whole)

    def _subtree(self, level: int, index: int) -> bytes:
        """Return the hash over `1 << level` leaves, from a multiple of that on."""
        row, inside = divmod(level, HEIGHT)
        number, place = divmod(index << inside, WIDTH)
        tile = self._tile(row, number)
        return folded(tile[place * HASH : (place + (1 << inside)) * HASH])

    def _read(self, level: int, number: int) -> bytes:
        wide = min(WIDTH, (self.size >> HEIGHT * level) - number * WIDTH)
        tile, full = Tile(level, number, wide), Tile(level, number)
        try:
            content = self._fetch(tile.path)
        except FileNotFoundError:
            if tile == full:
                raise
            tile, content = full, self._fetch(full.path)
        check_tile(content, tile)
        return content[: wide * HASH]


def _half(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
