"""The store: who is behind a fingerprint, by blocks that are compared as they are read."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.index import store as module
from ringfence.egress.index.filter import SHARDS
from ringfence.egress.index.store import (
    Pairs,
    Store,
    block_hash,
    blocks,
    distinct,
    root_of,
    within,
)
from ringfence.errors import ProofError
from ringfence.ledger.tree.merkle import leaf_hash, node_hash

FEW = [0, 1, 2, 5, 2**56 - 1, 2**56, 2**56 + 1, 2**63, 2**64 - 1]
KEYS = st.sampled_from(FEW) | st.integers(0, 2**64 - 1)
PEOPLE = st.integers(1, 5) | st.integers(1, 2**64 - 1)
LISTS = st.lists(st.tuples(KEYS, PEOPLE), max_size=60)


def pairs_of(those: list[tuple[int, int]]) -> Pairs:
    """Return pairs as arrays."""
    keys, people = [key for key, _ in those], [one for _, one in those]
    return Pairs(np.array(keys, np.uint64), np.array(people, np.uint64))


def made(pairs: Pairs, heads: np.ndarray | None = None) -> Store:
    """Return a store over settled pairs, as it is built."""
    edges = np.arange(1, SHARDS, dtype=np.uint64) << np.uint64(56)
    cuts = [0, *np.searchsorted(pairs.keys, edges).tolist(), len(pairs.keys)]
    shards = [
        Pairs(pairs.keys[low:high], pairs.subjects[low:high])
        for low, high in pairwise(cuts)
    ]
    parts = [block for shard in shards for block in blocks(shard)]
    first = np.array([block.keys[0] for block in parts], np.uint64)
    return Store(
        pairs,
        sizes=[len(shard.keys) for shard in shards],
        heads=first if heads is None else heads,
        hashes=b"".join(map(block_hash, parts)),
        place="ix",
    )


@given(LISTS)
def test_settled_pairs_are_a_sorted_set(those: list[tuple[int, int]]):
    """Each pair once, by fingerprint and then by person."""
    found = pairs_of(those).settled()
    wanted = sorted(set(those))
    assert [*zip(found.keys.tolist(), found.subjects.tolist(), strict=True)] == wanted


@pytest.mark.parametrize("power", [1, 3, 40])
def test_fingerprints_that_are_spread_unevenly_are_found(power: int):
    """A guess that goes wrong, by however much, costs time and nobody."""
    drawn = np.random.default_rng(power)
    keys = (drawn.random(5_000) ** power * (2**64 - 2048)).astype(np.uint64)
    keys = np.concatenate([keys, keys[:50], np.array([0, 2**64 - 1], np.uint64)])
    pairs = Pairs(keys, np.arange(1, len(keys) + 1, dtype=np.uint64)).settled()
    asked = np.concatenate([keys, keys + np.uint64(1), keys - np.uint64(1)])
    found, wanted = made(pairs).settle(asked), within(pairs, asked)
    assert found.row.tolist() == wanted.row.tolist()
    assert found.subject.tolist() == wanted.subject.tolist()


@pytest.mark.parametrize("size", [1, 3, 1024])
@settings(max_examples=30)
@given(those=LISTS, others=st.lists(KEYS, max_size=30))
def test_everybody_behind_a_fingerprint_is_found(size: int, those, others: list[int]):
    """As a dictionary says, for members and strangers, in any order, twice as well."""
    wanted: dict[int, list[int]] = defaultdict(list)
    for key, person in sorted(set(those)):
        wanted[key].append(person)
    asked = [*others, *(key for key, _ in those), *others]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", size)
        settled = pairs_of(those).settled()
        store = made(settled)
        few = within(settled, np.array(asked, np.uint64))
        for _ in range(2):
            found = store.settle(np.array(asked, np.uint64))
            assert found.row.tolist() == few.row.tolist()
            assert found.subject.tolist() == few.subject.tolist()
            got: dict[int, list[int]] = defaultdict(list)
            for row, person in zip(*map(np.ndarray.tolist, found), strict=True):
                got[row].append(person)
            assert [got[row] for row in range(len(asked))] == [
                wanted.get(key, []) for key in asked
            ]
        for key in asked:
            assert [*store.settle_one(key)] == wanted.get(key, [])


@pytest.mark.parametrize("size", [1, 2, 3, 1024])
def test_many_share_one_fingerprint(size: int, monkeypatch):
    """Over several blocks, between others: all of them are found."""
    monkeypatch.setattr(module, "BLOCK", size)
    those = [(7, 1), *((9, person) for person in range(1, 41)), (11, 1)]
    store = made(pairs_of(those))
    assert store.settle_one(9) == tuple(range(1, 41))
    found = store.settle(np.array([11, 9, 10, 7], np.uint64))
    assert found.row.tolist() == [0, *[1] * 40, 3]


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("place", [0, 3, 4, 7, 8])
def test_a_turned_bit_is_an_error_and_never_an_answer(column, place, monkeypatch):
    """Of a fingerprint or of a person; whoever asks elsewhere is answered."""
    monkeypatch.setattr(module, "BLOCK", 4)
    sound = pairs_of([(n + 1, n + 100) for n in range(9)])
    store = made(sound)
    damaged = Pairs(*(one.copy() for one in sound))
    damaged[column][place] ^= np.uint64(1 << 40)
    store._pairs = damaged
    asked = np.array([place + 1], np.uint64)
    with pytest.raises(ProofError, match=r"ix: block \d of the store isn't the one"):
        store.settle(asked)
    with pytest.raises(ProofError, match="isn't the one that was written"):
        store.settle_one(place + 1)
    elsewhere = 2 if place >= 4 else 7
    assert store.settle_one(elsewhere) == (elsewhere + 99,)


def test_a_strangers_way_is_compared_too(monkeypatch):
    """That somebody isn't there rests on a block as well."""
    monkeypatch.setattr(module, "BLOCK", 4)
    store = made(pairs_of([(10 * n, 1) for n in range(1, 9)]))
    store._pairs.keys[5] ^= np.uint64(1)
    with pytest.raises(ProofError):
        store.settle(np.array([65], np.uint64))


def test_a_block_begins_with_its_head():
    """The table of first fingerprints leads to the right block, or to an error."""
    store = made(pairs_of([(5, 1), (9, 2)]), heads=np.array([4], np.uint64))
    with pytest.raises(ProofError, match="begins with another fingerprint"):
        store.settle_one(5)


def test_an_empty_store_knows_nobody():
    """And nothing fails."""
    store = made(Pairs.none())
    assert store.settle_one(5) == ()
    assert not len(store.settle(np.array([5], np.uint64)).row)
    full = made(pairs_of([(5, 1)]))
    assert not len(full.settle(np.empty(0, np.uint64)).row)


def test_a_blocks_hash_is_a_leaf_that_an_auditor_can_redo():
    """RFC 6962 over fingerprints and people, little-endian; so is the root."""
    one, other = pairs_of([(1, 2), (3, 4)]), pairs_of([(5, 6)])
    content = b"".join(n.to_bytes(8, "little") for n in (1, 3, 2, 4))
    assert block_hash(one) == leaf_hash(content) == sha256(b"\0" + content).digest()
    hashes = block_hash(one) + block_hash(other)
    assert root_of(hashes) == node_hash(block_hash(one), block_hash(other))
    assert root_of(b"") == sha256(b"").digest()


@given(st.lists(KEYS, max_size=50))
def test_distinct_numbers(numbers: list[int]):
    """Each once, in order."""
    found = distinct(np.array(numbers, np.uint64))
    assert found.tolist() == sorted(set(numbers))
