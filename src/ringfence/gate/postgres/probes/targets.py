"""What could show protected rows in the real database, and who could ask for it.

A target is a protected relation, one of its partitions or children, one of its parents,
or a view or materialized view that is made from a protected column, at any remove.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import psycopg

from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.wanted import Table, Wanted

_TABLES = """
WITH RECURSIVE found(o) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname || '.' || relname = %(name)s
        AND relkind IN ('r', 'p', 'f', 'v', 'm')
), below(o) AS (
    SELECT o FROM found
    UNION SELECT inhrelid FROM pg_inherits JOIN below ON inhparent = o
), above(o) AS (
    SELECT o FROM found
    UNION SELECT inhparent FROM pg_inherits JOIN above ON inhrelid = o
)
SELECT o, o IN (SELECT o FROM found) FROM below
UNION SELECT o, o IN (SELECT o FROM found) FROM above ORDER BY 1
"""
_MADE_FROM = """
WITH RECURSIVE made(o) AS (
    SELECT ev_class FROM pg_depend d JOIN pg_rewrite w
        ON w.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY(%(tables)s)
        AND (d.refobjsubid = 0 OR a.attname = ANY(%(columns)s))
        AND ev_class <> d.refobjid
    UNION
    SELECT ev_class FROM made JOIN pg_depend d ON d.refobjid = made.o
        AND d.refclassid = 'pg_class'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    WHERE ev_class <> made.o
)
SELECT DISTINCT o FROM made JOIN pg_class c ON c.oid = o WHERE relkind IN ('v', 'm')
ORDER BY 1
"""
_SHAPE = """
SELECT quote_ident(nspname) || '.' || quote_ident(relname), relkind::text,
    relispartition, array(SELECT attname::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = %s
"""
# What a superuser reads without running code that somebody else wrote: a table, whose
# columns are of built-in types (a type of one's own may bring a cast of one's own).
_HARMLESS = """
SELECT array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid
    AND attnum > 0 AND NOT attisdropped AND (atttypid < 16384 OR EXISTS (
        SELECT FROM pg_type t WHERE t.oid = atttypid
            AND (typtype = 'd' AND typbasetype < 16384 OR typtype = 'e' AND NOT EXISTS (
                SELECT FROM pg_cast
                WHERE castsource = t.oid AND casttarget = 'text'::regtype)))))
FROM pg_class c WHERE c.oid = %s AND relkind IN ('r', 'p', 'm')
"""
# And a table whose row security calls nothing but built-in functions.
_PLAIN = """
SELECT relkind IN ('r', 'p') AND NOT EXISTS (
    SELECT FROM pg_depend d JOIN pg_policy p ON p.oid = d.objid
    WHERE d.classid = 'pg_policy'::regclass AND p.polrelid = c.oid
        AND (d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
            OR d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass,
                'pg_type'::regclass) AND d.refobjid >= 16384))
FROM pg_class c WHERE c.oid = %s
"""
_ACTING = """
SELECT l.rolname::text, r.rolname::text, array_agg(DISTINCT t.o::int8)
FROM pg_roles l
JOIN pg_roles r ON pg_has_role(l.oid, r.oid, 'MEMBER') AND NOT l.rolsuper
CROSS JOIN unnest(%(targets)s::oid[]) t(o)
JOIN pg_class c ON c.oid = t.o
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT attisdropped
WHERE l.rolname = ANY(%(outside)s)
    AND has_schema_privilege(r.oid, relnamespace, 'USAGE')
    AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')
