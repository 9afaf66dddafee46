"""The scan: texts to people, through every encoding that is looked through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from ringfence.egress.index.known import Known
from ringfence.egress.inspection import numbers
from ringfence.egress.inspection.decoding import APART, DECODERS, TRIGGER, Decoding
from ringfence.egress.inspection.glancing import NOTHING, Glance, Held
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
from ringfence.egress.inspection.unrolling import Unrolling, nested

TEXT = pl.col("text")


FEW = 128
"""Texts that are looked at one by one sooner than a scan is begun."""

SEVERAL = 512
"""Texts that are so if nothing in most of them has to be decoded."""

SMALL = 1 << 18
"""Bytes that they have at most, all together."""

LEAVES = 4096
"""Texts of which it is worth while to leave aside what is too short for anything."""


class Spotted(NamedTuple):
    """What a scan saw, and the candidates it saw it in.

    Attributes:
        seen: What was seen. `doubts`: what couldn't be decided.
        plain: Sightings in texts that hold nothing but candidates as they stand, and
            no doubt: columns of `SEEN`.
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
        self._first = f"{TRIGGER}|{self._decoding.first}|{GROUPED}"
        triggers = (TRIGGER, self._decoding.first, APART.trigger)
        self._glance = Glance(self._probe, triggers, self.limits)
        decoders = (*DECODERS, *self._decoding.rare, APART)
        self._unrolling = Unrolling(self._glance, decoders, self.limits)

    @property
    def probe(self) -> Probe:
        """What it asks the index by."""
        return self._probe

    @property
    def hides(self) -> str:
        """Pattern of texts in which something is encoded, or digits are in groups."""
        return self._first

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
        return gathered(self._rounds(frame, self._fired(frame)))

    def few(self, texts: pl.Series) -> tuple[Seen, Doubts]:
        """Return what `scan` does, of texts that are mostly few and small."""
        if len(texts) > LEAVES:
            return self.scan(texts)
        asked = [
            (row, text)
            for row, text in enumerate(texts.to_list())
            if text and not self._glance.is_nothing(text)
        ]
        if len(asked) > SEVERAL or sum(len(text) for _, text in asked) > SMALL:
            at = np.array([row for row, _ in asked], np.uint32)
            seen, doubts = self.scan(texts.gather(at))
            return seen._replace(row=at[seen.row]), doubts._replace(row=at[doubts.row])
        return self._one_by_one(texts, asked)

    def _one_by_one(
        self, texts: pl.Series, asked: list[tuple[int, str]]
    ) -> tuple[Seen, Doubts]:
        """Return what `scan` does of some texts, of which these may be something."""
        seen, doubts, left = [], [], []
        for row, text in asked:
            found = self._glance.look(text) or self._unrolling.look(text)
            if found is None:
                left.append(row)
                continue
            seen.append(found[0]._replace(row=found[0].row + np.uint32(row)))
            doubts.append(found[1]._replace(row=found[1].row + np.uint32(row)))
        if left:
            at = np.array(left, np.uint32)
            one, other = self.scan(texts.gather(left))
            seen.append(one._replace(row=at[one.row]))
            doubts.append(other._replace(row=at[other.row]))
        return Seen.joined(seen).by_row(), Doubts.joined(doubts).by_row()

    def spot(self, texts: pl.Series) -> Spotted:
        """Return who stands in texts, and as what where that is all there is to it."""
        frame = pl.DataFrame(
            {
                "row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True),
                "text": texts,
            }
        ).drop_nulls("text")
        fired = self._fired(frame)
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
        if self._glance.is_nothing(text):
            return NOTHING
        text = text.encode("utf-8", "replace").decode()  # half a pair is no sign
        found = self._glance.look(text)
        if found is None:
            found = self._unrolling.look(text)
        return found if found is not None else self.scan(pl.Series([text]))

    def held(self, text: str) -> Held | None:
        """Return whose candidates are, in a text that hides nothing; else None."""
        found = None if self._probe.is_short else self._glance.held(text)
        return None if found is None or found[1] else found[0]

    def _rounds(self, frame: pl.DataFrame, first: pl.DataFrame) -> list[Found]:
        """Return what stands in texts, and in what they become, round by round.

        Args:
            frame: Columns `row` and `text`.
            first: Those of them that may be encoded or grouped.
        """
        parts: list[Found] = []
        left = self._round(Written.PLAIN, frame, first, (0, parts))
        for depth in range(1, self.limits.depth + 1):
            made = []
            for written, frame_of in left:
                texts = self._unrolled(written, frame_of, depth, parts)
                if not texts.is_empty():
                    fired = self._fired(texts)
                    made += self._round(written, texts, fired, (depth, parts))
            left = made
        parts += [_doubts(texts["row"], Doubt.LIMIT) for _, texts in left]
        return parts

    def _fired(self, texts: pl.DataFrame) -> pl.DataFrame:
        """Return texts in which something is encoded, or digits stand in groups."""
        return texts.filter(TEXT.str.contains(self._first))

    def _unrolled(
        self, written: Written, texts: pl.DataFrame, depth: int, parts: list[Found]
    ) -> pl.DataFrame:
        """Look at few texts one by one, and return those that have more to them."""
        if len(texts) > FEW or _size(texts) > SMALL:
            return texts
        left = []
        for at, (row, text) in enumerate(texts.select("row", "text").iter_rows()):
            answer = self._unrolling.look(text, written, depth)
            if answer is None:
                left.append(at)
            elif len(answer[0].row) or len(answer[1].row):
                parts.append(_as_found(row, answer))
        return texts[left]

    def _round(
        self,
        written: Written,
        texts: pl.DataFrame,
        fired: pl.DataFrame,
        within: tuple[int, list[Found]],
    ) -> list[tuple[Written, pl.DataFrame]]:
        """Return what texts become, by writing.

        Args:
            written: How they were written.
            texts: Columns `row` and `text`.
            fired: Those of them that may be encoded or grouped.
            within: How many encodings they were within, and what was found so far; what
                is found in them joins it.
        """
        depth, parts = within
        found = self._probe.look(texts, written, fired)
        parts.append(found)
        if len(fired) <= FEW:
            fired = fired.filter([*map(self._glance.is_encoded, fired["text"])])
            fired = self._unrolled(written, fired, depth, parts)
        frames, doubts = self._decoding.decoded(texts, fired, found.hexed)
        for row, doubt in doubts:
            parts.append(_doubts(pl.Series([row], dtype=pl.UInt32), doubt))
        return [(nested(written, own), frame) for own, frame in frames.items()]


def _size(texts: pl.DataFrame) -> int:
    return int(texts["text"].str.len_bytes().sum())


def _as_found(row: int, answer: tuple[Seen, Doubts]) -> Found:
    """Return what was seen in a text that stands in a row."""
    seen, doubts = answer
    count = len(seen.row)
    return nothing()._replace(
        seen=pl.DataFrame(
            {
                "row": [row] * count,
                "raw": [None] * count,
                "kind": seen.kind,
                "written": seen.written,
                "subject": seen.subject,
            },
            schema=SEEN,
        ),
        doubts=pl.DataFrame(
            {"row": [row] * len(doubts.row), "why": doubts.why}, schema=DOUBTED
        ),
    )


def _doubts(rows: pl.Series, doubt: Doubt) -> Found:
    why = np.full(len(rows), WHY[doubt], np.uint8)
    doubts = pl.DataFrame({"row": rows, "why": why}, schema=DOUBTED)
    return nothing()._replace(doubts=doubts)
