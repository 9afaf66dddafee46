"""The store: every fingerprint with the people behind it, sorted, on disk.

It settles what the filters let through. It is read block by block, and no block is
believed before its hash has been compared: a bit that has turned is an error, never an
answer. The hashes are the leaves of a tree (RFC 6962), so that one block with its path
shows an auditor whether a fingerprint was in an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringfence.errors import Locus, ProofError
from ringfence.ledger.tree.growing import joined, subtrees
from ringfence.ledger.tree.merkle import HASH, LEAF

BLOCK = 1024  # pairs: two pages of fingerprints, and two of people
_GREATEST = (1 << 64) - 1
_GUESSES, _STEPS = 2, 8  # with so many all but a few are found
Numbers = NDArray[np.uint64]


def distinct(numbers: Numbers) -> Numbers:
    """Return each number once, in order."""
    # `np.unique` of such numbers hashes them, which takes twice as long.
    found = np.sort(numbers)
    return found[firsts(found)]


def firsts(numbers: Numbers | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where, in order, a number stands that didn't stand before it."""
    found = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=found[1:])
    return found


class Pairs(NamedTuple):
    """Fingerprints with the people behind them; arrays of one length.

    Attributes:
        keys: Fingerprints.
        subjects: Subject numbers.
    """

    keys: Numbers
    subjects: Numbers

    @classmethod
    def none(cls) -> Pairs:
        """Return no pair."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint64))

    def taken(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Pairs:
        """Return some of them."""
        return Pairs(self.keys[which], self.subjects[which])

    def settled(self) -> Pairs:
        """Return each pair once, by fingerprint and then by person."""
        found = self.taken(np.argsort(self.keys))
        same = found.keys[1:] == found.keys[:-1]
        if not same.any():
            return found
        # Few share a fingerprint, so only those are sorted by person.
        some = np.zeros(len(found.keys), np.bool_)
        some[1:] |= same
        some[:-1] |= same
        shared = found.taken(some)
        order = np.lexsort((shared.subjects, shared.keys))
        found.subjects[some] = shared.subjects[order]
        again = same & (found.subjects[1:] == found.subjects[:-1])
        return found.taken(~np.concatenate([np.zeros(1, np.bool_), again]))


class Found(NamedTuple):
    """Who is behind some fingerprints; arrays of one length, in the order of `row`.

    Attributes:
        row: Place of the fingerprint in the question (int64).
        subject: Subject number.
    """

    row: NDArray[np.int64]
    subject: Numbers


def blocks(pairs: Pairs) -> Iterator[Pairs]:
    """Yield the blocks of a shard."""
    for low in range(0, len(pairs.keys), BLOCK):
        part = slice(low, low + BLOCK)
        yield Pairs(pairs.keys[part], pairs.subjects[part])


def block_hash(block: Pairs) -> bytes:
    """Return the hash of a block as a leaf: fingerprints, people; little-endian."""
    digest = sha256(LEAF)
    digest.update(np.ascontiguousarray(block.keys, "<u8").data)
    digest.update(np.ascontiguousarray(block.subjects, "<u8").data)
    return digest.digest()


def root_of(hashes: bytes) -> bytes:
    """Return the root over leaves (RFC 6962)."""
    return joined(subtrees(hashes))


def within(pairs: Pairs, wanted: Numbers) -> Found:
    """Return who is behind some fingerprints, among few pairs that are settled."""
    low = np.searchsorted(pairs.keys, wanted, "left")
    high = np.searchsorted(pairs.keys, wanted, "right")
    return _spread(low, high, pairs.subjects)


class Store:
    """Pairs on disk, with what they are checked by in memory.

    Args:
        pairs: All pairs, mapped from their files.
        sizes: How many each shard has.
        heads: The first fingerprint of each block.
        hashes: The hash of each block, one behind another.
        place: What messages call it.
    """

    def __init__(
        self,
        pairs: Pairs,
        *,
        sizes: Sequence[int],
        heads: Numbers,
        hashes: bytes,
        place: str,
    ) -> None:
        counts = [-(-size // BLOCK) for size in sizes]
        ends = np.cumsum(np.array(sizes, np.int64))
        starts = [
            np.arange(count, dtype=np.int64) * BLOCK + (end - size)
            for count, size, end in zip(counts, sizes, ends.tolist(), strict=True)
        ]
        self._starts = np.concatenate([*starts, ends[-1:]])
        self._heads, self._hashes = heads, hashes
        self._pairs, self._place = pairs, place
        self._is_checked = np.zeros(sum(counts), np.bool_)
        self.counts = tuple(counts)

    def settle(self, wanted: Numbers) -> Found:
        """Return who is behind some fingerprints.

        Raises:
            ProofError: A block that says so isn't the one that was written.
        """
        if not len(wanted) or not len(self._heads):
            return Found(np.empty(0, np.int64), np.empty(0, np.uint64))
        # In order, neighbours are asked one after the other: memory is read once.
        order = np.argsort(wanted)
        low, high = self._ranges(wanted[order])
        there = np.flatnonzero(low < high)
        found = _spread(low[there], high[there], self._pairs.subjects)
        row = order[there[found.row]]
        is_one_each = len(row) == len(there)
        back = np.argsort(row, kind=None if is_one_each else "stable")
        return Found(row[back], found.subject[back])

    def _ranges(self, wanted: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the people behind each begin and end; in order, and checked."""
        last = np.searchsorted(self._heads, wanted, "right") - 1
        np.maximum(last, 0, out=last)
        first = last.copy()
        # Who shares one fingerprint may fill several blocks.
        heading = np.flatnonzero(self._heads[last] == wanted)
        before = np.searchsorted(self._heads, wanted[heading], "left") - 1
        first[heading] = np.maximum(before, 0)
        self._check(first, last)
        low = self._near(wanted, last)
        high = low + 1
        left = np.flatnonzero(~self._are_alone(wanted, low))
        some, end = wanted[left], self._starts[last[left] + 1]
        low[left] = self._bisected(some, self._starts[first[left]], end, after=False)
        high[left] = self._bisected(some, low[left], end, after=True)
        return low, high

    def _near(self, wanted: Numbers, block: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where each most likely stands in its block: they are spread evenly.

        It is a guess; whoever asks looks what stands there.
        """
        low, high = self._starts[block], self._starts[block + 1] - 1
        head = self._heads[block]
        following = self._heads[np.minimum(block + 1, len(self._heads) - 1)]
        following[block + 1 == len(self._heads)] = _GREATEST
        width = np.maximum(following - head, 1).astype(np.float64)
        density = (high - low + 1) / width
        ahead = (np.maximum(wanted, head) - head).astype(np.float64) * density
        guess = low + np.minimum(ahead, high - low).astype(np.int64)
        keys = self._pairs.keys
        for _ in range(_GUESSES):
            off = (wanted - keys[guess]).view(np.int64) * density
            guess += np.rint(np.clip(off, -BLOCK, BLOCK)).astype(np.int64)
            np.clip(guess, low, high, out=guess)
        left = np.arange(len(wanted))
        for _ in range(_STEPS):
            off = (wanted[left] - keys[guess[left]]).view(np.int64)
            left, off = left[off != 0], off[off != 0]
            step = guess[left] + np.sign(off)
            guess[left] = np.clip(step, low[left], high[left])
        found: NDArray[np.int64] = guess
        return found

    def _are_alone(
        self, wanted: Numbers, place: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which stand at a place, and at none beside it."""
        keys = self._pairs.keys
        found: NDArray[np.bool_] = keys[place] == wanted
        found &= keys[np.maximum(place - 1, 0)] != wanted
        found &= keys[np.minimum(place + 1, len(keys) - 1)] != wanted
        return found

    def settle_one(self, wanted: int) -> tuple[int, ...]:
        """Return who is behind a fingerprint.

        Raises:
            ProofError: A block that says so isn't the one that was written.
        """
        if not len(self._heads):
            return ()
        key = np.uint64(wanted)
        first = max(int(self._heads.searchsorted(key, "left")) - 1, 0)
        last = max(int(self._heads.searchsorted(key, "right")) - 1, 0)
        for block in range(first, last + 1):
            if not self._is_checked[block]:
                self._check_block(block)
        low, high = int(self._starts[first]), int(self._starts[last + 1])
        keys = self._pairs.keys[low:high]
        begin, end = keys.searchsorted(key, "left"), keys.searchsorted(key, "right")
        return tuple(self._pairs.subjects[low + begin : low + end].tolist())

    def block(self, number: int) -> Pairs:
        """Return a block, checked.

        Raises:
            ProofError: It isn't the one that was written.
        """
        part = slice(int(self._starts[number]), int(self._starts[number + 1]))
        found = Pairs(self._pairs.keys[part], self._pairs.subjects[part])
        wanted = self._hashes[number * HASH : (number + 1) * HASH]
        if not len(found.keys) or block_hash(found) != wanted:
            message = f"block {number:,} of the store isn't the one that was written"
            raise ProofError(message, Locus(self._place), "build the index anew")
        if found.keys[0] != self._heads[number]:
            message = f"block {number:,} of the store begins with another fingerprint"
            raise ProofError(message, Locus(self._place), "build the index anew")
        return found

    def root(self, number: int) -> bytes:
        """Return the root over the blocks of a shard."""
        first = sum(self.counts[:number])
        last = first + self.counts[number]
        return root_of(self._hashes[first * HASH : last * HASH])

    def _check(self, first: NDArray[np.intp], last: NDArray[np.intp]) -> None:
        """Check the blocks that some ranges need, in order, if nobody has yet."""
        spans = first != last
        needed = [last[firsts(last)]]
        for low, high in {
            *zip(first[spans].tolist(), last[spans].tolist(), strict=True)
        }:
            needed.append(np.arange(low, high))
        blocks = np.concatenate(needed)
        for number in blocks[~self._is_checked[blocks]].tolist():
            self._check_block(number)

    def _check_block(self, number: int) -> None:
        self.block(number)
        self._is_checked[number] = True

    def _bisected(
        self,
        wanted: Numbers,
        low: NDArray[np.int64],
        high: NDArray[np.int64],
        *,
        after: bool,
    ) -> NDArray[np.int64]:
        """Return where each belongs in its range, before or after those like it."""
        keys = self._pairs.keys
        low, high = low.copy(), high.copy()
        steps = int((high - low).max(initial=0)).bit_length()
        for _ in range(steps):
            middle = (low + high) >> 1
            held = keys[np.minimum(middle, len(keys) - 1)]
            up = (held <= wanted) if after else (held < wanted)
            up &= middle < high
            low = np.where(up, middle + 1, low)
            high = np.where(up, high, middle)
        return low


def _spread(
    low: NDArray[np.int64], high: NDArray[np.int64], subjects: Numbers
) -> Found:
    """Return the subjects of ranges, each with the place of its range."""
    counts = high - low
    if (counts == 1).all():
        return Found(np.arange(len(low)), subjects[low])
    row = np.repeat(np.arange(len(low)), counts)
    within_range = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Found(row, subjects[low[row] + within_range])
