"""Functions that run as their owner: what one of them could show to a login outside.

The database's own functions are never called: nobody knows what they do. In their place
a temporary one, of the same owner, asks for protected rows and is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from ringfence.gate.postgres.probes.proof import Result, Status, Tried
from ringfence.gate.postgres.probes.reading import population_of
from ringfence.gate.postgres.probes.targets import Target
from ringfence.gate.postgres.probes.trying import said_by
from ringfence.gate.postgres.wanted import Wanted

_TITLE = "a SECURITY DEFINER function that outsiders may call could read as its owner"
_CHANGE = "row security that judges the login; REVOKE EXECUTE ... FROM PUBLIC"
_WHY = "only with writes, and where row security runs nobody's own functions"
_OWNERS = """
SELECT DISTINCT o.rolname::text, min(l.rolname::text), min(p.oid::regprocedure::text)
FROM pg_proc p JOIN pg_roles o ON o.oid = proowner
JOIN pg_roles l ON l.rolname = ANY(%(outside)s) AND NOT l.rolsuper
WHERE prosecdef AND p.oid >= 16384 AND NOT o.rolsuper AND NOT o.rolbypassrls
    AND has_function_privilege(l.oid, p.oid, 'EXECUTE')
    AND has_schema_privilege(l.oid, pronamespace, 'USAGE')
    AND has_any_column_privilege(o.oid, %(table)s::oid, 'SELECT')
GROUP BY 1
"""


def definers(
    admin: psycopg.Connection, wanted: Wanted, found: list[Target], *, writes: bool
) -> Iterator[Result]:
    """Yield for each owner of such functions what it could show of each relation."""
    for target in found:
        if not target.protected:
            continue
        given = {"outside": list(wanted.outside), "table": target.oid}
        for owner, login, function in admin.execute(_OWNERS, given).fetchall():
            tried = Tried(crossed=None, how="catalogue", why=_WHY)
            if writes and target.plain:
                tried = _tried(admin, target, owner, login)
            yield _result(target, tried, function)


def _tried(admin: psycopg.Connection, target: Target, owner: str, login: str) -> Tried:
    """Call a temporary function of an owner as a login outside."""
    names = ", ".join(sql.Identifier(c).as_string(None) for c in target.protected)
    body = f"SELECT {names} FROM {target.name}{population_of(target)}"  # noqa: S608
    make = sql.SQL(
        "CREATE FUNCTION pg_temp.ringfence_probe() RETURNS bigint LANGUAGE sql"
        " SECURITY DEFINER AS {}"
    ).format(f"SELECT count(*) FROM ({body} LIMIT 1) seen")  # noqa: S608 (quoted)
    try:
        with admin.transaction(force_rollback=True):
            admin.execute(make)
            admin.execute(
                sql.SQL("ALTER FUNCTION pg_temp.ringfence_probe() OWNER TO {}").format(
                    sql.Identifier(owner)
                )
            )
            admin.execute(
                sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(
                    sql.Identifier(login)
                )
            )
            row = admin.execute("SELECT pg_temp.ringfence_probe()").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return Tried(crossed=False, how="session", why="permission denied")
    except psycopg.Error as error:
        return Tried(crossed=None, how="session", why=said_by(error))
    crossed = bool(row and row[0])
    saw = f"a protected row, as `{owner}`" if crossed else ""
    return Tried(crossed=crossed, how="session", statement=body, saw=saw)


def _result(target: Target, tried: Tried, function: str) -> Result:
    status: Status = "closed"
    if tried.crossed is None:
        status = "untried"
    elif tried.crossed:
        status = "open"
    return Result(
        number="L12",
        group="doors",
        title=_TITLE,
        status=status,
        change=_CHANGE,
        after=tried,
        where=f"{target.name} by {function}",
    )
