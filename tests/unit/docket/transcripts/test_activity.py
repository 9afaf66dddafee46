"""Stretches: speech alone, as long as an engine hears in one go."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.docket.objects import RATE, Span
from ringfence.docket.transcripts import activity
from ringfence.docket.transcripts.activity import (
    LONGEST,
    WHOLE,
    chunked,
    joined,
    stretches,
)
from tests.listening import sound


@st.composite
def spoken(draw):
    """Draw where somebody speaks: in order, apart, of any length."""
    found, last = [], 0
    for gap, length in draw(
        st.lists(st.tuples(st.integers(0, 5 * RATE), st.integers(1, 70 * RATE)))
    ):
        found.append(Span(last + gap, last + gap + length))
        last = found[-1].end
    return found


@given(spoken())
def test_stretches_hold_all_that_is_spoken(given_spans):
    """No sample of speech is lost, none is in two stretches, none is too long."""
    found = joined(given_spans)
    assert all(0 < one.end - one.start <= LONGEST for one in found)
    ends = [edge for one in found for edge in (one.start, one.end)]
    assert ends == sorted(ends)
    for one in given_spans:
        held = sum(
            max(0, min(one.end, of.end) - max(one.start, of.start)) for of in found
        )
        assert held == one.end - one.start


def test_a_long_pause_ends_a_stretch_and_a_short_one_does_not():
    """What is said in one breath is heard at once; silence is not heard at all."""
    near = [Span(0, RATE), Span(2 * RATE, 3 * RATE)]
    far = [Span(0, RATE), Span(4 * RATE, 5 * RATE)]
    assert (joined(near), joined(far)) == ([Span(0, 3 * RATE)], far)


@given(st.integers(0, 5 * LONGEST))
def test_chunks_are_the_whole_recording(count):
    """Without a voice detector everything is listened to, once."""
    found = chunked(count)
    assert sum(one.end - one.start for one in found) == count
    assert all(one.end - one.start <= LONGEST for one in found)


def test_without_silero_the_whole_is_listened_to_and_that_is_said(monkeypatch):
    """A transcript that was made without a voice detector says so."""

    def missing(_name):
        raise ImportError

    monkeypatch.setattr(activity, "resolve_name", missing)
    assert stretches(sound(30)) == ([Span(0, LONGEST), Span(LONGEST, 30 * RATE)], WHOLE)


def test_nobody_is_cut_off_where_a_piece_ends(monkeypatch):
    """Who still speaks at the end of a piece is found whole in the next one."""
    voices = np.zeros(35 * RATE, np.int16)
    for first, last in ((1, 3), (8, 12), (15, 16), (18, 31)):
        voices[first * RATE : last * RATE] = 1

    def loud(samples):
        edges = np.flatnonzero(np.diff(samples, prepend=0, append=0))
        return [
            Span(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]

    monkeypatch.setattr(activity, "_silero", loud)
    monkeypatch.setattr(activity, "PIECE", 10 * RATE)
    seconds = [(one.start // RATE, one.end // RATE) for one in activity._speech(voices)]
    # The last one is longer than a piece: it is cut, and nothing of it is lost.
    assert seconds == [(1, 3), (8, 12), (15, 16), (18, 28), (28, 31)]


@pytest.mark.skipif(
    importlib.util.find_spec("faster_whisper") is None,
    reason="faster-whisper is not installed here",
)
def test_silence_is_not_listened_to():
    """In a recording of silence there is nothing for an engine to invent on."""
    found, by = stretches(np.zeros(40 * RATE, np.int16))
    assert found == []
    assert by.startswith("silero")
