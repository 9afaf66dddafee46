"""What was seen, as columns: places and subjects, and never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

NOBODY = 0
"""The subject number of nobody: what is in no index."""


class Written(IntEnum):
    """How an identifier was written."""

    PLAIN = 0
    JSON = 1  # `\\u0040`, or JSON in a string
    URL = 2
    HTML = 3
    BASE64 = 4
    HEX = 5
    PACKED = 6  # gzip, zstd, ... in a text
    FOLDED = 7  # full-width, zero-width, look-alikes of another script
    SPELLED = 8  # `[at]`, `[dot]`, or back to front
    SPLIT = 9  # over two fields
    NUMBER = 10  # a number for a text: base36, an address as an integer
    NESTED = 11  # several of these


class Doubt(StrEnum):
    """Why something can't be decided: it is held."""

    DETECTOR = "a detector that failed"
    ENCRYPTED = "encrypted"
    IMAGE = "image"
    LIMIT = "over a limit"
    MALFORMED = "malformed"
    OPAQUE = "an opaque token"
    ROUNDED = "a number that a float has rounded"
    TRAILING = "bytes behind the end"
    TWOFOLD = "two formats at once"
    UNKNOWN_FORMAT = "an unknown format"
    UNKNOWN_ID = "looks like an account's number and is nobody's"
    UNREADABLE = "can't be read as text"


DOUBTS = tuple(Doubt)


class Seen(NamedTuple):
    """Identifiers that were seen in a series of texts; arrays of one length.

    Attributes:
        row: Place of the text in the series, from 0 (uint32).
        kind: Number of the `Kind` (uint8).
        written: `Written` (uint8).
        subject: Subject number; never `NOBODY` (uint64).
    """

    row: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    written: NDArray[np.uint8]
    subject: NDArray[np.uint64]

    @classmethod
    def none(cls) -> Self:
        """Return that nothing was seen."""
        return cls(
            np.empty(0, np.uint32),
            np.empty(0, np.uint8),
            np.empty(0, np.uint8),
            np.empty(0, np.uint64),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all of some."""
        if not parts:
            return cls.none()
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def by_row(self) -> Self:
        """Return the same in the order of the rows."""
        order = np.argsort(self.row, kind="stable")
        row, kind, written, subject = self
        return self._replace(
            row=row[order],
            kind=kind[order],
            written=written[order],
            subject=subject[order],
        )


class Doubts(NamedTuple):
    """Texts of a series that can't be decided; arrays of one length.

    Attributes:
        row: Place of the text in the series, from 0 (uint32).
        why: Place of the `Doubt` in `DOUBTS` (uint8).
    """

    row: NDArray[np.uint32]
    why: NDArray[np.uint8]

    @classmethod
    def none(cls) -> Self:
        """Return that everything was decided."""
        return cls(np.empty(0, np.uint32), np.empty(0, np.uint8))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all of some."""
        if not parts:
            return cls.none()
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def by_row(self) -> Self:
        """Return the same in the order of the rows."""
        order = np.argsort(self.row, kind="stable")
        return self._replace(row=self.row[order], why=self.why[order])


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was seen.

    Attributes:
        part: Names of the containers around it, from the outermost: an archive's
            member, a sheet, `metadata`.
        column: Name of the column, JSON pointer, or header; empty: the text itself.
        row: Row or line, from 1; 0: of no row.
    """

    part: tuple[str, ...] = ()
    column: str = ""
    row: int = 0
