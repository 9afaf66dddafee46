"""Asks the detectors, and keeps what they say by tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray


class Detected(Protocol):
    """What a detector found; arrays of one length."""

    @property
    def row(self) -> NDArray[np.uint32]:
        """Place of the text."""
        ...

    @property
    def tag(self) -> NDArray[np.uint8]:
        """Place of the tag among the detector's tags, in the order of the alphabet."""
        ...


class Detector(Protocol):
    """What says what a text looks like, where the index knows nobody."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def version(self) -> str:
        """Which state of it this is."""
        ...

    @property
    def tags(self) -> frozenset[str]:
        """What it may find."""
        ...

    def detect(self, texts: pl.Series) -> Detected:
        """Return what stands in texts."""
        ...


@dataclass(frozen=True, slots=True)
class Detecting:
    """Some detectors."""

    detectors: Sequence[Detector] = ()

    def detected(self, texts: pl.Series) -> dict[str, NDArray[np.int64]]:
        """Return the places of texts, each once, by the tag that was found there."""
        found: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        for detector in self.detectors:
            one = detector.detect(texts)
            for number, tag in enumerate(sorted(detector.tags)):
                rows = one.row[one.tag == number].astype(np.int64)
                if len(rows):
                    found[tag].append(rows)
        return {tag: np.unique(np.concatenate(rows)) for tag, rows in found.items()}

    def versions(self) -> dict[str, str]:
        """Return the version of each detector, by its name."""
        return {one.name: one.version for one in self.detectors}
