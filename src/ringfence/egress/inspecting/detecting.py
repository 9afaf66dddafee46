"""Asks the detectors of an inspection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ringfence.egress.detectors.detector import Detector
from ringfence.egress.detectors.registry import Answer, ask


@dataclass(frozen=True, slots=True)
class Detecting:
    """Some detectors."""

    detectors: Sequence[Detector] = ()

    def asked(self, texts: pl.Series, name: str = "") -> Answer:
        """Return what each says of texts, or that it failed.

        Args:
            texts: Texts, or numbers.
            name: What their column is called; empty: they are lines.
        """
        return ask(self.detectors, texts.alias(name))

    def versions(self) -> dict[str, str]:
        """Return the version of each detector, by its name."""
        return {one.name: one.version for one in self.detectors}
