"""Reading a database's catalogue: one read-only transaction, no privilege needed.

Every query runs in one REPEATABLE READ, READ ONLY transaction, so that a snapshot is
one moment. What the reader may not see is noted in `Snapshot.unread` and never passed
over; only what nothing can be said without (roles, schemas, relations) is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import psycopg
from psycopg import conninfo
from psycopg.rows import dict_row

from ringfence.errors import Locus, SourceError
from ringfence.sources.postgres import nodetree, queries, snapshot
from ringfence.sources.postgres.snapshot import Query, Snapshot

OLDEST = 150000  # views that check their reader (security_invoker) came with 15
LARGE_OBJECTS = 10_000  # more of them are counted, not listed
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 300

Value = object
Row = dict[str, Value]
T = TypeVar("T")


def read_snapshot(dsn: str) -> Snapshot:
    """Read the database that a connection string names.

    Raises:
        SourceError: It can't be reached, is older than 15, or roles, schemas or
            relations can't be read. No message repeats the connection string.
    """
    with _session(dsn) as connection:
        catalogue = _Catalogue(connection)
        try:
            return catalogue.read()
        except psycopg.Error as error:
            raise _unreadable(error) from None
        except UnicodeDecodeError:
            message = "holds names that are not in the database's encoding"
            raise SourceError(message, Locus("postgres")) from None


def _unreadable(error: psycopg.Error) -> SourceError:
    reason = (error.diag.message_primary or type(error).__name__).strip()
    hint = "let the role that reads the catalogue run `SELECT` on it"
    message = f"the catalogue can't be read: {reason}"
    return SourceError(message, Locus("postgres"), hint)


@contextmanager
def _session(dsn: str) -> Iterator[psycopg.Connection[Row]]:
    """Give a connection whose one transaction can't write, and roll it back."""
    connection = _connect(dsn)
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.prepare_threshold = None
        yield connection
        connection.rollback()
    finally:
        connection.close()


def _connect(dsn: str) -> psycopg.Connection[Row]:
    hint = "write `host=... dbname=... user=...`, or `postgresql://user@host/database`"
    try:
        parameters = conninfo.conninfo_to_dict(dsn)
        host, port = (str(parameters.get(key) or "") for key in ("host", "port"))
        # Of a password with a bare `@` or `/`, libpq takes a part for a host or port.
        strange = "@" in host or not f"0{port.replace(',', '')}".isdecimal()
    except (psycopg.Error, UnicodeError, ValueError):
        strange, parameters = True, {}
    if strange:
        # The library's own message quotes the string, and with it the password.
        message = "the connection string can't be understood"
        raise SourceError(message, Locus("postgres"), hint) from None
    parameters.setdefault("connect_timeout", _CONNECT_SECONDS)
    pinned = {"application_name": "ringfence", "client_encoding": "UTF8"}
    try:
        full = conninfo.make_conninfo(
            conninfo.make_conninfo("", **parameters), **pinned
        )
        return psycopg.connect(full, row_factory=dict_row)
    except (psycopg.Error, UnicodeError) as error:
        reason = _without(str(error), str(parameters.get("password") or ""))
        hint = "check host, port, database, role and password, and `pg_hba.conf`"
        message = f"can't connect: {reason}"
        raise SourceError(message, Locus("postgres"), hint) from None


def _without(text: str, secret: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    joined = "; ".join(lines)
    return joined.replace(secret, "...") if secret else joined


_PLAIN_PARTS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "policies": (queries.POLICIES, snapshot.Policy),
    "publications": (queries.PUBLICATIONS, snapshot.Publication),
    "default_acls": (queries.DEFAULT_ACLS, snapshot.DefaultAcl),
    "foreign_tables": (queries.FOREIGN_TABLES, snapshot.ForeignTable),
    "mappings": (queries.MAPPINGS, snapshot.Mapping),
}
_NAME_PARTS = {
    "extensions": queries.EXTENSIONS,
    "languages": queries.LANGUAGES,
    "slots": queries.SLOTS,
}


