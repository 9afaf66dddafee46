"""One database with every construct: the facts against the server, role by role."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ringfence.estate.facts import Fact
from ringfence.sources.postgres import collect, read_snapshot
from ringfence.sources.postgres.model import Model
from ringfence.sources.source import Harvest
from tests.diff.test_postgres_property import check_privileges
from tests.postgres_oracle import Oracle, Table, closure
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

# One line a role; the comment says what it is there for.
ROLES = """
boss        LOGIN SUPERUSER        -- may do everything
owner       LOGIN                  -- owns the tables
stripped    LOGIN                  -- owns a table and revoked everything from itself
reader      NOLOGIN                -- holds SELECT
finder      NOLOGIN                -- holds USAGE
ann         LOGIN                  -- inherits both
ben         LOGIN NOINHERIT        -- must become them, one at a time
cat         LOGIN                  -- holds SELECT without USAGE
dan         LOGIN                  -- holds one column
eve         LOGIN                  -- an excluded outsider: PUBLIC only
fay         LOGIN                  -- reads through views only
gus         LOGIN                  -- reads a view that checks its reader
hal         LOGIN                  -- calls functions only
ida         LOGIN BYPASSRLS        -- passes row security
jon         LOGIN                  -- bound by row security
kim         LOGIN                  -- can become ida
lee         LOGIN                  -- inherits ida
mia         LOGIN                  -- may hand reader on, itself included
ned         LOGIN CREATEROLE       -- before 16: everybody
oda         LOGIN                  -- pg_read_all_data
pam         LOGIN                  -- pg_write_all_data
quin        LOGIN                  -- reads a partitioned table
rob         LOGIN                  -- reads one partition only
sue         LOGIN                  -- owns a schema, not its tables
tom         LOGIN                  -- reads a materialised view
una         LOGIN                  -- lacks CONNECT, when it is revoked
vic         LOGIN                  -- reads a view whose owner lost the privilege
wes         LOGIN                  -- member of a member of a member
xia         LOGIN                  -- reads an inheritance parent
yan         LOGIN                  -- reads a view through another owner's view
zoe         LOGIN                  -- updates through a view
team        NOLOGIN
squad       NOLOGIN
viewer      NOLOGIN                -- owns views; holds SELECT
"""

SETUP = """
CREATE SCHEMA app AUTHORIZATION owner;
CREATE SCHEMA pub;
CREATE SCHEMA own AUTHORIZATION sue;
GRANT USAGE ON SCHEMA pub TO PUBLIC;
GRANT USAGE ON SCHEMA app TO finder, dan, ida, jon, quin, rob, tom, stripped, xia;

CREATE TABLE app.users (id text, name text, mail text);
INSERT INTO app.users VALUES ('#app.users.id#', '#app.users.name#', '#app.users.mail#');
CREATE TABLE app.cards (id text, digits text);
INSERT INTO app.cards VALUES ('#app.cards.id#', '#app.cards.digits#');
CREATE TABLE app.rows (id text, region text);
INSERT INTO app.rows VALUES ('#app.rows.id#', '#app.rows.region#');
CREATE TABLE app.gone (id text);
INSERT INTO app.gone VALUES ('#app.gone.id#');
CREATE TABLE own.diary (page text);
INSERT INTO own.diary VALUES ('#own.diary.page#');
CREATE TABLE app.parts (id text, body text) PARTITION BY LIST (id);
CREATE TABLE app.part_a PARTITION OF app.parts DEFAULT;
INSERT INTO app.parts VALUES ('#app.parts.id#', '#app.parts.body#');
CREATE TABLE app.base (id text);
CREATE TABLE app.child (extra text) INHERITS (app.base);
INSERT INTO app.child VALUES ('#app.child.id#', '#app.child.extra#');
ALTER TABLE app.users OWNER TO owner;
ALTER TABLE app.cards OWNER TO owner;
ALTER TABLE app.rows OWNER TO owner;
ALTER TABLE app.parts OWNER TO owner;
ALTER TABLE app.part_a OWNER TO owner;
ALTER TABLE own.diary OWNER TO owner;
ALTER TABLE app.gone OWNER TO stripped;
REVOKE ALL ON app.gone FROM stripped;

