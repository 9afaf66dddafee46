"""What is held under which number, and what refers to it: questions to the tables."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import msgspec

from ringfence.docket.course import plain
from ringfence.docket.held import Held
from ringfence.docket.ladder import Ladder, ladder
from ringfence.docket.objects import (
    KINDS,
    LETTERS,
    NUMBER,
    Hearing,
    Object,
    Ref,
    Reviewer,
    Statement,
    kind_of,
)
from ringfence.errors import ConfigError, Locus

_LETTER = {kind: LETTERS[one] for kind, one in KINDS.items()}
_KIND = {letter: kind for kind, letter in _LETTER.items()}
_COLUMNS = "o.place, o.time, o.kind, o.ref, o.body"
_REMEMBERED = 64  # objects that are asked for again and again, such as a recording
_decoder = msgspec.msgpack.Decoder(Object)


class Kept:
    """The objects of a docket, as tables hold them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self._seen: OrderedDict[Ref, Held] = OrderedDict()

    def forget(self) -> None:
        """Forget what was asked for, since the tables are drawn anew."""
        self._seen.clear()

    def held(self, ref: Ref) -> Held | None:
        """Return an object with its place in the ledger; None if none may be there."""
        if ref in self._seen:
            self._seen.move_to_end(ref)
            return self._seen[ref]
        found = next(self._all("WHERE ref = ? AND refused IS NULL LIMIT 1", ref), None)
        if found:
            self._seen[ref] = found
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return found

    def get(self, ref: Ref) -> Object | None:
        """Return an object; None if there is none, or it was erased."""
        found = self.held(ref)
        return found.object if found else None

    def kind(self, ref: Ref) -> str | None:
        """Return the kind of an object, even of one that was erased."""
        found = self.held(ref)
        return found.kind if found else None

    def all(self, kind: str) -> Iterator[Held]:
        """Yield every object of a kind, in order; those that were erased without it."""
        where = "WHERE kind = ? AND refused IS NULL ORDER BY ordinal"
        yield from self._all(where, kind)

    def number(self, ref: Ref) -> str:
        """Return what people call an object: `S14`; of none, the ref shortened."""
        found = self.database.execute(
            "SELECT kind, ordinal FROM object WHERE ref = ? ORDER BY place LIMIT 1",
            (ref,),
        ).fetchone()
        return f"{_LETTER[found[0]]}{found[1]}" if found else ref[:12]

    def numbered(self, number: str, kind: str = "") -> Ref:
        """Return which object people call by a number.

        Args:
            number: `S14`, as people write it.
            kind: The kind that it must be of, if it matters.

        Raises:
            ConfigError: There is none, or it is of another kind.
        """
        fits = NUMBER.fullmatch(number.strip().upper())
        wanted = _LETTER.get(kind, "S")
        if fits is None or (kind and _KIND[fits[1]] != kind):
            what = f"no {kind}" if kind else "no number of an object"
            hint = f"write `{wanted}1`"
            raise ConfigError(f"`{number}` is {what}", Locus(number), hint)
        found = self.database.execute(
            "SELECT ref, refused FROM object WHERE kind = ? AND ordinal = ?",
            (_KIND[fits[1]], int(fits[2])),
        ).fetchone()
        if found is None or found[1] is not None:
            reason = "there is no such object" if found is None else found[1]
            hint = "`ringfence docket list` tells what is held"
            raise ConfigError(reason, Locus(number.strip().upper()), hint)
        return str(found[0])

    def ordinal(self, number: str, kind: str) -> int:
        """Return which of its kind people mean by a number, whether it is held or not.

        Raises:
            ConfigError: It is no number of that kind.
        """
        fits = NUMBER.fullmatch(number.strip().upper())
        if fits is None or _KIND[fits[1]] != kind:
            hint = f"write `{_LETTER[kind]}1`"
            raise ConfigError(f"`{number}` is no {kind}", Locus(number), hint)
        return int(fits[2])

    def reviewer(self, said: str) -> Ref:
        """Return the reviewer that a number or a name tells.

        Raises:
            ConfigError: There is none.
        """
        ref = self.named("reviewer", plain(said))
        if ref:
            return ref
        if NUMBER.fullmatch(said.strip().upper()):
            return self.numbered(said, "reviewer")
        names = [
            f"`{self.number(one.ref)}` {one.object.name}"
            for one in self.all("reviewer")
            if isinstance(one.object, Reviewer)
        ]
        hint = "`ringfence docket reviewer add` brings one in"
        if names:
            hint = "one of " + ", ".join(names[:12])
        raise ConfigError(f"there is no reviewer `{said}`", Locus("--by"), hint)

    def named(self, kind: str, spelt: str) -> Ref:
        """Return the reviewer or speaker of a name, as `plain` spells it, or empty."""
        return self._one(
            "SELECT ref FROM object NATURAL JOIN named WHERE kind = ? AND plain = ?",
            (kind, spelt),
        )

    def about(self, ref: Ref, kind: str = "", role: str = "") -> list[Held]:
        """Return what refers to an object, in order.

        Args:
            ref: The object.
            kind: What must refer to it; anything if empty.
            role: The field in which it must; any if empty.
        """
        where = (
            "JOIN (SELECT DISTINCT l.place FROM link l JOIN object t"
            " ON t.place = l.thing WHERE t.ref = ?1 AND t.refused IS NULL"
            " AND (?2 = '' OR l.kind = ?2) AND (?3 = '' OR l.role = ?3)) l"
            " ON l.place = o.place ORDER BY o.place"
        )
        return list(self._all(where, ref, kind, role))

    def hearings(self, statement: Ref) -> Sequence[tuple[Ref, Hearing]]:
        """Return the hearings of a statement, in order."""
        found = self.about(statement, "hearing", "statement")
        return [
            (one.ref, one.object) for one in found if isinstance(one.object, Hearing)
        ]

    def ladder(self, statement: Ref) -> Ladder:
        """Return where the quote of a statement stands.

        Raises:
            ConfigError: There is no such statement.
        """
        found = self.get(statement)
        if not isinstance(found, Statement):
            raise ConfigError("there is no such statement", Locus(statement[:12]))
        return ladder(found, self.hearings(statement))

    def first(self, statement: Ref) -> Ref:
        """Return the first statement of a chain of corrections."""
        found = self._one(
            "SELECT f.ref FROM object o JOIN statement s ON s.place = o.place"
            " JOIN object f ON f.place = s.chain WHERE o.ref = ?",
            (statement,),
        )
        return found or statement

    def head(self, statement: Ref) -> Ref:
        """Return the statement that stands for a chain of corrections."""
        found = self._one(
            "SELECT h.ref FROM object o JOIN statement s ON s.place = o.place"
            " JOIN statement t ON t.chain = s.chain AND t.stands"
            " JOIN object h ON h.place = t.place WHERE o.ref = ?",
            (statement,),
        )
        return found or statement

    def corrected_by(self, statement: Ref) -> Ref:
        """Return the statement that corrects another; empty if none does."""
        return next((one.ref for one in self.about(statement, role="corrects")), "")

    def superseded_by(self, assessment: Ref) -> Ref:
        """Return the assessment that replaces another; empty if none does."""
        return next((one.ref for one in self.about(assessment, role="supersedes")), "")

    def refused(self) -> list[tuple[str, str]]:
        """Return what the ledger holds and may not be there: its number, and why."""
        rows = self.database.execute(
            "SELECT kind, ordinal, refused FROM object WHERE refused IS NOT NULL"
            " ORDER BY place"
        )
        return [(f"{_LETTER[kind]}{number}", why) for kind, number, why in rows]

    def counts(self) -> dict[str, int]:
        """Return how many objects of each kind are held; `refused` are none of them."""
        rows = self.database.execute(
            "SELECT kind, count(*) FROM object WHERE refused IS NULL GROUP BY kind"
        )
        found = dict(rows.fetchall())
        return {kind: found.get(kind, 0) for kind in KINDS}

    def place(self, ref: Ref) -> int:
        """Return the place of the entry of an object that is held; -1 if none is."""
        found = self.held(ref)
        return found.index if found else -1

    def _all(self, where: str, *values: object) -> Iterator[Held]:
        question = f"SELECT {_COLUMNS} FROM object o {where}"  # noqa: S608
        return map(_held, self.database.execute(question, values))

    def _one(self, question: str, values: tuple[object, ...]) -> str:
        found = self.database.execute(question, values).fetchone()
        return str(found[0]) if found else ""


def _held(row: tuple[int, object, str, object, bytes | None]) -> Held:
    place, time, kind, ref, body = row
    try:
        one = _decoder.decode(body) if body else None
    except (msgspec.MsgspecError, UnicodeError, TypeError):
        raise sqlite3.DatabaseError(f"object {place} is none") from None
    is_its_kind = one is None or kind_of(one) == kind
    if not (isinstance(time, str) and isinstance(ref, str) and is_its_kind):
        raise sqlite3.DatabaseError(f"object {place} is another")
    return Held(place, time, kind, ref, one)
