"""Spans as people write them: from when to when, or in samples."""

from __future__ import annotations

import re

from ringfence.docket.objects import Span
from ringfence.docket.times import parsed
from ringfence.errors import ConfigError, Locus

_SAMPLES = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")


def at(text: str, place: Locus) -> int:
    """Return the sample at a time: `12.5`, `20:12` or `1:20:12.5`.

    Raises:
        ConfigError: It is none.
    """
    found = parsed(text)
    if found is None:
        hint = "write `20:12`, `1:20:12.5` or seconds; minutes and seconds end at 59"
        raise ConfigError(f"`{text[:40]}` is no time", place, hint)
    return found


def in_times(begin: str, end: str, places: tuple[Locus, Locus]) -> Span:
    """Return the span between two times.

    Raises:
        ConfigError: One is none, or nothing lies between them.
    """
    span = Span(at(begin, places[0]), at(end, places[1]))
    if span.start >= span.end:
        raise ConfigError(f"it ends at {end}, before it begins", places[1])
    return span


def in_samples(text: str, place: Locus) -> Span:
    """Return the span that two numbers of samples tell.

    Raises:
        ConfigError: They tell none.
    """
    found = _SAMPLES.fullmatch(text.strip())
    if found is None or int(found[1]) >= int(found[2]):
        hint = "write `19392000-19584000`: the first one, and the one behind the last"
        raise ConfigError(f"`{text[:40]}` is no stretch of samples", place, hint)
    return Span(int(found[1]), int(found[2]))
