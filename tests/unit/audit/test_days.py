"""Which days a window holds whole, which it cuts, and what is judged in one go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.days import DAY, days_of
from ringfence.audit.world import ALWAYS, FOREVER

EVER = (ALWAYS, FOREVER)
BEGIN = datetime(1969, 12, 30, tzinfo=UTC)  # two days before 1970
_windows = st.tuples(*[st.integers(-4 * DAY, 14 * DAY)] * 2).map(sorted).map(tuple)


def file(day, log="app"):
    name = (BEGIN + timedelta(days=day)).date().isoformat()
    return Path(f"log={log}/day={name}/part-0.parquet")


def begin(day):
    return (day - 2) * DAY


@pytest.mark.parametrize(
    ("window", "whole", "cut"),
    [
        (EVER, [0, 1, 2], []),
        ((begin(0), begin(3)), [0, 1, 2], []),
        ((begin(0) + 1, begin(3) - 1), [1], [0, 2]),
        ((begin(1), begin(2)), [1], []),
        ((begin(1) + 5, begin(1) + 6), [], [1]),
        ((begin(1), begin(1) + 1), [], [1]),
        ((begin(3), FOREVER), [], []),
        ((ALWAYS, begin(0)), [], []),
    ],
)
def test_a_day_is_whole_cut_or_not_asked_for(window, whole, cut):
    """Windows and days are half-open, before 1970 too."""
    days = days_of([file(day) for day in range(3)], window)
    assert days.whole == {begin(day): [file(day)] for day in whole}
    assert days.cut == {begin(day): [file(day)] for day in cut}
    assert sorted(days.paths) == sorted(file(day) for day in (*whole, *cut))
    assert days.scanned == [file(day) for day in cut]


@pytest.mark.parametrize(
    "name", ["day=x", "2022-01-01", "day=2022-13-01", "day=", "date=2022-01-01"]
)
def test_a_folder_that_names_no_day_is_always_looked_at(name):
    """Its events may lie anywhere: nothing is settled for a part of the window."""
    odd = Path(f"log=app/{name}/part-0.parquet")
    days = days_of([odd, file(0)], EVER)
    assert days.nameless == days.scanned == [odd]
    assert days.span == EVER
    assert [one.window for one in days.helpings({}, 1)] == [EVER]


def test_the_span_is_the_window_as_far_as_there_are_days():
    """From the first day that has a file to the end of the last, within the window."""
    paths = [file(5), file(1)]
    assert days_of(paths, EVER).span == (begin(1), begin(6))
    assert days_of(paths, (begin(1) + 7, begin(6) - 7)).span == (
        begin(1) + 7,
        begin(6) - 7,
    )


def test_a_day_of_two_logs_is_judged_in_one_go():
    """Helpings are made of whole days, so that no group of a day is torn."""
    paths = [file(day, log) for log in "ab" for day in (0, 1, 2)]
    helpings = days_of(paths, EVER).helpings(dict.fromkeys(paths, 3), 12)
    assert [one.paths for one in helpings] == [
        [file(0, "a"), file(0, "b"), file(1, "a"), file(1, "b")],
        [file(2, "a"), file(2, "b")],
    ]
    assert [one.window for one in helpings] == [
        (begin(0), begin(2)),
        (begin(2), begin(3)),
    ]


@given(
    st.dictionaries(st.integers(0, 12), st.integers(0, 9)),
    _windows,
    st.integers(1, 20) | st.none(),
)
def test_helpings_are_the_window_in_pieces(sizes, window, most):
    """Each file once, in the order of days; windows never overlap; none is too large."""
    rows = {file(day): size for day, size in sizes.items()}
    days = days_of([*rows], window)
    if not days.paths:
        return
    helpings = days.helpings(rows, most)
    assert [path for one in helpings for path in one.paths] == days.paths
    assert days.paths == sorted(days.paths)
    edges = [edge for one in helpings for edge in one.window]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == days.span
    for one in helpings:
        held = sum(rows[path] for path in one.paths)
        assert most is None or len(one.paths) == 1 or held <= most
