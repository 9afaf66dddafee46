"""Asks the detectors, and keeps what they say by tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray


class Found(Protocol):
    """What a detector found; arrays of one length."""

    @property
    def row(self) -> NDArray[np.uint32]:
        """Place of the text."""
        ...

    @property
    def tag(self) -> NDArray[np.uint8]:
        """Place of the tag among the detector's tags, in order."""
        ...


class Detecting(NamedTuple):
    """Some detectors."""

    detectors: Sequence[object] = ()

    def detected(self, texts: pl.Series) -> dict[str, NDArray[np.int64]]:
        """Return the places of texts, each once, by the tag that was found there."""
        del texts
        return {}

    def versions(self) -> dict[str, str]:
        """Return the version of each detector, by its name."""
        return {}
