"""The database inside: what it publishes, through one slot of its log.

The slot is read without moving it, and moved only behind what is committed outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from ringfence.egress.relay.faults import RelayError, told
from ringfence.egress.relay.lsn import lsn_of, written
from ringfence.egress.relay.pgoutput import Column, Relation
from ringfence.egress.relay.transactions import Changed
from ringfence.errors import Locus

AT = Locus("inside")
_FETCH = 2_000
_SECONDS = 30
_PAGE, _PAGE_HEAD = 8192, 40  # of the log; a head is there before it is written
_LOOKS = 600
# Values are written in one way, whatever the database's own settings are.
WORDS = (
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'postgres'",
    "SET timezone = 'UTC'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
    "SET xmloption = 'content'",
)
_CHANGES = """
SELECT data FROM pg_logical_slot_peek_binary_changes(%s, NULL, %s,
    'proto_version', '1', 'publication_names', %s)
"""
# What types are. A domain is what it is a domain of; an array what its places are.
_KINDS = """
WITH RECURSIVE base AS (
    SELECT oid AS type, oid AS now, 0 AS arrays FROM pg_type WHERE oid = ANY(%s)
    UNION ALL
    SELECT b.type, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END,
        b.arrays + CASE WHEN t.typtype = 'd' THEN 0 ELSE 1 END
    FROM base AS b JOIN pg_type AS t ON t.oid = b.now
    WHERE t.typtype = 'd' OR t.typcategory = 'A' AND t.typelem <> 0
)
SELECT b.type, CASE
    WHEN t.typtype = 'e' THEN 'text'
    WHEN t.typnamespace <> 'pg_catalog'::regnamespace AND t.typname <> 'citext' THEN ''
    WHEN t.typname IN ('int2', 'int4', 'int8') THEN
        CASE WHEN b.arrays > 0 THEN 'text' ELSE 'integer' END
    WHEN t.typname IN ('float4', 'float8', 'numeric') THEN
        CASE WHEN b.arrays > 0 THEN 'text' ELSE 'number' END
    WHEN t.typname = 'bool' THEN CASE WHEN b.arrays > 0 THEN 'text' ELSE 'boolean' END
    WHEN t.typname IN ('text', 'varchar', 'bpchar', 'name', 'citext', 'date', 'time',
        'timetz', 'timestamp', 'timestamptz', 'interval', 'uuid', 'inet', 'cidr',
        'macaddr', 'macaddr8', 'json', 'jsonb', 'xml') THEN 'text'
    ELSE '' END
FROM base AS b JOIN pg_type AS t ON t.oid = b.now
WHERE t.typtype <> 'd' AND NOT (t.typcategory = 'A' AND t.typelem <> 0)
"""
_PUBLISHED = """
SELECT p.schemaname, p.tablename, p.attnames, p.rowfilter, c.oid, c.relkind
FROM pg_publication_tables AS p
JOIN pg_namespace AS n ON n.nspname = p.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = p.tablename
WHERE p.pubname = ANY(%s) ORDER BY 1, 2
"""
_COLUMNS = """
SELECT a.attname, a.atttypid, coalesce(a.attnum = ANY(i.indkey), false)
    OR c.relreplident = 'f'
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND CASE c.relreplident
    WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
WHERE a.attrelid = %s AND a.attname = ANY(%s) AND a.attnum > 0 ORDER BY a.attnum
"""
_SLOT = """
SELECT plugin, database = current_database(), temporary, two_phase,
    confirmed_flush_lsn, wal_status = 'lost'
FROM pg_replication_slots WHERE slot_name = %s
"""
_IDENTITY = """
SELECT s.system_identifier || '/' || c.timeline_id || '/' || current_database()
FROM pg_control_system() AS s, pg_control_checkpoint() AS c
"""


class Published(NamedTuple):
    """A table that is published: as it is sent, and what its rows are chosen by."""

    relation: Relation
    filters: tuple[str, ...]
    is_alone: bool  # its rows are its own, and not those of tables below it


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the copy saw: `seen` transactions, all of which end before `until`."""

    seen: str
    until: int


