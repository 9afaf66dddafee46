"""Asks the detectors, and keeps what they say by tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.detectors.detector import Detector


@dataclass(frozen=True, slots=True)
class Detecting:
    """Some detectors."""

    detectors: Sequence[Detector] = ()

    def detected(
        self, texts: pl.Series, name: str = ""
    ) -> dict[str, NDArray[np.int64]]:
        """Return the places of texts, each once, by the tag that was found there.

        Args:
            texts: Texts, or numbers.
            name: What their column is called; empty: they are lines.
        """
        found: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        for detector in self.detectors:
            one = detector.detect(texts.alias(name))
            for tag, rows in one.by_tag(detector.tags).items():
                found[tag].append(rows)
        return {tag: np.unique(np.concatenate(rows)) for tag, rows in found.items()}

    def versions(self) -> dict[str, str]:
        """Return the version of each detector, by its name."""
        return {one.name: one.version for one in self.detectors}
