from __future__ import annotations

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import (
    CheckpointSigner,
    MLDSA44CosignatureSigner,
    PlainEd25519Signer,
    Vkey,
)
from tlog_scales.tlog import ConsistencyProof, InclusionProof
from tlog_scales.writer import TilesWriter

from ringfence.ledger.signed.keys import parse_key
from ringfence.ledger.tree.merkle import leaf_hash, verify_consistency, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.watch.fsck import fsck
from ringfence.ledger.writer.disk import folder_fetch
from ringfence.ledger.writer.log import Log

ORIGIN = "ringfence.example/log"
SIZES = [1, 7, 255, 256, 257, 700, 66_000]


def entries(low: int, high: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(low, high)]


@pytest.mark.parametrize("size", SIZES)
def test_another_program_reads_what_we_write(tmp_path, size):
    """A second implementation finds our root, entries, signatures and both proofs."""
    with Log.create(tmp_path, ORIGIN) as log:
        log.append(entries(0, size // 2))
        older = log.publish().checkpoint
        log.append(entries(size // 2, size))
        ours = log.publish()
    keys = [Vkey.from_string(str(one.key)) for one in ours.verified]
    assert [key.sig_type for key in keys] == [1, 6]
    peer = TilesReader(LocalBackend(tmp_path / "public"))
    theirs = peer.get_checkpoint()
    for key in keys:
        theirs.verify(key)
    assert peer.calculate_root_hash() == theirs.root_hash == ours.checkpoint.root
    for index in {0, size // 2, size - 1}:
        assert peer.get_entry(index) == b"entry %d" % index
        proof = peer.get_inclusion_proof(index, size)
        proof.check(leaf_hash(b"entry %d" % index), theirs.root_hash)
        own = Tree(size, log.fetch).inclusion(index)
        assert own == proof.node_hashes
        InclusionProof(index, size, own).check(
            leaf_hash(b"entry %d" % index), theirs.root_hash
        )
    if older.size:
        own = Tree(size, log.fetch).consistency(older.size)
        ConsistencyProof(older.size, size, own).check(older.root, theirs.root_hash)
    assert check_folder(tmp_path).is_sound


@pytest.mark.parametrize("size", SIZES)
def test_we_read_what_another_program_writes(tmp_path, size):
    """A log of a second implementation is sound, tile for tile, and proves to us."""
    signers: list[CheckpointSigner] = [
        PlainEd25519Signer(ORIGIN, bytes(range(32))),
        MLDSA44CosignatureSigner(ORIGIN, bytes(32)),
    ]
    keys = [parse_key(signer.vkey.serialize()) for signer in signers]
    public = tmp_path / "public"
    writer = TilesWriter.create(public, ORIGIN)
    for low, high in ((0, size // 2), (size // 2, size)):
        for entry in entries(low, high):
            writer.add_leaf(entry)
        writer.commit(signers)
    files = [one for one in public.rglob("*") if one.is_file()]
    names = [str(one.relative_to(public)) for one in files]
    found = fsck(folder_fetch(public), keys, names=names)
    assert found.problems == ()
    assert found.checkpoint is not None
    head = found.checkpoint.checkpoint
    assert (found.size, found.ahead, head.size) == (size, 0, size)
    assert [one.key for one in found.checkpoint.verified] == keys
    tree = Tree(size, folder_fetch(public))
    last = leaf_hash(tree.entry(size - 1))
    verify_inclusion(size - 1, size, last, tree.inclusion(size - 1), head.root)
    older = Tree(max(1, size // 2), folder_fetch(public)).root()
    proof = tree.consistency(max(1, size // 2))
    verify_consistency(max(1, size // 2), size, older, head.root, proof)
