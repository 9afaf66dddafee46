"""Where somebody speaks, before anybody writes down what: silence makes engines invent.

Silero finds it, which comes inside faster-whisper. Stretches end in pauses as far as
there are any, and none is longer than what an engine hears in one go. Without Silero
the whole recording is cut into chunks, and the transcript says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pkgutil import resolve_name

import numpy as np

from ringfence.docket.objects import RATE, Span
from ringfence.docket.transcripts.engine import Samples, version_of

LONGEST = 28 * RATE
LEAST = 0.2
"""What Silero gives to speech at least: at its usual 0.5 it misses half of what is said
slowly over a telephone, and steady noise stays far below this too."""
PIECE = 600 * RATE
"""Looked at in one go: bounds the memory that an hour of sound takes."""
_GAP = 2 * RATE  # a longer pause ends a stretch
_LOUDEST = 32_768.0
WHOLE = "none: chunks of 28 s, silence included"


def _silero(samples: Samples) -> list[Span]:
    """Return where somebody speaks, in a piece of a recording."""
    vad = resolve_name("faster_whisper.vad")
    options = vad.VadOptions(
        threshold=LEAST,
        min_silence_duration_ms=500,
        speech_pad_ms=300,
        max_speech_duration_s=LONGEST // RATE,
    )
    sound = samples.astype(np.float32) / _LOUDEST
    found = vad.get_speech_timestamps(sound, options)
    return [Span(int(one["start"]), int(one["end"])) for one in found]


def stretches(samples: Samples) -> tuple[list[Span], str]:
    """Return the stretches to listen to, and what found them."""
    try:
        resolve_name("faster_whisper.vad")
        resolve_name("onnxruntime")
    except ImportError:
        return chunked(len(samples)), WHOLE
    found = f"silero (faster-whisper {version_of('faster-whisper')}), least {LEAST}"
    return joined(list(_speech(samples))), found


def _speech(samples: Samples) -> Iterator[Span]:
    """Yield where somebody speaks; nobody is cut off where a piece ends."""
    first = 0
    while first < len(samples):
        last = min(first + PIECE, len(samples))
        found = [
            Span(first + one.start, first + one.end)
            for one in _silero(samples[first:last])
            if one.end > one.start
        ]
        # Whoever still speaks where the piece ends is heard whole in the next one.
        cut = last < len(samples) and found and found[-1].end >= last
        following = found.pop().start if cut and found[-1].start > first else last
        yield from found
        first = following


def joined(spoken: Sequence[Span], longest: int = LONGEST) -> list[Span]:
    """Return stretches that hold what is spoken, as long as may be.

    Whatever is longer than a stretch may be is cut.
    """
    found: list[Span] = []
    for one in (part for whole in spoken for part in _cut(whole, longest)):
        if found and one.start - found[-1].end < _GAP:
            both = Span(found[-1].start, one.end)
            if both.end - both.start <= longest:
                found[-1] = both
                continue
        found.append(one)
    return found


def chunked(count: int, longest: int = LONGEST) -> list[Span]:
    """Return the whole of a recording as stretches."""
    return list(_cut(Span(0, count), longest))


def _cut(whole: Span, longest: int) -> Iterator[Span]:
    for start in range(whole.start, whole.end, longest):
        yield Span(start, min(start + longest, whole.end))