GRANT SELECT ON app.users TO reader, cat, viewer, gus;
GRANT SELECT (id) ON app.cards TO dan;
GRANT UPDATE (digits) ON app.cards TO dan;
GRANT SELECT, UPDATE ON app.rows TO ida, jon;
GRANT SELECT ON app.rows TO viewer;
GRANT TRUNCATE ON app.cards TO reader;
GRANT SELECT ON app.parts TO quin;
GRANT SELECT ON app.part_a TO rob;
GRANT SELECT ON app.base TO xia;
GRANT SELECT, UPDATE ON app.cards TO viewer;
ALTER TABLE app.rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY none_of_it ON app.rows USING (region = 'nowhere');

CREATE VIEW pub.names AS SELECT name, lower(mail) AS low FROM app.users;
CREATE VIEW pub.self WITH (security_invoker) AS SELECT name, mail FROM app.users;
CREATE VIEW pub.nested AS SELECT name FROM pub.names;
CREATE VIEW pub.outer AS SELECT mail FROM pub.self;
CREATE VIEW pub.filtered AS SELECT id, region FROM app.rows;
CREATE VIEW pub.broken AS SELECT id FROM app.gone;
CREATE VIEW pub.some AS SELECT name FROM app.users WHERE mail <> '';
CREATE VIEW pub.both AS SELECT id FROM app.cards UNION SELECT id FROM app.users;
CREATE VIEW pub.cards AS SELECT id, digits FROM app.cards;
CREATE MATERIALIZED VIEW pub.copy AS SELECT name, length(mail) AS n FROM app.users;
ALTER VIEW pub.names OWNER TO viewer;
ALTER VIEW pub.nested OWNER TO viewer;
ALTER VIEW pub.outer OWNER TO viewer;
ALTER VIEW pub.filtered OWNER TO viewer;
ALTER VIEW pub.broken OWNER TO viewer;
ALTER VIEW pub.some OWNER TO viewer;
ALTER VIEW pub.both OWNER TO viewer;
ALTER VIEW pub.cards OWNER TO viewer;
GRANT SELECT ON pub.self TO viewer;
GRANT SELECT ON pub.names, pub.some TO fay;
GRANT SELECT ON pub.self TO gus, eve;
GRANT SELECT ON pub.nested, pub.outer TO yan;
GRANT SELECT ON pub.filtered, pub.both TO fay;
GRANT SELECT ON pub.broken TO vic;
GRANT SELECT ON pub.copy TO tom;
GRANT UPDATE (digits) ON pub.cards TO zoe;

CREATE FUNCTION pub.parsed() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  BEGIN ATOMIC SELECT mail FROM app.users; END;
CREATE FUNCTION pub.pinned() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  SET search_path = app, pg_temp AS 'SELECT digits FROM cards';
CREATE FUNCTION pub.loose() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER
  AS 'SELECT id FROM app.cards WHERE id <> $$x$$';
CREATE FUNCTION pub.spoken() RETURNS text LANGUAGE plpgsql SECURITY DEFINER
  AS 'BEGIN RETURN (SELECT region FROM app.rows); END';
CREATE FUNCTION pub.invoker() RETURNS SETOF text LANGUAGE sql
  AS 'SELECT name FROM app.users';
ALTER FUNCTION pub.pinned() OWNER TO owner;
ALTER FUNCTION pub.loose() OWNER TO owner;
ALTER FUNCTION pub.parsed() OWNER TO viewer;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pub FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pub.parsed(), pub.pinned() TO hal;
GRANT EXECUTE ON FUNCTION pub.loose() TO fay;
GRANT EXECUTE ON FUNCTION pub.spoken() TO dan;
GRANT EXECUTE ON FUNCTION pub.invoker() TO PUBLIC;

GRANT reader, finder TO ann, ben;
GRANT ida TO kim, lee;
GRANT pg_read_all_data TO oda;
GRANT pg_write_all_data TO pam;
GRANT team TO wes;
GRANT squad TO team;
GRANT reader, finder TO squad;
"""

GRANTS_APART = """
GRANT ida TO lee WITH INHERIT TRUE, SET FALSE;
GRANT reader TO ben WITH INHERIT FALSE, SET TRUE;
GRANT finder TO ben WITH INHERIT FALSE, SET TRUE;
GRANT reader TO mia WITH INHERIT FALSE, SET FALSE, ADMIN TRUE;
GRANT finder TO mia WITH INHERIT TRUE, SET FALSE;
"""
GRANTS_TOGETHER = "GRANT reader TO mia WITH ADMIN OPTION; GRANT finder TO mia;"
FUNCTIONS = (
    "pub.parsed()",
    "pub.pinned()",
    "pub.loose()",
    "pub.spoken()",
    "pub.invoker()",
)


def role_names() -> dict[str, str]:
    """Return the scenario's roles with their attributes."""
    lines = [line.partition("--")[0].split() for line in ROLES.splitlines()]
    return {words[0]: " ".join(words[1:]) for words in lines if words}


