"""A survey of a real database: what is open there is found, and nothing is changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from ringfence.boundary.decision.scene import Marker
from ringfence.errors import ExitCode, SourceError
from ringfence.gate.postgres.probes.proof import Proof, Result, canonical, digest
from ringfence.gate.postgres.prove import prove
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.gate.postgres.wanted import Finding, Table, Wanted
from ringfence.report import prove_text
from tests.postgres_server import VERSIONS, Cluster, cluster_of
from tests.unit.gate.postgres.fencing import fence
from tests.unit.gate.postgres.hba import before_others, lets_in

DATABASE = "survey"
US = Marker("region", ("US",))
WANTED = Wanted(
    store="warehouse",
    boundary="b",
    estate="e",
    inside=("ida",),
    outside=("oz", "Pool 1"),
    tables=(
        Table("app.profile", ("email", "note"), US),
        Table("app.vault", ("secret",)),
        Table("app.Event log", ("email",), US),
    ),
)
SECRETS = ("ann@example.org", "cat@example.org", "hush-hush", "about ann")
STAGE = """
CREATE ROLE ida LOGIN; CREATE ROLE oz LOGIN NOINHERIT; CREATE ROLE "Pool 1" LOGIN;
CREATE ROLE own; CREATE ROLE reader;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC; GRANT CREATE ON SCHEMA app TO own;
CREATE TABLE app.profile (id int PRIMARY KEY, region text, email text, note text);
INSERT INTO app.profile VALUES (1, 'US', 'ann@example.org', 'about ann'),
    (2, 'DE', 'ben@example.org', 'the same'), (3, NULL, 'cat@example.org', 'the same');
