"""What an inspection found: the one value that channels are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ringfence.egress.inspection.sightings import Doubt, Place, Written

Type = Literal["text", "integer", "number", "boolean", "time", "nested", "empty"]


class Coverage(StrEnum):
    """How much of a payload was looked through."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Identifiers of one kind, written in one way, in one column.

    Attributes:
        place: Where the first one is.
        tag: What they are: `EMAIL`, `LOCATION`.
        written: How they are written.
        count: How often they were seen.
        subjects: The people whose they are, each once, in order (uint64). Empty: a
            detector knows the kind, and the index knows nobody.
    """

    place: Place
    tag: str
    written: Written
    count: int
    subjects: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Undecided:
    """What can't be decided, in one column.

    Attributes:
        place: Where the first one is.
        why: Why.
        count: How many there are.
    """

    place: Place
    why: Doubt
    count: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is there.

    Attributes:
        part: Names of the containers around it.
        name: Its name, or a JSON pointer in which `*` stands for every place of a list.
        types: What its values are.
        values: How many there are that aren't empty.
    """

    part: tuple[str, ...]
    name: str
    types: frozenset[Type]
    values: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an inspection found. It holds places and numbers, never a value.

    Attributes:
        content: SHA-256 of the payload, in hexadecimal.
        size: Bytes of the payload.
        format: What it is: `csv`, `jsonl`, `json`, `parquet`, `text`, `zip`, ...
        coverage: How much was looked through.
        rows: Rows or lines that it has.
        columns: Every column that is there, in the order of the payload; none for text.
        sightings: What was seen.
        undecided: What can't be decided.
        epoch: The epoch of the index, in hexadecimal: digest of its commitment.
    """

    content: str
    size: int
    format: str
    coverage: Coverage
    rows: int
    columns: tuple[Column, ...]
    sightings: tuple[Sighting, ...]
    undecided: tuple[Undecided, ...]
    epoch: str
    detectors: Mapping[str, str] = field(default_factory=dict)  # versions by name

    @property
    def subjects(self) -> NDArray[np.uint64]:
        """Everybody whose data is in it, each once, in order."""
        found = [one.subjects for one in self.sightings]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)
