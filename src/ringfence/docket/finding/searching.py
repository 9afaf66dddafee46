"""Searching: everything that was said, heard, read or written down, best fit first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.listing import not_a_search
from ringfence.docket.finding.phrases import question, readable
from ringfence.docket.objects import Ref

MOST = 20
RANKED = 5_000
"""Stretches that are ranked; of more than that, the ones that were logged last."""
_AROUND = 16  # words of a snippet


class Found(NamedTuple):
    """A stretch of text that holds what was searched for.

    Attributes:
        ref: The object that it stands in; `number` is what people call it.
        field: The field of the object.
        snippet: Words of it; those that were searched for stand in `[ ]`.
        statement: The statement that it is about; empty if none.
        start: First sample of what is heard, `end` the one behind the last; else None.
    """

    ref: Ref
    number: str
    kind: str
    field: str
    snippet: str
    statement: str
    start: int | None
    end: int | None


def search(
    kept: Kept,
    text: str,
    *,
    kinds: Sequence[str] = (),
    limit: int = MOST,
    raw: bool = False,
) -> list[Found]:
    """Return where words are found, the best fit first.

    Of words that stand in more than `RANKED` places, those logged last are ranked.

    Args:
        kept: What is held.
        text: What to search for, as `phrases` says.
        kinds: Kinds of objects to search in; all if empty.
        limit: How many to return.
        raw: Whether `text` is in FTS5's own syntax.

    Raises:
        ConfigError: There is no word in it, or FTS5 doesn't read it.
    """
    asked = readable(text) if raw else question(text)
    marks = ", ".join("?" * len(kinds))
    only = f"AND t.kind IN ({marks})" if kinds else ""
    try:
        (first,) = kept.database.execute(
            "SELECT rowid FROM words WHERE words MATCH ?"
            " ORDER BY rowid DESC LIMIT 1 OFFSET ?",
            (asked, RANKED - 1),
        ).fetchone() or (0,)
        rows = kept.database.execute(
            "SELECT o.ref, t.kind, t.field, h.ref, t.start, t.ending,"  # noqa: S608
            f" snippet(words, 0, '[', ']', '…', {_AROUND})"
            " FROM words CROSS JOIN stretch t ON t.id = words.rowid"
            " CROSS JOIN object o ON o.place = t.place"
            " LEFT JOIN object h ON h.place = t.statement"
            f" WHERE words MATCH ? AND words.rowid >= ? {only}"
            " ORDER BY rank LIMIT ?",
            (asked, first, *kinds, limit),
        ).fetchall()
    except sqlite3.OperationalError as error:
        raise not_a_search(text, error) from None
    return [_found(kept, row) for row in rows]


def _found(
    kept: Kept, row: tuple[Ref, str, str, Ref | None, int | None, int | None, str]
) -> Found:
    ref, kind, field, statement, start, end, snippet = row
    about = kept.number(statement) if statement else ""
    return Found(ref, kept.number(ref), kind, field, snippet, about, start, end)