CREATE TABLE app.vault (id int, secret text);
INSERT INTO app.vault VALUES (1, 'hush-hush');
CREATE TABLE app."Event log" (region text, email text) PARTITION BY LIST (region);
CREATE TABLE app."us part" PARTITION OF app."Event log" FOR VALUES IN ('US');
INSERT INTO app."Event log" VALUES ('US', 'ann@example.org');
ALTER TABLE app.profile OWNER TO own; ALTER TABLE app.vault OWNER TO own;
ALTER TABLE app."Event log" OWNER TO own; ALTER TABLE app."us part" OWNER TO own;
GRANT SELECT ON app.profile TO ida, oz, "Pool 1";
"""
FENCED = msgspec.structs.replace(
    WANTED,
    outside=("oz", '"Pool 1"'),
    tables=(*WANTED.tables[:2], Table('app."Event log"', ("email",), US)),
)
_DOOR = "; GRANT SELECT ON app.door TO PUBLIC"
_GONE = "DROP VIEW app.door CASCADE"
# What is done by hand, what takes it back, and what a survey has to say of it.
HOLES = {
    "superuser": ("ALTER ROLE oz SUPERUSER", "ALTER ROLE oz NOSUPERUSER", "L2"),
    "bypass": ("ALTER ROLE oz BYPASSRLS", "ALTER ROLE oz NOBYPASSRLS", "L3 L0"),
    "no guard": (
        "ALTER TABLE app.profile DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.profile ENABLE ROW LEVEL SECURITY",
        "L0",
    ),
    "no marker": (
        "ALTER TABLE app.profile DISABLE ROW LEVEL SECURITY; REVOKE SELECT ON app.profile"
        ' FROM oz, "Pool 1"; GRANT SELECT (note) ON app.profile TO oz',
        "ALTER TABLE app.profile ENABLE ROW LEVEL SECURITY; REVOKE SELECT (note) ON"
        ' app.profile FROM oz; GRANT SELECT ON app.profile TO oz, "Pool 1"',
        "L0",
    ),
    "by a role": (
        "ALTER TABLE app.vault DISABLE ROW LEVEL SECURITY; GRANT SELECT ON app.vault TO"
        " reader; GRANT reader TO oz",
        "ALTER TABLE app.vault ENABLE ROW LEVEL SECURITY; REVOKE SELECT ON app.vault FROM"
        " reader; REVOKE reader FROM oz",
        "L0",
    ),
    "partition": (
        'ALTER TABLE app."us part" DISABLE ROW LEVEL SECURITY; GRANT SELECT ON'
        ' app."us part" TO "Pool 1"',
        'ALTER TABLE app."us part" ENABLE ROW LEVEL SECURITY; REVOKE SELECT ON'
        ' app."us part" FROM "Pool 1"',
        "L18",
    ),
    "view": (
        "CREATE VIEW app.door AS SELECT email x FROM app.profile{door}",
        _GONE,
        "L10",
    ),
    "view of a view": (
        "CREATE VIEW app.door AS SELECT email x FROM app.profile; CREATE VIEW app.second"
        " AS SELECT x y FROM app.door; GRANT SELECT ON app.second TO PUBLIC",
        _GONE,
        "L10",
    ),
    "capitals": (
        "CREATE VIEW app.door AS SELECT upper(email) FROM app.profile{door}",
        _GONE,
        "L10",
    ),
    "wrapped": (
        "CREATE VIEW app.door AS SELECT json_build_object('mail', email, 'n', 1)"
        " FROM app.profile{door}",
        _GONE,
        "L10",
    ),
    "materialized": (
        "CREATE MATERIALIZED VIEW app.door AS SELECT secret FROM app.vault{door}",
        "DROP MATERIALIZED VIEW app.door",
        "L15",
    ),
    "owner": ("GRANT own TO oz", "REVOKE own FROM oz", "L73"),
    "inside": (
        "GRANT ringfence_inside TO oz",
        "REVOKE ringfence_inside FROM oz",
        "L7 L0",
    ),
    "trigger": (
        "GRANT TRIGGER ON app.vault TO oz",
        "REVOKE TRIGGER ON app.vault FROM oz",
        "L21b",
    ),
    "truncate": (
        "GRANT TRUNCATE ON app.vault TO oz",
        "REVOKE TRUNCATE ON app.vault FROM oz",
        "L43",
    ),
    "references": (
        "GRANT REFERENCES ON app.vault TO oz",
        "REVOKE REFERENCES ON app.vault FROM oz",
        "L46",
    ),
    "program": (
        "GRANT pg_execute_server_program TO oz",
        "REVOKE pg_execute_server_program FROM oz",
        "L26",
    ),
    "files": (
        "GRANT pg_read_server_files TO oz",
        "REVOKE pg_read_server_files FROM oz",
        "L61",
    ),
    "a file": (
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO oz",
        "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM oz",
        "L62",
    ),
    "monitor": ("GRANT pg_monitor TO oz", "REVOKE pg_monitor FROM oz", "L63"),
    "replication": ("ALTER ROLE oz REPLICATION", "ALTER ROLE oz NOREPLICATION", "L52"),
    "leakproof": (
        "CREATE FUNCTION app.f(text) RETURNS bool LEAKPROOF LANGUAGE internal AS 'texteq'",
        "DROP FUNCTION app.f(text)",
        "L30",
    ),
    "defaults": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE own GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE own REVOKE SELECT ON TABLES FROM PUBLIC",
        "L72",
    ),
}
SOFT = {
    "mask": (
        "CREATE VIEW app.door AS SELECT left(email, 1) x, note FROM app.profile{door}",
        _GONE,
        "L10",
        "open",  # the note is shown as it stands
    ),
    "whole mask": (
        "CREATE VIEW app.door AS SELECT id, left(email, 1) x FROM app.profile{door}",
        _GONE,
        "L10",
        "closed",
    ),
    "what others hold too": (
        "CREATE VIEW app.door AS SELECT note FROM app.profile WHERE id > 1{door}",
        _GONE,
        "L10",
        "closed",
    ),
    "publication": (
        "CREATE PUBLICATION p FOR TABLE app.vault",
        "DROP PUBLICATION p",
        "L54",
        "named",
    ),
    "every table": (
        "CREATE PUBLICATION p FOR ALL TABLES",
        "DROP PUBLICATION p",
        "L55",
        "named",
    ),
    "server": (
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER"
        " postgres_fdw; CREATE USER MAPPING FOR PUBLIC SERVER far;"
        " GRANT USAGE ON FOREIGN SERVER far TO oz",
        "DROP EXTENSION postgres_fdw CASCADE",
        "L23",
        "named",
    ),
    "unique": (
        "GRANT INSERT ON app.profile TO oz",
        "REVOKE INSERT ON app.profile FROM oz",
        "L33",
        "named",
    ),
    "a superuser's function": (
        "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION app.f()",
        "L12b",
        "untried",
    ),
    "an owner's function": (
        "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
        " ALTER FUNCTION app.f() OWNER TO own",
        "DROP FUNCTION app.f()",
        "L12",
        "untried",
    ),
}


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda v: f"pg{v}")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return cluster_of(request.param)


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Give a superuser's connection to a database with a fence round three tables."""
    with cluster.database(DATABASE) as connection:
        connection.execute(STAGE.encode())
        fence(connection, FENCED)
        yield connection


def proved(cluster: Cluster, **changes: object) -> Proof:
    """Return what an attack on the database comes to."""
    return prove(cluster.dsn(DATABASE), WANTED, **changes)  # type: ignore[arg-type]


def found(proof: Proof, number: str) -> list[Result]:
    return [one for one in proof.survey if one.number == number]


def opened(proof: Proof) -> set[str]:
    return {one.number for one in proof.of("open")}


