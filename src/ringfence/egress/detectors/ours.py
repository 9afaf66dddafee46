"""Ringfence's own detector: rules and checksums, in linear time, of no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl
import re2
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
from ringfence.egress.detectors.rules import EDGE, Room, Rule, words

_ROOMS = (government, financial, device, person, phones, location, body)
_FOLLOWS = r"(?:[^0-9]*[0-9]|[\\\"']{0,3}\s?[:=\u{ff1a}\t])"
_PHRASES = words(f"{person.PHRASES}|{body.PHRASES}")


def _told(gates: str, rules: Sequence[Rule | Room]) -> Room:
    """Return the room of rules that ask for a word, and for a value behind it."""
    return Room(rf"(?:^|[^A-Za-z])(?:{words(gates)}{_FOLLOWS}|{_PHRASES})", rules)


def _joined(*rooms: Room) -> Room:
    """Return rooms behind one gate: three or four of them, or it is too large."""
    return Room("|".join(room.gate for room in rooms), rooms)


ROOMS = (
    _joined(financial.ROOM, government.ROOM, device.ROOM, phones.ROOM),
    _joined(person.ROOM, person.FOREIGN_ROOM),
    _joined(location.ROOM, body.ROOM),
    _told(
        "|".join(room.GATES for room in _ROOMS),
        [_told(room.GATES, room.WORDED) for room in _ROOMS],
    ),
)


class Categories:
    """Finds the kinds of listed identifier, and of sensitive data, by how they look."""

    name = "categories"
    version = "1"
    tags = frozenset(
        {tag for room in ROOMS for tag in room.tags()} | {hint.tag for hint in HINTS}
    )

    def glance(self, text: str) -> bool:
        """Return whether one text may hold something: False is sure.

        It is for small bodies: a call of `detect` costs milliseconds, and this
        microseconds.
        """
        return any(gate.search(text) for gate in _gates())

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


@cache
def _gates() -> tuple[re2._Regexp[str], ...]:
    """Return the gates of the rooms, as RE2 writes them."""
    # Apart: an alternation of all is too large for either engine's quick way.
    written = (room.gate.replace(EDGE, r"\b") for room in ROOMS)
    return tuple(re2.compile(gate.replace(r"\u{", r"\x{")) for gate in written)


def _as_text(texts: pl.Series) -> pl.Series:
    return texts if texts.dtype == pl.String else texts.cast(pl.String, strict=False)


DETECTOR = Categories()
