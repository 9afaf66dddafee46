"""A fence for tests, in a hundred lines: what a plan has to do, with holes to order.

`fence` closes what a database can close of the list of pitfalls. Each of its parts can
be left out by name, so that a test sees which probes find out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import psycopg
from psycopg import sql

from ringfence.gate.postgres.wanted import Table, Wanted

INSIDE = "ringfence_inside"
_FILES = "^(pg_read_(binary_)?file|pg_ls_.*|pg_stat_file|lo_import|lo_export)$"
_PREDEFINED = (
    "SELECT r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid ="
    " a.roleid JOIN pg_roles m ON m.oid = a.member WHERE r.rolname LIKE 'pg\\_%%'"
    " AND m.rolname = ANY(%s)"
)
_BELOW = (
    "WITH RECURSIVE below(o) AS (SELECT %s::regclass::oid UNION SELECT inhrelid FROM"
    " pg_inherits JOIN below ON inhparent = o) SELECT o::regclass::text, relkind::text"
    " FROM below JOIN pg_class ON pg_class.oid = o ORDER BY o"
)
_ABOVE = (
    "WITH RECURSIVE above(o) AS (SELECT %s::regclass::oid UNION SELECT ev_class FROM"
    " pg_depend JOIN pg_rewrite w ON w.oid = objid AND classid = 'pg_rewrite'::regclass"
    " JOIN above ON refobjid = o AND refclassid = 'pg_class'::regclass)"
    " SELECT o::regclass::text, relkind::text, rolsuper OR rolbypassrls FROM above"
    " JOIN pg_class c ON c.oid = o JOIN pg_roles r ON r.oid = relowner"
    " WHERE relkind IN ('v', 'm') ORDER BY o"
)
_OPEN_FUNCTIONS = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = proowner"
    " WHERE prosecdef AND (rolsuper OR rolbypassrls) AND p.oid >= 16384"
)
_LEAKPROOF = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE proleakproof AND oid >= 16384"
)
_FILE_FUNCTIONS = (
    "SELECT oid::regprocedure::text FROM pg_proc"
    " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ %s"
)
_DEFAULTS = (
    "SELECT quote_ident(rolname), quote_ident(nspname) FROM pg_default_acl d"
    " JOIN pg_roles r ON r.oid = defaclrole"
    " JOIN pg_namespace n ON n.oid = defaclnamespace WHERE defaclobjtype = 'r'"
)


def fence(
    connection: psycopg.Connection, wanted: Wanted, without: Collection[str] = ()
) -> None:
    """Put the fence up, leaving out the parts that are named in `without`."""
    for name, part in PARTS.items():
        if name not in without:
            for statement in part(connection, wanted):
                connection.execute(statement.encode())
    for table in wanted.tables:
        for name, kind in connection.execute(_BELOW, (table.name,)).fetchall():
            if kind in "rp" and not (
                "children" in without and name != _regclass(connection, table.name)
            ):
                for statement in _guard(connection, name, table, without):
                    connection.execute(statement.encode())


def _regclass(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT %s::regclass::text", (name,)).fetchone()
    assert row
    return str(row[0])


OUTSIDER = "pg_read_all_stats"  # a role that none of the owners is a member of


def _guard(
    connection: psycopg.Connection, name: str, table: Table, without: Collection[str]
) -> Iterator[str]:
    """Yield the row security of one table."""
    asked = [who for who in ("session_user", "current_user") if who not in without]
    passes = " AND ".join(f"pg_has_role({w}, '{INSIDE}', 'MEMBER')" for w in asked)
    passes = f"(SELECT {passes})"
    if table.rows is not None:
        values = ", ".join(
            sql.Literal(one).as_string(connection) for one in table.rows.values
        )
        passes = f"{table.rows.column}::text NOT IN ({values}) OR {passes}"
    kind = "PERMISSIVE" if "restrictive" in without else "RESTRICTIVE"
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    if "force" not in without:
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    base = connection.execute(
        "SELECT 1 FROM pg_policy WHERE polrelid = %s::regclass AND polpermissive",
        (name,),
    ).fetchone()
    if base is None:
        yield f"CREATE POLICY ringfence_base ON {name} USING (true)"
    command = "FOR SELECT" if "writes" in without else ""
    to = f"TO {OUTSIDER}" if "everybody" in without else ""
    yield (
        f"CREATE POLICY ringfence_fence ON {name} AS {kind} {command} {to} USING ({passes})"
    )


def _roles(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (INSIDE,))
    if found.fetchone() is None:
        yield f"CREATE ROLE {INSIDE}"
    for login in wanted.inside:
        yield f"GRANT {INSIDE} TO {login}"


def _attributes(_connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for login in wanted.outside:
        yield f"ALTER ROLE {login} NOCREATEROLE NOCREATEDB NOREPLICATION"


def _bypass(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    query = "SELECT rolname FROM pg_roles WHERE rolbypassrls AND NOT rolsuper"
    for (role,) in connection.execute(query).fetchall():
        if role not in wanted.inside:
            yield f"ALTER ROLE {role} NOBYPASSRLS"


def _cuts(_connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for cut in wanted.cuts:
        yield f"REVOKE {cut.what} FROM {cut.role} CASCADE"


def _predefined(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    found = connection.execute(_PREDEFINED, (list(wanted.outside),)).fetchall()
    for role, member in found:
        yield f"REVOKE {role} FROM {member} CASCADE"


def _privileges(_connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for table in wanted.tables:
        yield _revoke("TRUNCATE, REFERENCES, TRIGGER", table.name, wanted)


def _foreign(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for table in wanted.tables:
        for name, kind in connection.execute(_BELOW, (table.name,)).fetchall():
            if kind == "f":
                yield _revoke("ALL", name, wanted)


def _materialised(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for table in wanted.tables:
        for name, kind, _ in connection.execute(_ABOVE, (table.name,)).fetchall():
            if kind == "m":
                yield _revoke("ALL", name, wanted)


def _views(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for table in wanted.tables:
        for name, kind, free in connection.execute(_ABOVE, (table.name,)).fetchall():
            if kind == "v" and free:
                yield f"ALTER VIEW {name} SET (security_invoker = true)"


def _functions(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for (name,) in connection.execute(_OPEN_FUNCTIONS).fetchall():
        yield _revoke("EXECUTE", f"FUNCTION {name}", wanted)


def _leakproof(connection: psycopg.Connection, _wanted: Wanted) -> Iterator[str]:
    for (name,) in connection.execute(_LEAKPROOF).fetchall():
        yield f"ALTER FUNCTION {name} NOT LEAKPROOF"


def _files(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    for (name,) in connection.execute(_FILE_FUNCTIONS, (_FILES,)).fetchall():
        yield _revoke("EXECUTE", f"FUNCTION {name}", wanted)


def _defaults(connection: psycopg.Connection, wanted: Wanted) -> Iterator[str]:
    whom = ", ".join(("PUBLIC", *wanted.outside))
    for role, schema in connection.execute(_DEFAULTS).fetchall():
        yield (
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA {schema}"
            f" REVOKE ALL ON TABLES FROM {whom}"
        )


def _revoke(what: str, name: str, wanted: Wanted) -> str:
    return f"REVOKE {what} ON {name} FROM {', '.join(('PUBLIC', *wanted.outside))}"


Part = Callable[[psycopg.Connection, Wanted], Iterator[str]]
PARTS: dict[str, Part] = {
    "roles": _roles,
    "bypass": _bypass,
    "cuts": _cuts,
    "attributes": _attributes,
    "predefined": _predefined,
    "privileges": _privileges,
    "foreign": _foreign,
    "materialised": _materialised,
    "views": _views,
    "functions": _functions,
    "leakproof": _leakproof,
    "files": _files,
    "defaults": _defaults,
}
