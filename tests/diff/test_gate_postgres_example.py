"""The example company's warehouse, closed: nobody inside loses, nobody outside reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from ringfence.boundary.model import Gate, Rows
from ringfence.claims.case import Case
from ringfence.claims.enforcing import Enforcing
from ringfence.claims.opened import Opened
from ringfence.claims.snapshot import Ask, keep, opened
from ringfence.cli import enforcing
from ringfence.errors import ConfigError
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
                connection.execute(
                    sql.SQL("INSERT INTO {} VALUES ({})").format(
                        sql.SQL(one.sql), sql.SQL(told)
                    )
                )
    for one in catalogue.relations:
        if one.kind == "m":
            connection.execute(f"REFRESH MATERIALIZED VIEW {one.sql}")


@pytest.fixture(scope="module")
def case() -> Opened:
    """Give the example company with a gate: whoever is in China is kept out."""
    found = opened(Ask(EXAMPLE, "2022-01-31T00:00:00Z"))
    rows = (Rows(("warehouse/accounts.*",), "region", ("US",)),)
    boundary = msgspec.structs.replace(
        found.boundary, gate=Gate(("in-china",), rows=rows)
    )
    return Opened(boundary, found.estate)


@pytest.fixture(scope="module")
def example(case: Opened) -> Enforcing:
    """Give its warehouse, ready to be closed."""
    instant = case.boundary.as_of
    return Enforcing(Case(case.estate, case.boundary, instant), "warehouse")


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
                assert "US" not in str(told)
                assert "None" not in str(told)
        again = plan(example.wanted, journal.after, released=example.released)
        assert again.statements == ()
        rollback(dsn, journal)


def test_the_commands_close_watch_and_undo(
    cluster: Cluster,
    case: Opened,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """Plan, apply, drift and rollback by the command line; no password is printed."""
    keep(case, tmp_path / "case")
    out = tmp_path / "out"
    with cluster.database("warehouse") as connection:
        connection.execute((EXAMPLE / "warehouse.sql").read_text())
        before = read_catalogue(cluster.dsn("warehouse"))
        monkeypatch.setenv("RINGFENCE_DSN", cluster.dsn("warehouse"))

        def run(*words: str) -> int:
            return int(enforcing.postgres([*words], result_action="return_value"))

        assert run("plan", str(tmp_path / "case"), "--output", str(out)) == 0
        assert run("apply", str(out / "plan.json")) == 0
        with pytest.raises(ConfigError, match="there is a journal already"):
            run("apply", str(out / "plan.json"))
        journal = str(out / "journal.json")
        assert run("drift", journal) == 0
        proof = run("prove", str(tmp_path / "case"), "--output", str(out))
        assert proof in (0, 10, 11)
        connection.execute("GRANT ringfence_inside TO svc_kite WITH ADMIN OPTION")
        assert run("drift", journal) == 11
        assert run("drift", journal, "--format", "json") == 11
        with pytest.raises(ConfigError, match="isn't as the plan left it"):
            run("rollback", journal)
        connection.execute("REVOKE ADMIN OPTION FOR ringfence_inside FROM svc_kite")
        assert run("drift", journal) == 0
        assert run("rollback", journal) == 0
        assert read_catalogue(cluster.dsn("warehouse")) == before
    told = capsys.readouterr()
    assert cluster.password not in told.out + told.err
    assert cluster.password not in (out / "journal.json").read_text()
    for words in (
        "closes ",
        "stays open ",
        "to do ",
        "applied ",
        "mend ",
        "undid ",
        "tried ",
    ):
        assert words in told.out
    assert '"schema": "ringfence-enforce-drift/1"' in told.out


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1 password=hush", "hush hush"])
def test_a_server_that_is_not_there_is_an_error(dsn: str):
    """The error says what to check, and never the password."""
    with pytest.raises(ConfigError) as caught:
        read_catalogue(dsn)
    assert "hush" not in str(caught.value)
    assert "help:" in str(caught.value)
