"""Times out and in, and words spread over a stretch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.objects import RATE
from ringfence.docket.transcripts.timing import (
    MILLISECOND,
    clock,
    parsed,
    split,
    spread,
    told,
)

FOUR_HOURS = 4 * 3600 * RATE


@given(st.integers(0, FOUR_HOURS))
def test_a_time_moves_by_half_a_millisecond_at_most_and_once(samples):
    """What is written and read back is the nearest millisecond, and stays it."""
    back = parsed(clock(samples))
    assert back is not None
    assert abs(back - samples) <= MILLISECOND // 2
    assert parsed(clock(back)) == back


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("00:00:01.500", 1_500),
        ("00:01,5", 1_500),
        ("1:02", 62_000),
        ("100:00:00.000", 360_000_000),
        (" 00:02.040 ", 2_040),
    ],
)
def test_hours_and_thousandths_may_be_left_out(text, milliseconds):
    """Every tool writes times a little otherwise; all are read."""
    assert parsed(text) == milliseconds * MILLISECOND


@pytest.mark.parametrize(
    "text", ["", "12", "00:60:00", "00:00:61.000", "1:2:3:4", "a:b", "٠٠:٠١", "-1:00"]
)
def test_what_is_no_time_is_none(text):
    """A text that names no time is never taken for one."""
    assert parsed(text) is None


def test_a_time_is_told_to_the_millisecond():
    """A time past the hundredth hour has as many digits as it needs."""
    assert (told(3_723_004), told(360_000_000)) == ("01:02:03.004", "100:00:00.000")


def test_a_control_character_ends_a_word_as_a_blank_does():
    """No word of a transcript can steer a terminal or end a line."""
    assert split(" so\x00we\x1b[1m  keep\nit ") == ["so", "we", "[1m", "keep", "it"]


@given(
    st.lists(st.text("abc", min_size=1, max_size=9), min_size=1),
    st.integers(0, FOUR_HOURS),
    st.integers(0, 100_000),
)
def test_spread_words_fill_their_stretch(texts, start, length):
    """The first word begins the stretch, each begins where one ended, the last ends it."""
    words = spread(texts, start, start + length)
    assert [word.text for word in words] == texts
    ends = [start, *(word.end for word in words)]
    assert [word.start for word in words] == ends[:-1]
    assert ends[-1] == start + length
    assert ends == sorted(ends)
