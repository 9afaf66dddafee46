"""Listing statements: by what they are, who says them, and what is made of them.

A page begins behind the statement that the one before it ended with, so that no page
costs more than the first.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import groupby

from ringfence.docket.finding.kept import Kept
from ringfence.docket.held import Held
from ringfence.docket.ladder import ORDER, Ladder
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Recording,
    Ref,
    Speaker,
    Statement,
)
from ringfence.docket.standing import Said, Standing
from ringfence.docket.words import Known, Rung, Stance
from ringfence.errors import ConfigError, Locus

PAGE = 50
_HOLDS = """s.place IN (SELECT statement FROM stretch
    JOIN words ON words.rowid = stretch.id WHERE words MATCH :text)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which statements to list; what is empty filters nothing.

    Attributes:
        recording: The recording that holds them; `speaker`: who says them.
        rung: How far the quote has come.
        stance: What somebody makes of them, undismissed and unreplaced.
        sentence: Beside which sentence.
        since: The meeting may have been on this day or later; `until`: or earlier.
        text: Words that they hold, as `phrases.question` says it.
        corrected: Whether to list those too that a correction has replaced.
    """

    recording: Ref = ""
    speaker: Ref = ""
    rung: Rung | None = None
    stance: Stance | None = None
    sentence: Ref = ""
    since: str = ""
    until: str = ""
    first_hand: Known | None = None
    hedged: Known | None = None
    text: str = ""
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A statement of a list.

    Attributes:
        stands: Whether no correction has replaced it.
    """

    held: Held
    statement: Statement
    number: str
    ladder: Ladder
    stands: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some statements of a list.

    Attributes:
        rows: The statements.
        total: How many the whole list has.
        after: What the next page begins behind; 0 if this is the last one.
    """

    rows: tuple[Row, ...]
    total: int
    after: int


def statements(
    kept: Kept, filters: Filters, *, after: int = 0, limit: int = PAGE
) -> Page:
    """Return a page of the statements that filters let through, in order.

    Raises:
        ConfigError: `text` isn't a search.
    """
    where, values = _conditions(kept, filters)
    try:
        (total,) = kept.database.execute(
            f"SELECT count(*) FROM statement s WHERE {where}",  # noqa: S608
            values,
        ).fetchone()
        found = kept.database.execute(
            "SELECT s.ordinal, o.ref, s.stands FROM statement s"  # noqa: S608
            f" JOIN object o ON o.place = s.place WHERE {where}"
            " AND s.ordinal > :after ORDER BY s.ordinal LIMIT :limit",
            {**values, "after": after, "limit": limit + 1},
        ).fetchall()
    except sqlite3.OperationalError as error:
        raise not_a_search(filters.text, error) from None
    rows = tuple(_row(kept, one) for one in found[:limit])
    return Page(rows, total, found[limit - 1][0] if len(found) > limit else 0)


def not_a_search(text: str, error: sqlite3.Error) -> ConfigError:
    """Return the error of a search in FTS5's own syntax that FTS5 doesn't read."""
    reason = str(error).removeprefix("fts5: ")
    hint = "leave out `--raw` to search for words as they stand"
    return ConfigError(f"`{text}` is no search: {reason}", Locus("--raw"), hint)


def _row(kept: Kept, found: tuple[int, Ref, int]) -> Row:
    ordinal, ref, stands = found
    held = kept.held(ref)
    if held is None or not isinstance(held.object, Statement):
        raise sqlite3.DatabaseError(f"S{ordinal} is no statement")
    return Row(held, held.object, f"S{ordinal}", kept.ladder(ref), bool(stands))


def _conditions(kept: Kept, filters: Filters) -> tuple[str, dict[str, object]]:
    plain: dict[str, tuple[str, object]] = {
        "recording": ("s.recording = :recording", _place(kept, filters.recording)),
        "speaker": ("s.speaker = :speaker", _place(kept, filters.speaker)),
        "rung": ("s.rung = :rung", filters.rung and ORDER.index(filters.rung)),
        "since": ("s.met_last >= :since", filters.since or None),
        "until": (
            "s.met_first <= :until AND s.met_first != ''",
            filters.until or None,
        ),
        "first_hand": ("s.first_hand = :first_hand", filters.first_hand),
        "hedged": ("s.hedged = :hedged", filters.hedged),
        "text": (_HOLDS, filters.text or None),
    }
    used = {name: one for name, one in plain.items() if one[1] is not None}
    where = [
        "TRUE" if filters.corrected else "s.stands",
        *(q for q, _ in used.values()),
    ]
    values: dict[str, object] = {
        name: str(value) if not isinstance(value, int) else value
        for name, (_, value) in used.items()
    }
    if filters.stance or filters.sentence:
        where.append(
            "s.chain IN (SELECT chain FROM assessment a WHERE a.stands"
            " AND (:stance = '' OR (a.stance = :stance AND NOT a.dismissed))"
            " AND (:sentence = -1 OR a.sentence = :sentence))"
        )
        values["stance"] = str(filters.stance or "")
        found = _place(kept, filters.sentence)
        values["sentence"] = -1 if found is None else found
    return " AND ".join(where), values


def _place(kept: Kept, ref: Ref) -> int | None:
    return kept.place(ref) if ref else None


# --- what stands beside a sentence ----------------------------------------------------


def standing(
    kept: Kept, *, sentence: Ref = "", statement: Ref = ""
) -> tuple[Standing, ...]:
    """Return what reviewers make of statements beside sentences, as it stands.

    Args:
        kept: What is held.
        sentence: Of this sentence alone.
        statement: Of this statement alone, or the one that corrects it.
    """
    rows = kept.database.execute(
        "SELECT h.ref, c.ref, o.ref FROM assessment a"
        " JOIN object o ON o.place = a.place JOIN object c ON c.place = a.sentence"
        " JOIN statement s ON s.chain = a.chain AND s.stands"
        " JOIN object h ON h.place = s.place WHERE a.stands"
        " AND (:sentence = '' OR a.sentence = :sentence)"
        " AND (:statement = '' OR a.chain = :statement)"
        " ORDER BY s.ordinal, a.sentence, a.place",
        {
            "sentence": kept.place(sentence) if sentence else "",
            "statement": kept.place(kept.first(statement)) if statement else "",
        },
    ).fetchall()
    found = []
    for (head, beside), told in groupby(rows, lambda row: row[:2]):
        pairs = tuple((ref, kept.get(ref)) for _, _, ref in told)
        known = tuple((ref, one) for ref, one in pairs if isinstance(one, Assessment))
        found.append(Standing(head, beside, kept.ladder(head), known))
    return tuple(found)


def said(kept: Kept, ref: Ref) -> Said:
    """Return a statement with what it refers to.

    Raises:
        ConfigError: There is no such statement.
    """
    one = kept.get(ref)
    if not isinstance(one, Statement):
        raise ConfigError("there is no such statement", Locus(ref[:12]))
    recording, speaker = kept.get(one.recording), kept.get(one.speaker)
    held = recording if isinstance(recording, Recording) else None
    hand = kept.get(held.hand) if held else None
    return Said(
        one,
        held,
        hand if isinstance(hand, Hand) else None,
        speaker if isinstance(speaker, Speaker) else None,
    )
