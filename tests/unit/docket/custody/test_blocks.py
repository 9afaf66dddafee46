"""Blocks: the tree over a sound, and what shows some seconds of it."""

from __future__ import annotations

import hmac
from hashlib import sha256

import msgspec
import pytest

from ringfence.docket import blocks
from ringfence.docket.blocks import (
    Disclosure,
    content_of,
    disclosed,
    leaves,
    tree,
    verify,
)
from ringfence.docket.objects import RATE, Blocks
from ringfence.errors import ProofError
from tests.taped import noise

SEED = bytes(range(32))


def shown(samples, first, last):
    """Return what is shown of some blocks, and their content."""
    content = content_of(samples[first * RATE : (last + 1) * RATE])
    return disclosed(samples, SEED, first, last), content


def test_a_leaf_is_salted_and_a_node_is_rfc_6962s():
    """Leaf: SHA-256(0x00, salt, block); node: SHA-256(0x01, left, right)."""
    samples = noise(RATE + 5)
    parts = samples[:RATE].tobytes(), samples[RATE:].tobytes()
    salts = [hmac.digest(SEED, n.to_bytes(8, "big"), "sha256") for n in range(2)]
    found = [sha256(b"\0" + s + p).digest() for s, p in zip(salts, parts, strict=True)]
    assert leaves(samples, SEED) == b"".join(found)
    root = sha256(b"\1" + b"".join(found)).hexdigest()
    assert tree(samples, SEED) == Blocks(root, 2, RATE + 5)


@pytest.mark.parametrize(
    ("samples", "first", "last"),
    [
        (RATE * 7, 0, 0),
        (RATE * 7, 6, 6),
        (RATE * 7, 0, 6),
        (RATE * 7 + 1, 7, 7),
        (RATE * 7 + 1, 5, 7),
        (1, 0, 0),
        (RATE // 2, 0, 0),
        (RATE, 0, 0),
        (RATE * 8, 3, 4),
    ],
    ids=["start", "end", "all", "tail", "ending", "sample", "short", "one", "middle"],
)
def test_blocks_at_either_end_are_proved(samples, first, last):
    """A clip at the start, at the end, or shorter than a block is proved like another."""
    sound = noise(samples)
    disclosure, content = shown(sound, first, last)
    verify(tree(sound, SEED), disclosure, content)


def test_twelve_seconds_of_an_hour_take_nine_hashes():
    """Minute 20:00 to 20:12 of an hour: 12 salts and 9 hashes, 288 bytes."""
    assert len(blocks.around(3_600, 1_200, 1_211)) == 9


def test_no_such_blocks():
    """Blocks that a sound hasn't can't be shown."""
    for first, last in ((0, 2), (-1, 0), (1, 0)):
        with pytest.raises(ValueError, match="of 2"):
            disclosed(noise(RATE * 2), SEED, first, last)


def test_the_block_that_was_changed_is_named():
    """One bit of one sample: the second is named, by number and by time."""
    sound = noise(RATE * 70)
    disclosure, content = shown(sound, 60, 69)
    bad = bytearray(content)
    bad[RATE * 2 * 5 + 7] ^= 1
    with pytest.raises(ProofError, match=r"block 65 \(1:05\) is not what was logged"):
        verify(tree(sound, SEED), disclosure, bytes(bad))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": 2}, "give another tree"),
        ({"first": -1}, "shows no blocks"),
        ({"first": 4}, "shows no blocks"),
        ({"salts": ()}, "shows no blocks"),
        ({"salts": ("00" * 32,) * 2}, "block 1"),
        ({"salts": ("0A" * 32,) * 2}, "is none"),
        ({"salts": ("xy" * 32,) * 2}, "is none"),
        ({"hashes": ()}, "too few"),
        ({"hashes": ("00" * 32,) * 3}, "another tree"),
        ({"leaves": ()}, "shows no blocks"),
        ({"leaves": ("00" * 32,) * 2}, "block 1"),
    ],
)
def test_what_shows_something_else_is_refused(change, message):
    """Whatever is changed of a disclosure, it proves nothing any more."""
    sound = noise(RATE * 5)
    disclosure, content = shown(sound, 1, 2)
    told = {**msgspec.structs.asdict(disclosure), **change}
    with pytest.raises(ProofError, match=message):
        verify(tree(sound, SEED), Disclosure(**told), content)


def test_a_clip_of_another_length_is_refused():
    """A byte more or less is told before any hash is taken."""
    sound = noise(RATE * 3)
    disclosure, content = shown(sound, 1, 1)
    with pytest.raises(ProofError, match="31,999 bytes of sound instead of 32,000"):
        verify(tree(sound, SEED), disclosure, content[:-1])


def test_blocks_that_differ_are_counted_at_either_end():
    """Of two sounds, blocks that one of them lacks differ as well."""
    one, other = leaves(noise(RATE * 3), SEED), leaves(noise(RATE * 2), SEED)
    assert blocks.unlike(one, other) == [2]
    assert blocks.unlike(other, one) == [2]
    assert blocks.unlike(one, one) == []


def test_times_are_told_as_people_do():
    """Minutes and seconds, and hours where there are some."""
    assert [blocks.spelt(n) for n in (7, 1_212, 4_812)] == ["0:07", "20:12", "1:20:12"]
