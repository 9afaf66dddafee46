"""Whether a login outside the fence is shown protected rows of the real tables.

Every statement runs in a transaction that is read-only and rolled back, stops at the
first row where it can, and never brings a value further than this process's memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ringfence.gate.postgres.probes.proof import How, Tried
from ringfence.gate.postgres.probes.targets import Posing, Target
from ringfence.gate.postgres.probes.trying import said_by

_LOOKED_AT = 1_000
_SHORTEST = 4  # a shorter value is found everywhere, and says nothing
_BETWEEN = re.compile(r"[^\w@.+-]+")
_DENIED = "42501"
_FOREIGN = "telling what rows are would run code that somebody else wrote"
_UNRECOGNISED = "rows came back, and whether they are of the population can't be told"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, over which connection.

    Attributes:
        connection: A superuser's, or one that a throw-away login made.
        way: Who it poses as.
        how: `login` where the connection itself is the login's.
        admin: A superuser's connection, to tell what rows are.
    """

    connection: psycopg.Connection
    way: Posing
    how: How
    admin: psycopg.Connection


@contextlib.contextmanager
def _posed(asking: Asking) -> Iterator[psycopg.Connection]:
    """Give a read-only transaction in which the connection acts as the login."""
    connection, way = asking.connection, asking.way
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ ONLY")
        if asking.how == "session":
            login = sql.Identifier(way.login)
            connection.execute(
                sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(login)
            )
        if way.role != way.login:
            role = sql.Identifier(way.role)
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
        yield connection


def read(asking: Asking, target: Target) -> Tried:
    """Return whether somebody is shown protected rows of a target."""
    try:
        if target.protected:
            return _read_table(asking, target)
        return _read_made(asking, target)
    except psycopg.Error as error:
        if error.sqlstate == _DENIED:
            return Tried(crossed=False, how=asking.how, why="permission denied")
        return Tried(crossed=None, how=asking.how, why=said_by(error))


def _readable(asking: Asking, target: Target, columns: tuple[str, ...]) -> list[str]:
    with _posed(asking) as connection:
        found = connection.execute(
            "SELECT c FROM unnest(%s::text[]) WITH ORDINALITY u(c, n) WHERE"
            " has_column_privilege(current_user, %s::oid, c, 'SELECT') ORDER BY n",
            (list(columns), target.oid),
        ).fetchall()
    return [str(name) for (name,) in found]


def _read_table(asking: Asking, target: Target) -> Tried:
    columns = _readable(asking, target, target.protected)
    if not columns:
        return Tried(crossed=False, how=asking.how, why="permission denied")
    if not target.narrowed:
        return _first(asking, _select(target, columns, ""), "a protected row")
    if target.marker and _readable(asking, target, (target.marker.column,)):
        where = population_of(target)
        words = "a row that is, or may be, of the population"
        return _first(asking, _select(target, columns, where), words)
    return _counted(asking, target, columns)


def _select(target: Target, columns: list[str], where: str) -> str:
    names = ", ".join(sql.Identifier(name).as_string(None) for name in columns)
    return f"SELECT {names} FROM {target.name}{where}"  # noqa: S608 (names quoted)


def population_of(target: Target) -> str:
    """Return the condition on rows that are of the population, or may be."""
    if target.marker is None:
        return ""
    column = sql.Identifier(target.marker.column).as_string(None)
    values = ", ".join(sql.Literal(one).as_string(None) for one in target.marker.values)
    return f" WHERE ({column} IS NULL OR {column}::text IN ({values}))"


def _first(asking: Asking, statement: str, words: str) -> Tried:
    """Return whether a statement shows anything at all."""
    told = f"SELECT count(*) FROM ({statement} LIMIT 1) seen"  # noqa: S608 (as above)
    with _posed(asking) as connection:
        row = connection.execute(told.encode()).fetchone()
    crossed = bool(row and row[0])
    return _tried(asking, statement, crossed=crossed, saw=words)


def _tried(asking: Asking, statement: str, *, crossed: bool, saw: str) -> Tried:
    way = asking.way
    become = f"SET ROLE {sql.Identifier(way.role).as_string(None)}; "
    return Tried(
        crossed=crossed,
        how=asking.how,
        statement=(become if way.role != way.login else "") + statement,
        saw=saw if crossed else "",
    )