GROUP BY 1, 2 ORDER BY 1, 2
"""
_KINDS = {"m": "L15", "v": "L10", "f": "L25"}


@dataclass(frozen=True, slots=True)
class Target:
    """A relation that could show protected rows.

    Attributes:
        oid: Its number.
        name: Schema and name, quoted.
        number: The pitfall that it is an instance of; L0 is the relation itself.
        columns: Every column's name.
        protected: Columns that are protected by name; empty: it is made from one.
        marker: Which rows are of the population, if the relation has that column.
        origin: The relation that the estate names. `source`: its name, quoted.
        harmless: Columns of the origin that a superuser may read without running what
            somebody else wrote.
        plain: Reading it runs nothing that somebody else wrote.
        narrowed: Only some rows of the origin are of the population.
    """

    oid: int
    name: str
    number: str
    columns: tuple[str, ...]
    protected: tuple[str, ...]
    marker: Marker | None
    origin: Table
    source: str
    harmless: frozenset[str]
    plain: bool
    narrowed: bool


@dataclass(frozen=True, slots=True)
class Posing:
    """A login outside the fence, acting as itself or as a role that it can become.

    Attributes:
        login: Name of the login.
        role: Name of the role; the login's own if it doesn't change.
        sees: Numbers of targets of which it may read some column.
    """

    login: str
    role: str
    sees: frozenset[int]


def targets(
    connection: psycopg.Connection, wanted: Wanted
) -> tuple[list[Target], list[str]]:
    """Return what could show protected rows, and the tables that are not there."""
    found: dict[int, Target] = {}
    missing = []
    for one in wanted.tables:
        table = one
        rows = connection.execute(_TABLES, {"name": table.name}).fetchall()
        named = [oid for oid, is_named in rows if is_named]
        if not named:
            missing.append(table.name)
            continue
        first = _shape(connection, named[0])
        origin = (first.name, _harmless(connection, named[0]))
        if table.rows is not None and table.rows.column not in first.columns:
            # Where nothing says of whom a row is, every row may be of the population.
            table = msgspec.structs.replace(table, rows=None)
        oids = [oid for oid, _ in rows]
        given = {"tables": oids, "columns": list(table.columns)}
        made = [oid for (oid,) in connection.execute(_MADE_FROM, given).fetchall()]
        for oid in (*oids, *made):
            if oid in named or oid not in found:
                shape = _shape(connection, oid)
                found[oid] = _target(oid, shape, table, origin)
    return [found[oid] for oid in sorted(found)], missing


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the catalogue says of a relation."""

    name: str
    kind: str
    is_partition: bool
    columns: tuple[str, ...]
    plain: bool


def _shape(connection: psycopg.Connection, oid: int) -> _Shape:
    row = connection.execute(_SHAPE, (oid,)).fetchone()
    name, kind, is_partition, columns = row or ("", "r", False, [])
    plain = connection.execute(_PLAIN, (oid,)).fetchone()
    return _Shape(name, kind, is_partition, tuple(columns), bool(plain and plain[0]))


def _harmless(connection: psycopg.Connection, oid: int) -> frozenset[str]:
    row = connection.execute(_HARMLESS, (oid,)).fetchone()
    return frozenset(row[0] if row else ())


def _target(
    oid: int, shape: _Shape, table: Table, origin: tuple[str, frozenset[str]]
) -> Target:
    source, harmless = origin
    named = shape.name == source
    is_table = named or shape.kind in {"r", "p", "f"}
    columns = shape.columns
    marker = table.rows if table.rows and table.rows.column in columns else None
    number = _KINDS.get(shape.kind) or ("L18" if shape.is_partition else "L19")
    return Target(
        oid=oid,
        name=shape.name,
        number="L0" if named else number,
        columns=columns,
        protected=tuple(c for c in table.columns if c in columns) if is_table else (),
        marker=marker,
        origin=table,
        source=source,
        harmless=harmless,
        plain=shape.plain and (marker is None or marker.column in harmless),
        narrowed=table.rows is not None,
    )


def posings(
    connection: psycopg.Connection, wanted: Wanted, found: list[Target]
) -> list[Posing]:
    """Return every way in which a login outside the fence may ask for a target.

    A superuser needs no way: that it is one is said once (L2).
    """
    given = {
        "outside": list(wanted.outside),
        "targets": [target.oid for target in found],
    }
    return [
        Posing(login, role, frozenset(sees))
        for login, role, sees in connection.execute(_ACTING, given).fetchall()
    ]
