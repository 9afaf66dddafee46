"""What the inspection asks of an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """How the canonical forms of one kind look, so that nothing else is asked for.

    Attributes:
        keys: How many there are.
        shortest: Characters of the shortest. `longest`: of the longest.
        digits: Whether every one is of digits alone.
    """

    keys: int
    shortest: int
    longest: int
    digits: bool


@dataclass(frozen=True, slots=True)
class Epoch:
    """Which state of the population an index holds.

    Attributes:
        number: Epochs count from 1; a delta keeps the number.
        digest: SHA-256 of what the ledger commits to, in hexadecimal.
        made: When it was built, or last brought up to date, UTC.
        keys: Fingerprints in it.
        subjects: People in it.
    """

    number: int
    digest: str
    made: str
    keys: int
    subjects: int


class Holders(NamedTuple):
    """Who is behind some identifiers; arrays of one length, in the order of `row`.

    Attributes:
        row: Place in the series, from 0 (uint32). Two people may share a phone: then
            the place is there twice.
        subject: Subject number (uint64).
    """

    row: NDArray[np.uint32]
    subject: NDArray[np.uint64]


class Known(Protocol):
    """An index that is open: whose identifier is this?"""

    @property
    def shapes(self) -> Mapping[Kind, Shape]:
        """The kinds that it holds."""
        ...

    @property
    def epoch(self) -> Epoch:
        """Which state of the population it holds."""
        ...

    def holders(self, kind: Kind, canonical: pl.Series) -> Holders:
        """Return whose these canonical forms are; who is behind several has several."""
        ...

    def holders_of(self, kind: Kind, canonical: str) -> tuple[int, ...]:
        """Return the subject numbers that share one canonical form; mostly none."""
        ...
