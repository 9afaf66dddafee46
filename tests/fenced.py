"""Databases with a fence round them: what a login reads there, and what a dump shows."""

from __future__ import annotations

import os
import subprocess

import psycopg
from psycopg import sql

from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.catalogue import Catalogue
from tests.postgres_server import Cluster

US = Marker("region", ("US",))


def rows_of(
    connection: psycopg.Connection, login: str, catalogue: Catalogue
) -> dict[str, tuple[str, ...]]:
    """Return what a login reads of each relation, of the columns that it may read."""
    found: dict[str, tuple[str, ...]] = {}
    connection.execute(f'SET SESSION AUTHORIZATION "{login}"')
    may = "SELECT has_schema_privilege(%s, 'USAGE')"
    columns = """SELECT quote_ident(attname) FROM pg_attribute
      WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege(attrelid, attnum, 'SELECT') ORDER BY attnum"""
    try:
        for one in catalogue.relations:
            if one.schema == "pg_catalog" or one.kind == "S":
                continue
            if connection.execute(may, [one.schema]).fetchone() != (True,):
                continue
            names = [name for (name,) in connection.execute(columns, [one.sql])]
            if not names:
                continue
            try:
                asked = sql.SQL("SELECT {} FROM {}").format(
                    sql.SQL(", ".join(names)), sql.SQL(one.sql)
                )
                read = connection.execute(asked)
                lines = sorted(map(repr, read))
            except psycopg.errors.InsufficientPrivilege:
                lines = ["no"]  # a view whose owner may not read
            found[one.name] = (", ".join(names), *lines)
    finally:
        connection.execute("RESET SESSION AUTHORIZATION")
    return found


def dumped(cluster: Cluster, database: str) -> str:
    """Return the structure of a database, its roles and its grants, as a dump."""
    where = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres"]
    env = {**os.environ, "PGPASSWORD": cluster.password}
    texts = [
        subprocess.run(
            [cluster.bin / program, *more, *where, "--no-password"],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for program, *more in (("pg_dump", "-s", database), ("pg_dumpall", "-g"))
    ]
    # Each dump bears a key of its own.
    lines = "\n".join(texts).splitlines()
    return "\n".join(line for line in lines if "restrict" not in line)
