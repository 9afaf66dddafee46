"""Merkle trees of RFC 6962: hashes, and the two proofs that a stranger can check.

The verifiers follow RFC 9162, sections 2.1.3.2 and 2.1.4.2. Every argument is taken to
be hostile.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ringfence.errors import ProofError

HASH = 32  # bytes
EMPTY = sha256(b"").digest()  # the root of no entries
LEAF, NODE = b"\x00", b"\x01"  # so that no entry can pass for a node
MOST = 64  # levels of a tree: more entries than a disk holds


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf (RFC 6962, section 2.1)."""
    return sha256(LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two neighbours (RFC 6962, section 2.1)."""
    return sha256(NODE + left + right).digest()


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at a place of a tree.

    Args:
        index: Place of the leaf, from 0.
        size: How many leaves the tree has.
        leaf: Hash of the leaf.
        proof: Hashes of its neighbours, from the leaf upwards.
        root: Hash of the tree.

    Raises:
        ProofError: It doesn't.
    """
    _lengths([leaf, root, *proof])
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a log of {size} entries")
    place, last, found = index, size - 1, leaf
    for neighbour in proof:
        if last == 0:
            raise ProofError("the inclusion proof is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(neighbour, found)
            place, last = _above(place, last)
        else:
            found = node_hash(found, neighbour)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofError(f"entry {index} is not what the log of {size} entries holds")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree begins with all of an older one.

    Args:
        old: Size of the older tree, at least 1: every tree begins with nothing.
        new: Size of the newer one.
        old_root: Hash of the older tree.
        new_root: Hash of the newer one.
        proof: Hashes of what lies between, as the log gives them.

    Raises:
        ProofError: It doesn't.
    """
    if not 1 <= old <= new:
        raise ProofError(f"a log of {new} entries can't continue one of {old}")
    if old == new:  # two words for one tree: what they are is not looked at
        if proof or old_root != new_root:
            raise ProofError(f"two trees of {old} entries are not one")
        return
    _lengths([old_root, new_root, *proof])
    # A whole subtree is its own first hash.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise ProofError("the consistency proof is empty")
    if _climbed(old - 1, new - 1, path) != (old_root, new_root):
        raise ProofError(f"the log of {new} entries doesn't continue the one of {old}")


def _climbed(place: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of two trees that a consistency proof comes to."""
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for neighbour in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is longer than the tree is high")
        if place & 1 or place == last:
            before = node_hash(neighbour, before)
            after = node_hash(neighbour, after)
            place, last = _above(place, last)
        else:
            after = node_hash(after, neighbour)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is shorter than the tree is high")
    return before, after


def _lengths(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH for one in hashes):
        raise ProofError(f"a hash has not {HASH} bytes")
    if len(hashes) > MOST + 2:
        raise ProofError(f"a proof has more than {MOST} hashes")


def _above(place: int, last: int) -> tuple[int, int]:
    """Climb while there is no neighbour on the right."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last
