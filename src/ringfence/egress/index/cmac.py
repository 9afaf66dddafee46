"""AES-CMAC (NIST SP 800-38B, RFC 4493) of a whole column of texts at once.

A MAC is a chain of blocks, and each link of it is one block under AES. The chains of a
column are worked out side by side: one call encrypts a block of every text.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.base import CipherContext
from numpy.typing import NDArray

from ringfence.egress.forms.bytewise import bytes_of

SIZE = 16  # bytes of a block
_CHUNK = 1 << 14  # texts whose chains the nearest caches hold
_FEEDBACK = 0x87  # SP 800-38B, 5.3
_ALL = (1 << 8 * SIZE) - 1
Numbers = NDArray[np.uint64]


class Macs:
    """The first 8 bytes of the MACs of texts behind one byte.

    Args:
        key: A key of AES.
        first: The byte that each message begins with; the text follows in UTF-8.
    """

    def __init__(self, key: bytes, first: int) -> None:
        # One block at a time is what a MAC is made of; no text is kept encrypted so.
        ecb = modes.ECB()  # noqa: S305
        self._aes = Cipher(algorithms.AES(key), ecb).encryptor()
        self._first = first
        whole = _doubled(self._aes.update(bytes(SIZE)))
        self._keeps = np.zeros((SIZE + 1, 2), np.uint64)
        self._mixes = np.zeros((SIZE + 1, 2), np.uint64)
        for size in range(1, SIZE + 1):
            own = whole if size == SIZE else _doubled(whole)
            stop = b"" if size == SIZE else b"\x80"
            pad = int.from_bytes((bytes(size) + stop).ljust(SIZE, b"\0"), "big")
            mixed = int.from_bytes(own, "big") ^ pad
            self._keeps[size] = _words((b"\xff" * size).ljust(SIZE, b"\0"))
            self._mixes[size] = _words(mixed.to_bytes(SIZE, "big"))

    def of(self, texts: pl.Series) -> Numbers:
        """Return them as big-endian numbers, of a series without gaps."""
        found = np.empty(len(texts), np.uint64)
        content, starts = _laid_out(texts)
        # Where a message begins, a byte stands that isn't the text's: its first one.
        blocks = np.ndarray((len(content) - SIZE + 1,), "V16", content.data, 0, (1,))
        for low in range(0, len(texts), _CHUNK):
            begins = starts[low : low + _CHUNK + 1]
            sizes = begins[1:] - begins[:-1] + 1
            counts = (sizes + (SIZE - 1)) >> 4
            macs = found[low : low + _CHUNK]
            least, most = int(counts.min()), int(counts.max())
            if least == most:
                macs[:] = self._chained(blocks, begins[:-1], sizes, most)
                continue
            for count in np.unique(counts).tolist():
                some = np.flatnonzero(counts == count)
                macs[some] = self._chained(blocks, begins[some], sizes[some], count)
        return found.byteswap(inplace=True) if np.little_endian else found

    def _chained(
        self,
        blocks: NDArray[np.void],
        begins: NDArray[np.int64],
        sizes: NDArray[np.int64],
        count: int,
    ) -> Numbers:
        """Return the ends of chains that all have so many links."""
        room = np.zeros((len(begins) + 1) * 2, np.uint64)  # AES asks for some more
        state = room[:-2].reshape(-1, 2)
        for link in range(count):
            block = blocks[begins + SIZE * link].view(np.uint64).reshape(-1, 2)
            if link == 0:
                block.view(np.uint8)[:, 0] = self._first
            if link == count - 1:
                left = sizes - SIZE * link
                block &= self._keeps[left]
                block ^= self._mixes[left]
            block ^= state
            _encrypt(self._aes, block, room)
        return state[:, 0]


def _encrypt(aes: CipherContext, block: Numbers, into: Numbers) -> None:
    aes.update_into(block.view(np.uint8).reshape(-1).data, into.view(np.uint8).data)


def _laid_out(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return texts one behind another, and one byte before where each begins."""
    content, starts = bytes_of(texts)
    found = np.zeros(1 + len(content) + SIZE, np.uint8)
    found[1 : 1 + len(content)] = content
    return found, starts


def _doubled(block: bytes) -> bytes:
    """Return a subkey's successor: doubled in the field of 128 bits."""
    number = int.from_bytes(block, "big") << 1
    if number > _ALL:
        number = (number & _ALL) ^ _FEEDBACK
    return number.to_bytes(SIZE, "big")


def _words(block: bytes) -> Numbers:
    return np.frombuffer(block, np.uint64)
