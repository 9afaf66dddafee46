"""What row security costs somebody inside: `make bench TOPIC=gate_postgres`.

A table of a million rows, a login inside and its look-ups by key, before the plan is
applied and after. Measured twice: from outside, through psycopg, where a round trip is
part of it; and inside the server, where a loop of look-ups is timed by the server's own
clock. Both in turns, so that a busy machine is busy for both; the best one counts. All
rows asked for are of the population, so that the roles have to be looked at, and are in
the server's memory. Every PostgreSQL that is installed is measured. Writes
`bench/out/gate_postgres.json`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import psycopg

from bench.figures import Figure, told, write
from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.gate.postgres.wanted import Table, Wanted
from tests.postgres_server import VERSIONS, Cluster, cluster_of

ROWS = 1_000_000
KEYS = 25_000  # every fourth row is of the population
ASKED = 2_000
LOOPED = 20_000
TURNS = 15
SECRET = "bench"  # noqa: S105 - the password of a throw-away server
TABLES = ("plain", "fenced")
MADE = f"""
CREATE ROLE own NOLOGIN;
CREATE ROLE inn LOGIN PASSWORD '{SECRET}';
CREATE SCHEMA app AUTHORIZATION own;
GRANT USAGE ON SCHEMA app TO inn;
"""
TABLE = """
CREATE TABLE app.{name} (id bigint PRIMARY KEY, region text, email text);
INSERT INTO app.{name}
  SELECT n, (ARRAY['US', 'DE', 'FR', 'SG'])[1 + n % 4], 'a' || n || '@mail.example'
  FROM generate_series(1, {rows}) n;
ALTER TABLE app.{name} OWNER TO own;
GRANT SELECT ON app.{name} TO inn;
ANALYZE app.{name};
CREATE FUNCTION app.loop_{name}(many int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE began timestamptz := clock_timestamp(); found text; BEGIN
  FOR n IN 1 .. many LOOP
    SELECT email INTO found FROM app.{name}
      WHERE id = 4 * (1 + (n * 7919) % {asked});
  END LOOP;
  RETURN extract(epoch FROM clock_timestamp() - began) * 1e6 / many;
END $$;
GRANT EXECUTE ON FUNCTION app.loop_{name}(int) TO inn;
"""
WANTED = Wanted(
    store="bench",
    boundary="",
    estate="",
    inside=("inn",),
    outside=(),
    tables=(Table("app.fenced", ("email",), Marker("region", ("US",))),),
)


def figures() -> Iterator[Figure]:
    """Yield what is measured."""
    for version in VERSIONS:
        cluster = cluster_of(version)
        with cluster.database("bench") as admin:
            _make(admin, cluster)
            yield from _measured(cluster, version)


def main() -> None:
    """Measure, print and write down."""
    write("gate_postgres", told(figures()), ("psycopg",))


def _make(admin: psycopg.Connection, cluster: Cluster) -> None:
    admin.execute(MADE)
    for name in TABLES:
        admin.execute(TABLE.format(name=name, rows=ROWS, asked=KEYS))
    for one in plan(WANTED, read_catalogue(cluster.dsn("bench"))).statements:
        admin.execute(one.sql.encode())
    admin.execute("VACUUM ANALYZE")


def _measured(cluster: Cluster, version: int) -> Iterator[Figure]:
    with psycopg.connect(
        cluster.dsn("bench", "inn", SECRET), autocommit=True
    ) as connection:
        for name in TABLES:
            _explain(connection, name)
        for how, measure in (("psycopg", _outside), ("in the server", _inside)):
            found: dict[str, list[float]] = {name: [] for name in TABLES}
            for _ in range(TURNS):
                for name in TABLES:
                    found[name].append(measure(connection, name))
            plain, fenced = (min(found[name]) for name in TABLES)
            yield Figure(
                f"a look-up by key inside the fence, {version}, {how}",
                round(fenced, 2),
                "us",
                "no row security",
                round(plain, 2),
                round(fenced / plain, 2),
            )


def _explain(connection: psycopg.Connection, name: str) -> None:
    """Check that the look-up uses the key's index.

    Raises:
        RuntimeError: It doesn't.
    """
    query = f"EXPLAIN SELECT email FROM app.{name} WHERE id = 77"  # noqa: S608
    lines = [line for (line,) in connection.execute(query.encode())]
    print(*lines, sep="\n")
    if f"Index Scan using {name}_pkey" not in lines[0]:
        raise RuntimeError(lines[0])


def _outside(connection: psycopg.Connection, name: str) -> float:
    """Return how long a look-up takes through psycopg, in microseconds."""
    query = f"SELECT email FROM app.{name} WHERE id = %s".encode()  # noqa: S608
    drawn = Random(7)  # noqa: S311 - which keys are looked up
    keys = [4 * drawn.randrange(1, KEYS) for _ in range(ASKED)]
    began = time.perf_counter()
    for key in keys:
        connection.execute(query, [key], prepare=True).fetchone()
    return (time.perf_counter() - began) * 1e6 / ASKED


def _inside(connection: psycopg.Connection, name: str) -> float:
    """Return how long a look-up takes in a loop in the server, in microseconds."""
    row = connection.execute(
        f"SELECT app.loop_{name}(%s)".encode(), [LOOPED]
    ).fetchone()
    return float(row[0]) if row else 0.0


if __name__ == "__main__":
    main()
