"""The database outside: rows that were let go, and how far it has come.

How far is a row of the database itself, and changes in the transaction that brings the
rows: whatever is killed, each transaction is there once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from ringfence.egress.relay.faults import RelayError, told
from ringfence.egress.relay.inside import WORDS, Snapshot
from ringfence.egress.relay.lsn import lsn_of, written
from ringfence.egress.relay.pgoutput import Relation, Row
from ringfence.egress.relay.transactions import Changed, Truncated
from ringfence.errors import Locus

AT = Locus("outside")
_SECONDS = 30
_OWN = (
    """
CREATE TABLE IF NOT EXISTS ringfence_relay.applied (
    slot text PRIMARY KEY,
    inside text NOT NULL,
    lsn pg_lsn NOT NULL,
    copied text NOT NULL,
    copied_until pg_lsn NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS ringfence_relay.left_out (
    slot text NOT NULL,
    lsn pg_lsn NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (slot, lsn)
)
""",
)
_STATE = """
SELECT inside, lsn, copied, copied_until FROM ringfence_relay.applied WHERE slot = %s
"""
_BEGIN = """
INSERT INTO ringfence_relay.applied (slot, inside, lsn, copied, copied_until)
VALUES (%s, %s, %s, %s, %s)
"""
_MARK = """
UPDATE ringfence_relay.applied SET lsn = %s WHERE slot = %s AND lsn = %s
"""
_LEFT_OUT = """
INSERT INTO ringfence_relay.left_out (slot, lsn, why) VALUES (%s, %s, %s)
"""
_OUT = "SELECT lsn FROM ringfence_relay.left_out WHERE slot = %s"
_TABLE = """
SELECT c.oid, c.relkind IN ('r', 'p') FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
"""
_COLUMNS = """
SELECT a.attname, t.typcategory = 'S' OR t.typname = 'citext', a.attnotnull,
    a.attidentity = 'a' OR a.attgenerated <> '',
    coalesce(a.attnum = ANY(i.indkey), false)
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A column outside.

    Attributes:
        name: Its name.
        is_text: Whether it takes any text.
        is_needed: Whether it has to have a value.
        is_made: Whether the server makes its values, and takes none.
        is_key: Whether it is part of the primary key.
    """

    name: str
    is_text: bool
    is_needed: bool
    is_made: bool
    is_key: bool


@dataclass(frozen=True, slots=True)
class State:
    """How far the database has come.

    Attributes:
        inside: What it follows.
        lsn: Up to where.
        copied: What the copy saw; empty: nothing was copied.
    """

    inside: str
    lsn: int
    copied: Snapshot


@dataclass(slots=True)
class Outside:
    """A database that follows.

    Attributes:
        dsn: How it is reached; no message quotes that.
        slot: Name of the slot inside.
    """

    dsn: str = field(repr=False)
    slot: str
    _base: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, repr=False)
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def open(self) -> None:
        """Connect, and make the relay's own tables if they aren't there.

        Raises:
            RelayError: There is no such database, or it doesn't let us in.
        """
        with told("outside"):
            self._base = psycopg.connect(
                self.dsn,
                application_name="ringfence egress relay",
                client_encoding="UTF8",
                connect_timeout=_SECONDS,
            )
            for words in (
                *WORDS,
                "SET synchronous_commit = on",  # what is confirmed inside stays here
                "SET client_min_messages = warning",
                *_OWN,
            ):
                self._base.execute(words)
            self._base.commit()

    def close(self) -> None:
        """Let go of the connection; what wasn't committed isn't there."""
        if self._base is not None:
            with suppress(psycopg.Error):
                self._base.close()
            self._base = None

    @property
    def _there(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._base is None:
            raise RelayError("isn't connected", AT)
        return self._base

    def state(self) -> State | None:
        """Return how far it has come; None: nothing ever came."""
        with told("outside"):
            row = self._there.execute(_STATE, [self.slot]).fetchone()
            self._there.commit()
        if row is None:
            return None
        inside, lsn, seen, until = row
        return State(inside, _number(lsn), Snapshot(seen, _number(until)))

    def columns(self, schema: str, name: str) -> list[Target] | None:
        """Return the columns of a table; None: there is no such table."""
        with told("outside"):
            found = self._there.execute(_TABLE, [schema, name]).fetchone()
            if found is None or not found[1]:
                return None
            rows = self._there.execute(_COLUMNS, [found[0]]).fetchall()
            self._there.commit()
        columns = [Target(*row) for row in rows]
        keys = tuple(one.name for one in columns if one.is_key)
        self._keys[f"{schema}.{name}"] = keys
        return columns

    def is_empty(self, schema: str, name: str) -> bool:
        """Whether a table has no row."""
        query = sql.SQL("SELECT NOT EXISTS (SELECT FROM {})")
        with told("outside"):
            made = query.format(sql.Identifier(schema, name))
            found = self._there.execute(made).fetchall()[0][0]
            self._there.commit()
        return bool(found)

    def begin(self, state: State) -> None:
        """Write from where it follows."""
        copied = state.copied
        values = [written(state.lsn), copied.seen, written(copied.until)]
        with told("outside"):
            self._there.execute(_BEGIN, [self.slot, state.inside, *values])

    def write(self, change: Changed | Truncated) -> None:
        """Have a table change as one inside did.

        Raises:
            RelayError: It can't: the tables have come apart.
        """
        with told("outside"):
            if isinstance(change, Truncated):
                self._truncate(change)
            elif change.kind == "insert" and change.new is not None:
                self._insert(change.relation, change.new)
            elif change.kind == "update" and change.new is not None:
                self._update(change.relation, change.old, change.new)
            elif change.old is not None:
                self._delete(change.relation, change.old)

    def mark(self, old: int, new: int) -> None:
        """Write how far it has come.

        Raises:
            RelayError: Somebody else did: another relay is at work.
        """
        with told("outside"):
            found = self._there.execute(_MARK, [written(new), self.slot, written(old)])
        if found.rowcount != 1:
            raise RelayError("another relay is at work", AT, "end it first")

    def leave_out(self, lsn: int, why: str) -> None:
        """Write that a transaction isn't here, and why."""
        with told("outside"):
            self._there.execute(_LEFT_OUT, [self.slot, written(lsn), why])

    def left_out(self) -> set[int]:
        """Return which transactions were left out."""
        with told("outside"):
            rows = self._there.execute(_OUT, [self.slot]).fetchall()
            self._there.commit()
        return {_number(row[0]) for row in rows}

    def commit(self) -> None:
        """Have everything since the last commit be there, at once."""
        with told("outside"):
            self._there.commit()

    def undo(self) -> None:
        """Have nothing since the last commit be there."""
        with suppress(psycopg.Error):
            self._there.rollback()

    def _truncate(self, change: Truncated) -> None:
        names = [sql.Identifier(one.schema, one.name) for one in change.relations]
        restarts = sql.SQL(" RESTART IDENTITY" if change.restarts else "")
        query = sql.SQL("TRUNCATE {}{}").format(sql.SQL(", ").join(names), restarts)
        self._there.execute(query)

    def _insert(self, relation: Relation, row: Row) -> None:
        """Put a row in the place of the one with its key, where one was left behind."""
        keys = self._keys.get(relation.table, ())
        names = [sql.Identifier(name) for name in row]
        sets = [
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name))
            for name in row
            if name not in keys
        ]
        instead = sql.SQL("DO UPDATE SET {}").format(sql.SQL(", ").join(sets))
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) {}").format(
            sql.Identifier(relation.schema, relation.name),
            sql.SQL(", ").join(names),
            sql.SQL(", ").join(sql.Placeholder() for _ in names),
            sql.SQL(", ").join(map(sql.Identifier, keys)),
            instead if sets else sql.SQL("DO NOTHING"),
        )
        self._there.execute(query, [*row.values()])

    def _update(self, relation: Relation, old: Row | None, new: Row) -> None:
        where, values = self._where(relation, old or new)
        sets = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in new]
        query = sql.SQL("UPDATE {} SET {} WHERE {}").format(
            sql.Identifier(relation.schema, relation.name),
            sql.SQL(", ").join(sets),
            where,
        )
        found = self._there.execute(query, [*new.values(), *values])
        if found.rowcount:
            return
        if len(new) < len(relation.columns):
            message = f"has no such row of `{relation.table}` to change"
            raise RelayError(message, AT, "set the row right, or begin anew")
        self._insert(relation, new)  # it was left out when it came, and may come now

    def _delete(self, relation: Relation, old: Row) -> None:
        where, values = self._where(relation, old)
        table = sql.Identifier(relation.schema, relation.name)
        query = sql.SQL("DELETE FROM {} WHERE {}").format(table, where)
        self._there.execute(query, values)

    def _where(
        self, relation: Relation, row: Row
    ) -> tuple[sql.Composed, list[str | None]]:
        keys = self._keys.get(relation.table, ())
        if not keys or any(row.get(name) is None for name in keys):
            message = f"a row of `{relation.table}` came without its key"
            hint = "publish the columns of the primary key outside"
            raise RelayError(message, AT, hint)
        parts = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in keys]
        return sql.SQL(" AND ").join(parts), [row[name] for name in keys]


def _number(lsn: object) -> int:
    return lsn_of(str(lsn)) or 0
