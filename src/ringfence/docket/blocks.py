"""The tree over a sound: a block a second, each leaf salted, hashed as RFC 6962 does.

A block is the second's samples at 16 kHz, 16 bits each, the low byte first; the last
one may be shorter. Its leaf is SHA-256(0x00, salt, block), a node SHA-256(0x01, left,
right). Who is shown some blocks, their salts and the hashes beside them can tell that
they are of the sound whose root was logged, and guess nothing of the others: a salt is
HMAC-SHA256 of the block's number (8 bytes, the high byte first) under the seed.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from ringfence.docket.objects import RATE, Blocks
from ringfence.errors import ProofError
from ringfence.ledger.tree.growing import joined, subtrees
from ringfence.ledger.tree.merkle import HASH, LEAF, node_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]

SEED = 32  # bytes
_WIDTH = 2  # bytes of a sample


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shows that some blocks are of a sound, beside the blocks themselves.

    Attributes:
        first: Number of the first block, from 0.
        salts: Of each block, in hexadecimal.
        leaves: Hash of each block, so that one that doesn't fit is named.
        hashes: Of the largest subtrees around them, from the left.
    """

    first: int
    salts: tuple[str, ...]
    leaves: tuple[str, ...]
    hashes: tuple[str, ...]


def content_of(samples: Samples) -> memoryview:
    """Return samples as they are hashed: 16 bits each, the low byte first."""
    return samples.astype("<i2", order="C", copy=False).data.cast("B")


def count_of(samples: int, rate: int = RATE) -> int:
    """Return how many blocks so many samples have."""
    return -(-samples // rate)


def tree(samples: Samples, seed: bytes) -> Blocks:
    """Return the tree over a sound."""
    return rooted(leaves(samples, seed), len(samples))


def rooted(hashes: bytes, samples: int) -> Blocks:
    """Return the tree over leaf hashes, one behind another."""
    return Blocks(joined(subtrees(hashes)).hex(), count_of(samples), samples)


def leaves(samples: Samples, seed: bytes) -> bytes:
    """Return the leaf hashes of a sound, one behind another."""
    content = content_of(samples)
    parts = range(0, len(content), RATE * _WIDTH)
    salts = _salts(seed, 0, len(parts))
    return b"".join(
        [
            _leaf(salt, content[at : at + RATE * _WIDTH])
            for at, salt in zip(parts, salts, strict=True)
        ]
    )


def disclosed(samples: Samples, seed: bytes, first: int, last: int) -> Disclosure:
    """Return what shows that the blocks from `first` to `last`, both shown, are these.

    Raises:
        ValueError: There are no such blocks.
    """
    hashes = leaves(samples, seed)
    count = len(hashes) // HASH
    if not 0 <= first <= last < count:
        raise ValueError(f"blocks {first} to {last} of {count}")
    shown = _cut(hashes, first, last + 1)
    beside = [
        joined(subtrees(hashes[low * HASH : high * HASH]))
        for low, high in around(count, first, last)
    ]
    salts = [salt.hex() for salt in _salts(seed, first, last + 1 - first)]
    return Disclosure(first, tuple(salts), shown, tuple(one.hex() for one in beside))


def verify(blocks: Blocks, disclosure: Disclosure, content: bytes | memoryview) -> None:
    """Check that shown blocks are of the sound whose tree this is.

    Args:
        blocks: The tree, as the ledger has it.
        disclosure: What shows it.
        content: The samples of the blocks, as `content_of` has them.

    Raises:
        ProofError: They aren't; the error names the block.
    """
    first, count = disclosure.first, len(disclosure.leaves)
    last = first + count - 1
    _check_form(blocks, disclosure)
    start, size = first * RATE, blocks.samples
    wanted = (min((last + 1) * RATE, size) - start) * _WIDTH
    if len(content) != wanted:
        raise ProofError(f"has {len(content):,} bytes of sound instead of {wanted:,}")
    for number in range(count):
        part = content[number * RATE * _WIDTH : (number + 1) * RATE * _WIDTH]
        salt = bytes.fromhex(disclosure.salts[number])
        if _leaf(salt, part).hex() != disclosure.leaves[number]:
            at = first + number
            raise ProofError(f"block {at} ({spelt(at)}) is not what was logged")
    told = iter(map(bytes.fromhex, (*disclosure.leaves,)))
    beside = iter(map(bytes.fromhex, disclosure.hashes))
    root = _climbed(0, blocks.count, range(first, last + 1), told, beside)
    if root.hex() != blocks.root or next(beside, None) is not None:
        raise ProofError("the blocks give another tree than was logged")


def unlike(old: bytes, new: bytes) -> list[int]:
    """Return the numbers of the blocks whose leaf hashes differ."""
    count = max(len(old), len(new)) // HASH
    cut = (slice(n * HASH, (n + 1) * HASH) for n in range(count))
    return [number for number, at in enumerate(cut) if old[at] != new[at]]


def around(count: int, first: int, last: int) -> list[tuple[int, int]]:
    """Return the largest subtrees that hold no block from `first` to `last`."""
    return [*_around(0, count, first, last)]


def spelt(seconds: int) -> str:
    """Return where a block begins, as people say it: `20:12`, `1:20:12`."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _around(low: int, high: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    if high <= first or low > last:
        yield low, high
    elif high - low > 1 and not first <= low < high <= last + 1:
        middle = _middle(low, high)
        yield from _around(low, middle, first, last)
        yield from _around(middle, high, first, last)


def _middle(low: int, high: int) -> int:
    """Return where RFC 6962 splits a tree: after the largest power of two within."""
    return low + (1 << (high - low - 1).bit_length() - 1)


def _climbed(
    low: int, high: int, shown: range, told: Iterator[bytes], beside: Iterator[bytes]
) -> bytes:
    if high <= shown.start or low >= shown.stop:
        found = next(beside, None)
        if found is None:
            raise ProofError("has too few hashes")
        return found
    if high - low == 1:
        return next(told)
    middle = _middle(low, high)
    left = _climbed(low, middle, shown, told, beside)
    return node_hash(left, _climbed(middle, high, shown, told, beside))


def _check_form(blocks: Blocks, one: Disclosure) -> None:
    last = one.first + len(one.leaves) - 1
    fits = 0 <= one.first <= last < blocks.count == count_of(blocks.samples)
    if not fits or len(one.salts) != len(one.leaves) or blocks.rate != RATE:
        raise ProofError(f"shows no blocks of {blocks.count}")
    for text in (*one.salts, *one.leaves, *one.hashes):
        if not _is_hash(text):
            raise ProofError("has a salt or a hash that is none")


def _is_hash(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == HASH and text == text.lower()
    except ValueError:
        return False


def _cut(hashes: bytes, low: int, high: int) -> tuple[str, ...]:
    cut = (hashes[number * HASH : (number + 1) * HASH] for number in range(low, high))
    return tuple(one.hex() for one in cut)


def _leaf(salt: bytes, block: bytes | memoryview) -> bytes:
    found = sha256(LEAF + salt)
    found.update(block)
    return found.digest()


def _salts(seed: bytes, first: int, count: int) -> Sequence[bytes]:
    numbers = range(first, first + count)
    return [
        hmac.digest(seed, number.to_bytes(8, "big"), "sha256") for number in numbers
    ]
