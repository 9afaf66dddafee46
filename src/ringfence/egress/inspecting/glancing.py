"""The quick way for small bodies: one JSON document or one text, and the same answer.

An interface answers thousands of times in a second, and most answers hold nobody. They
are told by one look at the text; what has more to it goes the long way.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np

from ringfence.egress.inspecting.leaves import Leaves, Raw
from ringfence.egress.inspecting.spots import sighted
from ringfence.egress.inspecting.tally import Tally
from ringfence.egress.inspection.report import (
    Column,
    Coverage,
    Inspection,
    Sighting,
    Type,
)
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import Doubts, Seen
from ringfence.egress.opening import telling
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.names import readings
from ringfence.egress.opening.pointers import keys_of, leaves, parsed, type_of
from ringfence.egress.opening.portions import Shown, Told
from ringfence.egress.payload import Payload

SMALL = 64 << 10
_REMEMBERED = 4096
_MOST = 4096  # leaves
_SHORTEST_KEPT = 256  # a name or a header longer than this is looked at every time
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\n]")
Shape = tuple[tuple[str, Type], ...]


class Glance:
    """Looks at small payloads, one at a time."""

    def __init__(self, scanner: Scanner, epoch: str) -> None:
        self._scanner = scanner
        self._epoch = epoch
        self._clean: set[str] = set()
        self._names: set[str] = set()
        self._columns: dict[Shape, tuple[Column, ...]] = {}
        self._endings: dict[tuple[str, str], tuple[str, str]] = {}

    def at(self, payload: Payload) -> Inspection | None:
        """Return what a payload holds; None: it takes the long way."""
        content = payload.content
        if not isinstance(content, bytes) or not 0 < len(content) <= SMALL:
            return None
        if b"PK\x05\x06" in content or b"%PDF-" in content[:1024]:
            return None
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return None
        if not self._are_clean(payload):
            return None
        if content.lstrip()[:1] in {b"{", b"["}:
            return self._json(payload, text, content)
        return self._text(payload, text, content)

    def _are_clean(self, payload: Payload) -> bool:
        """Return whether name and headers tell of nobody."""
        for key, value in payload.stated.items():
            if not (self._is_clean(key) and self._is_clean(value)):
                return False
        name = payload.name
        clean = name in self._names or all(map(self._is_clean, readings(name)))
        if clean and len(name) < _SHORTEST_KEPT:
            if len(self._names) >= _REMEMBERED:
                self._names.clear()
            self._names.add(name)
        return clean

    def _is_clean(self, text: str) -> bool:
        if text in self._clean or not text:
            return True
        seen, doubts = self._scanner.glance(text)
        clean = not len(seen.row) and not len(doubts.row)
        if clean and len(text) < _SHORTEST_KEPT:
            if len(self._clean) >= _REMEMBERED:
                self._clean.clear()
            self._clean.add(text)
        return clean

    def _agrees(self, payload: Payload, form: str) -> bool:
        """Return whether a payload is what it is said to be."""
        key = payload.name[-16:], payload.media
        stated = self._endings.get(key)
        if stated is None:
            if len(self._endings) >= _REMEMBERED:
                self._endings.clear()
            stated = self._endings[key] = telling.ending(payload)
        return not any(telling.differs(one, form) for one in stated)

    def _text(self, payload: Payload, text: str, content: bytes) -> Inspection | None:
        line = text.removesuffix("\n").removesuffix("\r")
        if _CONTROLS.search(line) or telling.told(content) != "text":
            return None
        if not self._agrees(payload, "text"):
            return None
        if {"csv", "tsv"} & {*telling.ending(payload)}:  # it may be a table of one row
            return None
        seen, doubts = self._scanner.glance(line)
        tally = Tally()
        rows = np.ones(1, np.int64)
        tally.seen((), [""], seen, rows)
        tally.doubted((), [""], doubts, rows)
        tally.told(Told((), "text", 1))
        return self._report(content, tally, ())

    def _json(self, payload: Payload, text: str, content: bytes) -> Inspection | None:
        if "\x7f" in text or not self._agrees(payload, "json"):
            return None
        try:
            value = parsed(content)
            pairs = _leaves(value)
        except (msgspec.DecodeError, OverError):
            return None
        found = tuple([(pointer, type_of(leaf)) for pointer, leaf in pairs])
        columns = self._shown(found) if len(found) < _MOST else None
        if columns is None:
            return None
        rows = len(value) if isinstance(value, list) else 1
        sightings = self._sighted(value, pairs, text)
        if sightings is None:
            seen, doubts = self._scanner.glance(text)
            if len(seen.row) or len(doubts.row):
                tally = self._leaves(value, Raw(seen, doubts, None))
                if tally is None:
                    return None
                tally.rows = rows
                return self._report(content, tally, columns)
        return Inspection(
            content=sha256(content).hexdigest(),
            size=len(content),
            format="json",
            coverage=Coverage.COMPLETE,
            rows=rows,
            columns=columns,
            sightings=sightings or (),
            undecided=(),
            epoch=self._epoch,
        )

    def _sighted(
        self, value: object, pairs: list[tuple[str, Any]], text: str
    ) -> tuple[Sighting, ...] | None:
        """Return what is seen in an object that hides nothing; None: look closer."""
        held = self._scanner.held(text) if isinstance(value, dict) else None
        return None if held is None else sighted(held, pairs, text)

    def _shown(self, found: Shape) -> tuple[Column, ...] | None:
        """Return the columns of a shape; None: a name of one may be somebody's."""
        columns = self._columns.get(found)
        if columns is not None:
            return columns
        tally = Tally()
        for name, type_ in found:
            if not self._is_clean(name):
                return None
            one = Shown((), name, frozenset({type_}), type_ != "empty")
            tally.shown(one)
        if len(self._columns) >= _REMEMBERED:
            self._columns.clear()
        columns = self._columns[found] = tuple(tally.columns())
        return columns

    def _leaves(self, value: object, raw: Raw) -> Tally | None:
        """Return in which leaves that stands which was seen in the text."""
        found = Leaves()
        found.whole(value)
        if found.split or keys_of(value):
            return None
        seen: list[Seen] = []
        doubts: list[Doubts] = []
        for at, text in enumerate(found.texts):
            own, odd = self._scanner.glance(text)
            if len(own.row):
                seen.append(own._replace(row=own.row + np.uint32(at)))
            if len(odd.row):
                doubts.append(odd._replace(row=odd.row + np.uint32(at)))
        rows = np.array(found.rows, np.int64)
        column_of = np.array(found.column_of, np.int64)
        names = list(found.names)
        all_seen, all_doubts = Seen.joined(seen), Doubts.joined(doubts)
        tally = Tally()
        tally.told(Told((), "json"))
        tally.seen((), names, all_seen, rows, column_of=column_of)
        tally.doubted((), names, all_doubts, rows, column_of=column_of)
        beyond, odd, own_rows = raw.beyond(all_seen, all_doubts, rows)
        tally.seen((), [""], beyond, own_rows)
        tally.doubted((), [""], odd, own_rows)
        return tally

    def _report(
        self, content: bytes, tally: Tally, columns: tuple[Column, ...]
    ) -> Inspection:
        return Inspection(
            content=sha256(content).hexdigest(),
            size=len(content),
            format=tally.format,
            coverage=tally.coverage,
            rows=tally.rows,
            columns=columns,
            sightings=tuple(tally.sightings()),
            undecided=tuple(tally.undecided()),
            epoch=self._epoch,
        )


def _leaves(value: object) -> list[tuple[str, Any]]:
    """Return the leaves of a document, with their pointers.

    Raises:
        OverError: It is nested too deep.
    """
    if isinstance(value, list) and value:
        return [pair for one in value for pair in leaves(one, "/*")]
    return leaves(value)
