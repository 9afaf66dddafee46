"""Filters: none that they hold is left out, one stranger in 256 is let through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyfusefilter._xorfilter import ffi, lib

from ringfence.egress.index import filter as module
from ringfence.egress.index.filter import EMPTY, SHARDS, Filter, Shard, build

NUMBERS = st.integers(0, 2**64 - 1)
TOP = np.uint64(56)


def made(keys: np.ndarray) -> Filter:
    """Return a filter over different numbers, all shards of it."""
    edges = np.arange(1, SHARDS, dtype=np.uint64) << TOP
    parts = np.split(keys, np.searchsorted(keys, edges))
    built = [one for one in map(build, parts) if one is not None]
    return Filter([one[0] for one in built], np.concatenate([one[1] for one in built]))


@given(st.sets(NUMBERS, max_size=300), st.lists(NUMBERS, max_size=50))
def test_every_member_passes_whatever_the_size(members: set[int], others: list[int]):
    """With empty shards, and with shards of one; by columns as one by one."""
    keys = np.array(sorted(members), np.uint64)
    found = made(keys)
    assert found.may_hold(keys).all()
    asked = np.array([*members, *others], np.uint64)
    one_by_one = [found.may_hold_one(int(key)) for key in asked.tolist()]
    assert found.may_hold(asked).tolist() == one_by_one


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 33, 1000, 50_000])
@pytest.mark.parametrize("shard", [0, 7, 255])
def test_one_shard_alone(size: int, shard: int):
    """Of every size, tiny ones too, at either end."""
    drawn = np.random.default_rng(size).integers(0, 1 << 56, size, np.uint64)
    keys = np.unique(drawn) | np.uint64(shard << 56)
    assert made(keys).may_hold(keys).all()


def test_one_stranger_in_256_passes():
    """Half of 0.39 % or twice as much would be another filter."""
    drawn = np.random.default_rng(1)
    found = made(np.unique(drawn.integers(0, 1 << 64, 300_000, np.uint64)))
    rate = found.may_hold(drawn.integers(0, 1 << 64, 400_000, np.uint64)).mean()
    assert 0.0034 < rate < 0.0044


def test_probing_is_what_the_package_itself_says():
    """Our arithmetic and its C function say the same of members and strangers."""
    drawn = np.random.default_rng(2).integers(0, 1 << 56, 6000, np.uint64)
    keys = np.unique(drawn[:3000])
    theirs = ffi.new("binary_fuse8_t *")
    assert lib.binary_fuse8_allocate(len(keys), theirs)
    assert lib.binary_fuse8_populate(
        ffi.from_buffer("uint64_t[]", keys.copy()), len(keys), theirs
    )
    ours = made(keys)
    said = [lib.binary_fuse8_contain(int(key), theirs) for key in drawn.tolist()]
    lib.binary_fuse8_free(theirs)
    assert ours.may_hold(drawn).tolist() == said


def test_an_empty_filter_holds_nothing():
    """Not even what the byte behind the end would say."""
    found = Filter([EMPTY] * SHARDS, np.empty(0, np.uint8))
    asked = np.array([0, 1, 2**64 - 1], np.uint64)
    assert not found.may_hold(asked).any()
    assert not found.may_hold_one(0)
    assert not len(found.may_hold(asked[:0]))


def test_the_package_of_another_version_builds_nothing(installed):
    """Its C functions are known in one version alone."""
    keys = np.arange(5, dtype=np.uint64)
    installed("pyfusefilter", "9.9.9")
    assert build(keys) is None
    installed("no-such-package", "1")
    assert build(keys) is None
    assert build(keys[:0]) is not None


def test_a_filter_that_misses_a_key_isn_t_taken(monkeypatch):
    """What was built is held against every key before it is written."""
    keys = np.arange(500, dtype=np.uint64)
    populated = module._populated(keys)
    assert populated is not None
    shard, content = populated
    monkeypatch.setattr(module, "_populated", lambda _: (shard, content ^ np.uint8(1)))
    assert build(keys) is None
    monkeypatch.setattr(module, "_populated", lambda _: None)
    assert build(keys) is None


@pytest.mark.parametrize(
    "shard",
    [
        Shard(1, 3, 6, 12),  # no power of two
        Shard(1, 4, 5, 12),  # places behind the end
        Shard(1, 4, 4, 13),  # more bytes than there are
        Shard(1, 0, 0, 12),
        Shard(1, -4, 4, 12),
        Shard(1, 4, 0, 12),
    ],
)
def test_a_form_that_points_outside_is_refused(shard: Shard):
    """Nobody reads beside a filter's bytes."""
    with pytest.raises(ValueError, match="bytes aren't theirs"):
        Filter([shard, *[EMPTY] * 255], np.zeros(12, np.uint8))


def test_256_shards_are_wanted():
    """One for each first byte."""
    with pytest.raises(ValueError, match="bytes aren't theirs"):
        Filter([EMPTY] * 255, np.empty(0, np.uint8))
