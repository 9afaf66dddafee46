"""The scan: texts to people, through every encoding that is looked through."""

from __future__ import annotations

import numpy as np
import polars as pl

from ringfence.egress.index.known import Known
from ringfence.egress.inspection import numbers
from ringfence.egress.inspection.decoding import (
    TRIGGER,

    decoded,
)
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.probing import (
    DOUBTED,
    SEEN,
    WHY,
    Found,
    Probe,
    gathered,
)
from ringfence.egress.inspection.sightings import Doubt, Doubts, Seen, Written

TEXT = pl.col("text")


class Scanner:
    """Says whose identifiers stand in texts, however they are written."""

    def __init__(
        self, known: Known, limits: Limits | None = None, *, others: Known | None = None
    ) -> None:
        """Look for the people of an index.

        Args:
            known: The index of the protected.
            limits: How far to decode.
            others: An exact set of everybody else, where there is one: what looks like
                an account's number and is in neither is a doubt.
        """
        self.limits = limits or Limits()
        self._probe = Probe(known, others)
        self._more = numbers.decoders(known.shapes)
        self._trigger = "|".join(
            [TRIGGER, *(f"(?:{decoder.trigger})" for decoder in self._more)]
        )

    def scan(self, texts: pl.Series) -> tuple[Seen, Doubts]:
        """Return who stands in texts: lines of JSON, cells of a column, lines of chat.

        A null is an empty text.
        """
        frame = pl.DataFrame(
            {"row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True), "text": texts}
        ).drop_nulls("text")
        return gathered(self._rounds(frame))

    def scan_numbers(self, series: pl.Series) -> tuple[Seen, Doubts]:
        """Return who stands in a column of numbers; its name says what they are."""
        texts, rounded = numbers.texts(series, self._probe.shapes)
        parts = [self._probe.look(frame, written) for written, frame in texts]
        parts.append(_doubts(rounded, Doubt.ROUNDED))
        return gathered(parts)

    def scan_neighbours(self, left: pl.Series, right: pl.Series) -> tuple[Seen, Doubts]:
        """Return who stands in two neighbouring columns, half in each."""
        frame = numbers.neighbours(left, right)
        return gathered([self._probe.look(frame, Written.SPLIT)])

    def glance(self, text: str) -> tuple[Seen, Doubts]:
        """Return who stands in one small text."""
        return self.scan(pl.Series([text]))

    def _rounds(self, frame: pl.DataFrame) -> list[Found]:
        """Return what stands in texts, and in what they become, round by round."""
        parts = [self._probe.look(frame, Written.PLAIN)]
        left = [(Written.PLAIN, frame)]
        for depth in range(self.limits.depth + 1):
            left = [
                (written, texts)
                for written, every in left
                if not (texts := self._triggered(every)).is_empty()
            ]
            if depth == self.limits.depth:
                break
            left = [
                made
                for written, texts in left
                for made in self._decoded(written, texts, parts)
            ]
        for _, texts in left:
            parts.append(_doubts(texts["row"], Doubt.LIMIT))
        return parts

    def _triggered(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(TEXT.str.contains(self._trigger))

    def _decoded(
        self, written: Written, texts: pl.DataFrame, parts: list[Found]
    ) -> list[tuple[Written, pl.DataFrame]]:
        """Return what texts become, by writing; what is found there joins `parts`."""
        frames, doubts = decoded(texts, self.limits, self._more)
        for row, doubt in doubts:
            parts.append(_doubts(pl.Series([row], dtype=pl.UInt32), doubt))
        made = []
        for own, frame in frames.items():
            whole = own if written in (Written.PLAIN, own) else Written.NESTED
            parts.append(self._probe.look(frame, whole))
            made.append((whole, frame))
        return made


def _doubts(rows: pl.Series, doubt: Doubt) -> Found:
    why = np.full(len(rows), WHY[doubt], np.uint8)
    doubts = pl.DataFrame({"row": rows, "why": why}, schema=DOUBTED)
    return Found(pl.DataFrame(schema=SEEN), doubts)


