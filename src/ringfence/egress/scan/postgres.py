"""A PostgreSQL database: every table and view that the login may read.

One transaction, read only, sees one state of it. Row-level security is switched off,
and hides nothing: where it would, the server refuses, and the table is unread. What a
foreign table shows lies elsewhere; it is unread too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
import psycopg
from psycopg import conninfo, sql

from ringfence.egress.opening.portions import metadata
from ringfence.egress.scan.found import Dataset
from ringfence.egress.scan.looking import Held, RowLook, Watch, portions
from ringfence.egress.scan.taking import Take
from ringfence.errors import Locus, SourceError

ROWS = 5_000  # of a chunk
_SECONDS = 30
_FORMS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialised_view",
    "f": "foreign_table",
}
_SAMPLED = "rpm"  # what TABLESAMPLE takes
_NOT_PERMITTED = "the login may not read it"
_ELSEWHERE = "its rows lie in another store"
_WHYS = {
    "42501": _NOT_PERMITTED,
    "55P03": "it is locked",
    "55000": "it holds nothing yet",  # a materialised view before its first refresh
}

# What a column's type is: texts, integers, floats, binary, nothing that identifies, or
# odd. A domain is what it is a domain of.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT oid AS type, oid AS now FROM pg_type
    UNION ALL
    SELECT b.type, t.typbasetype FROM base AS b JOIN pg_type AS t ON t.oid = b.now
    WHERE t.typtype = 'd'
)
SELECT a.attname, CASE
    WHEN t.typname IN ('int2', 'int4', 'int8') THEN 'integer'
    WHEN t.typname IN ('float4', 'float8') THEN 'number'
    WHEN t.typname = 'numeric' THEN 'decimal'
    WHEN t.typname = 'bytea' THEN 'binary'
    WHEN t.typcategory IN ('B', 'D', 'T') THEN 'none'
    WHEN t.typcategory IN ('S', 'E', 'A', 'C', 'R', 'I', 'N', 'V', 'G', 'Z')
        OR t.typname IN ('uuid', 'json', 'jsonb', 'xml', 'macaddr', 'macaddr8',
            'tsvector', 'tsquery', 'citext', 'hstore', 'ltree')
        THEN 'text'
    ELSE 'odd' END,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute AS a
JOIN base AS b ON b.type = a.atttypid
JOIN pg_type AS t ON t.oid = b.now AND t.typtype <> 'd'
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, c.relkind,
    has_schema_privilege(n.oid, 'USAGE')
        AND has_any_column_privilege(c.oid, 'SELECT'),
    CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE 0 END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY n.nspname, c.relname
"""
_OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata"
_OTHERS = """
SELECT count(*) FROM pg_database
WHERE datname <> current_database() AND datallowconn AND NOT datistemplate
"""


class _Column(NamedTuple):
    name: str
    kind: str


class _Relation(NamedTuple):
    oid: int
    schema: str
    name: str
    kind: str
    is_open: bool
    root: int

    @property
    def dataset(self) -> str:
        """What it is called."""
        return f"{self.schema}.{self.name}"

    @property
    def source(self) -> sql.Composed:
        """What it is read from: its own rows, not those of tables that inherit."""
        only = sql.SQL("ONLY ") if self.kind == "r" else sql.SQL("")
        return only + sql.Identifier(self.schema, self.name)


@dataclass(slots=True)
class Database:
    """A database, and how it is reached; no message quotes that."""

    dsn: str = field(repr=False)
    unread: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ("the server's own catalogues weren't looked through",)

    @property
    def place(self) -> str:
        """Where it is."""
        try:
            told = conninfo.conninfo_to_dict(self.dsn)
        except psycopg.Error:
            return "postgresql"
        host, port = told.get("host") or "localhost", told.get("port") or "5432"
        return f"postgresql://{host}:{port}/{told.get('dbname') or ''}"

    def datasets(self, watch: Watch) -> Iterator[Dataset]:
        """Yield the tables and views.

        Raises:
            SourceError: It can't be reached, or its catalogue can't be read.
        """
        try:
            with self._connected() as base:
                yield from self._all(base, watch)
        except (psycopg.Error, UnicodeError) as error:
            # The server's message may quote values or the connection; its code doesn't.
            code = getattr(error, "sqlstate", None)
            told = f"SQLSTATE {code}" if code else type(error).__name__
            hint = "check host, port, database, login and password"
            message = f"the database can't be read: {told}"
            raise SourceError(message, Locus(self.place), hint) from None

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        base = psycopg.connect(
            self.dsn,
            application_name="ringfence scan",
            client_encoding="UTF8",
            connect_timeout=_SECONDS,
            prepare_threshold=None,
        )
        base.read_only = True
        base.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return base

    def _all(
        self, base: psycopg.Connection[tuple[Any, ...]], watch: Watch
    ) -> Iterator[Dataset]:
        base.execute("SET LOCAL row_security = off")
        base.execute(f"SET LOCAL lock_timeout = '{_SECONDS}s'")
        base.execute("SET LOCAL bytea_output = hex")
        relations = [_Relation(*row) for row in base.execute(_RELATIONS)]
        # Whoever may read a partitioned table reads its partitions through it.
        roots = {one.oid for one in relations if one.kind == "p" and one.is_open}
        for relation in relations:
            if relation.root not in roots and not _is_empty(relation, roots):
                yield self._read(base, relation, watch)
        objects = base.execute(_OBJECTS).fetchone()
        if objects and objects[0]:
            self.unread["large objects"] = objects[0]
        others = base.execute(_OTHERS).fetchone()
        if others and others[0]:
            told = f"other databases of this server: {others[0]}, which weren't asked"
            self.notes = (*self.notes, told)

    def _read(
        self,
        base: psycopg.Connection[tuple[Any, ...]],
        relation: _Relation,
        watch: Watch,
    ) -> Dataset:
        watch.progress(f"reading {relation.dataset}")
        name = f"{watch.called(relation.schema)}.{watch.called(relation.name)}"
        form = _FORMS[relation.kind]
        if relation.kind == "f" or not relation.is_open:
            why = _ELSEWHERE if relation.kind == "f" else _NOT_PERMITTED
            return Dataset(name, form, unread=why)
        try:
            with base.transaction():
                return _Reading(base, relation, watch).dataset(name, form)
        except psycopg.OperationalError as error:
            if base.closed or error.sqlstate is None:
                raise
            return Dataset(name, form, unread=_why(error))
        except psycopg.Error as error:
            return Dataset(name, form, unread=_why(error))
        except UnicodeError:
            return Dataset(name, form, unread="its texts aren't in its encoding")


