"""The deep check: every block, every order, every filter, and the root over it all."""

from __future__ import annotations

import numpy as np

from ringfence.egress.index.filter import Filter
from ringfence.egress.index.manifest import Manifest
from ringfence.egress.index.shards import root_over
from ringfence.egress.index.store import Pairs, Store
from ringfence.errors import Locus, ProofError


def check(
    manifest: Manifest, store: Store, filters: Filter | None, *, place: str
) -> None:
    """Check that an index is what its manifest says, to the last bit.

    Raises:
        ProofError: It isn't.
    """
    at = Locus(place)
    before, keys, block = -1, 0, 0
    for number, part in enumerate(manifest.parts):
        if store.root(number).hex() != part.root:
            raise ProofError(f"shard {number} has another root", at)
        for _ in range(store.counts[number]):
            found = store.block(block)
            if not _is_ordered(found, before, number):
                raise ProofError(f"block {block:,} isn't in order", at)
            if filters is not None and not filters.may_hold(found.keys).all():
                raise ProofError(f"the filters don't hold block {block:,}", at)
            keys += int(np.count_nonzero(found.keys[1:] != found.keys[:-1]))
            keys += int(found.keys[0]) != before
            before = int(found.keys[-1])
            block += 1
    if root_over(manifest.parts) != manifest.root:
        raise ProofError("the root isn't over its shards", at)
    if manifest.change is None and keys != manifest.keys:
        raise ProofError("has another count of fingerprints", at)


def _is_ordered(block: Pairs, before: int, number: int) -> bool:
    """Whether a block stands where it belongs."""
    keys, subjects = block
    same = keys[1:] == keys[:-1]
    sorted_keys = bool((keys[1:] >= keys[:-1]).all()) and int(keys[0]) >= before
    sorted_people = bool((subjects[1:] > subjects[:-1])[same].all())
    inside = int(keys[0]) >> 56 == number == int(keys[-1]) >> 56
    return sorted_keys and sorted_people and inside and bool(subjects.all())
