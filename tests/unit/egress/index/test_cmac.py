"""MACs of columns: those that the standard tells, and the library works out."""

from __future__ import annotations

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.index.cmac import Macs

KEY = bytes(range(32))


def by_library(key: bytes, first: int, texts: list[str]) -> list[int]:
    """Return the same, one by one."""
    found = []
    for text in texts:
        mac = CMAC(AES(key))
        mac.update(bytes([first]) + text.encode())
        found.append(int.from_bytes(mac.finalize()[:8], "big"))
    return found


def test_it_is_the_standards_mac():
    """The example of NIST SP 800-38B for AES-256 whose bytes are text after the first.

    No example of the standard is UTF-8 behind its first byte, so it is the library that
    is held against one, and the column against the library.
    """
    key = bytes.fromhex(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
    )
    mac = CMAC(AES(key))
    mac.update(bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"))
    assert mac.finalize().hex() == "28a7023f452e8f82bd4bf28d8c37c35c"
    assert Macs(key, 0x6B).of(pl.Series(["x"])).tolist() == by_library(key, 0x6B, ["x"])


def test_every_length_around_a_block():
    """A last block that is whole, and one that is not, have subkeys of their own."""
    texts = ["x" * size for size in range(100)]
    assert Macs(KEY, 6).of(pl.Series(texts)).tolist() == by_library(KEY, 6, texts)


def test_a_subkey_whose_first_bit_is_set():
    """It is folded back into the field, of some keys and not of others."""
    for number in range(16):
        key = bytes([number]) * 32
        texts = ["", "x" * 14, "x" * 15]
        assert Macs(key, 0).of(pl.Series(texts)).tolist() == by_library(key, 0, texts)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=40))
def test_a_column_is_its_texts(texts: list[str]):
    """Texts of whatever length and characters stand side by side."""
    found = Macs(KEY, 255).of(pl.Series(texts, dtype=pl.String))
    assert found.tolist() == by_library(KEY, 255, texts)


@pytest.mark.parametrize("low", [0, 1, 20_000])
def test_a_part_of_a_column_is_that_part(low: int):
    """A slice that begins anywhere, of more texts than are done at once."""
    texts = pl.Series([f"person{number}@example.com" for number in range(40_000)])
    found = Macs(KEY, 6).of(texts[low:])
    assert len(found) == len(texts) - low
    for row in (0, 1, 16_383, 16_384, -1):
        assert found[row : row + 1 or None].tolist() == by_library(
            KEY, 6, [texts[low:][row]]
        )
