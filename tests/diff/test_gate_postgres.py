"""What closes a database, on real servers: who still reads, who doesn't, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg
import pytest

from ringfence.errors import ConfigError
from ringfence.gate.postgres.apply import apply, fence, rollback
from ringfence.gate.postgres.catalogue import canonical
from ringfence.gate.postgres.drift import differences, drift
from ringfence.gate.postgres.journal import Journal, read_journal
from ringfence.gate.postgres.mending import ANEW
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import read_catalogue, reading
from ringfence.gate.postgres.statements import Plan
from ringfence.gate.postgres.wanted import Cut, Table, Wanted
from tests.fenced import US, dumped, rows_of
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

SHOP = """
CREATE ROLE own NOLOGIN;
CREATE ROLE lone NOLOGIN;
CREATE ROLE desk NOLOGIN;
CREATE ROLE mixed NOLOGIN;
CREATE ROLE apart NOLOGIN;
CREATE ROLE cleared NOLOGIN;
CREATE ROLE inn LOGIN PASSWORD 'inn';
CREATE ROLE ina LOGIN;
CREATE ROLE outa LOGIN PASSWORD 'outa';
CREATE ROLE outb LOGIN;
CREATE ROLE dba LOGIN BYPASSRLS CREATEROLE REPLICATION;
GRANT mixed TO inn, outa;
GRANT apart TO ina;
GRANT cleared TO outb, inn;
GRANT pg_monitor TO mixed;
GRANT pg_read_all_data TO dba;
GRANT own TO outb WITH ADMIN OPTION;
GRANT ina TO dba;
CREATE SCHEMA app AUTHORIZATION own;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT CREATE ON SCHEMA app TO mixed;
CREATE TABLE app.customer
  (id int PRIMARY KEY, region text, email text UNIQUE, note varchar(20));
CREATE INDEX by_mail ON app.customer (lower(email));
CREATE TABLE app."Odd Name" (id serial PRIMARY KEY, region char(3), "E ""x" text);
CREATE TABLE app.paper (id int PRIMARY KEY, customer int REFERENCES app.customer
  ON DELETE CASCADE, body text);
