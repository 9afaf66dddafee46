"""Reading a catalogue: one REPEATABLE READ, READ ONLY transaction, one moment.

What the reader may not see is noted in `Catalogue.unread` and never passed over; only
what nothing can be said without is an error.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg import conninfo
from psycopg.rows import dict_row

from ringfence.errors import ConfigError, Locus
from ringfence.gate.postgres import catalogue as parts
from ringfence.gate.postgres import queries
from ringfence.gate.postgres.catalogue import Catalogue

OLDEST = 150000  # views that check their reader (security_invoker) came with 15
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 300
_AT = Locus("--dsn")
# What connection strings hold that errors may repeat, what they never may, and what
# in one of them shows that it wasn't meant.
_PLAIN = ("host", "hostaddr", "port", "dbname", "user", "service")
_SECRET = ("password", "sslpassword", "oauth_client_secret")
_STRANGE = (("host", "@"), ("dbname", "://"), ("dbname", "="), ("user", "://"))

Row = dict[str, object]
Connection = psycopg.Connection[Any]
T = TypeVar("T")

# What nothing can be said without, and what may be missing.
_NEEDED: Mapping[str, tuple[str, type[msgspec.Struct]]] = {
    "roles": (queries.ROLES, parts.Role),
    "schemas": (queries.SCHEMAS, parts.Schema),
    "policies": (queries.POLICIES, parts.Policy),
    "functions": (queries.FUNCTIONS, parts.Function),
    "triggers": (queries.TRIGGERS, parts.Trigger),
    "publications": (queries.PUBLICATIONS, parts.Publication),
    "defaults": (queries.DEFAULTS, parts.DefaultAcl),
    "indexes": (queries.INDEXES, parts.Index),
    "keys": (queries.KEYS, parts.ForeignKey),
}
_WISHED: Mapping[str, tuple[str, type[msgspec.Struct]]] = {
    "subscriptions": (queries.SUBSCRIPTIONS, parts.Subscription),
    "extensions": (queries.EXTENSIONS, parts.Extension),
    "servers": (queries.SERVERS, parts.Server),
    "event_triggers": (queries.EVENT_TRIGGERS, parts.EventTrigger),
    "session_settings": (queries.SESSION_SETTINGS, parts.Setting),
    "large": (queries.LARGE, parts.Large),
}


def read_catalogue(dsn: str) -> Catalogue:
    """Read the catalogue of the database that a connection string names.

    Raises:
        ConfigError: It can't be reached, is older than 15, or can't be read. No message
            repeats the connection string.
    """
    with connected(dsn) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = reading(connection)
        connection.rollback()
        return found


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """Give a connection, and close it.

    Raises:
        ConfigError: There is none, or the server refuses what it is asked.
    """
    connection = _connect(dsn)
    try:
        yield connection
    except psycopg.Error as error:
        reason = (error.diag.message_primary or type(error).__name__).strip()
        raise ConfigError(f"the server says: {reason}", _AT) from None
    finally:
        connection.close()


def parameters_of(dsn: str) -> dict[str, str]:
    """Return what a connection string says, if it surely says what was meant.

    Of a password with an unescaped `@` or `/`, libpq takes a part for a host or a port,
    and errors repeat these.

    Raises:
        ConfigError: It can't be understood. The message doesn't repeat it.
    """
    try:
        found = {k: str(v) for k, v in conninfo.conninfo_to_dict(dsn).items()}
        strange = any(one in found.get(key, "") for key, one in _STRANGE)
    except (psycopg.Error, UnicodeError, ValueError):
        strange, found = True, {}
    ports = found.get("port", "").replace(",", "")
    if strange or not (ports.isascii() and (ports.isdigit() or not ports)):
        # The library's own message quotes the string, and with it the password.
        message = "the connection string can't be understood"
        hint = "write `host=... dbname=... user=...`, or"
        hint += " `postgresql://user@host/database` with `@` and `/` as %40 and %2F"
        raise ConfigError(message, _AT, hint)
    return found


def said_of(error: Exception, parameters: Mapping[str, str]) -> str:
    """Return why there is no connection, without what may be a secret."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = "; ".join(lines)
    for name, value in parameters.items():
        if value and name in _SECRET:
            reason = reason.replace(value, "...")
        elif value and name not in _PLAIN:
            reason = re.sub(f"(['\"]){re.escape(value)}\\1", "`...`", reason)
    return reason


