"""The checker's own Ed25519: published vectors, another implementation, and malice."""

from __future__ import annotations

import hashlib
from itertools import product

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence_verify import ed25519
from ringfence_verify.ed25519 import ORDER, PRIME, verifies

# RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        bytes.fromhex("72"),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        bytes.fromhex("af82"),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
MASK = (1 << 255) - 1
EIGHTH = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"  # of order 8
)


def signed(seed: bytes, text: bytes) -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes_raw(), key.sign(text)


def other_says(key: bytes, text: bytes, signature: bytes) -> bool:
    """Return what another implementation says."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(("key", "text", "signature"), VECTORS)
def test_published_signatures_verify(key: str, text: bytes, signature: str):
    """The signatures of RFC 8032 verify; of another text they don't."""
    public, value = bytes.fromhex(key), bytes.fromhex(signature)
    assert verifies(public, text, value)
    assert not verifies(public, text + b"\0", value)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_whatever_another_implementation_signs_verifies(seed: bytes, text: bytes):
    """Keys and signatures of another implementation are accepted."""
    key, signature = signed(seed, text)
    assert verifies(key, text, signature)


@settings(max_examples=25)
@given(st.integers(0, 96 * 8 - 1), st.binary(max_size=20))
def test_no_flipped_bit_verifies(bit: int, text: bytes):
    """A key or signature with one bit flipped verifies here no more than elsewhere."""
    key, signature = signed(bytes(32), text)
    flipped = bytearray(key + signature)
    flipped[bit >> 3] ^= 1 << (bit & 7)
    key, signature = bytes(flipped[:32]), bytes(flipped[32:])
    assert not verifies(key, text, signature)
    assert not other_says(key, text, signature)


def test_s_has_one_spelling():
    """The same S with the order added is refused (RFC 8032, 5.1.7)."""
    key, signature = signed(bytes(32), b"text")
    s = int.from_bytes(signature[32:], "little") + ORDER
    assert not verifies(key, b"text", signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 32, 63, 65])
def test_a_signature_of_another_length_is_none(length: int):
    """Cut short or longer, a signature is refused."""
    key, signature = signed(bytes(32), b"text")
    assert not verifies(key, b"text", (signature + b"\0")[:length])
    assert not verifies((key + b"\0")[:length] if length != 32 else b"", b"", signature)


def small() -> list[bytes]:
    """Return the eight points of small order, in every encoding that has 32 bytes."""
    eighth = int.from_bytes(bytes.fromhex(EIGHTH), "little") & MASK
    ys = [0, 1, PRIME - 1, eighth, PRIME - eighth, PRIME, PRIME + 1]
    return [(y | sign << 255).to_bytes(32, "little") for y, sign in product(ys, (0, 1))]


@pytest.mark.parametrize("key", small())
def test_a_key_of_small_order_signs_nothing(key: bytes):
    """With a key of small order, S = 0 and R = the key's own fit most texts: refused."""
    texts = [bytes([n]) for n in range(4)]
    neutral = (1).to_bytes(32, "little")
    forged = [r + bytes(32) for r in (neutral, key)]
    assert not any(verifies(key, text, one) for text in texts for one in forged)


def test_a_key_with_a_part_of_small_order_is_refused():
    """Whose key has a part of small order can sign what only some programs accept."""
    key, _ = signed(bytes(32), b"")
    whole = ed25519._decoded(key)
    part = ed25519._decoded(bytes.fromhex(EIGHTH))
    assert whole is not None
    assert part is not None
    mixed = ed25519._encoded(ed25519._plus(whole, part))
    # R = sB - kA for a k that kills the part: other programs accept it.
    s = 5
    for n in range(200):
        text = bytes([n])
        r = ed25519._encoded(ed25519._times(s, ed25519._BASE))
        summed = hashlib.sha512(r + mixed + text).digest()
        if int.from_bytes(summed, "little") % 8 == 0:
            break
    assert ed25519._decoded(mixed) is not None
    assert not verifies(mixed, text, r + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "y", [2, PRIME, PRIME + 3, MASK], ids=["no point", "p", "p + 3", "most"]
)
def test_what_encodes_no_point_is_no_key(y: int):
    """A key that is no point, or not in its one encoding, is refused."""
    for sign in (0, 1):
        key = (y | sign << 255).to_bytes(32, "little")
        assert ed25519._decoded(key) is None
        assert not verifies(key, b"", bytes(64))
