"""Marks: how far a meter has counted for a ledger, so that a lost one is noticed.

A meter draws a name of its own when it is made, and a number for each release, which is
on the disk before the ledger's entry that names both. So the meter never knows of less
than the ledger does, wherever a process dies; one that does is an older copy, and one
of another name isn't the meter at all.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ringfence.errors import Locus, RingfenceError

SCHEMA = """
CREATE TABLE own (name TEXT NOT NULL);
CREATE TABLE ledger (origin TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID
"""
_REMEDY = (
    "restore the copy that was made last, or have the ledger say that those who were "
    "counted are forgotten: `ringfence egress accept-loss`"
)


class MeterError(RingfenceError):
    """The meter can't be read or written; nothing may leave uncounted."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a meter has counted.

    Attributes:
        meter: Digest of what tells the meter from every other, in hexadecimal.
        number: The release that it counted last.
    """

    meter: str
    number: int


def name(base: sqlite3.Connection) -> None:
    """Draw the name of a new meter."""
    base.execute("INSERT INTO own VALUES (?)", (secrets.token_hex(16),))


def missing(path: Path) -> MeterError:
    """Return the error of a meter that isn't there and should be."""
    return MeterError("isn't there, and the ledger names one", _at(path), _REMEDY)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a meter, while nobody else counts.

    Attributes:
        base: The meter's base, in a transaction.
        path: Its file.
    """

    base: sqlite3.Connection
    path: Path

    def of(self, origin: str) -> Mark:
        """Return how far it has counted for a ledger."""
        (own,) = self.base.execute("SELECT name FROM own").fetchone()
        asked = "SELECT number FROM ledger WHERE origin = ?"
        found = self.base.execute(asked, (origin,)).fetchone()
        digest = sha256(f"ringfence meter\n{own}\n".encode()).hexdigest()
        return Mark(digest, found[0] if found else 0)

    def check(self, origin: str, before: Mark | None) -> Mark:
        """Return how far it has counted; it has to be as far as the ledger says.

        Raises:
            MeterError: It isn't.
        """
        own = self.of(origin)
        if before is None:
            return own
        if own.meter != before.meter:
            message = "isn't the meter that the ledger names"
            raise MeterError(message, _at(self.path), _REMEDY)
        if own.number < before.number:
            message = (
                f"is an older copy: it has counted to {own.number:,}, "
                f"and the ledger says {before.number:,}"
            )
            raise MeterError(message, _at(self.path), _REMEDY)
        return own

    def next(self, origin: str, before: Mark | None) -> Mark:
        """Draw the number of what comes after all that was counted, and keep it."""
        own = self.of(origin)
        number = max(own.number, before.number if before else 0) + 1
        self.base.execute(
            "INSERT INTO ledger VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET number = excluded.number",
            (origin, number),
        )
        return Mark(own.meter, number)


def _at(path: Path) -> Locus:
    return Locus(str(path))