def _connect(dsn: str) -> Connection:
    parameters = parameters_of(dsn)
    parameters.setdefault("connect_timeout", str(_CONNECT_SECONDS))
    pinned = {"application_name": "ringfence", "client_encoding": "UTF8"}
    try:
        full = conninfo.make_conninfo("", **{**parameters, **pinned})
        connection = psycopg.connect(full, autocommit=True)
    except (psycopg.Error, UnicodeError, ValueError) as error:
        reason = said_of(error, parameters)
        hint = "check host, port, database, role and password, and `pg_hba.conf`"
        raise ConfigError(f"can't connect: {reason}", _AT, hint) from None
    connection.prepare_threshold = None
    try:
        # Before anything is asked: whoever owns the database or a role may have said
        # that sessions look for functions elsewhere first, and they would run as us.
        connection.execute("SET search_path = pg_catalog")
        connection.autocommit = False
    except psycopg.Error as error:
        connection.close()
        reason = said_of(error, parameters)
        raise ConfigError(f"the server says: {reason}", _AT) from None
    return connection


def reading(connection: Connection) -> Catalogue:
    """Read the catalogue within the connection's own transaction.

    Raises:
        ConfigError: The server is older than 15.
    """
    reader = _Reader(connection)
    return reader.read()


class _Reader:
    """One reading: runs the queries, collects what could not be seen."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unread: dict[str, str] = {}

    def read(self) -> Catalogue:
        self._settle()
        version = self._version()
        (database,) = self._rows(queries.DATABASE)
        found: Row = {
            "version": version,
            **database,
            "relations": self._relations(),
            "memberships": self._memberships(),
            **{name: self._structs(*one) for name, one in _NEEDED.items()},
        }
        for name, (sql, type_) in _WISHED.items():
            rows = self._optional(name, sql)
            found[name] = tuple(msgspec.convert(row, type_) for row in rows)
        found["hba"] = tuple(
            str(row["name"]) for row in self._optional("hba", queries.HBA)
        )
        found["settings"] = self._settings()
        found["unread"] = dict(sorted(self._unread.items()))
        return msgspec.convert(found, Catalogue)

    def _settle(self) -> None:
        """Pin what queries depend on, for this transaction only."""
        run = self._connection.execute
        run("SET LOCAL search_path = pg_catalog")
        run(f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS}s'")
        run("SET LOCAL quote_all_identifiers = off")
        run("SET LOCAL DateStyle = 'ISO, YMD'")
        run("SET LOCAL TimeZone = 'UTC'")

    def _version(self) -> int:
        sql = "SELECT current_setting('server_version_num')::int4 AS version"
        version = int(str(self._rows(sql)[0]["version"]))
        if version < OLDEST:
            message = f"the server is version {version // 10000}, older than 15"
            raise ConfigError(message, _AT, "upgrade the server")
        return version

    def _rows(self, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql.encode(), values).fetchall()

    def _structs(self, sql: str, type_: type[T]) -> tuple[T, ...]:
        return tuple(msgspec.convert(row, type_) for row in self._rows(sql))

    def _optional(
        self, name: str, sql: str, values: Mapping[str, object] | None = None
    ) -> list[Row]:
        """Return the rows of a part, or none after noting why."""
        try:
            with self._connection.transaction():
                return self._rows(sql, values)
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.QueryCanceled,
            psycopg.errors.UndefinedColumn,
        ) as error:
            self._unread[name] = error.diag.message_primary or "can't be read"
            return []

    def _memberships(self) -> tuple[parts.Membership, ...]:
        (row,) = self._rows(queries.HAS_OPTIONS)
        return self._structs(queries.MEMBERSHIPS[bool(row["found"])], parts.Membership)

    def _relations(self) -> tuple[parts.Relation, ...]:
        columns: dict[object, list[Row]] = defaultdict(list)
        for row in self._rows(queries.COLUMNS):
            columns[row.pop("relation")].append(row)
        rows = self._rows(queries.RELATIONS)
        for name, count in Counter(str(row["name"]) for row in rows).items():
            if count > 1:
                message = f"{count} relations are called `{name}`"
                hint = "rename a schema or a relation that has a dot in its name"
                raise ConfigError(message, _AT, hint)
        return tuple(
            msgspec.convert({**row, "columns": columns[row["name"]]}, parts.Relation)
            for row in rows
        )

    def _settings(self) -> dict[str, str]:
        rows = self._optional(
            "settings", queries.CHOSEN, {"names": list(queries.SETTINGS)}
        )
        return {str(row["name"]): str(row["setting"]) for row in rows}
