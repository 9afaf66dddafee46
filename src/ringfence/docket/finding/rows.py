"""What an object is in the tables: its rows, what it refers to, and its texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from ringfence.docket.course import plain
from ringfence.docket.finding.kept import Kept
from ringfence.docket.held import Held
from ringfence.docket.ladder import ORDER, head
from ringfence.docket.objects import (
    RATE,
    Answer,
    Assessment,
    Handling,
    Hearing,
    Lead,
    Object,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
    Transcript,
    Word,
)

STRETCH = 30 * RATE
"""Samples of a transcript that are found together."""
_ROLES: dict[type[Object], tuple[str, ...]] = {
    Recording: ("hand",),
    Transcript: ("recording",),
    Statement: ("recording", "transcript", "speaker", "corrects", "denies"),
    Hearing: ("statement", "by"),
    Assessment: ("statement", "sentence", "by", "supersedes"),
    Lead: ("statement", "by"),
    Answer: ("lead",),
    Handling: ("thing", "by"),
}
_TEXTS: dict[type[Object], tuple[str, ...]] = {
    Statement: ("quote", "translation", "passage"),
    Hearing: ("text",),
    Sentence: ("says", "hints"),
    Assessment: ("rationale",),
    Lead: ("asks",),
}


class Stretch(NamedTuple):
    """A text that is found: the field it stands in, and from when to when it is said.

    Attributes:
        start: First sample; None of what isn't heard. `end`: the one behind the last.
    """

    field: str
    text: str
    start: int | None = None
    end: int | None = None


def bring(kept: Kept, one: Held, ordinal: int, refused: str | None) -> None:
    """Write the rows of an object.

    Args:
        kept: The tables.
        one: The object, None of what was erased.
        ordinal: Which of its kind it is in the ledger.
        refused: Why it may not be there, if it may not.
    """
    is_told = refused is None and one.object is not None
    body = msgspec.msgpack.encode(one.object) if is_told else None
    kept.database.execute(
        "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?)",
        (one.index, one.ref, one.kind, ordinal, one.time, body, refused),
    )
    if not is_told or one.object is None:
        return
    for role, ref in _links(one.object):
        kept.database.execute(
            "INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?)",
            (kept.place(ref), one.kind, role, one.index),
        )
    for stretch in texts(one.object):
        _say(kept, one, stretch)
    fold = _FOLDS.get(type(one.object))
    if fold is not None:
        fold(kept, one, ordinal)


def texts(one: Object) -> Iterator[Stretch]:
    """Yield the texts of an object by which it is found."""
    if isinstance(one, Transcript):
        yield from _stretches(one.words)
    span = one.span if isinstance(one, Statement) else None
    for field in _TEXTS.get(type(one), ()):
        text = getattr(one, field)
        if text.strip():
            ends = (span.start, span.end) if span else (None, None)
            yield Stretch(field, text, *ends)


def _stretches(words: tuple[Word, ...]) -> Iterator[Stretch]:
    part: list[Word] = []
    for word in words:
        if part and word.end - part[0].start > STRETCH:
            yield _stretch(part)
            part = []
        part.append(word)
    if part:
        yield _stretch(part)


def _stretch(words: list[Word]) -> Stretch:
    text = " ".join(word.text.strip() for word in words)
    return Stretch("words", text, words[0].start, max(word.end for word in words))


def _links(one: Object) -> Iterator[tuple[str, Ref]]:
    for role in _ROLES.get(type(one), ()):
        if ref := getattr(one, role):
            yield role, ref
    if isinstance(one, Recording):
        yield "received", one.received.by
    if isinstance(one, Transcript) and one.origin.reviewer:
        yield "reviewer", one.origin.reviewer


def _say(kept: Kept, one: Held, said: Stretch) -> None:
    about = getattr(one.object, "statement", None)
    statement = kept.place(about) if about else None
    if isinstance(one.object, Statement):
        statement = one.index
    found = kept.database.execute(
        "INSERT INTO stretch (place, kind, field, statement, start, ending)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (one.index, one.kind, said.field, statement, said.start, said.end),
    )
    kept.database.execute(
        "INSERT INTO words (rowid, body) VALUES (?, ?)", (found.lastrowid, said.text)
    )


# --- what each kind is besides --------------------------------------------------------


def _name(kept: Kept, one: Held, _: int) -> None:
    named = one.object
    if isinstance(named, Reviewer | Speaker):
        kept.database.execute(
            "INSERT INTO named VALUES (?, ?, ?)",
            (one.kind, plain(named.name), one.index),
        )


def _state(kept: Kept, one: Held, ordinal: int) -> None:
    said = one.object
    if not isinstance(said, Statement):
        return
    first, last = met_between(said)
    chain = one.index
    if said.corrects:
        (chain,) = kept.database.execute(
            "SELECT chain FROM statement WHERE place = ?", (kept.place(said.corrects),)
        ).fetchone() or (chain,)
    values = (
        one.index,
        ordinal,
        kept.place(said.recording),
        kept.place(said.speaker) if said.speaker else None,
        str(said.first_hand),
        str(said.hedged),
        first,
        last,
        0,
        chain,
        1,
    )
    marks = ", ".join("?" * len(values))
    kept.database.execute(f"INSERT INTO statement VALUES ({marks})", values)  # noqa: S608
    if said.corrects:
        _settle(kept, chain)


def met_between(one: Statement) -> tuple[str, str]:
    """Return the first and the last day on which a meeting may have been."""
    if one.met_day:
        return one.met_day, one.met_day
    if one.met_month:
        return f"{one.met_month}-01", f"{one.met_month}-31"
    return (
        (f"{one.met_year}-01-01", f"{one.met_year}-12-31")
        if one.met_year
        else ("",) * 2
    )


def _hear(kept: Kept, one: Held, _: int) -> None:
    if not isinstance(one.object, Hearing):
        return
    statement = one.object.statement
    if kept.get(statement) is None:
        return  # erased
    rung = ORDER.index(kept.ladder(statement).rung)
    kept.database.execute(
        "UPDATE statement SET rung = ? WHERE place = ?", (rung, kept.place(statement))
    )
    (chain,) = kept.database.execute(
        "SELECT chain FROM statement WHERE place = ?", (kept.place(statement),)
    ).fetchone()
    _settle(kept, chain)


def _settle(kept: Kept, chain: int) -> None:
    """Say which statement of a chain of corrections stands for all of them."""
    rows = kept.database.execute(
        "SELECT place, rung FROM statement WHERE chain = ? ORDER BY place", (chain,)
    ).fetchall()
    if len(rows) > 1:
        last = head((str(place), rung > 0) for place, rung in rows)
        kept.database.execute(
            "UPDATE statement SET stands = (place = ?) WHERE chain = ?",
            (int(last), chain),
        )


def _assess(kept: Kept, one: Held, _: int) -> None:
    told = one.object
    if not isinstance(told, Assessment):
        return
    place = kept.place(told.statement)
    (chain,) = kept.database.execute(
        "SELECT chain FROM statement WHERE place = ?", (place,)
    ).fetchone() or (place,)
    kept.database.execute(
        "INSERT INTO assessment VALUES (?, ?, ?, ?, ?, 1)",
        (
            one.index,
            chain,
            kept.place(told.sentence),
            str(told.stance),
            told.dismissal is not None,
        ),
    )
    if told.supersedes:
        kept.database.execute(
            "UPDATE assessment SET stands = 0 WHERE place = ?",
            (kept.place(told.supersedes),),
        )


_FOLDS: dict[type[Object], Callable[[Kept, Held, int], None]] = {
    Reviewer: _name,
    Speaker: _name,
    Statement: _state,
    Hearing: _hear,
    Assessment: _assess,
}