def test_a_fenced_database_is_certified(cluster: Cluster, database: psycopg.Connection):
    """Behind a whole fence nothing is open, nothing untried, and the rest is named."""
    proof = proved(cluster)
    assert (proof.of("open"), proof.of("untried")) == ((), ())
    assert proof.is_certificate
    assert proof.exit_code is ExitCode.ALL_UPHELD
    assert proof.server == database.info.server_version
    assert {"L31", "L36", "L38", "L39"} <= {one.number for one in proof.of("named")}


@pytest.mark.parametrize("hole", HOLES)
def test_what_is_open_is_found(
    cluster: Cluster, database: psycopg.Connection, hole: str
):
    """Each hole made by hand is found under its number, and gone when it is mended."""
    make, mend, numbers = HOLES[hole]
    database.execute(make.replace("{door}", _DOOR).encode())
    try:
        proof = proved(cluster)
    finally:
        database.execute(mend.encode())
    assert opened(proof) >= {*numbers.split()}
    assert opened(proof) <= {*numbers.split(), "L0", "L18", "L7", "L73", "L3", "L10"}
    assert proof.exit_code is ExitCode.REFUTED
    text = canonical(proof).decode() + prove_text.proof(proof, 100, everything=True)
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("soft", SOFT)
def test_what_is_not_simply_open_is_told_apart(
    cluster: Cluster, database: psycopg.Connection, soft: str
):
    """What only may show something, or what no database closes, has its own status."""
    make, mend, number, status = SOFT[soft]
    database.execute(make.replace("{door}", _DOOR).encode())
    try:
        proof = proved(cluster)
    finally:
        database.execute(mend.encode())
    assert {one.status for one in found(proof, number)} == {status}


def test_all_is_closed_again(cluster: Cluster, database: psycopg.Connection):
    """After every hole was mended the database is certified as before."""
    assert database.info.dbname == DATABASE
    assert proved(cluster).is_certificate


def test_a_survey_changes_nothing(cluster: Cluster, database: psycopg.Connection):
    """Catalogue, roles and rows are after a survey what they were before it."""
    query = "SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM app.profile p"
    before = read_catalogue(cluster.dsn(DATABASE))
    rows = database.execute(query.encode()).fetchone()
    proved(cluster)
    proved(cluster, writes=True)
    assert read_catalogue(cluster.dsn(DATABASE)) == before
    assert database.execute(query.encode()).fetchone() == rows


TRAP = """
CREATE FUNCTION app.trap(text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN
    BEGIN EXECUTE 'SET SESSION AUTHORIZATION DEFAULT'; EXCEPTION WHEN others THEN END;
    BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN others THEN END;
    BEGIN EXECUTE format('COPY (SELECT 1) TO %L', '{file}');
    EXCEPTION WHEN others THEN END;
    RETURN $1; END $f$;
CREATE VIEW app.door AS SELECT app.trap(email) x FROM app.profile;
GRANT SELECT ON app.door TO PUBLIC;
CREATE POLICY trap ON app.profile USING (app.trap(email) IS NOT NULL);
CREATE TYPE app.kind AS ENUM ('US', 'DE');
CREATE FUNCTION app.trap(app.kind) RETURNS text LANGUAGE sql AS
    $f$ SELECT app.trap($1::varchar::text) $f$;
CREATE CAST (app.kind AS text) WITH FUNCTION app.trap(app.kind);
CREATE TABLE app.kinds (region app.kind, email app.kind);
INSERT INTO app.kinds VALUES ('US', 'US');
ALTER TABLE app.kinds OWNER TO own;
CREATE VIEW app.shown AS SELECT email FROM app.kinds;
GRANT SELECT ON app.shown, app.kinds TO PUBLIC;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER FUNCTION app.f() OWNER TO own;
"""
UNTRAP = """
DROP VIEW app.door; DROP VIEW app.shown; DROP TABLE app.kinds;
DROP POLICY trap ON app.profile; DROP TYPE app.kind CASCADE;
DROP FUNCTION app.trap(text); DROP FUNCTION app.f();
"""


@pytest.mark.parametrize("imitate", ["", "oz"])
def test_no_trap_is_run_with_a_superusers_rights(
    cluster: Cluster, database: psycopg.Connection, imitate: str
):
    """Code that outsiders planted in views, policies or casts never gets more rights."""
    tables = (
        *WANTED.tables,
        Table("app.kinds", ("email",), US),
        Table("app.door", ("x",)),
    )
    wanted = msgspec.structs.replace(WANTED, tables=tables)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # the server may be somebody else's process
        file = Path(folder) / "sprung"
        database.execute(TRAP.replace("{file}", str(file)).encode())
        try:
            for writes in (False, True):
                prove(cluster.dsn(DATABASE), wanted, writes=writes, imitate=imitate)
            assert not file.exists()
            database.execute("SELECT x FROM app.door")
            assert file.exists(), "the trap is one: a superuser springs it"
        finally:
            database.execute(UNTRAP.encode())


