"""What opening hands on: texts and numbers with places, and what it can't open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspection.report import Coverage, Type
from ringfence.egress.inspection.sightings import Doubt, Place

Part = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Texts of one column.

    Attributes:
        part: Names of the containers around it. `column`: its name.
        texts: The texts, none of them null.
        rows: Row of every value; a number: the row of the first; 0: of none.
        codes: Place in `texts` of every value (-1: none), if each text is there once;
            None: `texts` are the values.
        structured: Whether this is a column of a table, and no metadata.
    """

    part: Part
    column: str
    texts: pl.Series
    rows: NDArray[np.int64] | int = 0
    codes: NDArray[np.int64] | None = None
    structured: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of one column, with nulls; `rows` as in `Cells`."""

    part: Part
    column: str
    values: pl.Series
    rows: NDArray[np.int64] | int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Texts of two neighbouring columns, value by value; `rows` as in `Cells`."""

    part: Part
    column: str
    left: pl.Series
    right: pl.Series
    rows: NDArray[np.int64] | int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a text. `json`: each is a document, whose places are pointers."""

    part: Part
    texts: pl.Series
    first: int
    json: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document as a whole: as it is written, and what it says."""

    part: Part
    text: str
    value: object


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that is there."""

    part: Part
    column: str
    types: frozenset[Type]
    values: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the content of a part is, and how many rows or lines it has."""

    part: Part
    format: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """What couldn't be decided on the way in, and how much was looked through."""

    place: Place
    why: Doubt
    coverage: Coverage = Coverage.COMPLETE
    count: int = 1


Portion = Cells | Numbers | Pair | Lines | Document | Shown | Told | Gap
Portions = Iterator[Portion]


def gap(part: Part, why: Doubt, coverage: Coverage = Coverage.PARTIAL) -> Gap:
    """Return a gap of a whole part."""
    return Gap(Place(part), why, coverage)


def metadata(part: Part, column: str, texts: list[str]) -> Cells:
    """Return texts that go with a part and are none of its cells."""
    return Cells((*part, "metadata"), column, pl.Series(texts, dtype=pl.String))
