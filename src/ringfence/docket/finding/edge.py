"""The right edge of a log's tree, as far as it was read.

It is what has to be kept to tell whether a log continues what was read: the entries
read since, joined to it, must give the root that the log has signed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.ledger.tree.growing import joined, leaf_hashes
from ringfence.ledger.tree.merkle import HASH, node_hash


class Edge:
    """The hashes over the largest powers of two of the entries read, from the left.

    Attributes:
        size: How many entries were read.
    """

    def __init__(self, size: int = 0, hashes: bytes = b"") -> None:
        self.size = size
        self._hashes = [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]

    @property
    def content(self) -> bytes:
        """Return the hashes, one behind another."""
        return b"".join(self._hashes)

    def root(self) -> bytes:
        """Return the hash of the tree over what was read."""
        return joined(self._hashes)

    def extend(self, entries: Sequence[bytes]) -> None:
        """Read further entries."""
        leaves = leaf_hashes(entries)
        for at in range(0, len(leaves), HASH):
            one, full = leaves[at : at + HASH], self.size
            while full & 1:
                one, full = node_hash(self._hashes.pop(), one), full >> 1
            self._hashes.append(one)
            self.size += 1
