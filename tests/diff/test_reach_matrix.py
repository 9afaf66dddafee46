"""All pairs at once against the reference closure, origin by origin."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.reach import compiled
from ringfence.reach.masks import verb_mask
from ringfence.reach.matrix import pairs
from tests.diff.test_reach_engine import MODES, kept
from tests.estates import graph
from tests.reference import closure as reference
from tests.strategies import DATA, ruled_estates

VERBS = st.sampled_from([("read",), ("any",), ("read", "insert")])


@given(ruled_estates, MODES, VERBS)
def test_the_matrix_is_the_reference_closure(facts, mode, verbs):
    """A pair is in the matrix exactly if the closure of the one holds the other."""
    bare, sure = mode
    found = graph(facts, bare=bare)
    origins = np.arange(len(found.ids))
    targets = np.array([found.number[n] for n in DATA if n in found.number], np.int64)
    matrix = pairs(found, origins, targets, verb_mask(verbs), sure=sure)
    edges = kept(facts, bare=bare, sure=sure)
    told = {
        (found.ids[origin], found.ids[target])
        for origin, target in zip(*matrix.each(), strict=True)
    }
    assert told == {
        (origin, target)
        for origin in found.ids
        for target in reference.reached(edges, origin, verbs)
        if target in found.number
    }
    assert len(matrix) == len(told)


@given(ruled_estates)
def test_compiled_rows_are_the_same(facts):
    """With numba and without it, the matrix is the same, bit for bit."""
    found = graph(facts, bare=True)
    everything = np.arange(len(found.ids))
    mask = verb_mask(("any",))
    plain = pairs(found, everything, everything, mask)
    with patch.object(compiled, "WORTH_IT", 0):
        assert compiled.spread() is not None
        assert (plain.words == pairs(found, everything, everything, mask).words).all()


def test_without_numba_nothing_is_compiled():
    """The extra is an extra."""
    compiled.spread.cache_clear()
    with patch.object(compiled, "find_spec", return_value=None):
        assert compiled.spread() is None
    compiled.spread.cache_clear()


def test_the_loop_that_is_compiled_does_what_it_says():
    """Rows go up the edges, in the order in which these are given."""
    words = np.array([[1], [2], [4]], np.uint64)
    compiled._spread(words, np.array([1, 0]), np.array([2, 1]))
    assert words.tolist() == [[7], [6], [4]]
