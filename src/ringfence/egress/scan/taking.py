"""Which rows of a dataset are looked through, and what that says of all of them.

Rows are drawn at random without replacement, every row alike, by a seed and the name of
the dataset: the same seed draws the same rows again. The interval of a share is that of
Clopper and Pearson (1934), which treats the rows as drawn with replacement, and so is
the wider for it; what is certain (the rows seen, the rows not seen) narrows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from ringfence.egress.scan.found import By, Dataset

LEVEL = 0.95
_TAIL = (1 - LEVEL) / 2

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Take:
    """How much of each dataset is looked through.

    Attributes:
        share: The part of its rows, above 0 and below 1; 0: see `rows`.
        rows: How many rows; 0 as well: all of them.
        blocks: Take whole blocks where a format has some: quick, and no interval.
        seed: What the rows are drawn by.
    """

    share: float = 0.0
    rows: int = 0
    blocks: bool = False
    seed: int = 0

    @property
    def by(self) -> By:
        """How datasets are read."""
        if not self.share and not self.rows:
            return "whole"
        return "blocks" if self.blocks else "rows"

    def __str__(self) -> str:
        """Return it in words; empty for all rows."""
        if self.by == "whole":
            return ""
        much = f"{self.share:.6g} of the rows" if self.share else f"{self.rows:,} rows"
        whole = ", in whole blocks" if self.blocks else ""
        return f"{much} of each dataset{whole}, seed {self.seed}"

    def share_of(self, total: int) -> float:
        """Return the part of so many rows that is wanted, 1 for all of them."""
        if self.by == "whole" or not total:
            return 1.0
        return self.share or min(self.rows / total, 1.0)

    def places(self, total: int, name: str) -> Places:
        """Return the places of the rows to look through, from 0, in order."""
        wanted = self.rows or math.ceil(self.share * total)
        return self._drawn(total, min(wanted, total), name)

    def groups(self, sizes: Sequence[int], name: str) -> Places:
        """Return the blocks to look through, in order: as many as give the rows."""
        total = sum(sizes)
        wanted = min(self.rows or math.ceil(self.share * total), total)
        order = self._generator(name).permutation(len(sizes))
        before = np.cumsum([0, *(sizes[number] for number in order)])[:-1]
        return np.sort(order[before < wanted]).astype(np.int64)

    def number(self, name: str) -> int:
        """Return the seed of one dataset, of 31 bits."""
        return int(self._generator(name).integers(2**31))

    def _generator(self, name: str) -> np.random.Generator:
        own = int.from_bytes(sha256(name.encode("utf-8", "replace")).digest()[:8])
        return np.random.default_rng([self.seed, own])

    def _drawn(self, total: int, wanted: int, name: str) -> Places:
        draw = self._generator(name)
        found = draw.choice(total, wanted, replace=False, shuffle=False)
        return np.sort(found.astype(np.int64))


WHOLE = Take()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known of the rows of a dataset that hold somebody protected.

    Attributes:
        least: At least so many. `most`: at most so many; None: nobody knows.
        level: How sure that is: 1 for a whole, else the level of the interval.
    """

    least: int
    most: int | None
    level: float


def bounds(dataset: Dataset) -> Bounds | None:
    """Return bounds of the rows that hold somebody protected; None: not counted."""
    hits, looked, rows = dataset.hits, dataset.looked, dataset.rows
    if hits is None:
        return None
    if dataset.by == "whole" or looked >= rows:
        return Bounds(hits, None if dataset.gaps else hits, 1.0)
    if dataset.by == "blocks" or dataset.gaps:
        # Rows of a block are alike, so no interval on rows would be honest.
        return Bounds(hits, None, 1.0)
    low, high = interval(hits, looked)
    least = max(hits, math.ceil(low * rows - 1e-9))
    most = min(hits + rows - looked, math.floor(high * rows + 1e-9))
    return Bounds(least, max(most, least), LEVEL)


def interval(hits: int, looked: int) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a share."""
    low = float(betaincinv(hits, looked - hits + 1, _TAIL)) if hits else 0.0
    if hits == looked:
        return low, 1.0
    return low, float(betaincinv(hits + 1, looked - hits, 1 - _TAIL))
