"""All pairs at once against the reference closure, origin by origin."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.reach.graph import verb_mask
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
