"""Reach over a period against the union of its instants."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.reach.graph import Graph
from ringfence.reach.masks import verb_mask
from ringfence.reach.matrix import pairs
from ringfence.reach.timeline import Period, timeline
from tests.estates import graph
from tests.strategies import DATA, estates, ruled_estates

BEGIN, END = 10, 20
INSTANTS = range(BEGIN, END)
ENDS = st.integers(BEGIN - 2, END + 2)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Graph, Period]:
    """Draw a graph whose edges begin and end in and around a period."""
    found = graph(draw(estates | ruled_estates), bare=True)
    spans = [
        draw(st.sampled_from([(0, 99), (0, 99)]) | st.tuples(ENDS, ENDS))
        for _ in range(len(found))
    ]
    since, until = (np.array([span[end] for span in spans]) for end in (0, 1))
    period = Period(BEGIN, END, since, until)
    ever = np.flatnonzero(period.ever)
    kept = Period(BEGIN, END, since[ever], until[ever])
    return found.chosen(ever), kept


@given(histories(), st.sampled_from([("read",), ("any",)]))
def test_a_period_is_the_union_of_its_instants(history, verbs):
    """A pair is in reach just at the instants at which the estate of then reaches."""
    found, period = history
    origins = np.arange(len(found.ids))
    targets = np.array([found.number[n] for n in DATA if n in found.number], np.int64)
    mask = verb_mask(verbs)
    told = timeline(found, period, origins=origins, targets=targets, verbs=mask)
    flags = {
        instant: pairs(
            found.chosen(np.flatnonzero(period.at(instant))), origins, targets, mask
        ).flags()
        for instant in INSTANTS
    }
    for row in origins.tolist():
        for column in range(len(targets)):
            spans = told.of(row, column)
            spans = [(BEGIN, END)] if spans is None else spans
            shown = {t for t in INSTANTS if any(s <= t < u for s, u in spans)}
            assert shown == {t for t in INSTANTS if flags[t][row, column]}
            assert all(u < s for (_, u), (s, _) in pairwise(spans))
            assert told.ever().flags()[row, column] == bool(spans)
