"""The detectors that are installed, ours and anybody's, and what they answer.

A detector is an entry point of the group `ringfence.detectors`. Its module is imported
when it is first asked for. One that can't be loaded is an error that names it; one that
fails while it looks leaves a name behind, and what it was to look at isn't looked
through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.documents.located import nearest
from ringfence.egress.detectors.detector import Detected, Detector
from ringfence.errors import ConfigError, printable

GROUP = "ringfence.detectors"
_PARTS = ("name", "version", "tags", "detect")
_MOST_TAGS = 256


def kinds() -> Mapping[str, EntryPoint]:
    """Return the entry point of each detector, in the order of their names.

    Raises:
        ConfigError: Two packages offer different detectors under one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            message = (
                f"two packages offer the detector `{point.name}`: "
                f"`{other.value}` and `{point.value}`"
            )
            raise ConfigError(message, hint="uninstall one of them")
    return dict(sorted(found.items()))


def detector(name: str) -> Detector:
    """Return the detector of a name.

    Raises:
        ConfigError: There is none, it can't be loaded, or it isn't one.
    """
    known = kinds()
    if name not in known:
        hint = nearest(name, known) or f"installed are: {', '.join(known) or 'none'}"
        raise ConfigError(f"unknown detector `{printable(name)}`", hint=hint)
    try:
        loaded = known[name].load()
        lacks = [part for part in _PARTS if not hasattr(loaded, part)]
    except Exception as error:
        # Somebody else's module may fail in any way while it is imported.
        reason = printable(str(error).partition("\n")[0]) or "no reason given"
        message = f"the detector `{name}` can't be loaded: {reason}"
        raise ConfigError(message, hint="install what it needs") from error
    if lacks or not 0 < len(loaded.tags) <= _MOST_TAGS:
        hint = "a detector has " + ", ".join(f"`{part}`" for part in _PARTS)
        raise ConfigError(f"`{known[name].value}` is no detector", hint=hint)
    checked: Detector = loaded
    return checked


class Answer(NamedTuple):
    """What some detectors answered.

    Attributes:
        rows: Places of texts, each once and in order, by the tag that was found there.
        failed: Names of detectors that failed: what they were to look at is not looked
            through by them.
    """

    rows: dict[str, NDArray[np.int64]]
    failed: tuple[str, ...] = ()


def ask(detectors: Sequence[Detector], texts: pl.Series) -> Answer:
    """Return what detectors say of texts; a failure of one is its alone."""
    rows: dict[str, NDArray[np.int64]] = {}
    failed = []
    for one in detectors:
        try:
            found = _checked(one, texts)
        except Exception:  # noqa: BLE001 - anybody's detector may fail in any way
            failed.append(one.name)
            continue
        for tag, places in found.items():
            rows[tag] = np.union1d(rows[tag], places) if tag in rows else places
    return Answer(rows, tuple(failed))


def _checked(one: Detector, texts: pl.Series) -> dict[str, NDArray[np.int64]]:
    """Return what a detector says.

    Raises:
        ValueError: It speaks of texts or tags that aren't there.
    """
    found = Detected(*one.detect(texts))
    row, tag = np.asarray(found.row), np.asarray(found.tag)
    if len(row) != len(tag):
        raise ValueError("rows and tags differ in number")
    if len(row) and not (row.min() >= 0 and row.max() < len(texts)):
        raise ValueError("a row that isn't there")
    if len(tag) and not (tag.min() >= 0 and tag.max() < len(one.tags)):
        raise ValueError("a tag that isn't there")
    return Detected(row, tag).by_tag(one.tags)
