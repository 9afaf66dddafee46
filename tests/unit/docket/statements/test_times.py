"""Time codes are written and read in one way, wherever a docket shows or takes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.objects import RATE
from ringfence.docket.times import code, parsed


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("0", 0),
        ("12.5", 200_000),
        ("90", 90 * RATE),
        ("20:12", 1_212 * RATE),
        ("1:20:12.25", 4_812 * RATE + 4_000),
        ("75:00", 4_500 * RATE),
        ("0.000001", 0),
        (" 0:00:04.2 ", 67_200),
        ("1:00:00.001", 57_600_016),
    ],
)
def test_times_are_samples(text: str, samples: int):
    """Seconds, minutes and hours, as people write them, are samples at 16 kHz."""
    assert parsed(text) == samples


@pytest.mark.parametrize("text", ["", "1:60", "1:75:00", "-1", "1e3", "1:2:3:4", "٣"])
def test_what_is_no_time_is_none(text: str):
    """A time that people would not write is none."""
    assert parsed(text) is None


def test_codes_are_hours_minutes_seconds_and_as_much_of_one_as_is_asked():
    """A sample is a sixteenth of a thousandth; hours have no leading nought."""
    assert code(0) == "0:00:00.000"
    assert code(16 * (3_600_000 * 11 + 60_000 * 2 + 3_004) + 15) == "11:02:03.004"
    assert code(int((3600 + 123.4) * RATE), digits=1) == "1:02:03.4"
    assert code(1204 * RATE + RATE - 1, digits=0) == "0:20:04"


@given(st.integers(0, 10**6 * RATE))
def test_what_is_written_is_read_back(samples: int):
    """To the thousandth, which is cut off and never rounded up."""
    read = parsed(code(samples))
    assert read is not None
    assert 0 <= samples - read < 16
