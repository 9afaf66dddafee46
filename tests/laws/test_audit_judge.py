"""Laws of the judge, whatever the world."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import judging
from tests.judging import by_engine, duck

_small = judging.smalls()
_codes = st.integers(0, judging.WORDS - 1)


def crossings(result):
    return result.reasons.get("CROSSING", 0)


@settings(max_examples=40, deadline=None)
@given(_small, _codes, _codes, st.integers(-8, 8), st.integers(0, 8))
def test_another_leave_adds_no_crossing(small, who, touch, begin, days):
    """An exception in force can permit an event, and forbids none."""
    since = judging.START + begin * judging.DAY // 2
    leave = (*small.leave, (who, touch, since, since + days * judging.DAY))
    wider = by_engine(replace(small, leave=leave), duck())
    assert crossings(wider) <= crossings(by_engine(small, duck()))


@settings(max_examples=40, deadline=None)
@given(_small, st.data())
def test_more_excluded_people_take_no_crossing_away(small, data):
    """Whoever else is excluded, what was a crossing stays one, group for group."""
    standing = tuple(
        (code, since, until, 2 if data.draw(st.booleans()) else status)
        for code, since, until, status in small.standing
    )
    before = by_engine(small, duck())
    after = by_engine(replace(small, standing=standing), duck())
    assert crossings(after) >= crossings(before)
    for key, group in before.groups.items():
        if key[-1] == "CROSSING":
            assert after.groups[key].events >= group.events


@settings(max_examples=40, deadline=None)
@given(_small)
def test_every_event_of_the_window_is_judged_once(small):
    """Crossings, permitted and unknown add up to the events of the window."""
    first, after = small.question().window()
    result = by_engine(small, duck())
    inside = sum(first <= event.time < after for event in small.events)
    assert sum(result.reasons.values()) == inside


@settings(max_examples=40, deadline=None)
@given(_small, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(small, random):
    """Events may come in any order."""
    shuffled = [*small.events]
    random.shuffle(shuffled)
    other = replace(small, events=tuple(shuffled))
    assert by_engine(other, duck()) == by_engine(small, duck())
