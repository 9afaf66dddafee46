"""Questions to the bytes of a whole column at once: cheaper than a pattern each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_TWO, _SEVEN, _ZERO, _NINE = b"2709"


class Bytes(NamedTuple):
    """Texts one behind another.

    Attributes:
        content: Their bytes in UTF-8.
        starts: Where each begins, and behind them all where the last one ends.
    """

    content: NDArray[np.uint8]
    starts: NDArray[np.int64]

    def of(self, places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        """Return the texts in which something of a size stands at some places."""
        text = np.searchsorted(self.starts, places, "right") - 1
        inside = places + size <= self.starts[text + 1]
        return np.unique(text[inside])


def bytes_of(texts: pl.Series) -> Bytes:
    """Return the bytes of a column of texts without gaps."""
    array = texts.rechunk().to_arrow()
    _, places, content = array.buffers()
    count = len(array)
    if not count:
        return Bytes(np.empty(0, np.uint8), np.zeros(1, np.int64))
    starts = np.frombuffer(places, np.int64)[array.offset : array.offset + count + 1]
    first, last = int(starts[0]), int(starts[-1])
    if first == last:
        return Bytes(np.empty(0, np.uint8), starts - first)
    found = np.frombuffer(content, np.uint8)[first:last]
    return Bytes(found, starts - first if first else starts)


def are_figures(texts: Bytes) -> bool:
    """Return whether there is nothing but ASCII digits."""
    content = texts.content
    return bool(content.size and content.min() >= _ZERO and content.max() <= _NINE)


def paired(texts: Bytes) -> NDArray[np.int64]:
    """Return which hexadecimal runs have eight pairs in a row that may be letters.

    The first digit of each is 2 to 7, whatever the second one is.
    """
    found = (texts.content - np.uint8(_TWO)) <= _SEVEN - _TWO
    for step in (2, 4, 8):
        found = found[:-step] & found[step:]
    return texts.of(np.flatnonzero(found), 16)


def hiding(texts: Bytes) -> NDArray[np.int64]:
    """Return which numbers may be an encoded text: hexadecimal, or base64.

    Of all else that is decoded, only `772` three times, every fourth digit, is of
    digits: full-width signs in base64.
    """
    content = texts.content
    wide = (content[:-2] == _SEVEN) & (content[1:-1] == _SEVEN)
    wide &= content[2:] == _TWO
    wide = wide[:-8] & wide[4:-4] & wide[8:]
    return np.union1d(paired(texts), texts.of(np.flatnonzero(wide), 12))


def turned(texts: pl.Series) -> pl.Series:
    """Return texts of ASCII back to front."""
    content, starts = bytes_of(texts)
    # Back to front as a whole, the last text comes first.
    places = np.ascontiguousarray(starts[-1] - starts[::-1])
    back = np.ascontiguousarray(content[::-1])
    buffers = [None, pa.py_buffer(places), pa.py_buffer(back)]
    array = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    return pl.Series(texts.name, array, dtype=pl.String).reverse()


def holds(texts: Bytes, sign: str) -> bool:
    """Return whether an ASCII sign stands in any of them."""
    return bool((texts.content == ord(sign)).any())


def holds_capitals(texts: Bytes) -> bool:
    """Return whether any ASCII capital stands in any of them."""
    return bool(((texts.content - np.uint8(ord("A"))) < 26).any())  # noqa: PLR2004