def _counted(asking: Asking, target: Target, columns: list[str]) -> Tried:
    """Judge by numbers, then by values, where the marker's column can't be read.

    More rows than there are outside the population: some are of it. None: none is.
    """
    statement = _select(target, columns, "")
    told = f"SELECT count(*) FROM ({statement}) seen"  # noqa: S608 (names quoted)
    with _posed(asking) as connection:
        shown = int((connection.execute(told.encode()).fetchone() or (0,))[0])
    if not shown:
        return _tried(asking, statement, crossed=False, saw="")
    if not _is_harmless(target):
        return Tried(None, asking.how, statement, why=_FOREIGN)
    if target.marker is not None and target.name == target.source:
        others = told.replace(
            ") seen", population_of(target).replace("WHERE (", "WHERE NOT (") + ") seen"
        )
        row = asking.admin.execute(others.encode()).fetchone()
        if row and shown > row[0]:
            saw = f"{shown - row[0]} rows more than there are outside the population"
            return _tried(asking, statement, crossed=True, saw=saw)
    return _recognised(asking, target, statement)


# --- what is made from protected columns ----------------------------------------------


def _read_made(asking: Asking, target: Target) -> Tried:
    """Look for protected values in what a view shows, whatever it calls them."""
    columns = _readable(asking, target, target.columns)
    if not columns:
        return Tried(crossed=False, how=asking.how, why="permission denied")
    narrowed = target.marker and target.marker.column in columns
    where = population_of(target) if narrowed else ""
    return _recognised(asking, target, _select(target, columns, where))


def _recognised(asking: Asking, target: Target, statement: str) -> Tried:
    """Look for values that protected rows alone hold among what a statement shows."""
    with _posed(asking) as connection:
        limited = f"{statement} LIMIT {_LOOKED_AT}"
        rows = connection.execute(limited.encode()).fetchall()
    values = set(_words(rows))
    if values and not _is_harmless(target):
        return Tried(None, asking.how, statement, why=_FOREIGN)
    if values and _are_protected(asking.admin, target, values):
        saw = f"protected values among {len(rows)} rows"
        return _tried(asking, statement, crossed=True, saw=saw)
    if len(rows) == _LOOKED_AT:
        return Tried(None, asking.how, statement, why=_UNRECOGNISED)
    why = f"{len(rows)} rows, none with a protected value as it stands" if rows else ""
    return Tried(crossed=False, how=asking.how, statement=statement, why=why)


def _is_harmless(target: Target) -> bool:
    """Tell whether a superuser may read what has to be compared.

    A view, a foreign table or a type of somebody's own would run somebody's code, and
    with all of the superuser's rights.
    """
    origin = target.origin
    marker = (origin.rows.column,) if origin.rows else ()
    return target.harmless >= {*origin.columns, *marker}


def _words(rows: list[tuple[object, ...]]) -> Iterator[str]:
    """Yield every value, and its words, that is long enough to say something."""
    for row in rows:
        for value in row:
            text = str(value).lower()
            for word in (text, *_BETWEEN.split(text)):
                if len(word) >= _SHORTEST and value is not None:
                    yield word


def _are_protected(admin: psycopg.Connection, target: Target, values: set[str]) -> bool:
    """Tell whether one of some values is a protected one, without sending any.

    The server is sent salted digests: what it logs gives no value away.
    """
    salt = secrets.token_hex(16)
    digests = [hashlib.sha256((salt + value).encode()).digest() for value in values]
    origin = target.origin
    whose: sql.Composable = sql.SQL("true")
    if origin.rows is not None:
        whose = sql.SQL("coalesce({c}::text = ANY(%(values)s), true)").format(
            c=sql.Identifier(origin.rows.column)
        )
    given = {
        "salt": salt,
        "digests": digests,
        "values": list(origin.rows.values) if origin.rows else [],
    }
    for column in origin.columns:
        # A value that rows outside the population hold as well gives nobody away.
        query = sql.SQL(
            "SELECT 1 FROM {t} WHERE sha256(convert_to(%(salt)s || lower({c}::text),"
            " 'UTF8')) = ANY(%(digests)s) GROUP BY lower({c}::text)"
            " HAVING bool_and({whose}) LIMIT 1"
        ).format(t=sql.SQL(target.source), c=sql.Identifier(column), whose=whose)
        if admin.execute(query, given).fetchone():
            return True
    return False
