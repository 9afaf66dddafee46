"""A plan for one database: statements in order, what stays open, what gets slow."""

from __future__ import annotations

import hashlib
import re

import msgspec

from ringfence.errors import printable
from ringfence.gate.postgres.wanted import Finding

Names = tuple[str, ...]
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_ENDING = frozenset(
    {
        *("ABORT", "BEGIN", "COMMIT", "END", "PREPARE"),
        *("RELEASE", "ROLLBACK", "SAVEPOINT", "START"),
    }
)


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Statement(_Value, frozen=True):
    """A change of the database.

    Attributes:
        sql: The change; several commands are separated by semicolons.
        why: What it is for.
        closes: Pitfalls that it closes (`L11`).
        changes: Which reach it changes that nobody meant to take away; empty: none.
        inverse: The commands that undo it, in order.
    """

    sql: str
    why: str
    closes: Names = ()
    changes: str = ""
    inverse: Names = ()


class Slow(_Value, frozen=True):
    """An index that look-ups under row security don't use any more."""

    relation: str
    index: str
    why: str


class Plan(_Value, frozen=True):
    """What makes a database keep a boundary.

    Attributes:
        store: Name of the store in the estate.
        database: Name of the database.
        boundary: Digest of the boundary. `estate`: of the estate. `catalogue`: of the
            catalogue that the plan is made from.
        version: The server's version number.
        statements: The changes, in order.
        findings: What they don't close, each with what does.
        slow: Indexes that row security takes out of use.
        conceded: What exceptions change besides, as the plan was made: `apply` and
            `follow` work it out anew.
    """

    store: str
    database: str
    boundary: str
    estate: str
    catalogue: str
    version: int
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]
    slow: tuple[Slow, ...]
    conceded: tuple[Statement, ...] = ()


_encoder = msgspec.json.Encoder(order="sorted")


def canonical(plan: Plan) -> bytes:
    """Return the plan's canonical JSON."""
    return _encoder.encode(plan)


def digest(plan: Plan) -> str:
    """Return the SHA-256 of `canonical`, in hexadecimal."""
    return hashlib.sha256(canonical(plan)).hexdigest()


def ends_transaction(sql: str) -> bool:
    """Tell whether commands begin or end a transaction: no plan of ours does.

    What stands in quotes or in a comment is none of it; in doubt it is.
    """
    bare = _QUOTED.sub(" ", sql)
    words = (one.split() for one in bare.split(";"))
    return any(found and found[0].upper() in _ENDING for found in words)


def script(plan: Plan) -> str:
    """Return the plan as an SQL script: one transaction, to be read and to be run."""
    lines = [
        f"-- A plan for the database {_line(plan.database)}.",
        f"-- boundary {plan.boundary}",
        f"-- estate {plan.estate}",
        f"-- catalogue {plan.catalogue}",
        "BEGIN;",
        "SET LOCAL lock_timeout = '5s';",
        "SET LOCAL search_path = pg_catalog;",
    ]
    for one in plan.statements:
        closes = f" ({', '.join(one.closes)})" if one.closes else ""
        lines += ["", f"-- {_line(one.why)}{closes}"]
        if one.changes:
            lines.append(f"-- changes: {_line(one.changes)}")
        lines.append(f"{one.sql};")
    lines += ["", "COMMIT;"]
    for one in plan.conceded:
        lines += [f"-- as long as it is in force: {_line(one.why)}"]
        lines += [f"--   {_line(text)}" for text in f"{one.sql};".splitlines()]
    return "\n".join([*lines, ""])


def _line(text: str) -> str:
    """Return a text that can't end the comment that it stands in."""
    return printable(" ".join(text.split()))
