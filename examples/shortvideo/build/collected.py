"""The warehouse as a real PostgreSQL 18 describes itself, through our own collector.

The SQL is loaded into a cluster that was made this minute, so every OID is the same
each time: the counter starts where `initdb` leaves it, and one session at a time draws
from it. The one thing that a run can't repeat is the clock, so its answer is replaced
by the day of the case.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

from ringfence.claims.collect import Told, source_fact, write_facts
from ringfence.sources.postgres.catalogue import read_snapshot
from ringfence.sources.postgres.facts import harvest_of
from ringfence.sources.source import Harvest, Order
from tests.postgres_server import installations, running

VERSION = 18
DAY = "2022-01-28T04:00:00Z"
STORE = SOURCE = "warehouse"
DATABASE = "warehouse"


def facts(
    sql: str, day: str = DAY, closed: Callable[[str], None] = lambda _dsn: None
) -> bytes:
    """Return `warehouse.facts.jsonl`: what the server says of the loaded SQL.

    Args:
        sql: What is loaded.
        day: When it is collected, as the file says.
        closed: Does something to the database before, given how to connect.
    """
    (found,) = (one for one in installations() if one.version == VERSION)
    with running(found) as cluster:
        with cluster.connect() as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        with psycopg.connect(cluster.dsn(DATABASE), autocommit=True) as connection:
            connection.execute(sql)
        closed(cluster.dsn(DATABASE))
        snapshot = read_snapshot(cluster.dsn(DATABASE))
    snapshot = msgspec.structs.replace(snapshot, collected=day)
    harvest = harvest_of(snapshot, store=STORE, source=SOURCE)
    order = Order(SOURCE)
    told = Told(order, "postgres", day, "")
    return _written(told, harvest)


def catalogue(found: bytes) -> list[str]:
    """Return the columns of the server's own tables that the facts speak of."""
    prefix = f"column:{STORE}/"
    facts = (json.loads(line) for line in found.splitlines())
    names = {
        fact["id"].removeprefix(prefix) for fact in facts if fact["fact"] == "node"
    }
    return sorted(name for name in names if name.startswith("pg_catalog."))


def _written(told: Told, harvest: Harvest) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.jsonl"
        write_facts([source_fact(told, harvest), *harvest.facts], path)
        return path.read_bytes()
