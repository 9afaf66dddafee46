"""Ringfence's own detector: rules and checksums, in linear time, of no network."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.detectors import (
    body,
    device,
    financial,
    government,
    location,
    person,
    phones,
)
from ringfence.egress.detectors.detector import Detected
from ringfence.egress.detectors.hints import HINTS, hinted
from ringfence.egress.detectors.rules import Room, words

_ROOMS = (government, financial, device, person, phones, location, body)
_WORDED = Room(
    rf"(?:^|[^A-Za-z]){words('|'.join(room.GATES for room in _ROOMS))}",
    tuple(rule for room in _ROOMS for rule in room.WORDED),
)
ROOMS = (*(room.ROOM for room in _ROOMS), _WORDED)


class Categories:
    """Finds the kinds of listed identifier, and of sensitive data, by how they look."""

    name = "categories"
    version = "1"
    tags = frozenset(
        {rule.tag for room in ROOMS for rule in room.rules}
        | {hint.tag for hint in HINTS}
    )

    def detect(self, texts: pl.Series) -> Detected:
        """Return what texts, or the values of a column, look like."""
        rows = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
        frame = pl.DataFrame({"row": rows, "text": _as_text(texts)}).drop_nulls("text")
        found: dict[str, list[NDArray[np.uint32]]] = {}
        for room in ROOMS if texts.dtype == pl.String else ():
            for tag, held in room.found(frame):
                found.setdefault(tag, []).append(held)
        told = hinted(frame, texts.name)
        if told is not None:
            found.setdefault(told[0], []).append(told[1])
        return Detected.of(sorted(self.tags), found)


def _as_text(texts: pl.Series) -> pl.Series:
    return texts if texts.dtype == pl.String else texts.cast(pl.String, strict=False)


DETECTOR = Categories()