CREATE TABLE app.diary (id int, region text, line text) PARTITION BY LIST (region);
CREATE TABLE app.diary_us PARTITION OF app.diary FOR VALUES IN ('US');
CREATE TABLE app.diary_de PARTITION OF app.diary FOR VALUES IN ('DE');
CREATE TABLE app.stray (id int, region text);
CREATE TABLE app.open (id int, word text);
ALTER TABLE app.customer OWNER TO own;
ALTER TABLE app."Odd Name" OWNER TO own;
ALTER TABLE app.paper OWNER TO own;
ALTER TABLE app.diary OWNER TO own;
ALTER TABLE app.diary_us OWNER TO own;
ALTER TABLE app.stray OWNER TO outa;
ALTER TABLE app.paper ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.paper FOR SELECT TO mixed USING (id < 100);
CREATE VIEW app.by_super AS SELECT * FROM app.customer;
CREATE VIEW app.by_own AS SELECT id, email, region FROM app.customer;
ALTER VIEW app.by_own OWNER TO own;
CREATE VIEW app.by_caller WITH (security_invoker) AS SELECT * FROM app.customer;
CREATE MATERIALIZED VIEW app.sums AS SELECT region, count(*) FROM app.customer GROUP BY 1;
ALTER MATERIALIZED VIEW app.sums OWNER TO own;
CREATE MATERIALIZED VIEW app.kept AS SELECT * FROM app.customer;
ALTER MATERIALIZED VIEW app.kept OWNER TO lone;
CREATE VIEW app.over AS SELECT * FROM app.kept;
CREATE VIEW app.total AS SELECT count(*) FROM app.customer WHERE id > 0;
CREATE FUNCTION app.super_look() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  AS 'SELECT email FROM app.customer';
CREATE FUNCTION app.own_look() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  AS 'SELECT email FROM app.customer';
ALTER FUNCTION app.own_look() OWNER TO own;
CREATE FUNCTION app.desk_look() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  AS 'SELECT email FROM app.customer';
ALTER FUNCTION app.desk_look() OWNER TO desk;
GRANT SELECT ON app.customer TO desk;
CREATE FUNCTION app.loud(text) RETURNS bool LANGUAGE sql LEAKPROOF AS 'SELECT true';
CREATE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tick BEFORE INSERT ON app.customer EXECUTE FUNCTION app.fire();
GRANT SELECT, INSERT ON app.customer TO mixed WITH GRANT OPTION;
GRANT SELECT (id, region) ON app.customer TO outb;
GRANT TRUNCATE, TRIGGER, REFERENCES ON app.customer TO outb;
GRANT SELECT ON app.diary, app.diary_us, app.diary_de, app.by_caller TO mixed, apart;
GRANT SELECT ON app.by_super, app.sums, app.over TO mixed;
GRANT SELECT ON app.by_own, app.total TO PUBLIC;
GRANT SELECT, UPDATE ON app.paper TO mixed;
GRANT SELECT (body) ON app.paper TO outb;
GRANT SELECT ON app."Odd Name" TO mixed, ina;
GRANT USAGE, SELECT ON SEQUENCE app."Odd Name_id_seq" TO mixed;
GRANT SELECT ON app.stray TO inn, outb;
GRANT SELECT ON app.kept TO mixed;
GRANT SELECT ON app.customer TO lone;
GRANT SELECT ON app.open TO PUBLIC;
SET ROLE mixed;
GRANT SELECT ON app.customer TO outb, ina;
RESET ROLE;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO mixed;
ALTER DEFAULT PRIVILEGES FOR ROLE own IN SCHEMA app GRANT SELECT ON TABLES TO mixed, ina;
ALTER DEFAULT PRIVILEGES FOR ROLE own GRANT SELECT ON TABLES TO outa;
CREATE PUBLICATION feed FOR TABLE app.customer (id, email), app.stray, app.open;
CREATE PUBLICATION news FOR TABLE app.diary_us WITH (publish = 'insert');
INSERT INTO app.customer VALUES (1, 'US', 'a@us', 'x'), (2, 'DE', 'b@de', 'y'),
  (3, NULL, 'c@no', 'z');
INSERT INTO app."Odd Name" (region, "E ""x") VALUES ('US', 'odd us'), ('DE', 'odd de');
INSERT INTO app.paper VALUES (1, 1, 'paper');
INSERT INTO app.diary VALUES (1, 'US', 'line us'), (2, 'DE', 'line de');
INSERT INTO app.stray VALUES (1, 'US'), (2, 'DE');
INSERT INTO app.open VALUES (1, 'word');
REFRESH MATERIALIZED VIEW app.sums;
REFRESH MATERIALIZED VIEW app.kept;
"""
WANTED = Wanted(
    store="shop",
    boundary="b",
    estate="e",
    inside=("inn", "ina", "gone"),
    outside=("outa", "outb", "dba"),
    tables=(
        Table("app.customer", ("email",), US),
        Table("app.Odd Name", ('E "x',), US),
        Table("app.paper", ("body",)),
        Table("app.diary", ("line",), US),
        Table("app.stray", ("id",), US),
        Table("app.sums", ("count",)),
        Table("app.vanished", ("x",)),
    ),
    cuts=(
        Cut("member_of", "outb", "cleared", why="it got across"),
        Cut("has_privilege", "outb", "app.customer.region", "read"),
        Cut("can_change", "dba", "app.open"),
    ),
)
RELEASED = ("app.total", "app.open")


@dataclass(frozen=True)
class Shop:
    """A shop's database, closed."""

    cluster: Cluster
    connection: psycopg.Connection
    dsn: str
    dump: str
    plan: Plan
    before: dict[str, dict[str, tuple[str, ...]]]
    journal: Journal
    file: Path

    def reads(self, login: str) -> dict[str, tuple[str, ...]]:
        """Return what a login reads now."""
        return rows_of(self.connection, login, self.journal.before)


