"""RFC 6962 to the letter: section 2.1, as it is written there, slow and plain."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def split(size: int) -> int:
    """Return the largest power of two smaller than a size."""
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def tree(entries: Sequence[bytes]) -> bytes:
    """Return MTH(D[n])."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    half = split(len(entries))
    return sha256(b"\x01" + tree(entries[:half]) + tree(entries[half:])).digest()


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) (section 2.1.1)."""
    if len(entries) == 1:
        return []
    half = split(len(entries))
    if index < half:
        return [*path(index, entries[:half]), tree(entries[half:])]
    return [*path(index - half, entries[half:]), tree(entries[:half])]


def proof(old: int, entries: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b), which is PROOF(m, D[n]) to begin with (2.1.2)."""
    if old == len(entries):
        return [] if known else [tree(entries)]
    half = split(len(entries))
    if old <= half:
        return [*proof(old, entries[:half], known=known), tree(entries[half:])]
    rest = proof(old - half, entries[half:], known=False)
    return [*rest, tree(entries[:half])]