def test_two_surveys_give_one_proof(cluster: Cluster, database: psycopg.Connection):
    """The proof of an unchanged server is the same to the byte."""
    assert database.info.dbname == DATABASE
    first, second = proved(cluster), proved(cluster)
    assert (canonical(first), digest(first)) == (canonical(second), digest(second))


def test_a_real_login_is_imitated(cluster: Cluster, database: psycopg.Connection):
    """A login is imitated by one that really logs in; it alone, if it is named."""
    assert database.info.dbname == DATABASE
    proof = proved(cluster, imitate="oz")
    (profile,) = [one for one in found(proof, "L0") if one.where == "app.profile"]
    assert profile.after is not None
    assert (proof.posed, profile.after.how) == ("oz", "login")


def test_nobody_has_to_be_let_in(cluster: Cluster, database: psycopg.Connection):
    """Where no new login is let in, a superuser's session poses, but runs no view."""
    database.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    guest = cluster.dsn(DATABASE, user="guest", password="guest")  # noqa: S106
    lines = (
        f"host {DATABASE} postgres 127.0.0.1/32 scram-sha-256\n"
        f"host {DATABASE} all 127.0.0.1/32 reject"
    )
    make, mend, _ = HOLES["view"]
    database.execute(make.replace("{door}", _DOOR).encode())
    try:
        with before_others(database, lines, lambda: not lets_in(guest)):
            proof = proved(cluster)
    finally:
        database.execute(f"{mend}; DROP ROLE guest".encode())
    (profile,) = [one for one in found(proof, "L0") if one.where == "app.profile"]
    assert profile.after is not None
    assert (profile.status, profile.after.how) == ("closed", "session")
    assert [one.number for one in proof.of("untried")] == ["L10"]
    assert "no real log-in was to be had for `oz`" in proof.notes


def test_an_owners_function_is_tried_with_writes(
    cluster: Cluster, database: psycopg.Connection
):
    """With leave to write it is tried what such a function could read: FORCE holds."""
    make, mend, _, _ = SOFT["an owner's function"]
    database.execute(make.replace("{door}", _DOOR).encode())
    proof = proved(cluster, writes=True)
    database.execute(b"ALTER TABLE app.vault NO FORCE ROW LEVEL SECURITY")
    loose = proved(cluster, writes=True)
    database.execute(b"ALTER TABLE app.vault FORCE ROW LEVEL SECURITY")
    database.execute(mend.encode())
    assert {one.status for one in found(proof, "L12")} == {"closed"}
    assert [one.where for one in loose.of("open")] == ["app.vault by app.f()"]


def test_copies_and_tables_make_one_proof(
    cluster: Cluster, database: psycopg.Connection
):
    """With writes and a fence the proof covers copies too, and insiders still read."""
    assert database.info.dbname == DATABASE
    proof = proved(cluster, writes=True, fence=fence, catalogue="c")
    assert (proof.kept, proof.catalogue, proof.writes) == (True, "c", True)
    assert len(proof.conformance) > 120
    assert proof.is_certificate


def test_who_is_not_there_is_noted(cluster: Cluster, database: psycopg.Connection):
    """A login that the server hasn't is a note; a relation that it hasn't is untried."""
    assert database.info.dbname == DATABASE
    wanted = msgspec.structs.replace(
        WANTED,
        outside=("oz", "ghost"),
        tables=(*WANTED.tables, Table("app.nowhere", ("x",))),
        findings=(Finding("technical", "a pool", "two pools", "L8"),),
    )
    proof = prove(cluster.dsn(DATABASE), wanted)
    assert "the server has no login `ghost`" in proof.notes
    assert [one.where for one in proof.of("untried")] == ["app.nowhere"]
    assert proof.exit_code is ExitCode.UNPROVEN
    assert [one.change for one in found(proof, "L8")] == ["two pools"]


def test_nobody_outside_is_noted(cluster: Cluster, database: psycopg.Connection):
    """Where no login outside is known the proof says that nothing was posed as."""
    assert database.info.dbname == DATABASE
    wanted = msgspec.structs.replace(WANTED, outside=("ghost",))
    proof = prove(cluster.dsn(DATABASE), wanted)
    assert any("nothing was posed as" in note for note in proof.notes)


def test_only_a_login_outside_can_be_imitated(
    cluster: Cluster, database: psycopg.Connection
):
    """To imitate somebody inside, or nobody, is one clear error."""
    assert database.info.dbname == DATABASE
    with pytest.raises(SourceError, match="`ida` is no login outside"):
        proved(cluster, imitate="ida")
