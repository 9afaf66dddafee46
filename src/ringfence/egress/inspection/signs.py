"""What signs candidates are made of: told for all of them in one look at their bytes.

To ask an expression about each of many short texts costs more than their bytes do. What
a candidate can't be for want of a sign needs no expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from string import ascii_letters, digits, hexdigits

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ringfence.egress.inspection.patterns import HEXED, WIDE_HEXED


class Sign(IntFlag):
    """Signs that stand in a candidate, between the quotes around it."""

    AT = 1
    LETTER = 2  # none of hexadecimal
    HEX = 4  # a letter of hexadecimal
    DIGIT = 8
    DASH = 16
    QUOTE = 32  # or a backslash
    OTHER = 64
    ENCLOSED = 128  # there are quotes or backslashes around it


LETTERS = Sign.LETTER | Sign.HEX
BETWEEN = Sign.DASH | Sign.QUOTE | Sign.OTHER
"""What may stand between digits and letters."""
NO_HEX = Sign.AT | Sign.LETTER | BETWEEN
"""What no digest has."""

SIGNS = pl.col("signs")
QUOTES = b'\\"'
Places = NDArray[np.int64]
_PIECE = 1 << 14


def _sign(byte: int) -> Sign:
    text = chr(byte)
    if byte in QUOTES:
        return Sign.QUOTE
    if text in digits:
        return Sign.DIGIT
    if text in ascii_letters:
        return Sign.HEX if text in hexdigits else Sign.LETTER
    return {"@": Sign.AT, "-": Sign.DASH}.get(text, Sign.OTHER)


_TABLE = bytes(_sign(byte) for byte in range(256))
# What may be the first digit of a sign of ASCII, and what may be its second.
_PAIRS = bytes(
    (chr(byte) in "234567") + 2 * (chr(byte) in hexdigits) for byte in range(256)
)


def has(sign: Sign) -> pl.Expr:
    """Return whether any of some flags is in the column `signs`."""
    return (SIGNS & int(sign)) != 0


def signs(texts: pl.Series) -> pl.Series:
    """Return the signs of candidates, as flags of `Sign`; none of what is empty."""
    found = [_signs(piece) for _, piece in _pieces(texts)]
    return pl.Series("signs", np.concatenate([np.empty(0, np.uint8), *found]))


def hexed(texts: pl.Series) -> Places:
    """Return which candidates have `HEXED`; few of them do."""
    found = [_hexed(piece) + low for low, piece in _pieces(texts)]
    return np.concatenate([np.empty(0, np.int64), *found])


def _pieces(texts: pl.Series) -> Iterator[tuple[int, pl.Series]]:
    """Yield texts, as many at once as a cache holds."""
    for low in range(0, len(texts), _PIECE):
        yield low, texts.slice(low, _PIECE)


def _signs(texts: pl.Series) -> NDArray[np.uint8]:
    places, content = _bytes(texts)
    # A sign that is none stands behind the last, so that every end is a place.
    flags = np.frombuffer(content.translate(_TABLE) + b"\0", np.uint8)
    start, end = _between(flags, places[:-1], places[1:])
    inner = np.stack([start, end], axis=1).ravel()
    found = np.bitwise_or.reduceat(flags, inner)[::2]
    found[start == end] = 0
    found[(start > places[:-1]) | (end < places[1:])] |= np.uint8(Sign.ENCLOSED)
    return found


def _between(
    flags: NDArray[np.uint8], start: Places, end: Places
) -> tuple[Places, Places]:
    """Return where candidates begin and end without the quotes around them."""
    while (first := (flags[start] == Sign.QUOTE) & (start < end)).any():
        start = start + first
    while (last := (flags[end - 1] == Sign.QUOTE) & (start < end)).any():
        end = end - last
    return start, end


def _hexed(texts: pl.Series) -> Places:
    """Return the same of a piece: asked as if it were one text, and then exactly."""
    places, content = _bytes(texts)
    flags = np.frombuffer(content.translate(_PAIRS), np.uint8)
    found = flags[:-1] & (flags[1:] >> np.uint8(1))  # pairs that are a sign of ASCII
    for pairs in (1, 2, 4):
        found = found[: -2 * pairs] & found[2 * pairs :]
    at = np.flatnonzero(found.view(np.bool_))
    some = np.unique(np.searchsorted(places, at, side="right") - 1)
    if _as_one(content).str.contains(WIDE_HEXED).any():
        some = np.arange(len(texts))
    is_one: NDArray[np.bool_] = texts.gather(some).str.contains(HEXED).to_numpy()
    return some[is_one]


def _as_one(content: bytes) -> pl.Series:
    """Return bytes of UTF-8 as one text, without a copy."""
    ends = np.array([0, len(content)])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(content)]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), 1, buffers))


def _bytes(texts: pl.Series) -> tuple[Places, bytes]:
    """Return the bytes of texts, none of them null, and where each begins and ends."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, content = array.buffers()
    if not len(array) or content is None:
        return np.zeros(len(array) + 1, np.int64), b""
    places = np.frombuffer(ends, np.int64)[array.offset :][: len(array) + 1]
    first, last = int(places[0]), int(places[-1])
    return places - first, bytes(content[first:last])
