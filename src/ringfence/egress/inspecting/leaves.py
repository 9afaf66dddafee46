"""Leaves of JSON documents, in bulk: texts, their pointers and their rows."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspection.report import Type
from ringfence.egress.inspection.sightings import Doubts, Seen
from ringfence.egress.opening.pointers import keys_of, leaves, type_of
from ringfence.egress.opening.tables import DOMAIN

KEYS = "*"
"""The column of keys that may be somebody's data."""

_DOMAIN = re.compile(DOMAIN)


class Leaves:
    """Leaves of some documents that can hold an identifier, in order.

    Attributes:
        names: Pointers, with their place among them.
        texts: The leaves as texts. `rows`, `column_of`: row and pointer of each.
        split: Leaves that may go on from the leaf before: a domain beside a name.
        columns: What the values at each pointer are, and how many aren't null.
    """

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.texts: list[str] = []
        self.rows: list[int] = []
        self.column_of: list[int] = []
        self.split: list[int] = []
        self.columns: dict[str, tuple[set[Type], int]] = {}

    def add(self, value: object, row: int, at: str = "") -> None:
        """Take in one document, or one place of a list.

        Raises:
            OverError: It is nested too deep.
        """
        before = False
        for pointer, leaf in leaves(value, at):
            before = self._leaf(pointer, leaf, row, before=before)
        for key in keys_of(value):
            self._text(KEYS, key, row)

    def _leaf(self, pointer: str, leaf: object, row: int, *, before: bool) -> bool:
        type_ = type_of(leaf)
        types, count = self.columns.get(pointer, (set(), 0))
        types.add(type_)
        self.columns[pointer] = types, count + (leaf is not None)
        if type_ not in {"text", "time", "integer", "number"}:
            return False
        text = leaf if isinstance(leaf, str) else str(leaf)
        domain = "." in text and _DOMAIN.match(text) is not None
        self._text(pointer, text, row)
        at = len(self.texts) - 1
        if at and self.rows[at - 1] == row and (domain or before):
            self.split.append(at)
        return domain

    def _text(self, pointer: str, text: str, row: int) -> None:
        self.texts.append(text)
        self.rows.append(row)
        self.column_of.append(self.names.setdefault(pointer, len(self.names)))

    def whole(self, value: object) -> None:
        """Take in a document; where it is a list, each of its places is a row."""
        if isinstance(value, list) and value:
            for row, one in enumerate(value, 1):
                self.add(one, row, "/*")
        else:
            self.add(value, 1)


class Raw(NamedTuple):
    """What was seen in the texts that leaves were read from.

    Attributes:
        seen: What was seen. `doubts`: what couldn't be decided.
        rows: Row of each text; None: they are lines of one document.
    """

    seen: Seen
    doubts: Doubts
    rows: NDArray[np.int64] | None

    def beyond(
        self, seen: Seen, doubts: Doubts, rows: NDArray[np.int64]
    ) -> tuple[Seen, Doubts, NDArray[np.int64]]:
        """Return what none of the leaves explains: a key, or one key twice.

        Args:
            seen: What was seen in the leaves.
            doubts: What couldn't be decided in them.
            rows: Row of each leaf.
        """
        own = self.rows
        if own is None:
            count = max([0, *self.seen.row.tolist(), *self.doubts.row.tolist()]) + 1
            own, rows = np.zeros(count, np.int64), np.zeros(len(rows), np.int64)
        known = set(zip(rows[seen.row].tolist(), seen.subject.tolist(), strict=True))
        ours = zip(own[self.seen.row].tolist(), self.seen.subject.tolist(), strict=True)
        left = np.array([one not in known for one in ours], np.bool_)
        doubted = set(zip(rows[doubts.row].tolist(), doubts.why.tolist(), strict=True))
        whys = zip(own[self.doubts.row].tolist(), self.doubts.why.tolist(), strict=True)
        odd = np.array([one not in doubted for one in whys], np.bool_)
        return (
            _some(self.seen, left),
            Doubts(self.doubts.row[odd], self.doubts.why[odd]),
            own,
        )


def _some(seen: Seen, which: NDArray[np.int64] | NDArray[np.bool_]) -> Seen:
    kind, written = seen.kind[which], seen.written[which]
    return Seen(seen.row[which], kind, written, seen.subject[which])


def spread(
    texts: pl.Series, once: pl.Series, seen: Seen, doubts: Doubts
) -> tuple[Seen, Doubts]:
    """Return what was seen in texts, given what was seen in each of them once."""
    hit = np.unique(np.concatenate([seen.row, doubts.row]))
    if not len(hit):
        return seen, doubts
    some = once.gather(pl.Series(hit, dtype=pl.UInt32))
    at = pl.DataFrame({"text": texts}).with_row_index("at")
    found = pl.DataFrame({"text": some, "hit": hit})
    where = at.join(found, on="text", how="inner").select("at", "hit")

    def placed(
        rows: NDArray[np.uint32],
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the place of every sighting, and which sighting it is."""
        frame = pl.DataFrame({"hit": rows}).with_row_index("n")
        joined = frame.join(where.cast({"hit": pl.UInt32}), on="hit", how="inner")
        joined = joined.sort("at", "n")
        return joined["at"].to_numpy(), joined["n"].cast(pl.Int64).to_numpy()

    row, which = placed(seen.row)
    seen = _some(seen, which)._replace(row=row)
    row, which = placed(doubts.row)
    return seen, Doubts(row, doubts.why[which])
