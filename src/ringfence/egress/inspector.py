"""The inspection of a payload: opened wholly, looked through, told without a value."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import BinaryIO, TypeVar

import numpy as np
import polars as pl

from ringfence.egress.detectors.detector import Detector
from ringfence.egress.index.known import Known
from ringfence.egress.inspecting.detecting import Detecting
from ringfence.egress.inspecting.glancing import Glance
from ringfence.egress.inspecting.looking import Look
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.report import Column, Inspection, Sighting, Undecided
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import Place
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.opener import opened
from ringfence.egress.opening.portions import Part
from ringfence.egress.payload import Payload
from ringfence.errors import RingfenceError

Placed = TypeVar("Placed", Sighting, Undecided)


class Inspector:
    """Says what a payload holds."""

    def __init__(
        self,
        known: Known,
        limits: Limits | None = None,
        detectors: Sequence[Detector] = (),
        *,
        caps: Caps | None = None,
        others: Known | None = None,
    ) -> None:
        """Look for the people of an index.

        Args:
            known: The index of the protected.
            limits: How far to decode texts.
            detectors: What says what a text looks like where the index knows nobody.
            caps: How far to open payloads.
            others: An exact set of everybody else, where there is one.
        """
        self._known = known
        self._scanner = Scanner(known, limits, others=others)
        self._detecting = Detecting(tuple(detectors))
        self._caps = caps or Caps()
        self._glance = Glance(self._scanner, known.epoch.digest)

    def glance(self, payload: Payload) -> Inspection:
        """Return what `inspect` returns; of a small body, far quicker.

        Raises:
            RingfenceError: It can't be read, or changes while it is.
        """
        if not self._detecting.detectors:
            found = self._glance.at(payload)
            if found is not None:
                return found
        return self.inspect(payload)

    def inspect(self, payload: Payload) -> Inspection:
        """Return what a payload holds.

        Raises:
            RingfenceError: It can't be read, or changes while it is.
        """
        look = Look(self._scanner, self._detecting)
        with _content(payload) as file:
            content, size = _digest(file)
            for portion in opened(payload, file, self._caps):
                look.at(portion)
        return self._report(look, content, size)

    def _report(self, look: Look, content: str, size: int) -> Inspection:
        self._named(look)
        tally = look.tally
        names = _Names(*tally.names(), self._scanner)
        return Inspection(
            content=content,
            size=size,
            format=tally.format,
            coverage=tally.coverage,
            rows=tally.rows,
            columns=tuple(_columns(tally.columns(), names)),
            sightings=tuple(_placed(tally.sightings(), names)),
            undecided=tuple(_placed(tally.undecided(), names)),
            epoch=self._known.epoch.digest,
            detectors=self._detecting.versions(),
        )

    def _named(self, look: Look) -> None:
        """Look through the names of columns and parts themselves."""
        parts, columns = look.tally.names()
        texts = list(dict.fromkeys([*columns, *(n for part in parts for n in part)]))
        series = pl.Series(texts, dtype=pl.String)
        seen, doubts = self._scanner.few(series)
        rows = np.zeros(len(texts), np.int64)
        look.tally.seen(("metadata",), ["name"], seen, rows)
        look.tally.doubted(("metadata",), ["name"], doubts, rows)


class _Names:
    """Names as a report says them: none that is somebody's identifier."""

    def __init__(self, parts: list[Part], columns: list[str], scanner: Scanner) -> None:
        texts = list(dict.fromkeys([*columns, *(n for part in parts for n in part)]))
        seen, _ = scanner.few(pl.Series(texts, dtype=pl.String))
        hit = np.unique(seen.row).tolist()
        self._instead = {texts[at]: f"*{number}" for number, at in enumerate(hit, 1)}

    def of(self, name: str) -> str:
        """Return what a name is called."""
        return self._instead.get(name, name)

    def place(self, place: Place) -> Place:
        """Return a place, named so."""
        if not self._instead:
            return place
        part = tuple(map(self.of, place.part))
        return Place(part, self.of(place.column), place.row)


def _columns(columns: list[Column], names: _Names) -> Iterator[Column]:
    for one in columns:
        part = tuple(map(names.of, one.part))
        yield Column(part, names.of(one.name), one.types, one.values)


def _placed(found: list[Placed], names: _Names) -> Iterator[Placed]:
    for one in found:
        yield replace(one, place=names.place(one.place))


@contextmanager
def _content(payload: Payload) -> Iterator[BinaryIO]:
    """Give the content of a payload as a file.

    Raises:
        RingfenceError: There is no such file, or it changes while it is read.
    """
    if isinstance(payload.content, bytes):
        yield io.BytesIO(payload.content)
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(payload.content.open("rb"))
        except OSError as error:
            raise RingfenceError(f"can't read the payload: {error.strerror}") from error
        before = _state(file)
        yield file
        if _state(file) != before:
            raise RingfenceError("the payload changed while it was read")


def _state(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _digest(file: BinaryIO) -> tuple[str, int]:
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return found, file.seek(0, io.SEEK_END)