@dataclass(slots=True)
class Inside:
    """A database that publishes.

    Attributes:
        dsn: How it is reached; no message quotes that.
        slot: Name of the slot.
        publications: What is subscribed to.
    """

    dsn: str = field(repr=False)
    slot: str
    publications: tuple[str, ...]
    _base: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, repr=False)
    _kinds: dict[int, str] = field(default_factory=dict)

    def open(self) -> None:
        """Connect.

        Raises:
            RelayError: There is no such database, or it doesn't let us in.
        """
        with told("inside"):
            self._base = psycopg.connect(
                self.dsn,
                application_name="ringfence egress relay",
                client_encoding="UTF8",
                connect_timeout=_SECONDS,
                prepare_threshold=None,
                autocommit=True,
            )
            for words in (*WORDS, "SET row_security = off"):
                self._base.execute(words)

    def close(self) -> None:
        """Let go of the connection."""
        if self._base is not None:
            with suppress(psycopg.Error):
                self._base.close()
            self._base = None

    @property
    def _there(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._base is None:
            raise RelayError("isn't connected", AT)
        return self._base

    def identity(self) -> str:
        """Return what tells this database, and this line of its log, from others."""
        with told("inside"):
            return str(self._there.execute(_IDENTITY).fetchall()[0][0])

    def confirmed(self) -> int | None:
        """Return up to where the slot was read; None: there is no slot.

        Raises:
            RelayError: The slot isn't fit for a relay.
        """
        with told("inside"):
            found = self._there.execute(_SLOT, [self.slot]).fetchone()
        if found is None:
            return None
        plugin, is_here, is_temporary, is_two_phase, lsn, is_lost = found
        if plugin != "pgoutput" or not is_here or is_temporary or is_two_phase:
            hint = "name another: the relay makes it"
            raise RelayError(f"the slot `{self.slot}` is another's", AT, hint)
        if is_lost or lsn is None:
            hint = "drop it, empty the tables outside, and begin anew"
            raise RelayError(f"the slot `{self.slot}` has lost its log", AT, hint)
        return lsn_of(str(lsn)) or 0

    def make_slot(self) -> None:
        """Have the server keep its log from here on."""
        with told("inside"):
            query = "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')"
            self._there.execute(query, [self.slot])

    def now(self) -> int:
        """Return up to where the log is on the server's disk."""
        with told("inside"):
            row = self._there.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        return lsn_of(str(row[0])) or 0 if row else 0

    def changes(self, most: int) -> Iterator[bytes]:
        """Yield messages of whole transactions; once there are `most`, no more."""
        names = ",".join(f'"{one}"' for one in self.publications)
        with (
            told("inside"),
            self._there.transaction(),
            self._there.cursor(name="ringfence_relay") as cursor,
        ):
            cursor.itersize = _FETCH
            cursor.execute(_CHANGES, [self.slot, most, names])
            for (data,) in cursor:
                yield bytes(data)

    def advance(self, lsn: int) -> None:
        """Tell the server that everything before a place has gone where it goes."""
        with told("inside"):
            query = "SELECT pg_replication_slot_advance(%s, %s::pg_lsn)"
            self._there.execute(query, [self.slot, written(lsn)])

    def kinds(self, types: Iterable[int]) -> Mapping[int, str]:
        """Return what types are, by number: empty: one that isn't relayed."""
        new = [one for one in set(types) if one not in self._kinds]
        if new:
            with told("inside"):
                rows = self._there.execute(_KINDS, [new]).fetchall()
            self._kinds |= dict.fromkeys(new, "") | dict(rows)
        return self._kinds

    def published(self) -> list[Published]:
        """Return what the publications hold.

        Raises:
            RelayError: One of them isn't there, or they differ about a table.
        """
        with told("inside"):
            query = "SELECT count(*) FROM pg_publication WHERE pubname = ANY(%s)"
            names = list(self.publications)
            counted = self._there.execute(query, [names]).fetchall()[0][0]
            if counted != len(set(names)):
                raise RelayError("a publication isn't there", AT, "check their names")
            found: dict[int, list[tuple[Any, ...]]] = {}
            for row in self._there.execute(_PUBLISHED, [names]).fetchall():
                found.setdefault(row[4], []).append(row)
            return [self._published(rows) for rows in found.values()]

    def _published(self, rows: Sequence[tuple[Any, ...]]) -> Published:
        schema, name, columns, _, oid, kind = rows[0]
        if any(set(row[2]) != set(columns) for row in rows):
            message = f"publications differ in the columns of `{schema}.{name}`"
            raise RelayError(message, AT, "publish a table with one list of columns")
        filters = [row[3] for row in rows]
        chosen = () if None in filters else tuple(filters)
        listed = self._there.execute(_COLUMNS, [oid, columns]).fetchall()
        relation = Relation(oid, schema, name, tuple(Column(*one) for one in listed))
        return Published(relation, chosen, kind == "r")

    def copy(
        self, tables: Sequence[Published], rows: int
    ) -> Iterator[Snapshot | list[Changed]]:
        """Yield what one look at the tables sees, then their rows, some at a time."""
        base = self._there
        with told("inside"), base.transaction():
            base.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            query = "SELECT pg_current_snapshot()::text"
            seen = base.execute(query).fetchall()[0][0]
            # Whatever this look sees ended before this place.
            query = "SELECT pg_current_wal_insert_lsn()"
            until = lsn_of(str(base.execute(query).fetchall()[0][0])) or 0
            self._await(until)
            yield Snapshot(seen, until)
            for one in tables:
                yield from self._rows(one, rows)

    def _await(self, lsn: int) -> None:
        """Wait until the log is on the disk: what was seen can't be undone any more."""
        in_page = lsn % _PAGE
        wanted = lsn - in_page if in_page <= _PAGE_HEAD else lsn
        for _ in range(_LOOKS):
            if self.now() >= wanted:
                return
            self._there.execute("SELECT pg_sleep(0.05)")
        raise RelayError("the server's log doesn't get to its disk", AT)

    def _rows(self, one: Published, most: int) -> Iterator[list[Changed]]:
        relation = one.relation
        names = [column.name for column in relation.columns]
        columns = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in names]
        only = sql.SQL("ONLY " if one.is_alone else "")
        query = sql.SQL("SELECT {} FROM {}{}").format(
            sql.SQL(", ").join(columns),
            only,
            sql.Identifier(relation.schema, relation.name),
        )
        if one.filters:  # as the server itself writes them
            chosen = " OR ".join(f"({text})" for text in one.filters)
            query += sql.SQL(" WHERE " + chosen)
        with self._there.cursor(name="ringfence_copy") as cursor:
            cursor.itersize = most
            cursor.execute(query)
            while rows := cursor.fetchmany(most):
                yield [
                    Changed("insert", relation, None, dict(zip(names, r, strict=True)))
                    for r in rows
                ]


def is_seen(snapshot: str, xid: int) -> bool:
    """Whether a look at the tables saw a transaction (`xmin:xmax:running`).

    Args:
        snapshot: What was seen, as the server writes it.
        xid: Number of the transaction, of which the server sends 32 bits.
    """
    least, most, running = snapshot.split(":")
    # Numbers are compared as the server does: those in reach of each other, in a ring.
    behind = (xid - int(most)) & 0xFFFFFFFF
    if behind < 1 << 31:
        return False
    if (xid - int(least)) & 0xFFFFFFFF >= 1 << 31:
        return True
    numbers = (int(one) & 0xFFFFFFFF for one in running.split(",") if one)
    return xid not in numbers
