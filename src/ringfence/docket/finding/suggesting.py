"""Suggesting: which public sentences a statement may bear on, by the words they share.

How it bears on one is never suggested: words that support and words that contradict
look alike. What is suggested is that somebody reads the two beside one another.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.phrases import any_of
from ringfence.docket.objects import Ref, Sentence, Statement
from ringfence.errors import ConfigError, Locus

TOP = 3
_NEIGHBOURS = 50  # statements linked to a sentence that speak for it, at most
_WEIGHTS = (1.0, 1.0, 1.0)  # of the sentence, its hints, its neighbours
_FIELDS = ("sentence", "hints", "neighbours")
# Words of English that any two sentences share; of other languages none are left out.
_EMPTY = """
a about all also am an and are as at be been but by can could did do does for from had
has have he her here him his how i if in into is it its me my no nor not of on or our
out own she so some such than that the their them then there these they this those to
too up was we were what when where which who will with would you your
"""
_SMALL = frozenset(_EMPTY.split())
_MARKED = re.compile("\x02([^\x03]*)\x03")


class Candidate(NamedTuple):
    """A sentence, and by which words it is known.

    Attributes:
        linked: What statements say that somebody has linked to it.
    """

    ref: Ref
    says: str
    hints: str
    linked: tuple[str, ...] = ()


class Suggestion(NamedTuple):
    """A sentence that a statement may bear on, and why.

    Attributes:
        shared: Words that they share, by where those stand: `sentence`, `hints`,
            `neighbours`.
    """

    ref: Ref
    shared: dict[str, tuple[str, ...]]


def suggested(
    text: str, candidates: Sequence[Candidate], *, top: int = TOP
) -> list[Suggestion]:
    """Return the sentences that share most with a text, the first one first."""
    asked = any_of(text, but=_SMALL)
    if not asked:
        return []
    database = sqlite3.connect(":memory:")
    try:
        database.execute(
            "CREATE VIRTUAL TABLE beside USING fts5 (says, hints, linked,"
            " tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        database.executemany(
            "INSERT INTO beside (rowid, says, hints, linked) VALUES (?, ?, ?, ?)",
            (
                (at, one.says, one.hints, "\n".join(one.linked))
                for at, one in enumerate(candidates)
            ),
        )
        marked = ", ".join(
            f"highlight(beside, {at}, char(2), char(3))" for at in range(len(_FIELDS))
        )
        rows = database.execute(
            f"SELECT rowid, {marked} FROM beside WHERE beside MATCH ?"  # noqa: S608
            f" ORDER BY bm25(beside, {', '.join(map(str, _WEIGHTS))}), rowid LIMIT ?",
            (asked, top),
        ).fetchall()
    finally:
        database.close()
    return [Suggestion(candidates[row[0]].ref, _shared(row[1:])) for row in rows]


def suggestions(kept: Kept, statement: Ref, *, top: int = TOP) -> list[Suggestion]:
    """Return the sentences that a statement may bear on.

    Raises:
        ConfigError: There is no such statement.
    """
    one = kept.get(statement)
    if not isinstance(one, Statement):
        raise ConfigError("there is no such statement", Locus(statement[:12]))
    sentences = [
        Candidate(
            held.ref,
            held.object.says,
            held.object.hints,
            _linked(kept, held.ref, statement),
        )
        for held in kept.all("sentence")
        if isinstance(held.object, Sentence)
    ]
    text = f"{kept.ladder(statement).quote} {one.translation}"
    return suggested(text, sentences, top=top)


def _linked(kept: Kept, sentence: Ref, but: Ref) -> tuple[str, ...]:
    """Return what other statements say that bear on a sentence, the latest first."""
    rows = kept.database.execute(
        "SELECT h.ref FROM assessment a JOIN statement s ON s.chain = a.chain"
        " JOIN object h ON h.place = s.place WHERE a.sentence = ? AND a.stands"
        " AND s.stands AND a.stance != 'unrelated' AND a.chain != ?"
        " GROUP BY s.place ORDER BY s.place DESC LIMIT ?",
        (kept.place(sentence), kept.place(kept.first(but)), _NEIGHBOURS),
    )
    return tuple(kept.ladder(ref).quote for (ref,) in rows.fetchall())


def _shared(texts: Sequence[str | None]) -> dict[str, tuple[str, ...]]:
    found = {
        field: tuple(sorted({one.casefold() for one in _MARKED.findall(text or "")}))
        for field, text in zip(_FIELDS, texts, strict=True)
    }
    return {field: words for field, words in found.items() if words}