@dataclass(slots=True)
class _Catalogue:
    """One reading: runs the queries, collects what could not be seen."""

    connection: psycopg.Connection[Row]
    unread: dict[str, str] = field(default_factory=dict)

    def read(self) -> Snapshot:
        self._settle()
        head = self._head()
        relations = self._relations()
        parts: dict[str, Value] = {
            "schemas": self._structs("", queries.SCHEMAS, snapshot.Schema),
            "roles": self._structs("", queries.ROLES, snapshot.Role),
        }
        for name, (sql, type_) in _PLAIN_PARTS.items():
            parts[name] = self._structs(name, sql, type_)
        parts["memberships"] = self._memberships()
        parts["functions"] = self._functions("functions", queries.FUNCTIONS)
        parts["files"] = self._functions("files", queries.FILES)
        parts["loud"] = self._numbers("functions", queries.LOUD)
        parts["called"] = self._numbers("functions", queries.CALLED)
        parts["triggers"] = self._triggers(relations)
        parts["servers"] = tuple(self._servers())
        parts["subscriptions"] = tuple(self._subscriptions())
        parts["large_objects"], parts["more_large_objects"] = self._large_objects()
        for name, sql in _NAME_PARTS.items():
            parts[name] = self._names(name, sql)
        parts["relations"] = tuple(relations.values())
        parts["unread"] = dict(sorted(self.unread.items()))
        return Snapshot(**{**head, **parts})  # type: ignore[arg-type]

    # --- the session ------------------------------------------------------------------

    def _settle(self) -> None:
        """Pin what queries depend on, for this transaction only."""
        run = self.connection.execute
        run("SET LOCAL search_path = pg_catalog")
        run(f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS}s'")
        run("SET LOCAL lock_timeout = '10s'")
        run("SET LOCAL quote_all_identifiers = off")

    def _head(self) -> dict[str, Value]:
        sql = """SELECT current_setting('server_version_num')::int4 AS version,
                        current_user AS reader,
                        to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                          AS collected"""
        (row,) = self._required(sql)
        version = int(str(row["version"]))
        if version < OLDEST:
            message = f"the server is version {version // 10000}, older than 15"
            raise SourceError(message, Locus("postgres"), "upgrade the server")
        (database,) = self._required(queries.DATABASE)
        names = list(queries.SETTINGS)
        settings = self._optional(
            "settings",
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%(names)s)",
            {"names": names},
        )
        return {
            "version": version,
            "reader": row["reader"],
            "collected": row["collected"],
            "database": msgspec.convert(database, snapshot.Database),
            "settings": {str(r["name"]): str(r["setting"]) for r in settings},
        }

    def _required(
        self, sql: str, values: Mapping[str, Value] | None = None
    ) -> list[Row]:
        return self.connection.execute(sql.encode(), values).fetchall()

    def _optional(
        self, name: str, sql: str, values: Mapping[str, Value] | None = None
    ) -> list[Row]:
        """Return the rows of a part, or none after noting why."""
        try:
            with self.connection.transaction():
                return self._required(sql, values)
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.QueryCanceled,
            psycopg.errors.UndefinedTable,
            psycopg.errors.UndefinedColumn,
            psycopg.errors.UndefinedFunction,
        ) as error:
            self.unread[name] = error.diag.message_primary or "can't be read"
            return []

    def _structs(self, name: str, sql: str, type_: type[T]) -> tuple[T, ...]:
        """Return a part row by row; one without a name can't be done without."""
        rows = self._optional(name, sql) if name else self._required(sql)
        return tuple(msgspec.convert(row, type_) for row in rows)

    def _numbers(self, name: str, sql: str) -> tuple[int, ...]:
        return tuple(int(str(row["oid"])) for row in self._optional(name, sql))

    def _names(self, name: str, sql: str) -> tuple[str, ...]:
        return tuple(str(row["name"]) for row in self._optional(name, sql))

    # --- parts that take more than one query ------------------------------------------

    def _memberships(self) -> tuple[snapshot.Membership, ...]:
        sql = "SELECT count(*) AS n FROM pg_attribute WHERE attname = 'inherit_option' \
               AND attrelid = 'pg_auth_members'::regclass"
        (row,) = self._required(sql)
        query = queries.MEMBERSHIPS[bool(row["n"])]
        rows = self._required(query)
        return msgspec.convert(rows, tuple[snapshot.Membership, ...])

    def _relations(self) -> dict[int, snapshot.Relation]:
        values = {"exposing": list(queries.EXPOSING)}
        columns: dict[Value, list[Row]] = defaultdict(list)
        for row in self._required(queries.COLUMNS, values):
            columns[row.pop("relation")].append(row)
        rules = {
            row["relation"]: self._query(f"view {row['relation']}", row["action"])
            for row in self._optional("rules", queries.RULES)
            if row["is_view"]
        }
        found = {}
        for row in self._required(queries.RELATIONS, values):
            row["columns"] = columns[row["oid"]]
            row["query"] = None
            relation = msgspec.convert(row, snapshot.Relation)
            query = rules.get(relation.oid)
            found[relation.oid] = msgspec.structs.replace(relation, query=query)
        return found

    def _query(self, what: str, tree: Value) -> Query | None:
        try:
            return nodetree.merge(nodetree.queries_of(str(tree)))
        except (ValueError, RecursionError):
            self.unread[what] = "its stored query isn't understood"
            return None

    def _functions(self, name: str, sql: str) -> tuple[snapshot.Function, ...]:
        values = {"file_functions": list(queries.FILE_FUNCTIONS)}
        found = []
        for row in self._optional(name, sql, values if "%(" in sql else None):
            tree = row.pop("tree")
            query = (
                None if tree is None else self._query(f"function {row['oid']}", tree)
            )
            function = msgspec.convert({**row, "query": None}, snapshot.Function)
            found.append(msgspec.structs.replace(function, query=query))
        return tuple(found)

    def _triggers(
        self, relations: Mapping[int, snapshot.Relation]
    ) -> tuple[snapshot.Trigger, ...]:
        found = list(self._structs("triggers", queries.TRIGGERS, snapshot.Trigger))
        for row in self._optional("rules", queries.RULES):
            action, is_view = row.pop("action"), row.pop("is_view")
            if is_view or row["relation"] not in relations:
                continue
            rule = msgspec.convert({**row, "query": None}, snapshot.Trigger)
            query = self._query(f"rule {row['oid']}", action)
            found.append(msgspec.structs.replace(rule, query=query))
        return tuple(found)

    def _servers(self) -> Iterator[snapshot.Server]:
        for row in self._optional("servers", queries.SERVERS):
            remote = _remote(row)
            yield msgspec.convert({**row, "remote": remote}, snapshot.Server)

    def _subscriptions(self) -> Iterator[snapshot.Subscription]:
        rows = self._optional("subscriptions", queries.SUBSCRIPTIONS)
        if not rows:
            return
        remotes = {
            row["oid"]: _remote(row)
            for row in self._optional("subscription connections", queries.CONNECTIONS)
        }
        for row in rows:
            remote = remotes.get(row["oid"])
            yield msgspec.convert({**row, "remote": remote}, snapshot.Subscription)

    def _large_objects(self) -> tuple[tuple[snapshot.LargeObject, ...], int]:
        values = {"large_objects": LARGE_OBJECTS}
        rows = self._optional("large objects", queries.LARGE_OBJECTS, values)
        listed = msgspec.convert(rows, tuple[snapshot.LargeObject, ...])
        more = 0
        if len(listed) == LARGE_OBJECTS:
            counted = self._optional("large objects", queries.COUNT_LARGE_OBJECTS)
            more = sum(int(str(row["count"])) for row in counted) - LARGE_OBJECTS
        return listed, more


def _remote(row: Row) -> dict[str, Value]:
    names: Sequence[str] = ("host", "port", "database", "user")
    return {name: row.pop(name) for name in names if name in row}
