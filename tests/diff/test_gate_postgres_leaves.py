"""Exceptions on real servers: exactly what one concedes, while it is in force."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from ringfence.errors import ConfigError
from ringfence.gate.postgres.apply import apply, rollback
from ringfence.gate.postgres.catalogue import canonical
from ringfence.gate.postgres.drift import drift
from ringfence.gate.postgres.following import follow
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.prove import prove
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.gate.postgres.wanted import Conceded, Table, Wanted
from tests.fenced import US, dumped, rows_of
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

DESK = """
CREATE ROLE own NOLOGIN;
CREATE ROLE reader NOLOGIN;
CREATE ROLE inn LOGIN;
CREATE ROLE ann LOGIN PASSWORD 'ann';
CREATE ROLE bob LOGIN PASSWORD 'bob';
GRANT reader TO ann, bob, inn;
CREATE SCHEMA app AUTHORIZATION own;
CREATE SCHEMA anns AUTHORIZATION ann;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.customer (id int PRIMARY KEY, region text, "E ""x" text, note text);
CREATE TABLE app.paper (id int PRIMARY KEY, body text);
CREATE TABLE app.ruled (id int PRIMARY KEY, region text);
ALTER TABLE app.ruled ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.ruled TO reader USING (true);
CREATE MATERIALIZED VIEW app.sums AS SELECT region FROM app.customer;
GRANT SELECT ON app.customer, app.paper, app.ruled, app.sums TO reader;
ALTER TABLE app.customer OWNER TO own;
ALTER TABLE app.paper OWNER TO own;
INSERT INTO app.customer VALUES (1, 'US', 'a@us', 'secret'), (2, 'DE', 'b@de', 'open'),
  (3, NULL, 'c@no', 'secret'), (4, 'US', 'd@us', 'secret');
INSERT INTO app.paper VALUES (1, 'sheet'), (2, 'leaf');
INSERT INTO app.ruled VALUES (1, 'US');
"""
FAR = "2999-01-01T00:00:00Z"
AUDIT = Conceded("q1-audit", ("ann",), "app.customer", ('E "x',), FAR, 10)
PAPER = Conceded("paper", ("ann", "bob"), "app.paper", ("body",), FAR, 1)
WANTED = Wanted(
    store="desk",
    boundary="b",
    estate="e",
    inside=("inn",),
    outside=("ann", "bob"),
    tables=(
        Table("app.customer", ('E "x',), US),
        Table("app.paper", ("body",)),
        Table("app.ruled", ("id",), US),
        Table("app.sums", ("region",)),
    ),
    follows=True,
)
CALL = 'SELECT * FROM ringfence_leaves."q1-audit/app.customer"()'
PAPERS = 'SELECT * FROM ringfence_leaves."paper/app.paper"()'


def conceding(*some: Conceded) -> Wanted:
    return msgspec.structs.replace(WANTED, conceded=some)


@dataclass(frozen=True)
class Desk:
    """A closed database that follows exceptions."""

    cluster: Cluster
    connection: psycopg.Connection
    dsn: str
    journal: Journal
    dump: str

    def follow(self, *some: Conceded) -> tuple[str, ...]:
        """Bring it to some exceptions, and return what was done."""
        return follow(self.dsn, conceding(*some)).changes

    def told(self, *some: Conceded) -> str:
        """Return what is found of some exceptions."""
        return " ".join(one.what for one in follow(self.dsn, conceding(*some)).findings)

    def reads(self, login: str, query: str) -> object:
        """Return what a login that logs in itself reads, or why it doesn't."""
        dsn = self.cluster.dsn("desk", login, login)
        with psycopg.connect(dsn, autocommit=True) as own:
            return asked(own, query)


def asked(own: psycopg.Connection, query: str) -> object:
    try:
        return sorted(own.execute(query.encode()).fetchall())
    except psycopg.Error as error:
        return type(error).__name__


