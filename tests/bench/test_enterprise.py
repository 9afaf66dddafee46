"""The made-up company of the benchmarks: its size, its shape, its dates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import enterprise
from bench.enterprise import FULL, KINDS, Large, Shape

SMALL = Shape(
    people=5_000,
    groups=1_000,
    roles=250,
    tools=100,
    resources=10_000,
    departments=10,
    offices=2,
    vaults=5,
    excluded=100,
    protected=250,
)


@pytest.fixture(scope="module")
def local():
    return enterprise.enterprise(SMALL)


@pytest.fixture(scope="module")
def dense():
    return enterprise.enterprise(SMALL, dense=True)


def kinds_of(company):
    """Yield each kind with its edges' ends, each counted from its letter's first."""
    for place, kind in enumerate(KINDS):
        chosen = company.kind == place
        yield kind, company.tail[chosen], company.head[chosen]


def test_the_full_company_has_327_000_nodes_and_3_412_201_edges():
    """The figures of reference and bench speak of one size."""
    assert FULL.nodes == 327_000
    assert sum(kind.count for kind in KINDS) == 3_412_201


def test_edges_join_what_their_kind_says(local):
    """Both ends of each edge lie among the numbers of their letter."""
    for kind, tail, head in kinds_of(local):
        for letter, ends in ((kind.tail, tail), (kind.head, head)):
            first = SMALL.firsts[letter]
            assert first <= ends.min()
            assert ends.max() < first + SMALL.counts[letter]


def test_edges_come_in_proportion(local):
    """A company of a twentieth of the people has a twentieth of each kind of edge."""
    for kind, tail, _ in kinds_of(local):
        assert len(tail) == kind.count // 20


def test_no_edge_is_there_twice(local):
    """What is asked of the engines is no matter of how they treat equal edges."""
    pairs = np.unique(local.tail.astype(np.int64) * local.nodes + local.head)
    assert len(pairs) == len(local.tail)


def test_nothing_leads_to_itself_among_groups(local):
    """A group is no member of itself."""
    assert (local.tail != local.head).all()


def test_the_excluded_are_people_and_the_protected_resources(local):
    """As many as asked for, each once, in ascending order."""
    for ids, count in ((local.origins, 100), (local.targets, 250)):
        assert len(ids) == count
        assert (np.diff(ids) > 0).all()
    assert local.origins.max() < local.people == SMALL.people
    assert local.targets.min() >= local.data == SMALL.firsts["s"]


def test_one_seed_makes_one_company(local):
    """Two machines measure the same estate."""
    again = enterprise.enterprise(SMALL)
    other = enterprise.enterprise(SMALL, seed=2)
    assert np.array_equal(again.tail, local.tail)
    assert np.array_equal(again.head, local.head)
    assert not np.array_equal(other.tail, local.tail)


def test_groups_have_cycles(local):
    """Nesting is no tree: there are edges back, so components have to be found."""
    nested = (local.kind == 1).nonzero()[0]
    tail, head = local.tail[nested], local.head[nested]
    ahead = {
        group: enterprise.swept(local.nodes, tail, head, np.array([group]))
        for group in np.unique(head)[:200]
    }
    back = [group for group, held in ahead.items() if held[tail[head == group]].any()]
    assert back


def test_dense_reaches_further_than_local(local, dense):
    """Eight times as many edges across lead to more."""

    def found(company):
        seeds = company.origins[:1]
        return enterprise.swept(company.nodes, company.tail, company.head, seeds).sum()

    assert len(local.tail) == len(dense.tail)
    assert found(local) < found(dense)


def test_a_company_too_small_for_its_edges_is_refused():
    """What can't be made up is said, not cut short."""
    with pytest.raises(ValueError, match="member_of: only"):
        enterprise.enterprise(replace(SMALL, groups=20))


def test_20_000_seconds_of_the_period_see_one_change_each(local):
    """Each changing edge begins or ends strictly inside the period; others stay."""
    dates = enterprise.dated(local, changes=20_000)
    begins = dates.since > dates.begin
    ends = dates.until < dates.end
    inside = np.concatenate((dates.since[begins], dates.until[ends]))
    assert not (begins & ends).any()
    assert len(np.unique(inside)) == len(inside) == 20_000
    assert ((dates.begin < inside) & (inside < dates.end)).all()
    assert begins.sum() == ends.sum() == 10_000


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))), st.integers(0, 9))
def test_sweeping_is_the_closure(edges, seed):
    """`swept` reaches what following edges one by one does."""
    held = {seed}
    while grown := {v for u, v in edges if u in held} - held:
        held |= grown
    tail = np.array([u for u, _ in edges], np.int32)
    head = np.array([v for _, v in edges], np.int32)
    found = enterprise.swept(10, tail, head, np.array([seed], np.int32))
    assert set(np.flatnonzero(found)) == held


def test_large_companies_come_in_blocks_of_the_size_asked_for():
    """As many edges as asked for, none of them outside the company."""
    large = Large(SMALL, 100_000)
    blocks = list(large.blocks(size=7_000))
    tail, head = (np.concatenate(ends) for ends in zip(*blocks, strict=True))
    assert len(tail) == len(head) == 100_000
    assert max(len(block) for block, _ in blocks) == 7_000
    assert {tail.dtype, head.dtype} == {np.dtype(np.int32)}
    assert min(tail.min(), head.min()) >= 0
    assert max(tail.max(), head.max()) < SMALL.nodes


def test_nothing_crosses_the_fence_of_a_large_company():
    """The excluded reach others and nothing protected: the certificate has a point."""
    large = Large(SMALL, 100_000)
    ends = zip(*large.blocks(), strict=True)
    tail, head = (np.concatenate(blocks) for blocks in ends)
    origins, targets = large.ends()
    held = enterprise.swept(SMALL.nodes, tail, head, origins)
    assert held.sum() > len(origins)
    assert not held[targets].any()
    assert len(targets) == SMALL.protected
