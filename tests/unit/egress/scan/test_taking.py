"""Which rows are drawn, and what a sample says of all rows."""

from __future__ import annotations

import pytest

from ringfence.egress.scan.found import Dataset
from ringfence.egress.scan.taking import LEVEL, WHOLE, Bounds, Take, bounds, interval


def sample(hits: int, looked: int, rows: int, **more) -> Dataset:
    return Dataset("x", "file", rows=rows, looked=looked, hits=hits, **more)


def test_all_rows_are_the_default():
    """Nothing is drawn unless somebody asks for a sample."""
    assert WHOLE.by == "whole"
    assert str(WHOLE) == ""
    assert WHOLE.share_of(10) == 1.0


def test_a_sample_says_what_it_is():
    """A part, a number, whole blocks; and the seed, so that it can be drawn again."""
    assert str(Take(share=0.01)) == "0.01 of the rows of each dataset, seed 0"
    blocks = Take(rows=2000, blocks=True, seed=7)
    assert str(blocks) == "2,000 rows of each dataset, in whole blocks, seed 7"
    assert (Take(share=0.01).by, blocks.by) == ("rows", "blocks")


def test_places_are_rows_each_once_in_order():
    """As many as are wanted, and no more than there are."""
    places = Take(share=0.25).places(50, "x").tolist()
    assert len(places) == 13
    assert places == sorted({*places})
    assert set(places) <= set(range(50))
    assert Take(rows=99).places(50, "x").tolist() == [*range(50)]
    assert Take(rows=3).places(0, "x").tolist() == []


def test_a_seed_and_a_name_draw_alike():
    """Another seed, or another dataset, draws other rows."""
    take = Take(rows=10, seed=1)
    assert take.places(999, "x").tolist() == take.places(999, "x").tolist()
    assert take.places(999, "x").tolist() != take.places(999, "y").tolist()
    assert take.places(999, "x").tolist() != Take(rows=10).places(999, "x").tolist()
    assert take.number("x") == take.number("x")


def test_every_row_is_drawn_alike():
    """Over many seeds no row is drawn more than another."""
    count = [0] * 20
    for seed in range(2_000):
        for place in Take(rows=5, seed=seed).places(20, "x").tolist():
            count[place] += 1
    assert min(count) > 400
    assert max(count) < 600


def test_blocks_give_at_least_the_rows():
    """Whole blocks, in order, until there are rows enough."""
    take = Take(rows=5, blocks=True)
    sizes = [4, 0, 4, 4]
    groups = take.groups(sizes, "x").tolist()
    assert groups == sorted(groups)
    assert sum(sizes[one] for one in groups) >= 5
    assert Take(rows=99, blocks=True).groups([1, 1], "x").tolist() == [0, 1]
    assert take.groups([], "x").tolist() == []


def test_a_share_of_nothing_is_all_of_it():
    """A dataset without rows is read whole."""
    assert Take(rows=5).share_of(0) == 1.0
    assert Take(rows=5).share_of(10) == 0.5
    assert Take(rows=50).share_of(10) == 1.0
    assert Take(share=0.1).share_of(10) == 0.1


@pytest.mark.parametrize(
    ("hits", "looked", "expected"),
    [
        # The published intervals of Clopper and Pearson at 95 %.
        (0, 10, (0.0, 0.3085)),
        (1, 10, (0.0025, 0.4450)),
        (5, 10, (0.1871, 0.8129)),
        (10, 10, (0.6915, 1.0)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_the_interval_is_clopper_and_pearsons(hits, looked, expected):
    """It is as their table has it, to four places; of no row nothing is known."""
    assert interval(hits, looked) == pytest.approx(expected, abs=5e-5)


def test_bounds_hold_what_is_certain():
    """Rows that were seen are there, and rows seen to hold nobody hold nobody."""
    told = bounds(sample(90, 95, 100, by="rows"))
    assert told is not None
    assert (told.most, told.level) == (95, LEVEL)
    assert told.least >= 90


def test_a_whole_is_exact():
    """Read whole, the count is the count; with gaps it is one from below."""
    assert bounds(sample(3, 9, 9)) == Bounds(3, 3, 1.0)
    assert bounds(sample(3, 9, 9, by="rows")) == Bounds(3, 3, 1.0)
    assert bounds(sample(3, 9, 9, gaps=("encrypted",))) == Bounds(3, None, 1.0)


def test_what_wasnt_drawn_alike_has_no_interval():
    """Rows of a block are alike, and rows of what can't be read aren't in the sample."""
    assert bounds(sample(3, 9, 99, by="blocks")) == Bounds(3, None, 1.0)
    gaps = sample(3, 9, 99, by="rows", gaps=("malformed",))
    assert bounds(gaps) == Bounds(3, None, 1.0)


def test_what_wasnt_counted_has_no_bounds():
    """A whole file says who is in it, not in how many rows."""
    assert bounds(Dataset("x", "file", rows=9, looked=9)) is None