@pytest.fixture(scope="module")
def shop(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Give a shop's database, closed."""
    file = tmp_path_factory.mktemp("shop") / "journal.json"
    with cluster.database("shop") as connection:
        connection.execute(SHOP)
        dsn = cluster.dsn("shop")
        dump = dumped(cluster, "shop")
        catalogue = read_catalogue(dsn)
        logins = ("inn", "ina", "outa", "outb", "dba")
        before = {login: rows_of(connection, login, catalogue) for login in logins}
        chosen = plan(WANTED, catalogue, released=RELEASED)
        journal = apply(dsn, chosen, file)
        yield Shop(cluster, connection, dsn, dump, chosen, before, journal, file)


def test_insiders_read_what_they_read_before(shop: Shop):
    """Neither row nor column is lost to a login inside, by no table, view or grant."""
    for login in ("inn", "ina"):
        assert shop.reads(login) == shop.before[login]


@pytest.mark.parametrize("login", ["outa", "outb", "dba"])
def test_outsiders_read_no_protected_row(shop: Shop, login: str):
    """What is left to a login outside are rows of others, and what is released."""
    told = str({k: v for k, v in shop.reads(login).items() if k != "app.total"})
    assert "@de" in str(shop.before[login])
    for word in ("a@us", "c@no", "odd us", "paper", "line us", "'US'"):
        assert word not in told, word


def test_released_views_stay(shop: Shop):
    """A view that is known to hold nothing protected is still everybody's."""
    assert shop.reads("outa")["app.total"] == shop.before["outa"]["app.total"]
    assert shop.reads("outb")["app.open"] == shop.before["outb"]["app.open"]


def test_functions_lend_nothing(shop: Shop):
    """Outsiders get nothing by functions that run as their owners; insiders all."""
    mails = {"a@us", "b@de", "c@no"}

    def called(login: str, name: str) -> set[str]:
        shop.connection.execute(f"SET SESSION AUTHORIZATION {login}")
        try:
            return {row[0] for row in shop.connection.execute(f"SELECT app.{name}()")}
        except psycopg.errors.InsufficientPrivilege:
            return set()
        finally:
            shop.connection.execute("RESET SESSION AUTHORIZATION")

    for name in ("desk_look", "own_look", "super_look"):
        assert called("inn", name) == mails
    assert called("outa", "desk_look") == {"b@de"}
    # Their owners read what row security doesn't guard.
    assert called("outa", "own_look") == called("outa", "super_look") == set()


def test_a_real_login_is_judged(shop: Shop):
    """What holds for a posed session holds for one that logged in."""
    for login, count in (("inn", 3), ("outa", 1)):
        dsn = shop.cluster.dsn("shop", login, login)
        with psycopg.connect(dsn) as own:
            found = own.execute("SELECT count(*) FROM app.customer").fetchone()
        assert found == (count,)


def test_a_write_across_the_fence_is_refused(shop: Shop):
    """Outsiders write rows of others alone, and relabel none."""
    run = shop.connection.execute
    run("GRANT UPDATE ON app.customer TO outa")
    run("SET SESSION AUTHORIZATION outa")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run("INSERT INTO app.customer VALUES (9, 'US', 'n@us')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run("UPDATE app.customer SET region = 'US'")
        assert run("UPDATE app.customer SET note = 'n' WHERE id = 1").rowcount == 0
    finally:
        run("RESET SESSION AUTHORIZATION")
        run("REVOKE UPDATE ON app.customer FROM outa")


def test_foreign_keys_still_work(shop: Shop):
    """A key that points at a hidden row is checked past row security."""
    run = shop.connection.execute
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        run("INSERT INTO app.paper VALUES (5, 77)")
    with shop.connection.transaction(force_rollback=True):
        run("INSERT INTO app.paper VALUES (6, 1)")
        run("SET LOCAL SESSION AUTHORIZATION inn")
        assert run("SELECT count(*) FROM app.paper").fetchone() == (2,)


def test_a_second_plan_is_empty(shop: Shop):
    """A closed database needs nothing more."""
    again = plan(WANTED, read_catalogue(shop.dsn), released=RELEASED)
    assert again.statements == ()
    assert drift(shop.dsn, shop.journal) == ()


def test_a_plan_is_one_for_one_state(shop: Shop, tmp_path: Path):
    """A plan made from another catalogue, or for another database, isn't applied."""
    with pytest.raises(ConfigError, match="has changed since"):
        apply(shop.dsn, shop.plan, tmp_path / "j.json")
    with pytest.raises(ConfigError, match="is for the database"):
        apply(shop.cluster.dsn(), shop.plan, tmp_path / "j.json")
    with pytest.raises(ConfigError, match="no superuser"):
        apply(shop.cluster.dsn("shop", "inn", "inn"), shop.plan, tmp_path / "j.json")
    assert not (tmp_path / "j.json").exists()


def test_a_statement_that_fails_changes_nothing(shop: Shop, tmp_path: Path):
    """The transaction is one: what comes before the failure is undone."""
    now = read_catalogue(shop.dsn)
    empty = plan(WANTED, now, released=RELEASED)
    first = msgspec.structs.replace(
        shop.plan.statements[0], sql="CREATE ROLE half NOLOGIN"
    )
    bad = msgspec.structs.replace(first, sql="SELECT 1 / 0")
    broken = msgspec.structs.replace(empty, statements=(first, bad))
    with pytest.raises(ConfigError, match=r"statement 2 .*division by zero"):
        apply(shop.dsn, broken, tmp_path / "j.json")
    assert canonical(read_catalogue(shop.dsn)) == canonical(now)


def test_indexes_that_row_security_shuts_out_are_named(shop: Shop):
    """An expression that isn't leakproof is reported before anything is applied."""
    assert ("app.customer", "by_mail") in {
        (one.relation, one.index) for one in shop.plan.slow
    }
    assert "customer_pkey" not in {one.index for one in shop.plan.slow}


def test_findings_name_what_stays_open(shop: Shop):
    """Each way that the database can't close is named, with what closes it."""
    found = {one.pitfall for one in shop.plan.findings}
    assert {"L2", "L32", "L33", "L42", "L53", "L58", "L59"} <= found
    told = " ".join(one.what for one in shop.plan.findings)
    for words in ("can_change app.open", "login gone", "relation app.vanished"):
        assert words in told
    assert all(one.change for one in shop.plan.findings)


CHANGES = (
    ("ALTER TABLE app.customer DISABLE ROW LEVEL SECURITY", "L73"),
    ("ALTER TABLE app.customer NO FORCE ROW LEVEL SECURITY", "L1"),
    ("DROP POLICY ringfence_fence ON app.customer", "L47"),
    ("ALTER POLICY ringfence_fence ON app.customer USING (true)", "L47"),
    ("ALTER POLICY ringfence_fence ON app.customer TO outa", "L47"),
    ("DROP POLICY ringfence_base ON app.customer", "L47"),
    ("CREATE POLICY wide ON app.paper USING (true)", "L47"),
    ("GRANT ringfence_inside TO outa", "L7"),
    ("REVOKE ringfence_inside FROM inn", "L7"),
    ("GRANT own TO outa", "L7"),
    ("ALTER ROLE outa BYPASSRLS", "L3"),
    ("ALTER ROLE outa SUPERUSER", "L2"),
    ("ALTER ROLE outa REPLICATION", "L52"),
    ("ALTER ROLE outb CREATEROLE", "L5"),
    ("GRANT pg_read_all_data TO outb", "L7"),
    ("GRANT SELECT ON app.sums TO outa", "L49"),
    ("GRANT SELECT (body) ON app.paper TO outb", "L49"),
    ("GRANT SELECT ON app.by_super TO PUBLIC", "L49"),
    ("ALTER TABLE app.paper OWNER TO outa", "L73"),
    ("GRANT EXECUTE ON FUNCTION app.super_look() TO PUBLIC", "L12"),
    ("ALTER FUNCTION app.own_look() RESET ALL", "L13"),
    ("ALTER FUNCTION app.fire() SECURITY DEFINER", "L12"),
    ("ALTER FUNCTION app.loud(text) LEAKPROOF", "L30"),
    (
        "CREATE FUNCTION app.new() RETURNS int LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT 1'",
        "L12",
    ),
    ("CREATE VIEW app.v AS SELECT * FROM app.customer", "L10"),
    ("CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.customer", "L15"),
    ("CREATE TABLE app.copy AS SELECT * FROM app.customer", "L16"),
    ("CREATE TABLE app.diary_fr PARTITION OF app.diary FOR VALUES IN ('FR')", "L16"),
    ("ALTER PUBLICATION feed ADD TABLE app.customer", "L54"),
    ("CREATE PUBLICATION whole FOR ALL TABLES", "L54"),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE own GRANT SELECT ON TABLES TO outb", "L72"),
    ("GRANT CREATE ON SCHEMA app TO outa", "L13"),
    ("ALTER SCHEMA app OWNER TO outa", "L13"),
    ("ALTER ROLE inn SET search_path = app, public", "L48"),
    ("ALTER VIEW app.by_caller RESET (security_invoker)", "L29"),
    ("DROP TRIGGER tick ON app.customer", "L21"),
    (
        "CREATE RULE echo AS ON INSERT TO app.customer DO ALSO"
        " INSERT INTO app.open SELECT 1, NEW.email",
        "L21",
    ),
    ("CREATE ROLE newcomer LOGIN", "L3"),
    ("ALTER DATABASE shop IS_TEMPLATE true", "L60"),
    ("CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION app.note()", "L74"),
)
_BEFORE = {
    "L74": "CREATE FUNCTION app.note() RETURNS event_trigger LANGUAGE plpgsql"
    " AS 'BEGIN END'"
}


@pytest.mark.parametrize(("change", "pitfall"), CHANGES, ids=range(len(CHANGES)))
def test_drift_sees_a_change_and_mends_it(shop: Shop, change: str, pitfall: str):
    """A change by hand is named with its pitfall; SQL that mends it does so."""
    run = shop.connection.execute
    with shop.connection.transaction(force_rollback=True):
        if pitfall in _BEFORE:
            run(_BEFORE[pitfall])
        base = reading(shop.connection)
        run(change)
        found = differences(base, reading(shop.connection))
        assert pitfall in {one.pitfall for one in found}, found
        assert all(one.what and one.mend for one in found)
        mends = [one.mend for one in found]
        if any(ANEW in one or one.startswith(("see ", "look ")) for one in mends):
            return
        for one in dict.fromkeys(mends):
            run(one)
        assert differences(base, reading(shop.connection)) == ()


def test_a_new_plan_mends_what_drifted(shop: Shop):
    """After row security was turned off by hand, the same wish turns it on again."""
    run = shop.connection.execute
    with shop.connection.transaction(force_rollback=True):
        for change in (
            "ALTER TABLE app.diary_us DISABLE ROW LEVEL SECURITY",
            "ALTER POLICY ringfence_fence ON app.customer USING (true)",
            "GRANT ringfence_inside TO outa",
            "GRANT SELECT ON app.sums TO PUBLIC",
        ):
            run(change)
        assert rows_of(shop.connection, "outa", shop.journal.before) != {}
        fence(shop.connection, WANTED)
        told = str(rows_of(shop.connection, "outa", shop.journal.before))
        assert "a@us" not in told


def test_rollback_restores_byte_for_byte(shop: Shop):
    """Roles, grants, policies and their order are again what a dump showed before."""
    journal = read_journal(shop.file)
    with shop.connection.transaction():
        shop.connection.execute("GRANT SELECT ON app.sums TO outa")
    with pytest.raises(ConfigError, match="isn't as the plan left it"):
        rollback(shop.dsn, journal)
    shop.connection.execute("REVOKE SELECT ON app.sums FROM outa")
    rollback(shop.dsn, journal)
    assert dumped(shop.cluster, "shop") == shop.dump
    assert canonical(read_catalogue(shop.dsn)) == canonical(journal.before)
    again = apply(shop.dsn, shop.plan, shop.file.with_name("again.json"))
    assert canonical(again.after) == canonical(journal.after)