def _is_empty(relation: _Relation, roots: set[int]) -> bool:
    """Return whether this is a partitioned table whose partitions are read instead."""
    return relation.kind == "p" and (relation.root > 0 or relation.oid not in roots)


def _why(error: psycopg.Error) -> str:
    code = error.sqlstate or ""
    return _WHYS.get(code, f"the server refuses: SQLSTATE {code}")


class _Reading:
    """One table or view that is being read."""

    def __init__(
        self,
        base: psycopg.Connection[tuple[Any, ...]],
        relation: _Relation,
        watch: Watch,
    ) -> None:
        self._base = base
        self._relation = relation
        self._watch = watch
        self._digest = sha256()
        self._look: RowLook = watch.rows()
        self._binary: dict[str, int] = {}
        self._columns = self._readable()

    def _readable(self) -> list[_Column]:
        rows = self._base.execute(_COLUMNS, [self._relation.oid]).fetchall()
        found = [_Column(name, kind) for name, kind, is_open in rows if is_open]
        self._gap("columns that the login may not read", len(rows) - len(found))
        odd = [one for one in found if one.kind == "odd"]
        self._gap("columns of a type that isn't looked through", len(odd))
        return [one for one in found if one.kind not in {"odd", "none"}]

    def _gap(self, what: str, count: int) -> None:
        if count:
            self._look.gaps.append(f"{what}: {count}")

    def dataset(self, name: str, form: str) -> Dataset:
        """Return whose data is in it."""
        relation, take = self._relation, self._watch.take
        names = [relation.schema, relation.name, *(one.name for one in self._columns)]
        self._look.around([metadata((), "name", names)])
        total = -1
        share = 1.0
        if take.by != "whole":
            count = sql.SQL("SELECT count(*) FROM {}").format(relation.source)
            total = self._base.execute(count).fetchall()[0][0]
            share = take.share_of(total)
        read = self._rows(share, take)
        for what, odd in self._binary.items():
            self._gap(f"values of `{self._watch.called(what)}` that are no text", odd)
        total = read if total < 0 or share >= 1 else total
        digest = self._digest.hexdigest()
        return self._look.dataset(name, form, total, digest, take)

    def _rows(self, share: float, take: Take) -> int:
        """Look through the rows, chunk by chunk, and return how many there were."""
        read = 0
        with self._base.cursor(name="ringfence_scan") as cursor:
            cursor.itersize = ROWS
            cursor.execute(self._query(share, take))
            while rows := cursor.fetchmany(ROWS):
                self._digest.update(msgspec.json.encode(rows) + b"\n")
                numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
                self._look.chunk(portions(self._held(rows), numbers), len(rows))
                read += len(rows)
                self._watch.progress(f"{self._relation.dataset}: {read:,} rows")
        return read

    def _query(self, share: float, take: Take) -> sql.Composed:
        relation = self._relation
        chosen = sql.SQL(", ").join(map(_selected, self._columns))
        query = sql.SQL("SELECT {} FROM {}").format(chosen, relation.source)
        if share >= 1:
            return query
        seed = take.number(relation.dataset)
        if relation.kind in _SAMPLED:
            way = sql.SQL("SYSTEM" if take.blocks else "BERNOULLI")
            return query + sql.SQL(" TABLESAMPLE {}({}) REPEATABLE ({})").format(
                way, sql.Literal(share * 100), sql.Literal(seed)
            )
        self._base.execute("SELECT setseed(%s)", [seed / 2**31])
        return query + sql.SQL(" WHERE random() < {}").format(sql.Literal(share))

    def _held(self, rows: Sequence[Sequence[Any]]) -> Iterator[Held]:
        for place, column in enumerate(self._columns):
            values = [row[place] for row in rows]
            yield Held(column.name, self._series(column, values))

    def _series(self, column: _Column, values: list[Any]) -> pl.Series:
        match column.kind:
            case "integer":
                return pl.Series(values, dtype=pl.Int64)
            case "number":
                return pl.Series(values, dtype=pl.Float64)
            case "binary":
                return pl.Series(self._texts(column.name, values), dtype=pl.String)
            case _:
                return pl.Series(values, dtype=pl.String)

    def _texts(self, name: str, values: list[bytes | None]) -> Iterator[str | None]:
        """Yield binary values as the text that they are, else in hexadecimal."""
        for one in values:
            try:
                yield None if one is None else one.decode()
            except UnicodeDecodeError:
                self._binary[name] = self._binary.get(name, 0) + 1
                yield f"{one.hex()}\n{one.decode('latin-1')}" if one else None


def _selected(column: _Column) -> sql.Composed:
    name = sql.Identifier(column.name)
    match column.kind:
        case "integer" | "number" | "binary":
            return sql.SQL("{}").format(name)
        case "decimal":
            return sql.SQL("trim_scale({})::text").format(name)
        case _:
            return sql.SQL("{}::text").format(name)
