"""Filters: binary fuse filters of 8 bits, one for each first byte of a fingerprint.

A filter answers "no" for certain, and "yes" wrongly for one in 256: the store settles
that. Filters are built by the C functions of `pyfusefilter`, and asked by our own
arithmetic, which is held against every key when they are built.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import msgspec
import numpy as np
from numpy.typing import NDArray

PACKAGE = ("pyfusefilter", "1.3.0")
SHARDS = 256
_CHUNK = 1 << 15  # as many probes as the nearest cache holds
_U = np.uint64
_LOW = _U(0xFFFFFFFF)
_MIX = _U(0xFF51AFD7ED558CCD), _U(0xC4CEB9FE1A85EC53)
_WIDE = (1 << 64) - 1


class Shard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of one filter.

    Attributes:
        seed: What its hash is mixed with.
        segment: Bytes of a segment, a power of two; 0: it is empty.
        span: Bytes that a first place may lie in.
        size: Bytes that it has.
    """

    seed: int = 0
    segment: int = 0
    span: int = 0
    size: int = 0


EMPTY = Shard()


@cache
def is_supported() -> bool:
    """Whether the package is there in the one version whose functions we know."""
    name, wanted = PACKAGE
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return False


def build(keys: NDArray[np.uint64]) -> tuple[Shard, NDArray[np.uint8]] | None:
    """Return the filter over different fingerprints with one first byte.

    None if it can't be built, or doesn't hold every one of them.
    """
    if not len(keys):
        return EMPTY, np.empty(0, np.uint8)
    if not is_supported():
        return None
    built = _populated(np.ascontiguousarray(keys, np.uint64))
    if built is None or not _is_sound(*built):
        return None
    # INVARIANT: a filter that is written holds every key of its shard.
    shards = [EMPTY] * SHARDS
    shards[int(keys[0]) >> 56] = built[0]
    return built if Filter(shards, built[1]).may_hold(keys).all() else None


def _populated(keys: NDArray[np.uint64]) -> tuple[Shard, NDArray[np.uint8]] | None:
    c = import_module("pyfusefilter._xorfilter")
    made = c.ffi.new("binary_fuse8_t *")
    if not c.lib.binary_fuse8_allocate(len(keys), made):
        return None
    try:
        given = c.ffi.from_buffer("uint64_t[]", keys)
        if not c.lib.binary_fuse8_populate(given, len(keys), made):
            return None
        shard = Shard(
            made.Seed, made.SegmentLength, made.SegmentCountLength, made.ArrayLength
        )
        content = bytes(c.ffi.buffer(made.Fingerprints, shard.size))
    finally:
        c.lib.binary_fuse8_free(made)
    return shard, np.frombuffer(content, np.uint8)


def _is_sound(shard: Shard, content: NDArray[np.uint8]) -> bool:
    """Whether no place that a fingerprint can have lies outside of a filter."""
    if shard == EMPTY:
        return not len(content)
    power = shard.segment > 0 and not shard.segment & (shard.segment - 1)
    enough = 0 < shard.span <= shard.size - 2 * shard.segment
    return power and enough and len(content) == shard.size


class Filter:
    """All filters of an index, asked together.

    Args:
        shards: Their forms, by the first byte.
        content: Their bytes, one behind another.

    Raises:
        ValueError: The bytes aren't theirs.
    """

    def __init__(self, shards: Sequence[Shard], content: NDArray[np.uint8]) -> None:
        ends = np.cumsum([shard.size for shard in shards])
        starts = np.concatenate([np.zeros(1, ends.dtype), ends])
        sound = len(shards) == SHARDS and starts[-1] == len(content)
        if not sound or not all(
            _is_sound(shard, content[low : low + shard.size])
            for shard, low in zip(shards, starts[:-1], strict=True)
        ):
            raise ValueError("the filters' bytes aren't theirs")
        self._content = content if len(content) else np.zeros(1, np.uint8)
        self._shards = [
            (shard.seed, shard.segment, shard.span, int(low))
            for shard, low in zip(shards, starts[:-1], strict=True)
        ]
        self._seed = np.array([shard.seed for shard in shards], np.uint64)
        self._segment = np.array([shard.segment for shard in shards], np.uint64)
        self._span = np.array([shard.span for shard in shards], np.uint64)
        # An empty filter has a place as well: what stands there doesn't matter.
        inside = np.minimum(starts[:-1], len(self._content) - 1)
        self._low = inside.astype(np.uint64)

    def may_hold(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which fingerprints it may hold; none that it holds is left out."""
        found = np.empty(len(keys), np.bool_)
        with np.errstate(over="ignore"):
            for low in range(0, len(keys), _CHUNK):
                part = slice(low, low + _CHUNK)
                found[part] = self._probed(keys[part])
        return found

    def may_hold_one(self, key: int) -> bool:
        """Return whether it may hold a fingerprint."""
        seed, segment, span, low = self._shards[key >> 56]
        if not segment:
            return False
        mixed = (key + seed) & _WIDE
        mixed = ((mixed ^ (mixed >> 33)) * int(_MIX[0])) & _WIDE
        mixed = ((mixed ^ (mixed >> 33)) * int(_MIX[1])) & _WIDE
        mixed ^= mixed >> 33
        content, mask = self._content, segment - 1
        first = (mixed * span) >> 64
        second = (first + segment) ^ ((mixed >> 18) & mask)
        third = (first + 2 * segment) ^ (mixed & mask)
        wanted = (mixed ^ (mixed >> 32)) & 0xFF
        held = content[low + first] ^ content[low + second] ^ content[low + third]
        return int(held) == wanted

    def _probed(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return the same for as many as fit into a cache."""
        number = (keys >> _U(56)).astype(np.intp)
        segment = self._segment.take(number)
        mask = segment - _U(1)
        mixed = keys + self._seed.take(number)
        mixed ^= mixed >> _U(33)
        mixed *= _MIX[0]
        mixed ^= mixed >> _U(33)
        mixed *= _MIX[1]
        mixed ^= mixed >> _U(33)
        span = self._span.take(number)
        # The upper half of a product of 128 bits: `span` has 32 of them.
        first = ((mixed & _LOW) * span) >> _U(32)
        first += (mixed >> _U(32)) * span
        first >>= _U(32)
        second = first + segment
        third = second + segment
        second ^= (mixed >> _U(18)) & mask
        third ^= mixed & mask
        empty = segment == 0  # its mask is of no use
        low = self._low.take(number)
        held = np.zeros(len(keys), np.uint8)
        for place in (first, second, third):
            place[empty] = 0
            held ^= self._content.take((place + low).view(np.int64))
        mixed ^= mixed >> _U(32)
        found: NDArray[np.bool_] = held == mixed.astype(np.uint8)
        found &= ~empty
        return found
