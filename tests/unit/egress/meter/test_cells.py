"""Counts that tell too much: each is found, and nothing else is refused."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.channels.judge import Reason
from ringfence.egress.meter.cells import Flaw, conditions, flaws

LEAST = 10
Row = tuple[dict[str, str | None], int]


def found(rows: list[Row], *before: list[Row]) -> list[Flaw]:
    """Return what is wrong with rows, after earlier ones were told."""
    told: dict[frozenset[str], frozenset[int]] = {}
    for which, count in chain(*before):
        key = conditions(which)
        told[key] = told.get(key, frozenset()) | {count}
    new = [(at, conditions(which), count) for at, (which, count) in enumerate(rows, 1)]
    return [*flaws(new, told, LEAST)]


def region(name: str | None, count: int) -> Row:
    """Return how many people there are in a region."""
    return {"region": name}, count


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, []),
        (1, [Flaw(Reason.SMALL_CELL, 1)]),
        (9, [Flaw(Reason.SMALL_CELL, 1)]),
        (10, []),
        (11, []),
    ],
)
def test_small_cells(count: int, expected: list[Flaw]):
    """A count below the smallest stays; nobody, and the smallest itself, may be told."""
    assert found([region("US", count)]) == expected


@pytest.mark.parametrize("margin", [None, "", "*", "all", "Total", " ALL "])
def test_a_total_tells_what_is_missing(margin: str | None):
    """A total beside all regions but one tells the one."""
    rows = [region("US", 50), region("GB", 45), region(margin, 100)]
    assert {one.reason for one in found(rows)} == {Reason.COMPLEMENT}
    assert found([*rows[:2], region(margin, 105)]) == []
    assert found([*rows[:2], region(margin, 95)]) == []


def test_the_total_came_before():
    """What was told in an earlier release counts as told."""
    assert found([region("US", 95)], [region("all", 100)]) == [
        Flaw(Reason.COMPLEMENT, 1)
    ]
    assert found([region("all", 100)], [region("US", 95)]) == [
        Flaw(Reason.COMPLEMENT, 1)
    ]


def test_parts_over_several_releases():
    """The last part of a whole may come much later than the others."""
    earlier = [[region("all", 100)], [region("US", 50)]]
    assert found([region("GB", 45)], *earlier) == [Flaw(Reason.COMPLEMENT, 1)]
    assert found([region("GB", 40)], *earlier) == []


def test_two_releases_that_differ_by_one_person():
    """The same count again, one more: that tells of one person."""
    assert found([region("US", 101)], [region("US", 100)]) == [
        Flaw(Reason.DIFFERENCE, 1)
    ]
    assert found([region("US", 100)], [region("US", 100)]) == []
    assert found([region("US", 110)], [region("US", 100)]) == []


def test_two_rows_that_differ_by_one_person():
    """Two counts of the same conditions are held against each other in one release."""
    assert found([region("US", 100), region("US", 101), region("US", 300)]) == [
        Flaw(Reason.DIFFERENCE, 1),
        Flaw(Reason.DIFFERENCE, 2),
    ]
    assert found([region("US", 100), region("US", 100), region("US", 110)]) == []
    assert found([region("US", 100), region("GB", 101)]) == []


def test_any_earlier_release():
    """Not only the last release counts, but every one."""
    earlier = [[region("US", 101)], [region("US", 500)]]
    assert found([region("US", 100)], *earlier) == [Flaw(Reason.DIFFERENCE, 1)]


def test_a_part_by_two_columns():
    """A part of a part is one of the whole too."""
    rows: list[Row] = [
        ({"region": None, "age": None}, 100),
        ({"region": "US", "age": "20-29"}, 95),
    ]
    assert found(rows) == [Flaw(Reason.COMPLEMENT, 1), Flaw(Reason.COMPLEMENT, 2)]
    assert found(rows[:1], rows[1:]) == [Flaw(Reason.COMPLEMENT, 1)]
    assert found(rows[1:], rows[:1]) == [Flaw(Reason.COMPLEMENT, 1)]


def test_the_order_of_columns_is_nothing():
    """Conditions are a set; what stands around a value is nothing, its case is."""
    assert conditions({"a": "x", "b": "y"}) == conditions({"b": " y ", "a": "x"})
    assert conditions({"a": "x"}) != conditions({"a": "X"})
    assert conditions({"a": "xb"}) != conditions({"ax": "b"})
    assert conditions({"a": None}) == frozenset()


def test_no_value_is_kept():
    """What the meter keeps of a condition is a digest."""
    (one,) = conditions({"region": "Reno"})
    assert "Reno" not in one
    assert "region" not in one


def reference(rows: list[Row]) -> bool:
    """Return whether rows tell a small count, by trying every pair and partition."""
    held = {frozenset((k, v) for k, v in which.items() if v): n for which, n in rows}
    small = any(0 < n < LEAST for n in held.values())
    for whole, count in held.items():
        for part, n in held.items():
            small |= whole < part and 0 < count - n < LEAST
        for column in ("a", "b"):
            parts = [
                n
                for part, n in held.items()
                if len(part) == len(whole) + 1
                and whole < part
                and {k for k, _ in part - whole} == {column}
            ]
            small |= bool(parts) and 0 < count - sum(parts) < LEAST
    return small


CELLS = [{"a": a, "b": b} for a in (None, "x", "y") for b in (None, "u")]


@given(
    st.lists(st.integers(0, 40), min_size=len(CELLS), max_size=len(CELLS)), st.data()
)
def test_as_a_plain_search_says(counts: list[int], data: st.DataObject):
    """A table of two columns is refused just where a plain search finds few people."""
    every = list(zip(CELLS, counts, strict=True))
    rows = data.draw(
        st.lists(st.sampled_from(every), unique_by=lambda row: str(row[0]))
    )
    assert bool(found(rows)) == reference(rows)


@given(st.lists(st.integers(0, 40), min_size=len(CELLS), max_size=len(CELLS)))
def test_telling_in_two_releases_hides_nothing(counts: list[int]):
    """What is refused in one release is refused in the second of any two."""
    every = list(zip(CELLS, counts, strict=True))
    whole = bool(found(every))
    for size in range(1, len(every)):
        for first in combinations(range(len(every)), size):
            earlier = [every[at] for at in first]
            later = [row for at, row in enumerate(every) if at not in first]
            if not found(earlier):
                assert bool(found(later, earlier)) == whole