def build(connection: psycopg.Connection, version: int) -> None:
    """Make the scenario in an empty database."""
    for name, attributes in role_names().items():
        connection.execute(f"CREATE ROLE {name} {attributes}")
    connection.execute(SETUP)
    connection.execute(GRANTS_APART if version >= 16 else GRANTS_TOGETHER)


@pytest.fixture(scope="module")
def scenario(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Give a superuser's connection to the scenario's database."""
    with cluster.database("scenario") as connection:
        build(connection, cluster.version)
        connection.execute("CHECKPOINT")  # the tables' files hold the rows
        yield connection


@pytest.fixture(scope="module")
def harvest(cluster: Cluster, scenario: psycopg.Connection) -> Harvest:
    """Give what the collector makes of the scenario."""
    assert not scenario.closed
    return collect(cluster.dsn("scenario"), store="w", source="pg")


def tables(connection: psycopg.Connection) -> list[Table]:
    """Return every relation of the scenario."""
    rows = connection.execute(
        "SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text),"
        "  c.relkind::text"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE n.nspname IN ('app', 'pub', 'own') AND c.relkind IN ('r','p','v','m')"
        " GROUP BY 1, 3 ORDER BY 1"
    ).fetchall()
    return [Table(name, tuple(columns), kind) for name, columns, kind in rows]


def test_model_answers_as_the_server_does(
    cluster: Cluster, scenario: psycopg.Connection
) -> None:
    """The model answers `has_*_privilege` as the server does, for everything."""
    check_privileges(scenario, Model(read_snapshot(cluster.dsn("scenario"))))


LOGINS = [
    name for name, attributes in role_names().items() if " LOGIN" in f" {attributes}"
]


@pytest.mark.parametrize("login", LOGINS)
def test_reach_is_what_the_login_can_do(
    cluster: Cluster, scenario: psycopg.Connection, harvest: Harvest, login: str
) -> None:
    """Certain reach really succeeds, and whatever succeeds is possible reach."""
    relations = tables(scenario)
    oracle = Oracle(
        scenario,
        cluster.version,
        list(role_names()),
        ("app", "pub", "own"),
        relations,
        FUNCTIONS,
        empty=("app.base",),
    ).run(login)
    check(harvest.facts, login, oracle, relations)


def check(
    facts: list[Fact], login: str, oracle: Oracle, relations: list[Table]
) -> None:
    """Compare certain and possible reach with what really succeeded."""
    certain = closure(facts, f"role:w/{login}", certain=True)
    possible = closure(facts, f"role:w/{login}", certain=False)
    markers = scenario_columns(relations)
    read = {("read", f"column:w/{name}") for name in oracle.seen & markers}
    of_tables = {("read", f"column:w/{name}") for name in markers}
    assert (certain & of_tables) - read == set()
    assert read - possible == set()
    written = {
        (verb, f"{'dataset' if verb in ('delete', 'truncate') else 'column'}:w/{name}")
        for verb, name in oracle.done
    }
    tried = {
        (verb, node)
        for verb, node in certain
        if verb in ("update", "insert", "delete", "truncate")
        and node.partition("/")[2] in written_names(relations, verb)
    }
    assert tried - written == set()
    assert written - possible == set()


def written_names(relations: list[Table], verb: str) -> set[str]:
    """Return what the oracle tries a verb on."""
    empty = ("app.base",) if verb in ("update", "delete") else ()
    tables_ = [t for t in relations if t.kind in ("r", "p") and t.name not in empty]
    if verb in ("delete", "truncate"):
        return {table.name for table in tables_}
    return {f"{table.name}.{column}" for table in tables_ for column in table.columns}


def scenario_columns(relations: list[Table]) -> set[str]:
    """Return the columns that hold a marker with their name."""
    empty = ("app.part_a", "app.base")
    return {
        f"{table.name}.{column}"
        for table in relations
        if table.kind in ("r", "p") and table.name not in empty
        for column in table.columns
    }