@pytest.fixture(scope="module")
def opened_desk(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Close a desk's database, ready to follow exceptions; undo it at the end."""
    with cluster.database("desk") as connection:
        connection.execute(DESK)
        dump, dsn = dumped(cluster, "desk"), cluster.dsn("desk")
        file = tmp_path_factory.mktemp("desk") / "journal.json"
        journal = apply(dsn, plan(WANTED, read_catalogue(dsn)), file)
        yield Desk(cluster, connection, dsn, journal, dump)


@pytest.fixture
def desk(opened_desk: Desk) -> Iterator[Desk]:
    """Give the desk with nothing conceded."""
    yield opened_desk
    opened_desk.follow()
    assert canonical(read_catalogue(opened_desk.dsn)) == canonical(
        opened_desk.journal.after
    )


def test_a_leave_concedes_its_column_and_nothing_else(desk: Desk):
    """Ann reads the one column of the hidden rows; tables show her what they did."""
    before = rows_of(desk.connection, "ann", desk.journal.before)
    (told,) = desk.follow(AUDIT)
    assert told.startswith("conceded q1-audit: ann reads")
    assert desk.reads("ann", CALL) == [("a@us",), ("c@no",), ("d@us",)]
    assert rows_of(desk.connection, "ann", desk.journal.before) == before
    assert desk.reads("bob", CALL) == "InsufficientPrivilege"
    assert desk.reads("ann", "SELECT id FROM app.paper") == "InsufficientPrivilege"
    assert desk.follow(AUDIT) == ()


def test_a_leave_that_is_revoked_is_over(desk: Desk):
    """Once it isn't in force any more, the function is gone, and one that holds on too."""
    desk.follow(AUDIT, PAPER)
    with psycopg.connect(desk.cluster.dsn("desk", "ann", "ann")) as own:
        own.execute(f"CREATE VIEW anns.held AS {CALL}")
        own.commit()
    assert desk.follow(PAPER) == ('ended ringfence_leaves."q1-audit/app.customer"()',)
    assert desk.reads("ann", CALL) == "UndefinedFunction"
    assert desk.reads("ann", "TABLE anns.held") == "UndefinedTable"
    assert desk.reads("ann", PAPERS) == [("leaf",)]


def test_a_leave_ends_by_the_clock_without_anybody(desk: Desk):
    """The function asks for the time itself: nobody has to take it away."""
    for end in ("2020-01-01T00:00:00Z", f"{datetime.now(UTC):%Y-%m-%d}"):
        desk.follow(msgspec.structs.replace(AUDIT, until=end))
        for zone in ("UTC", "-12", "14"):  # the session's clock is its own
            dsn = desk.cluster.dsn("desk", "ann", "ann")
            with psycopg.connect(dsn, autocommit=True) as own:
                own.execute(f"SET TimeZone = '{zone}'; SET DateStyle = 'SQL, DMY'")
                assert asked(own, CALL) == []
    assert desk.follow(AUDIT)  # another end is another function
    assert desk.reads("ann", CALL) != []


def test_no_more_rows_than_the_most(desk: Desk):
    """However often it is asked, the same rows are shown."""
    desk.follow(msgspec.structs.replace(AUDIT, most=2), PAPER)
    for _ in range(3):
        assert desk.reads("ann", CALL) == [("a@us",), ("c@no",)]
        assert desk.reads("bob", PAPERS) == [("leaf",)]


def test_nothing_is_lent_on(desk: Desk):
    """Ann's own views, functions and roles get nobody, nor her, at anything more."""
    desk.follow(AUDIT)
    run = desk.connection.execute
    run("SET SESSION AUTHORIZATION ann")
    for sql in (
        "CREATE VIEW anns.all AS SELECT * FROM app.customer",
        f"CREATE FUNCTION anns.lend() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        f" AS $${CALL}$$",
        "GRANT USAGE ON SCHEMA anns TO bob",
        "GRANT SELECT ON anns.all TO PUBLIC",
    ):
        run(sql.encode())
    run("RESET SESSION AUTHORIZATION")
    try:
        for login in ("ann", "bob"):
            assert "secret" not in str(desk.reads(login, "TABLE anns.all"))
        assert desk.reads("bob", "SELECT anns.lend()") == []
        for login in ("ann", "bob"):
            found = desk.reads(login, "SET ROLE ringfence_leave")
            assert found == "InsufficientPrivilege"
        explained = str(desk.reads("ann", f"EXPLAIN ANALYZE {CALL}"))
        assert "Function Scan" in explained
        assert "Seq Scan" not in explained
    finally:
        run(
            "DROP VIEW anns.all; DROP FUNCTION anns.lend; REVOKE ALL ON SCHEMA anns FROM bob"
        )


def test_what_the_database_cannot_concede_is_told(desk: Desk):
    """No table, its own row policies, an unknown login or column: the gate alone."""
    told = desk.told(
        msgspec.structs.replace(AUDIT, name="a", table="app.sums", columns=("region",)),
        msgspec.structs.replace(AUDIT, name="b", table="app.ruled", columns=("id",)),
        msgspec.structs.replace(AUDIT, name="c", logins=("inn", "gone")),
        msgspec.structs.replace(AUDIT, name="d", columns=("gone",)),
        msgspec.structs.replace(AUDIT, name="e", table="app.gone"),
        msgspec.structs.replace(AUDIT, name="f", table="app.open"),
    )
    for words in ("a on app.sums", "b on app.ruled", "c on", "d on", "e on", "f on"):
        assert f"the exception {words}" in told


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (
            "ALTER TABLE app.customer NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE app.customer FORCE ROW LEVEL SECURITY",
        ),
        ("ALTER ROLE ringfence_leave LOGIN", "ALTER ROLE ringfence_leave NOLOGIN"),
        ("GRANT ringfence_leave TO bob", "REVOKE ringfence_leave FROM bob"),
        (
            "GRANT CREATE ON SCHEMA ringfence_leaves TO bob",
            "REVOKE CREATE ON SCHEMA ringfence_leaves FROM bob",
        ),
        (
            "CREATE POLICY more ON app.customer USING (true)",
            "DROP POLICY more ON app.customer",
        ),
    ],
)
def test_where_the_fence_has_fallen_nothing_is_conceded(
    desk: Desk, change: str, back: str
):
    """What was conceded ends, until the database is again as the plan left it."""
    desk.follow(AUDIT)
    desk.connection.execute(change.encode())
    try:
        assert "ended" in str(desk.follow(AUDIT))
        assert "holds at the gate alone" in desk.told(AUDIT)
        assert desk.reads("ann", CALL) == "UndefinedFunction"
    finally:
        desk.connection.execute(back.encode())
    assert desk.follow(AUDIT)


