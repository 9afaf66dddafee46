"""Weeks that cover a period."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.report.bins import Bins, spread

_DAY = 86_400_000_000
_START = -62_135_596_800_000_000  # year 1
_END = 253_402_300_800_000_000  # year 10000
instants = st.integers(_START, _END - 1)


def _time(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_weeks_begin_on_mondays():
    """Five months are weeks, the first from the Monday before."""
    bins = spread(_time("2021-09-01"), _time("2022-02-01"))
    assert (bins.noun, bins.count, bins.name(0)) == ("week", 23, "week of 2021-08-30")
    assert bins.place(_time("2021-09-05")) == 0
    assert bins.place(_time("2021-09-06")) == 1


def test_a_short_period_has_days():
    """A month is told by day, each day of it once."""
    bins = spread(_time("2022-02-01"), _time("2022-03-01"))
    assert (bins.noun, bins.count, bins.name(27)) == ("day", 28, "2022-02-28")


def test_a_long_period_has_weeks_put_together():
    """Ten years have no more bins than a picture has room for."""
    bins = spread(_time("2010-01-01"), _time("2020-01-01"))
    assert (bins.noun, bins.count) == ("5 weeks", 105)
    assert bins.name(0) == "5 weeks from 2009-12-28"


@pytest.mark.parametrize(
    ("first", "after", "expected"),
    [
        ("2021-09-01", "2021-11-01", ["2021-09-01", "2021-10-01"]),
        ("2021-12-20", "2022-02-03", ["2022-01-01", "2022-02-01"]),
        ("2022-01-02", "2022-01-05", []),
    ],
)
def test_months_that_begin_within(first: str, after: str, expected: list[str]):
    """Every month that begins in the bins is named, a year's end included."""
    found = list(spread(_time(first), _time(after)).months())
    assert [day.isoformat() for _, day in found] == expected
    assert [time for time, _ in found] == [_time(day) for day in expected]


@given(instants, instants)
def test_bins_cover_any_period(one: int, other: int):
    """Whatever the period, bins cover it whole, and none lies wholly outside."""
    first, after = min(one, other), max(one, other) + 1
    bins = spread(first, after)
    assert 1 <= bins.count <= 110
    assert bins.first * _DAY <= first
    end = (bins.first + bins.step * bins.count) * _DAY
    assert after <= end < after + (bins.step + 1) * _DAY
    assert (bins.first + bins.step) * _DAY > first
    assert bins.name(bins.count - 1)
    assert all(0 <= bins.share(time) <= 1 for time, _ in bins.months())


@given(st.integers(-9_999, 9_999), st.sampled_from([1, 7, 35]), instants)
def test_an_instant_stands_in_the_bin_that_it_is_in(first: int, step: int, time: int):
    """Place and share of an instant agree; what lies outside stands at the edge."""
    bins = Bins(first, step, 20)
    place, share = bins.place(time), bins.share(time)
    assert place / 20 - 1e-9 <= share <= (place + 1) / 20 + 1e-9
