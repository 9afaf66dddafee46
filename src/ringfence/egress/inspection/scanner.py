"""The scan: texts to people, through every encoding that is looked through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from ringfence.egress.index.known import Known
from ringfence.egress.inspection import numbers
from ringfence.egress.inspection.decoding import TRIGGER, Decoding
from ringfence.egress.inspection.glancing import Glance
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.patterns import GROUPED
from ringfence.egress.inspection.probing import (
    DOUBTED,
    SEEN,
    WHY,
    Found,
    Probe,
    gathered,
    nothing,
)
from ringfence.egress.inspection.sightings import Doubt, Doubts, Seen, Written

TEXT = pl.col("text")
FIRST = f"{TRIGGER}|{GROUPED}"


class Spotted(NamedTuple):
    """What a scan saw, and the candidates it saw it in.

    Attributes:
        seen: What was seen. `doubts`: what couldn't be decided.
        plain: Sightings in texts that hold nothing but candidates as they stand, and
            no doubt: columns `row`, `raw` (the candidate), `kind`, `written`, `subject`.
    """

    seen: Seen
    doubts: Doubts
    plain: pl.DataFrame


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
        self._decoding = Decoding(self.limits, numbers.decoders(known.shapes))
        apart = [decoder.trigger for decoder in self._decoding.apart]
        self._glance = Glance(self._probe, (TRIGGER, *apart), self.limits)

    def scan(self, texts: pl.Series) -> tuple[Seen, Doubts]:
        """Return who stands in texts: lines of JSON, cells of a column, lines of chat.

        A null is an empty text.
        """
        frame = pl.DataFrame(
            {
                "row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True),
                "text": texts,
            }
        ).drop_nulls("text")
        return gathered(self._rounds(frame))

    def spot(self, texts: pl.Series) -> Spotted:
        """Return who stands in texts, and as what where that is all there is to it."""
        frame = pl.DataFrame(
            {
                "row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True),
                "text": texts,
            }
        ).drop_nulls("text")
        fired = _fired(frame)
        parts = self._rounds(frame, fired)
        seen, doubts = gathered(parts)
        if not self._glance.is_able or self._probe.is_short:
            return Spotted(seen, doubts, pl.DataFrame(schema=SEEN))
        rest = [part.seen["row"] for part in parts[1:]]
        odd = pl.concat([fired["row"], pl.Series(doubts.row, dtype=pl.UInt32), *rest])
        plain = parts[0].seen.filter(~pl.col("row").is_in(odd.unique().implode()))
        return Spotted(seen, doubts, plain)

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
        text = text.encode("utf-8", "replace").decode()  # half a pair is no sign
        found = self._glance.look(text)
        return found if found is not None else self.scan(pl.Series([text]))

    def _rounds(
        self, frame: pl.DataFrame, fired: pl.DataFrame | None = None
    ) -> list[Found]:
        """Return what stands in texts, and in what they become, round by round.

        Args:
            frame: Columns `row` and `text`.
            fired: Those of them that `FIRST` is found in, if that is known.
        """
        parts: list[Found] = []
        left = [(Written.PLAIN, frame)]
        for depth in range(self.limits.depth + 1):
            made = [
                one
                for written, texts in left
                for one in self._round(written, texts, parts, fired)
            ]
            fired = None
            if depth == self.limits.depth:
                parts += [_doubts(texts["row"], Doubt.LIMIT) for _, texts in made]
            left = made
        return parts

    def _round(
        self,
        written: Written,
        texts: pl.DataFrame,
        parts: list[Found],
        fired: pl.DataFrame | None,
    ) -> list[tuple[Written, pl.DataFrame]]:
        """Return what texts become, by writing; what is found in them joins `parts`."""
        fired = _fired(texts) if fired is None else fired
        found = self._probe.look(texts, written, fired)
        frames, doubts = self._decoding.decoded(texts, fired, found.hexed)
        parts.append(found)
        for row, doubt in doubts:
            parts.append(_doubts(pl.Series([row], dtype=pl.UInt32), doubt))
        return [
            (own if written in (Written.PLAIN, own) else Written.NESTED, frame)
            for own, frame in frames.items()
        ]


def _fired(texts: pl.DataFrame) -> pl.DataFrame:
    return texts.filter(TEXT.str.contains(FIRST))


def _doubts(rows: pl.Series, doubt: Doubt) -> Found:
    why = np.full(len(rows), WHY[doubt], np.uint8)
    doubts = pl.DataFrame({"row": rows, "why": why}, schema=DOUBTED)
    return nothing()._replace(doubts=doubts)
