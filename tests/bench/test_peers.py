"""What the benchmarks compare answers the same question: the plain closure's answer.

Those that Ringfence itself needs are tried here; the others stand in an environment of
their own, and `make bench TOPIC=reach` ends when one of them answers otherwise.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ours import Question, closed, flags, reached, timeline
from bench.peers import PEERS, PRUNED, columns, peer

NODES, DATA = 12, 7
NEEDS = {
    "graphblas_masked": "graphblas",
    "igraph_subcomponent": "igraph",
    "networkx_descendants": "networkx",
    "rustworkx_descendants": "rustworkx",
}


@st.composite
def questions(draw):
    """Draw edges as the company has them: none leads from data to a principal."""
    number = st.integers(0, NODES - 1)
    drawn = draw(st.lists(st.tuples(number, number), max_size=30, unique=True))
    edges = [(u, v) for u, v in drawn if u != v and not u >= DATA > v]
    origins = draw(st.lists(st.integers(0, DATA - 1), min_size=1, unique=True))
    targets = draw(st.lists(st.integers(DATA, NODES - 1), min_size=1, unique=True))
    tail, head = np.array(edges, np.int32).reshape(-1, 2).T.copy()
    ends = (np.array(ids, np.int32) for ids in (origins, sorted(targets)))
    return Question(NODES, DATA, tail, head, *ends)


def plainly(asked, *, edges=None):
    """Return the flags that following edges one by one gives."""
    if edges is None:
        edges = list(zip(asked.tail.tolist(), asked.head.tolist(), strict=True))
    rows = []
    for origin in asked.origins.tolist():
        held = {origin}
        while grown := {v for u, v in edges if u in held} - held:
            held |= grown
        rows.append([target in held for target in asked.targets.tolist()])
    return np.array(rows)


@pytest.mark.parametrize("name", [*PEERS, PRUNED])
def test_peers_answer_as_the_plain_closure(name):
    """Each peer is asked in a way that gives it the right answer."""
    module = NEEDS.get(name)
    if module and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed here")
    engine = peer(name)

    @given(questions())
    def agrees(asked):
        built = engine.build(asked.nodes, asked.tail, asked.head)
        found = engine.answer(built, asked.origins, asked.targets)
        assert np.array_equal(found, plainly(asked))

    agrees()


@given(questions())
def test_ours_answers_as_the_plain_closure(asked):
    """The graph that the benchmark builds means what its edges mean."""
    assert np.array_equal(flags(asked, reached(asked)), plainly(asked))


@given(questions())
def test_the_closed_set_is_everything_reached(asked):
    """What the benchmark of scale certifies is the union over the origins."""
    assert np.array_equal(closed(asked)[asked.targets], plainly(asked).any(axis=0))


@given(questions(), st.data())
def test_a_period_is_the_union_of_its_instants(asked, data):
    """The dated question that the benchmark asks is the one that it speaks of."""
    count = len(asked.tail)
    times = st.lists(st.integers(0, 9), min_size=count, max_size=count)
    since = np.array(data.draw(times), np.int64)
    until = since + np.array(data.draw(times), np.int64)
    found = timeline(asked, since, until, (2, 8))
    expected = np.zeros((len(asked.origins), len(asked.targets)), bool)
    for instant in range(2, 8):
        alive = np.flatnonzero((since <= instant) & (instant < until))
        edges = [(int(asked.tail[e]), int(asked.head[e])) for e in alive]
        expected |= plainly(asked, edges=edges)
    assert np.array_equal(found.ever().flags(), expected)


def test_columns_say_where_a_target_stands():
    """By node: its column, or -1."""
    assert columns(4, np.array([1, 3], np.int32)).tolist() == [-1, 0, -1, 1]
