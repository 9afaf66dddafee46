"""Laws of the tree over a sound: any stretch is proved, and nothing else is."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket import blocks
from ringfence.docket.objects import RATE
from ringfence.errors import ProofError

SEED = b"s" * 32
NODE, LEAF = b"\1", b"\0"


def reference(parts: list[bytes]) -> bytes:
    """Return the tree of RFC 6962, section 2.1, over leaf hashes, as it is written."""
    if len(parts) == 1:
        return parts[0]
    half = 1
    while half * 2 < len(parts):
        half *= 2
    both = reference(parts[:half]) + reference(parts[half:])
    return sha256(NODE + both).digest()


@st.composite
def stretches(draw):
    """Draw a short sound and a stretch of it, both in blocks."""
    count = draw(st.integers(1, 21))
    first = draw(st.integers(0, count - 1))
    last = draw(st.integers(first, count - 1))
    rest = draw(st.sampled_from([1, 7, RATE - 1, RATE]))
    samples = np.zeros((count - 1) * RATE + rest, dtype="<i2")
    samples[::997] = draw(st.integers(-9, 9))
    return samples, first, last


@given(stretches())
def test_any_stretch_is_proved(drawn):
    """Whatever blocks are shown, they verify, with the hashes that RFC 6962 needs."""
    samples, first, last = drawn
    tree = blocks.tree(samples, SEED)
    content = blocks.content_of(samples[first * RATE : (last + 1) * RATE])
    disclosure = blocks.disclosed(samples, SEED, first, last)
    blocks.verify(tree, disclosure, content)
    hashes = blocks.leaves(samples, SEED)
    parts = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert reference(parts).hex() == tree.root
    assert len(disclosure.hashes) <= 2 * tree.count.bit_length()


@given(stretches(), st.data())
def test_what_is_changed_proves_nothing(drawn, data):
    """A byte of the sound, a salt, a hash or the place: each is found."""
    samples, first, last = drawn
    tree = blocks.tree(samples, SEED)
    content = bytearray(blocks.content_of(samples[first * RATE : (last + 1) * RATE]))
    told = msgspec.structs.asdict(blocks.disclosed(samples, SEED, first, last))
    what = data.draw(st.sampled_from(["sound", "salts", "leaves", "hashes"]))
    if what == "sound" or not told[what]:
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1
    else:
        at = data.draw(st.integers(0, len(told[what]) - 1))
        one = bytearray.fromhex(told[what][at])
        one[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        told[what] = (*told[what][:at], one.hex(), *told[what][at + 1 :])
    with pytest.raises(ProofError):
        blocks.verify(tree, blocks.Disclosure(**told), bytes(content))


@given(stretches(), stretches())
def test_no_block_stands_for_another(one, other):
    """Blocks of equal sound have unlike leaves: a salt is drawn from the number."""
    hashes = blocks.leaves(one[0], SEED) + blocks.leaves(other[0], b"t" * 32)
    leaves = {hashes[at : at + 32] for at in range(0, len(hashes), 32)}
    assert len(leaves) == len(hashes) // 32
