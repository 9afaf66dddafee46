"""Merkle proofs: published vectors, our own, and everything that must be rejected."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringfence.errors import ProofError
from ringfence.ledger.tree.merkle import (
    EMPTY,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.reference import merkle

ENTRIES = [b"entry %d" % number for number in range(300)]
# The project's own vectors: entries `entry 0`, `entry 1`, ... as ASCII.
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "773885a613489e24ce2cf76199d6a423f042e4bbf12d7eecee912ef276c65701",
    3: "94fbd0dd836f50301692e6d0eade728ee19ec52bfff1606ed807c8575d5aaa19",
    7: "98c97f0ba3175cd08b031dd084b9dc4e649b64d1a28e6ea694646503173ab587",
    256: "da6596d95369f5fef322ab8e4e0da3b0b50236aa9c8a3b1d246f7411c9e2e32e",
    300: "ca393d0296bec5e0b8dcab983bd1fb7d1461f512e7267cb89631ad26fd66d848",
}
INCLUDED = [
    "9ff537b618a257ef82908c45915acbaeb6d9dea035d6d93964fc88c19e98c8b3",
    "be15781b628a28414c1c8a11b86db8422fa1041215fe0d7c4496d23cda1e4142",
    "9799f307517ef517c2205df9b67762bf34756b20099fb7dfcce76bcebd273b2e",
]
CONTINUED = [
    "57c79f4f31ae029c5d4bd30b073c27c94df93438b2b4697e1e1eef5bc0394a41",
    "61ca1139f6815841d5baf2d0d2d9bd9dfee97c898dd6f7ba0c0aa941ee6c01eb",
    "5a47662fd8a317d96049a3f9f47c55dc67ca66051baa3683dbb19b2fe09a07b0",
    "94afb8a2ca051c05458ea39dcd19b1bd68e7e33529f10b439d2a615a51f636e2",
]


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def root(size: int) -> bytes:
    return merkle.tree(ENTRIES[:size])


def holds(check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except ProofError:
        return False
    return True


def told(values: list[str] | None) -> list[bytes]:
    return [b64decode(value) for value in values or []]


@pytest.mark.parametrize(("size", "expected"), ROOTS.items())
def test_the_reference_has_the_roots_of_our_own_vectors(size: int, expected: str):
    """Six trees of counted entries have the published roots."""
    assert root(size).hex() == expected


def test_no_entries_have_the_hash_of_nothing():
    """The root of an empty log is SHA-256 of no bytes (RFC 6962, section 2.1)."""
    assert ROOTS[0] == EMPTY.hex()


def test_the_vector_of_an_inclusion_verifies():
    """Entry 4 of 7 is proved by three published hashes, made and checked."""
    assert merkle.path(4, ENTRIES[:7]) == hashes(INCLUDED)
    verify_inclusion(4, 7, leaf_hash(ENTRIES[4]), hashes(INCLUDED), root(7))


def test_the_vector_of_a_consistency_verifies():
    """Seven entries continue three by four published hashes, made and checked."""
    assert merkle.proof(3, ENTRIES[:7]) == hashes(CONTINUED)
    verify_consistency(3, 7, root(3), root(7), hashes(CONTINUED))


@pytest.mark.peer
def test_every_published_inclusion_vector_comes_out_as_published(peer_data: Path):
    """98 proofs that others published are accepted or rejected as they say."""
    found: dict[str, tuple[bool, bool]] = {}
    for path in sorted((peer_data / "tlog" / "inclusion").rglob("*.json")):
        case: dict[str, Any] = json.loads(path.read_bytes())
        ours = holds(
            verify_inclusion,
            case["leafIdx"],
            case["treeSize"],
            b64decode(case["leafHash"] or ""),
            told(case["proof"]),
            b64decode(case["root"] or ""),
        )
        found[str(path)] = (ours, not case["wantErr"])
    assert len(found) == 98
    assert {path: pair for path, pair in found.items() if pair[0] != pair[1]} == {}


@pytest.mark.peer
def test_every_published_consistency_vector_comes_out_as_published(peer_data: Path):
    """98 proofs that others published are accepted or rejected as they say."""
    found: dict[str, tuple[bool, bool]] = {}
    for path in sorted((peer_data / "tlog" / "consistency").rglob("*.json")):
        case: dict[str, Any] = json.loads(path.read_bytes())
        ours = holds(
            verify_consistency,
            case["size1"],
            case["size2"],
            b64decode(case["root1"] or ""),
            b64decode(case["root2"] or ""),
            told(case["proof"]),
        )
        found[str(path)] = (ours, not case["wantErr"])
    assert len(found) == 98
    assert {path: pair for path, pair in found.items() if pair[0] != pair[1]} == {}


def test_every_inclusion_in_a_small_tree_verifies():
    """Every entry of every tree of up to 40 entries is proved by the RFC's own path."""
    for size in range(1, 41):
        for index in range(size):
            proof = merkle.path(index, ENTRIES[:size])
            verify_inclusion(index, size, leaf_hash(ENTRIES[index]), proof, root(size))


