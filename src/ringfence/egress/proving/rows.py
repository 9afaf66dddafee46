"""Rows that carry a canary, written into a table inside, and looked for outside.

The row has what its table needs and one text; it is found again by its primary key.
Another login than the relay's writes it: the relay's may only read.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from ringfence.boundary.channels import Channel
from ringfence.egress.proving.carrying import HARMLESS, is_free
from ringfence.egress.relay.checking import pointer
from ringfence.egress.relay.faults import RelayError
from ringfence.errors import ConfigError, Locus

AT = Locus("inside")
_TEXTS = ("text", "varchar", "bpchar", "citext")
_LETTERS = "abcdefghkmnpqrstuvwxyz"
_FIRST = 1_000
# A domain is what it is a domain of.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT oid AS type, oid AS now FROM pg_type
    UNION ALL
    SELECT b.type, t.typbasetype FROM base AS b JOIN pg_type AS t ON t.oid = b.now
    WHERE t.typtype = 'd'
)
SELECT a.attname, t.typname, t.typcategory::text,
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
    a.attgenerated = '' AND a.attidentity <> 'a', a.atthasdef OR a.attidentity <> '',
    a.atttypmod
FROM pg_attribute AS a
JOIN base AS b ON b.type = a.atttypid
JOIN pg_type AS t ON t.oid = b.now AND t.typtype <> 'd'
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_PUBLISHED = """
SELECT attnames FROM pg_publication_tables
WHERE pubname = ANY(%s) AND schemaname = %s AND tablename = %s
"""
_KEYS = """
SELECT a.attname FROM pg_index AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY a.attnum
"""
_HARMLESS: Mapping[str, object] = {"N": 7, "B": True, "S": HARMLESS, "D": "2022-01-03"}
Base = psycopg.Connection[tuple[Any, ...]]
Key = tuple[str, ...]


class _Column(NamedTuple):
    name: str
    type: str
    category: str
    is_needed: bool
    is_ours: bool  # the server takes a value for it
    has_default: bool
    length: int  # -1: of any length

    @property
    def is_text(self) -> bool:
        """Whether it takes any text."""
        return self.type in _TEXTS


@dataclass(slots=True)
class Rows:
    """Rows of one table.

    Attributes:
        table: The table, `schema.name`.
        text: The column that carries a text.
        keys: Its primary key, outside.
        columns: What else a row needs.
        first: The number behind which keys of ours go, by column.
    """

    table: str
    text: str
    keys: Key
    columns: Sequence[_Column]
    first: Mapping[str, int] = field(default_factory=dict)
    _count: int = 0

    def put(self, inside: Base, text: str) -> tuple[Key, int]:
        """Write a row, and commit it; return its key and the transaction's number.

        Raises:
            psycopg.Error: It can't be written.
        """
        self._count += 1
        values = {one.name: self._value(one) for one in self.columns}
        values[self.text] = text
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            self._name,
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() for _ in values),
            sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(one)) for one in self.keys
            ),
        )
        with inside.transaction():
            key = inside.execute(query, [*values.values()]).fetchall()[0]
            return key, _number(inside)

    def is_there(self, outside: Base, key: Key) -> bool:
        """Whether a row is there."""
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}")
        made = query.format(self._name, self._where())
        return bool(outside.execute(made, [*key]).fetchall()[0][0])

    def remove(self, inside: Base, key: Key) -> int:
        """Delete a row, and return the transaction's number."""
        query = sql.SQL("DELETE FROM {} WHERE {}").format(self._name, self._where())
        with inside.transaction():
            inside.execute(query, [*key])
            return _number(inside)

    @property
    def _name(self) -> sql.Identifier:
        return sql.Identifier(*_parts(self.table))

    def _where(self) -> sql.Composed:
        parts = [sql.SQL("{} = %s").format(sql.Identifier(one)) for one in self.keys]
        return sql.SQL(" AND ").join(parts)

    def _value(self, one: _Column) -> object:
        if one.name in self.first:
            return self.first[one.name] + self._count
        if one.type == "uuid":
            return str(uuid.uuid4())
        if one.name in self.keys and one.is_text:
            return "".join(secrets.choice(_LETTERS) for _ in range(8))
        return _HARMLESS[one.category]


