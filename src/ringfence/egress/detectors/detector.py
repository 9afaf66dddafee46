"""What a detector is: it tells what texts look like, and knows nobody.

A detector is an entry point of the group `ringfence.detectors`. It answers for a series
of texts at once. A series that has a name is a column, or a leaf of JSON, that is
called so; one without is lines of text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray


class Detected(NamedTuple):
    """What was detected in a series; arrays of one length.

    Attributes:
        row: Place of the text in the series, from 0 (uint32).
        tag: Place of the tag in the sorted tags of the detector (uint8).
    """

    row: NDArray[np.uint32]
    tag: NDArray[np.uint8]

    @classmethod
    def of(
        cls, tags: Sequence[str], rows: Mapping[str, Sequence[NDArray[np.uint32]]]
    ) -> Self:
        """Return what was found at rows, each once for a tag.

        Args:
            tags: The tags of the detector, sorted.
            rows: Rows by tag.
        """
        places, numbers = [np.empty(0, np.uint32)], [np.empty(0, np.uint8)]
        for number, tag in enumerate(tags):
            if rows.get(tag):
                places.append(np.unique(np.concatenate(rows[tag])))
                numbers.append(np.full(len(places[-1]), number, np.uint8))
        return cls(np.concatenate(places), np.concatenate(numbers))

    def by_tag(self, tags: frozenset[str]) -> dict[str, NDArray[np.int64]]:
        """Return the rows of each tag that was found, in order."""
        found = {}
        for number, tag in enumerate(sorted(tags)):
            rows = np.unique(self.row[self.tag == number]).astype(np.int64)
            if len(rows):
                found[tag] = rows
        return found


@runtime_checkable
class Detector(Protocol):
    """Tells what texts look like."""

    @property
    def name(self) -> str:
        """What it is called; no two detectors are called the same."""
        ...

    @property
    def version(self) -> str:
        """Its version: of code and of data. A verdict names it."""
        ...

    @property
    def tags(self) -> frozenset[str]:
        """Every tag that it can find; 256 at most."""
        ...

    def detect(self, texts: pl.Series) -> Detected:
        """Return what texts look like.

        Args:
            texts: Texts, or numbers of a column; a null is an empty text. Its name is
                the name of the column, or empty.
        """
        ...