@pytest.mark.parametrize(
    "change",
    [
        'GRANT EXECUTE ON FUNCTION ringfence_leaves."q1-audit/app.customer"() TO bob',
        'ALTER FUNCTION ringfence_leaves."q1-audit/app.customer"() RESET ALL',
        "CREATE FUNCTION ringfence_leaves.more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT SELECT (note) ON app.customer TO ringfence_leave",
        "GRANT SELECT ON app.paper TO ringfence_leave",
        "GRANT USAGE ON SCHEMA anns TO ringfence_leave",
    ],
)
def test_what_somebody_changes_is_drift_and_mended(desk: Desk, change: str):
    """An exception in force is no drift; more than it concedes is, until it is mended."""
    desk.follow(AUDIT)
    wanted = conceding(AUDIT)
    assert drift(desk.dsn, desk.journal, wanted) == ()
    assert drift(desk.dsn, desk.journal)  # nobody has said that it is in force
    desk.connection.execute(change.encode())
    assert drift(desk.dsn, desk.journal, wanted)
    desk.follow(AUDIT)
    assert drift(desk.dsn, desk.journal, wanted) == ()
    assert desk.reads("ann", CALL) != []


def test_an_exception_that_is_not_there_is_drift(desk: Desk):
    """What should be conceded and isn't is told."""
    (found,) = drift(desk.dsn, desk.journal, conceding(AUDIT))
    assert found.what.startswith("not q1-audit")


def test_the_proof_holds_with_a_leave_in_force(desk: Desk):
    """What gets through with an exception in force got through without one."""
    before = {(o.number, o.where) for o in prove(desk.dsn, WANTED).of("open")}
    desk.follow(AUDIT, PAPER)
    after = {(o.number, o.where) for o in prove(desk.dsn, conceding(AUDIT)).of("open")}
    assert after == before == set()


def test_a_lock_does_not_keep_a_leave_alive(desk: Desk):
    """Whoever locks what is conceded, or builds on it, can't read it any longer."""
    desk.follow(AUDIT)
    with psycopg.connect(desk.cluster.dsn("desk", "ann", "ann")) as own:
        own.execute(f"CREATE VIEW anns.held AS {CALL}")
        with contextlib.suppress(ConfigError):  # the drop waits for a lock in vain
            desk.follow()
        assert isinstance(asked(own, CALL), str)  # an error


def test_a_plan_that_follows_is_empty_a_second_time(desk: Desk):
    """The plan shows what it would concede, and wants nothing else."""
    again = plan(conceding(AUDIT), read_catalogue(desk.dsn))
    assert again.statements == ()
    assert [one.why for one in again.conceded] != []


def test_rollback_ends_every_leave_and_restores_byte_for_byte(
    opened_desk: Desk, tmp_path: Path
):
    """With exceptions in force, a rollback takes them along; a plan brings them back."""
    opened_desk.follow(AUDIT, PAPER)
    rollback(opened_desk.dsn, opened_desk.journal)
    assert dumped(opened_desk.cluster, "desk") == opened_desk.dump
    again = apply(opened_desk.dsn, opened_desk.journal.plan, tmp_path / "again.json")
    assert canonical(again.after) == canonical(opened_desk.journal.after)
    assert opened_desk.follow(AUDIT)
