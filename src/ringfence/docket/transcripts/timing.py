"""Times of transcripts: samples inside, `hh:mm:ss.mmm` outside, words spread between.

A sample is a sixteenth of a millisecond. A time goes out as the nearest millisecond,
and comes back as its first sample: it moves by half a millisecond at most, and once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ringfence.docket.objects import RATE, Word

MILLISECOND = RATE // 1000
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]{1,3}))?")
_SIXTY = 60


def milliseconds(samples: int) -> int:
    """Return a time as the nearest whole millisecond."""
    return (samples + MILLISECOND // 2) // MILLISECOND


def clock(samples: int) -> str:
    """Return a time as `hh:mm:ss.mmm`."""
    return told(milliseconds(samples))


def told(thousandths: int) -> str:
    """Return milliseconds as `hh:mm:ss.mmm`."""
    seconds, rest = divmod(thousandths, 1000)
    minutes, seconds = divmod(seconds, _SIXTY)
    hours, minutes = divmod(minutes, _SIXTY)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def parsed(text: str) -> int | None:
    """Return the samples of `hh:mm:ss.mmm`, hours and thousandths optional, or None."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    if minutes >= _SIXTY or seconds >= _SIXTY:
        return None
    thousandths = int((found[4] or "0").ljust(3, "0"))
    return (
        ((hours * _SIXTY + minutes) * _SIXTY + seconds) * 1000 + thousandths
    ) * MILLISECOND


def split(text: str) -> list[str]:
    """Return the words of a text: a control character ends one as a blank does."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return text.split()


def spread(texts: Sequence[str], start: int, end: int) -> list[Word]:
    """Return words that fill a stretch, each as long as it is long to write."""
    whole = sum(map(len, texts))
    words, before = [], 0
    for text in texts:
        after = before + len(text)
        first, last = ((end - start) * part // whole for part in (before, after))
        words.append(Word(text, start + first, start + last))
        before = after
    return words