def test_every_pair_of_small_trees_is_consistent():
    """Every tree of up to 40 entries continues every smaller one, but the empty one."""
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof = merkle.proof(old, ENTRIES[:new])
            verify_consistency(old, new, root(old), root(new), proof)


def test_nothing_but_the_truth_is_included():
    """In trees of up to 16 entries, no proof carries another place or leaf.

    The size is as true as the root: a checkpoint's signature covers both. Of another
    size than the root's, RFC 9162 lets some proofs through.
    """
    for size in range(1, 17):
        for index in range(size):
            proof = merkle.path(index, ENTRIES[:size])
            accepted = [
                (place, other)
                for place in range(-1, size + 2)
                for other in range(size)
                for leaf in [leaf_hash(ENTRIES[other])]
                if holds(verify_inclusion, place, size, leaf, proof, root(size))
            ]
            assert accepted == [(index, index)]


def test_nothing_but_the_truth_is_consistent():
    """In trees of up to 12 entries, no proof joins roots that it wasn't made for."""
    for new in range(2, 13):
        for old in range(1, new):
            proof = merkle.proof(old, ENTRIES[:new])
            accepted = [
                (first, second)
                for first in range(13)
                for second in range(13)
                if (first, second) != (old, new)
                and holds(
                    verify_consistency, old, new, root(first), root(second), proof
                )
            ]
            assert accepted == []


def test_two_trees_of_one_size_are_one():
    """Equal sizes need equal roots and no proof."""
    verify_consistency(7, 7, root(7), root(7), [])
    assert not holds(verify_consistency, 7, 7, root(7), root(3), [])
    assert not holds(verify_consistency, 7, 7, root(7), root(7), [root(3)])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 7), (-1, 7), (8, 7)])
def test_no_tree_is_proved_to_continue_nothing(old: int, new: int):
    """Old size 0 is the protocol's business, and a shrunk log none at all."""
    with pytest.raises(ProofError, match="can't continue"):
        verify_consistency(old, new, EMPTY, root(7), [])


@pytest.mark.parametrize("wrong", [b"", b"\x00" * 31, b"\x00" * 33])
def test_a_hash_has_32_bytes(wrong: bytes):
    """A hash of another length is refused wherever it stands."""
    leaf, proof, more = leaf_hash(ENTRIES[4]), hashes(INCLUDED), hashes(CONTINUED)
    refused = [
        lambda: verify_inclusion(4, 7, wrong, proof, root(7)),
        lambda: verify_inclusion(4, 7, leaf, [*proof[:2], wrong], root(7)),
        lambda: verify_inclusion(4, 7, leaf, proof, wrong),
        lambda: verify_consistency(3, 7, wrong, root(7), more),
        lambda: verify_consistency(3, 7, root(3), wrong, more),
        lambda: verify_consistency(3, 7, root(3), root(7), [*more[:3], wrong]),
    ]
    for check in refused:
        with pytest.raises(ProofError, match="32 bytes"):
            check()


def test_a_proof_is_no_longer_than_a_tree_is_high():
    """A thousand hashes are refused before one of them is looked at."""
    with pytest.raises(ProofError, match="more than 64"):
        verify_inclusion(0, 2**70, EMPTY, [EMPTY] * 1000, EMPTY)
    with pytest.raises(ProofError, match="longer than the tree is high"):
        verify_inclusion(0, 1, EMPTY, [EMPTY], EMPTY)
    with pytest.raises(ProofError, match="longer than the tree is high"):
        verify_consistency(1, 2, EMPTY, root(2), [EMPTY] * 3)
    with pytest.raises(ProofError, match="shorter than the tree is high"):
        verify_consistency(3, 7, EMPTY, root(2), [EMPTY])
    with pytest.raises(ProofError, match="is empty"):
        verify_consistency(3, 7, EMPTY, root(2), [])


def test_an_entry_cannot_pass_for_a_node():
    """The hash of two joined hashes as an entry isn't the hash of their node."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
