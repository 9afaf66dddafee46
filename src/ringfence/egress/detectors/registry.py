"""The detectors that are installed, ours and anybody's, and what they answer.

A detector is an entry point of the group `ringfence.detectors`. Its module is imported
when it is first asked for. One that can't be loaded is an error that names it; one that
fails while it looks leaves a name behind, and what it was to look at isn't looked
through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.documents.plugins import Plugins
from ringfence.egress.detectors.detector import Detected, Detector

GROUP = "ringfence.detectors"
_MOST_TAGS = 256
_PLUGINS = Plugins(
    GROUP,
    "detector",
    "detector",
    ("name", "version", "tags", "detect"),
    fits=lambda one: 0 < len(one.tags) <= _MOST_TAGS,
)


def kinds() -> Mapping[str, EntryPoint]:
    """Return the entry point of each detector, in the order of their names.

    Raises:
        ConfigError: Two packages offer different detectors under one name.
    """
    return _PLUGINS.kinds()


def detector(name: str) -> Detector:
    """Return the detector of a name.

    Raises:
        ConfigError: There is none, it can't be loaded, or it isn't one.
    """
    checked: Detector = _PLUGINS.load(name)
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
