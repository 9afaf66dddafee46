"""Meters count distinct subjects in every twelve months, exactly."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.meters import Crossings, Meter, meters, year_before

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(year: int, month: int, day: int, hour: int = 0) -> int:
    return (datetime(year, month, day, hour, tzinfo=UTC) - EPOCH) // timedelta(
        microseconds=1
    )


def crossings(rows):
    return Crossings(*np.array(rows, np.int64).reshape(len(rows), 4).T)


def earlier(time: int) -> int:
    """A year before, by the calendar of the standard library."""
    moment = EPOCH + timedelta(microseconds=time)
    last = monthrange(moment.year - 1, moment.month)[1]
    if moment.day > last:
        moment = moment.replace(day=last, hour=23, minute=59, second=59)
        moment = moment.replace(microsecond=999_999)
    moved = moment.replace(year=moment.year - 1)
    return (moved - EPOCH) // timedelta(microseconds=1)


def slow(rows, threshold):
    """Count every window by itself."""
    for party, category in sorted({row[1:3] for row in rows}):
        mine = sorted((r[0], r[3]) for r in rows if r[1:3] == (party, category))
        counts = [
            (at, len({who for time, who in mine if who and earlier(at) < time <= at}))
            for at, subject in mine
            if subject
        ]
        most = max((count for _, count in counts), default=0)
        yield Meter(
            party=party,
            category=category,
            most=most,
            at=min((at for at, count in counts if count == most), default=None),
            over=min((at for at, count in counts if count > threshold), default=None),
            unnamed=sum(subject == 0 for _, subject in mine),
        )


_bases = st.sampled_from([micros(y, 2, d) for y in (2019, 2020, 2021) for d in (28, 1)])
_times = st.one_of(
    st.builds(
        lambda at, by: at + by, _bases, st.sampled_from([-1, 0, 1, DAY, 2 * DAY])
    ),
    st.integers(micros(2019, 1, 1), micros(2022, 1, 1)),
)
_rows = st.lists(
    st.tuples(_times, st.integers(0, 1), st.integers(0, 1), st.integers(0, 4)),
    max_size=30,
)


@given(_rows, st.integers(0, 3))
def test_every_window_is_counted_as_by_itself(rows, threshold):
    """Maximum, its first instant, and the first over the threshold: as counted slowly."""
    assert [*meters(crossings(rows), threshold)] == [*slow(rows, threshold)]


@given(st.lists(_times))
def test_a_year_before_is_the_calendar_s(times):
    """The same day and time of the year before, whatever the year's length."""
    found = year_before(np.array(times, np.int64)).tolist()
    assert found == [earlier(time) for time in times]


def test_a_leap_day_begins_after_the_28th():
    """There is no 29th of February 2023: what happened on the 28th counts no more."""
    leap = np.array([micros(2024, 2, 29, 12)], np.int64)
    assert year_before(leap).tolist() == [micros(2023, 3, 1) - 1]


@given(st.lists(_times))
def test_later_instants_have_no_earlier_year_before(times):
    """Windows move forwards alone, over leap days too."""
    found = year_before(np.sort(np.array(times, np.int64)))
    assert (np.diff(found) >= 0).all()


def test_an_instant_a_year_ago_is_out_of_the_window():
    """The window is open at its beginning: exactly a year ago is too long ago."""
    rows = [(micros(2023, 5, 1), 1, 1, 7), (micros(2024, 5, 1), 1, 1, 8)]
    (meter,) = meters(crossings(rows), 1)
    assert (meter.most, meter.over) == (1, None)
    rows[0] = (micros(2023, 5, 1) + 1, 1, 1, 7)
    (meter,) = meters(crossings(rows), 1)
    assert (meter.most, meter.over) == (2, micros(2024, 5, 1))


def test_as_many_as_the_threshold_are_not_too_many():
    """A threshold is passed by more, not by as many."""
    rows = [(micros(2024, 5, day), 1, 1, day) for day in (1, 2, 3)]
    assert next(meters(crossings(rows), 3)).over is None
    assert next(meters(crossings(rows), 2)).over == micros(2024, 5, 3)


def test_events_without_a_subject_are_counted_apart():
    """They make of the count a lower bound, and say by how many events."""
    rows = [(micros(2024, 5, 1), 1, 1, 0)] * 3
    assert [*meters(crossings(rows), 0)] == [Meter(1, 1, 0, None, None, 3)]


def test_nothing_that_crossed_has_no_meter():
    """Where nothing crossed there is nothing to say."""
    assert [*meters(crossings([]), 0)] == []
