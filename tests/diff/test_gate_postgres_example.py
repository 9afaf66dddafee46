"""The example company's warehouse, closed: nobody inside loses, nobody outside reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import psycopg
import pytest

from ringfence.boundary.model import Gate, Rows
from ringfence.claims.case import Case
from ringfence.claims.enforcing import Enforcing
from ringfence.claims.snapshot import Ask, opened
from ringfence.gate.postgres.apply import apply, rollback
from ringfence.gate.postgres.catalogue import Catalogue
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import read_catalogue
from tests.fenced import rows_of
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

EXAMPLE = Path("examples/shortvideo")
VALUES = {
    "text": ("'US'", "'DE'", "NULL"),
    "date": ("'2021-11-05'",) * 3,
    "timestamp with time zone": ("'2021-11-05'", "'2021-12-05'", "'2022-01-05'"),
    "boolean": ("true",) * 3,
    "bigint": ("1", "2", "3"),
    "integer": ("1", "2", "3"),
}


def fill(connection: psycopg.Connection, catalogue: Catalogue) -> None:
    """Put a row of somebody from the US, one of somebody else, and one of unknown."""
    for one in catalogue.relations:
        if one.kind in ("r", "p") and not one.parents and one.schema != "pg_catalog":
            for place in range(3):
                values = [
                    VALUES.get(column.type, ("NULL",) * 3)[place]
                    for column in one.columns
                ]
                told = ", ".join(values)
                connection.execute(f"INSERT INTO {one.sql} VALUES ({told})")
    for one in catalogue.relations:
        if one.kind == "m":
            connection.execute(f"REFRESH MATERIALIZED VIEW {one.sql}")


@pytest.fixture(scope="module")
def example() -> Enforcing:
    """Give the example company with a gate: whoever is in China is kept out."""
    found = opened(Ask(EXAMPLE, "2022-01-31T00:00:00Z"))
    rows = (Rows(("warehouse/accounts.*",), "region", ("US",)),)
    boundary = msgspec.structs.replace(
        found.boundary, gate=Gate(("in-china",), rows=rows)
    )
    return Enforcing(Case(found.estate, boundary, boundary.as_of), "warehouse")


def test_the_example_is_closed_and_nobody_inside_loses(
    cluster: Cluster, example: Enforcing, tmp_path: Path
):
    """Inside, every login reads the same rows; outside, none of the population."""
    with cluster.database("warehouse") as connection:
        connection.execute((EXAMPLE / "warehouse.sql").read_text())
        dsn = cluster.dsn("warehouse")
        fill(connection, read_catalogue(dsn))
        before = read_catalogue(dsn)
        logins = example.logins
        read = {login: rows_of(connection, login, before) for login in logins}
        chosen = plan(example.wanted, before, released=example.released)
        journal = apply(dsn, chosen, tmp_path / "journal.json")
        held = {one.name for one in example.tables}
        for login in logins:
            now = rows_of(connection, login, before)
            if login in example.inside:
                assert now == read[login]
            elif login != "postgres":
                told = {k: v[1:] for k, v in now.items() if k in held and v[1:]}
                assert {*told} <= {"accounts.profile"}
                assert "US" not in str(told) and "None" not in str(told)
        again = plan(example.wanted, journal.after, released=example.released)
        assert again.statements == ()
        rollback(dsn, journal)