def rows_of(
    inside: Base,
    outside: Base,
    table: str,
    channel: Channel,
    publications: Sequence[str],
) -> Rows:
    """Return how rows of a table are made.

    Args:
        inside: The database inside, by a login that may write.
        outside: The database outside.
        table: The table, `schema.name`.
        channel: What it leaves by.
        publications: What the relay subscribes to.

    Raises:
        ConfigError: No row of it can carry a text, or none can be found again.
        psycopg.Error: It can't be asked for.
    """
    name = sql.Identifier(*_parts(table)).as_string(inside)
    columns = [_Column(*row) for row in inside.execute(_COLUMNS, [name]).fetchall()]
    keys = tuple(one for (one,) in outside.execute(_KEYS, [name]).fetchall())
    given = [[*publications], *_parts(table)]
    found = inside.execute(_PUBLISHED, given).fetchall()
    published = {one for (names,) in found for one in names}
    text = _carrying(table, channel, columns, published - {*keys})
    _check_keys(table, channel, keys)
    needed = [
        one
        for one in columns
        if one.name != text
        and one.is_ours
        and (one.is_needed or (one.name in keys and not one.has_default))
    ]
    _check_needed(table, needed, keys)
    numbers = [one for one in needed if one.name in keys and one.category == "N"]
    first = {one.name: _last(inside, table, one.name) for one in numbers}
    return Rows(table, text, keys, needed, first)


def _carrying(
    table: str, channel: Channel, columns: Sequence[_Column], published: set[str]
) -> str:
    """Return the column that carries a text: one of any length, if there is one."""
    free = {one.name for one in channel.columns if is_free(one)}
    fit = [
        one
        for one in columns
        if one.name in published
        and one.is_text
        and one.is_ours
        and pointer(one.name) in free
    ]
    if not fit:
        message = f"no column of `{table}` can carry a text"
        hint = "it has to be published, and declared as text without tag and mask"
        raise ConfigError(message, AT, hint)
    return max(fit, key=lambda one: (one.length == -1, one.length)).name


def _check_keys(table: str, channel: Channel, keys: Key) -> None:
    masked = {one.name for one in channel.columns if one.mask}
    if not keys or any(pointer(one) in masked for one in keys):
        message = f"the primary key of `{table}` outside is masked, or there is none"
        hint = "a row is looked for by its key: try another table"
        raise ConfigError(message, Locus("outside"), hint)


def _check_needed(table: str, needed: Sequence[_Column], keys: Key) -> None:
    for one in needed:
        is_known = one.type == "uuid" or one.category in _HARMLESS
        is_distinct = one.type == "uuid" or one.category == "N" or one.is_text
        if not is_known or (one.name in keys and not is_distinct):
            message = f"column `{one.name}` of `{table}` needs a value that isn't known"
            raise ConfigError(message, AT, "give it a default, or try another table")


def _number(inside: Base) -> int:
    """Return the number of the transaction that is open, in the 32 bits of the log."""
    return int(inside.execute("SELECT txid_current()").fetchall()[0][0]) & 0xFFFFFFFF


def _last(inside: Base, table: str, column: str) -> int:
    query = sql.SQL("SELECT ceil(coalesce(max({}), 0))::bigint FROM {}").format(
        sql.Identifier(column), sql.Identifier(*_parts(table))
    )
    return max(_FIRST, int(inside.execute(query).fetchall()[0][0]))


def _parts(table: str) -> tuple[str, str]:
    schema, _, name = table.partition(".")
    return schema, name


def begun(outside: Base, slot: str) -> None:
    """Check that a relay has brought something outside, ever.

    Raises:
        RelayError: It hasn't: the proof doesn't copy tables.
    """
    query = "SELECT to_regclass('ringfence_relay.applied') IS NOT NULL"
    is_there = outside.execute(query).fetchall()[0][0]
    query = "SELECT FROM ringfence_relay.applied WHERE slot = %s"
    if not is_there or not outside.execute(query, [slot]).fetchall():
        hint = "run `ringfence egress relay` once"
        raise RelayError("nothing was ever relayed", Locus("outside"), hint)
