"""The deep check: what a program that writes indexes could do wrong is found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ringfence.egress.index import store as storing
from ringfence.egress.index.deep import check
from ringfence.egress.index.filter import EMPTY, SHARDS, Filter
from ringfence.egress.index.manifest import Manifest
from ringfence.egress.index.opened import open_index
from ringfence.egress.index.store import Pairs, Store, block_hash
from ringfence.errors import ProofError
from tests.indexed import KEYS, built

TOP = 1 << 56


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> tuple[Manifest, Store]:
    """Return an index's manifest and its store."""
    folder: Path = tmp_path_factory.mktemp("deep")
    built(folder)
    index = open_index(folder, KEYS.index)
    return index.manifest, index.store


def test_a_sound_index_passes(sound: tuple[Manifest, Store]):
    """With filters and without."""
    check(*sound, None, place="ix")


def changed(manifest: Manifest, **changes: object) -> Manifest:
    """Return a manifest with another first part that has pairs."""
    parts = [*manifest.parts]
    place = next(n for n, part in enumerate(parts) if part.pairs)
    parts[place] = msgspec.structs.replace(parts[place], **changes)
    return msgspec.structs.replace(manifest, parts=parts)


def test_roots_and_counts_are_worked_out_anew(sound: tuple[Manifest, Store]):
    """Of a shard, of the whole, and the number of fingerprints."""
    manifest, store = sound
    for other, told in (
        (changed(manifest, root="0" * 64), r"shard \d+ has another root"),
        (msgspec.structs.replace(manifest, root="0" * 64), "isn't over its shards"),
        (msgspec.structs.replace(manifest, keys=9), "another count of fingerprints"),
    ):
        with pytest.raises(ProofError, match=told):
            check(other, store, None, place="ix")


def test_filters_that_miss_a_member_are_found(sound: tuple[Manifest, Store]):
    """As empty ones do."""
    empty = Filter([EMPTY] * SHARDS, np.empty(0, np.uint8))
    with pytest.raises(ProofError, match=r"the filters don't hold block 0"):
        check(*sound, empty, place="ix")


@pytest.mark.parametrize(
    "rows",
    [
        [(5, 1), (4, 1)],  # fingerprints out of order, in a block
        [(3, 1), (5, 1), (4, 1)],  # and over two
        [(5, 2), (5, 1)],  # people out of order
        [(5, 1), (5, 1)],  # a pair that is there twice
        [(5, 0), (6, 1)],  # nobody
        [(TOP, 1), (TOP + 1, 1)],  # of another shard
        [(5, 1), (TOP, 1)],
    ],
)
def test_what_is_out_of_order_is_found(
    rows: list[tuple[int, int]], sound: tuple[Manifest, Store], monkeypatch
):
    """Each block's hash is right, and yet it doesn't stand where it belongs."""
    monkeypatch.setattr(storing, "BLOCK", 2)
    pairs = Pairs(*(np.array(one, np.uint64) for one in zip(*rows, strict=True)))
    parts = [*storing.blocks(pairs)]
    store = Store(
        pairs,
        sizes=[len(rows), *[0] * 255],
        heads=np.array([block.keys[0] for block in parts], np.uint64),
        hashes=b"".join(map(block_hash, parts)),
        place="ix",
    )
    shards = [
        msgspec.structs.replace(part, root=store.root(number).hex())
        for number, part in enumerate(sound[0].parts)
    ]
    manifest = msgspec.structs.replace(sound[0], parts=shards)
    with pytest.raises(ProofError, match=r"block \d isn't in order"):
        check(manifest, store, None, place="ix")
