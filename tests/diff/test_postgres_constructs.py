"""Constructs one by one: each fact beside the thing really done on a server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from ringfence.errors import SourceError
from ringfence.estate.facts import Fact, line
from ringfence.sources.postgres import collect
from ringfence.sources.postgres.catalogue import _session, read_snapshot
from ringfence.sources.source import Harvest
from tests.postgres_oracle import closure
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]
TELLTALE = "hush-9f3a"


@pytest.fixture
def database(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Give a superuser's connection to a database with one table and three roles."""
    with cluster.database("constructs") as connection:
        connection.execute(f"CREATE ROLE ann LOGIN PASSWORD '{TELLTALE}'")
        connection.execute("CREATE ROLE ben LOGIN; CREATE ROLE owner LOGIN")
        connection.execute("CREATE TABLE t (id text, secret text)")
        connection.execute("INSERT INTO t VALUES ('1', 'zzz')")
        connection.execute("ALTER TABLE t OWNER TO owner")
        yield connection


def harvested(cluster: Cluster) -> Harvest:
    """Return what the superuser's collector makes of the database."""
    return collect(cluster.dsn("constructs"), store="w", source="pg")


def edges(harvest: Harvest, tail: str = "", head: str = "") -> list[Fact]:
    """Return the edges from `tail` to `head`; an empty end is any."""
    return [
        fact
        for fact in harvest.facts
        if fact.fact == "edge" and tail in ("", fact.id) and head in ("", fact.value)
    ]


def reaches(harvest: Harvest, role: str, node: str, *, certain: bool) -> bool:
    """Tell whether a role reads a node."""
    return ("read", node) in closure(harvest.facts, f"role:w/{role}", certain=certain)


def do(
    connection: psycopg.Connection, role: str, *statements: str
) -> list[tuple[object, ...]]:
    """Run statements as a role and return the last one's rows."""
    connection.execute(f"SET SESSION AUTHORIZATION {role}")
    try:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.execute("RESET SESSION AUTHORIZATION")
        connection.execute("RESET ROLE")


# --- the collector itself -------------------------------------------------------------


def test_an_ordinary_login_is_enough(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A role that may only connect collects the same edges as the superuser."""
    database.execute("GRANT SELECT ON t TO ben; CREATE VIEW v AS SELECT id FROM t")
    mine = collect(cluster.dsn("constructs", "ann", TELLTALE), store="w", source="pg")
    theirs = harvested(cluster)
    assert [line(fact) for fact in theirs.facts] == [line(fact) for fact in mine.facts]


def test_what_a_login_may_not_see_is_listed(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A catalogue that is closed to the reader gives a note and an undecided edge."""
    database.execute("REVOKE SELECT ON pg_proc FROM PUBLIC")
    harvest = collect(
        cluster.dsn("constructs", "ann", TELLTALE), store="w", source="pg"
    )
    messages = [note.message for note in harvest.notes]
    assert (
        "functions can't be read as `ann`: permission denied for table pg_proc"
        in messages
    )
    (edge,) = [
        e
        for e in edges(harvest, "role:w/PUBLIC", "store:w")
        if "functions" in e.unknown
    ]
    assert edge.unknown == "functions can't be read"


def test_the_transaction_can_not_write(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """The collector's session refuses to write, superuser or not."""
    del database
    with _session(cluster.dsn("constructs")) as session:
        modes = session.execute(
            "SELECT current_setting('transaction_read_only') AS read_only,"
            " current_setting('transaction_isolation') AS isolation,"
            " current_setting('application_name') AS name"
        ).fetchone()
        assert modes == {
            "read_only": "on",
            "isolation": "repeatable read",
            "name": "ringfence",
        }
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.execute("INSERT INTO t VALUES ('2', 'x')")


def test_nothing_changes_by_collecting(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """The catalogue is the same after a collection, row version by row version."""
    query = "SELECT array_agg(xmin::text || ctid::text ORDER BY oid) FROM pg_class"
    before = database.execute(query).fetchall()
    harvested(cluster)
    assert before == database.execute(query).fetchall()


def test_two_collections_agree(cluster: Cluster, database: psycopg.Connection) -> None:
    """The same database gives the same facts in the same order."""
    del database
    assert harvested(cluster).facts == harvested(cluster).facts


@pytest.mark.parametrize(
    "dsn",
    [
        "not a dsn hush-9f3a",
        "postgresql://a:hush-9f3a@[/x",
        "postgresql://a:b@hush-9f3a@nowhere.invalid/x",
        "postgresql://a:b/hush-9f3a@nowhere.invalid/x",
        "postgresql://a@nowhere.invalid:hush-9f3a/x",
    ],
)
def test_a_broken_connection_string_is_not_repeated(dsn: str) -> None:
    """A connection string that can't be read isn't quoted: it may hold a password."""
    with pytest.raises(SourceError) as caught:
        read_snapshot(dsn)
    assert TELLTALE not in str(caught.value)


def test_a_refused_login_names_no_password(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A wrong password is reported without being repeated."""
    del database
    with pytest.raises(SourceError, match="can't connect") as caught:
        read_snapshot(cluster.dsn("constructs", "ann", "wrong-hush-9f3a"))
    assert "hush" not in str(caught.value)


def test_passwords_never_become_facts(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Passwords of mappings, servers and roles are in no fact and no note."""
    database.execute("CREATE EXTENSION postgres_fdw")
    database.execute(
        "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw"
        " OPTIONS (host 'far.example', dbname 'crm')"
    )
    database.execute(
        "CREATE USER MAPPING FOR ann SERVER far"
        f" OPTIONS (user 'remote', password '{TELLTALE}')"
    )
    harvest = harvested(cluster)
    text = b"\n".join(line(fact) for fact in harvest.facts).decode() + str(
        harvest.notes
    )
    assert "far.example/crm" in text
    assert TELLTALE not in text


# --- ways in --------------------------------------------------------------------------


def test_usage_and_select_may_come_from_two_roles(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """PREPARE as one role and EXECUTE as another reads what neither could alone."""
    apart = " WITH INHERIT FALSE, SET TRUE" if cluster.version >= 16 else ""
    database.execute("ALTER ROLE ann NOINHERIT; CREATE ROLE finder; CREATE ROLE reader")
    database.execute("CREATE SCHEMA s; CREATE TABLE s.x (id text)")
    database.execute("INSERT INTO s.x VALUES ('found')")
    database.execute("GRANT USAGE ON SCHEMA s TO finder; GRANT SELECT ON s.x TO reader")
    database.execute(f"GRANT finder, reader TO ann{apart}")
    for role in ("finder", "reader"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            do(database, "ann", f"SET ROLE {role}", "SELECT * FROM s.x")
    rows = do(
        database,
        "ann",
        "SET ROLE finder",
        "PREPARE trick AS SELECT * FROM s.x",
        "SET ROLE reader",
        "EXECUTE trick",
    )
    harvest = harvested(cluster)
    assert rows == [("found",)]
    assert reaches(harvest, "ann", "column:w/s.x.id", certain=True)
    assert not reaches(harvest, "finder", "column:w/s.x.id", certain=False)
    assert not reaches(harvest, "reader", "column:w/s.x.id", certain=False)


def test_inheriting_the_bootstrap_role_is_being_it(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Who inherits the bootstrap superuser without SET makes built-ins run as it."""
    if cluster.version < 16:
        pytest.skip("before 16 a member can always become the role")
    database.execute("GRANT postgres TO ann WITH INHERIT TRUE, SET FALSE")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SET ROLE postgres")
    database.execute("BEGIN")
    rows = do(
        database,
        "ann",
        "ALTER FUNCTION pg_catalog.pg_read_binary_file(text) SECURITY DEFINER",
        "SELECT length(pg_read_binary_file('global/pg_control')) > 0",
    )
    database.execute("ROLLBACK")
    assert rows == [(True,)]
    assert reaches(harvested(cluster), "ann", "column:w/public.t.secret", certain=True)


def test_inheriting_another_superuser_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Who inherits a superuser without SET has its privileges, perhaps its power."""
    if cluster.version < 16:
        pytest.skip("before 16 a member can always become the role")
    database.execute("CREATE ROLE root SUPERUSER; CREATE TABLE mine (id text)")
    database.execute("ALTER TABLE mine OWNER TO root")
    database.execute("GRANT root TO ann WITH INHERIT TRUE, SET FALSE")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SELECT * FROM t")
    assert do(database, "ann", "SELECT * FROM mine") == []
    harvest = harvested(cluster)
    assert reaches(harvest, "ann", "column:w/public.mine.id", certain=True)
    assert not reaches(harvest, "ann", "column:w/public.t.id", certain=True)
    assert reaches(harvest, "ann", "column:w/public.t.id", certain=False)


def test_createrole_is_everybody_before_16(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """CREATEROLE grants itself any role before 16, and none from 16 on."""
    database.execute("ALTER ROLE ann CREATEROLE; GRANT SELECT ON t TO ben")
    try:
        do(database, "ann", "GRANT ben TO ann")
        rows = do(database, "ann", "SELECT id FROM t")
    except psycopg.errors.InsufficientPrivilege:
        rows = []
    certain = reaches(harvested(cluster), "ann", "column:w/public.t.id", certain=True)
    assert (rows == [("1",)]) == certain == (cluster.version < 16)


def test_connect_is_needed(cluster: Cluster, database: psycopg.Connection) -> None:
    """A login without CONNECT holds nothing for certain; the others lose nothing."""
    database.execute("REVOKE CONNECT ON DATABASE constructs FROM PUBLIC")
    database.execute("GRANT CONNECT ON DATABASE constructs TO ben")
    database.execute("GRANT SELECT ON t TO ann, ben")
    with pytest.raises(
        psycopg.OperationalError, match="permission denied for database"
    ):
        psycopg.connect(cluster.dsn("constructs", "ann", TELLTALE))
    harvest = harvested(cluster)
    assert not reaches(harvest, "ann", "column:w/public.t.id", certain=True)
    assert reaches(harvest, "ann", "column:w/public.t.id", certain=False)
    assert reaches(harvest, "ben", "column:w/public.t.id", certain=True)


# --- round the tables -----------------------------------------------------------------


def test_a_replication_slot_reads_without_a_grant(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """REPLICATION reads every change of a table through a logical slot."""
    database.execute("ALTER ROLE ann REPLICATION")
    make = "SELECT pg_create_logical_replication_slot('probe', 'test_decoding')"
    do(database, "ann", make)
    database.execute("SET synchronous_commit = on")
    database.execute("INSERT INTO t VALUES ('2', 'streamed')")
    changes = "SELECT data FROM pg_logical_slot_get_changes('probe', NULL, NULL)"
    rows = do(database, "ann", changes)
    do(database, "ann", "SELECT pg_drop_replication_slot('probe')")
    harvest = harvested(cluster)
    assert "streamed" in str(rows)
    assert reaches(harvest, "ann", "column:w/public.t.secret", certain=True)
    (whole,) = edges(harvest, "role:w/ann", "store:w")
    assert "base backup" in whole.unknown


def test_a_program_on_the_server_reads_everything(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """pg_execute_server_program reads the table's file as the server's account."""
    database.execute("GRANT pg_execute_server_program TO ann")
    database.execute("INSERT INTO t VALUES ('3', 'on-disk-marker'); CHECKPOINT")
    (path,) = database.execute("SELECT pg_relation_filepath('t')").fetchall()[0]
    rows = do(
        database,
        "ann",
        "CREATE TEMPORARY TABLE lines (line text)",
        f"COPY lines FROM PROGRAM 'grep -aoh on-disk-marker {path}'",
        "SELECT line FROM lines",
    )
    assert rows == [("on-disk-marker",)]
    assert reaches(harvested(cluster), "ann", "column:w/public.t.secret", certain=True)


def test_reading_server_files_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """pg_read_server_files copies text files, but COPY refuses a table's file."""
    database.execute("GRANT pg_read_server_files TO ann; CHECKPOINT")
    (path,) = database.execute("SELECT pg_relation_filepath('t')").fetchall()[0]
    make = "CREATE TEMPORARY TABLE IF NOT EXISTS lines (line text)"
    do(database, "ann", make, "COPY lines FROM 'PG_VERSION'")
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire):
        do(database, "ann", make, f"COPY lines FROM '{path}'")
    harvest = harvested(cluster)
    assert not reaches(harvest, "ann", "column:w/public.t.secret", certain=True)
    assert reaches(harvest, "ann", "column:w/public.t.secret", certain=False)


def test_reading_files_byte_by_byte_is_certain(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """EXECUTE on pg_read_binary_file reads a table's file, no membership needed."""
    database.execute("GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO ann")
    database.execute("INSERT INTO t VALUES ('3', 'on-disk-marker'); CHECKPOINT")
    (path,) = database.execute("SELECT pg_relation_filepath('t')").fetchall()[0]
    read = f"SELECT position('on-disk-marker' IN pg_read_binary_file('{path}')) > 0"
    assert do(database, "ann", read) == [(True,)]
    assert reaches(harvested(cluster), "ann", "column:w/public.t.secret", certain=True)
    database.execute("REVOKE EXECUTE ON FUNCTION pg_read_binary_file(text) FROM ann")


def test_large_objects_have_access_lists(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A large object opens to its grantees, and to readers of pg_largeobject."""
    database.execute(
        "SELECT lo_from_bytea(4711, 'blob'); GRANT pg_read_all_data TO ben"
    )
    database.execute("GRANT SELECT ON LARGE OBJECT 4711 TO ann")
    assert do(database, "ann", "SELECT lo_get(4711)") == [(b"blob",)]
    rows = do(database, "ben", "SELECT data FROM pg_largeobject WHERE loid = 4711")
    assert rows == [(b"blob",)]
    harvest, node = harvested(cluster), "dataset:w/pg_largeobject.4711"
    for role, expected in {"ann": True, "ben": True, "owner": False}.items():
        assert reaches(harvest, role, node, certain=True) is expected
    database.execute("SELECT lo_unlink(4711)")


def test_default_privileges_are_about_the_future(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Default privileges are stated of relations to come, as undecided."""
    database.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public"
        " GRANT SELECT ON TABLES TO ann"
    )
    (edge,) = edges(
        harvested(cluster), "role:w/ann", "dataset:w/public.(future relations of owner)"
    )
    assert (edge.verb, edge.unknown) == ("read", "on what owner makes from now on")


def test_a_publication_hands_rows_on(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A publication is a channel that reads its columns; a row filter is a control."""
    database.execute("CREATE PUBLICATION feed FOR TABLE t (id) WHERE (id <> '9')")
    (edge,) = edges(harvested(cluster), "channel:w/publication/feed")
    assert (edge.value, edge.verb, edge.control) == (
        "column:w/public.t.id",
        "read",
        "the publication's row filter",
    )


def test_a_foreign_server_leads_elsewhere(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """USAGE and a mapping that applies let a role use the channel; the rest is open."""
    database.execute("CREATE EXTENSION postgres_fdw")
    database.execute(
        "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw"
        " OPTIONS (host 'far.example', dbname 'crm')"
    )
    database.execute("CREATE USER MAPPING FOR ann SERVER far OPTIONS (user 'remote')")
    database.execute("GRANT USAGE ON FOREIGN SERVER far TO ann, ben")
    database.execute(
        "CREATE FOREIGN TABLE f (id text) SERVER far"
        " OPTIONS (schema_name 'crm', table_name 'clients')"
    )
    harvest = harvested(cluster)
    users = {e.id for e in edges(harvest, head="channel:w/server/far")}
    assert users == {"role:w/ann"}
    (way,) = edges(harvest, "channel:w/server/far")
    assert (way.name, way.value) == ("runs_as", "role:far.example/crm/remote")
    (copy,) = [
        e for e in edges(harvest, "dataset:w/public.f") if e.name == "derived_from"
    ]
    assert copy.value == "dataset:far.example/crm/crm.clients"
    assert way.unknown
    assert copy.unknown


def test_a_planted_trigger_is_an_undecided_way(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Who holds TRIGGER on a table may come to act as whoever writes there."""
    database.execute("GRANT TRIGGER ON t TO ann; GRANT INSERT ON t TO ben")
    found = {
        e.value
        for e in edges(harvested(cluster), "role:w/ann")
        if e.name == "can_assume" and e.unknown
    }
    assert found == {"role:w/ben", "role:w/owner"}


def test_a_trigger_that_runs_as_its_owner_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Writing to a table fires its SECURITY DEFINER trigger function."""
    database.execute(
        "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN RETURN NEW; END'"
    )
    database.execute(
        "CREATE TRIGGER audit BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION log()"
    )
    database.execute("GRANT INSERT ON t TO ann")
    (edge,) = edges(harvested(cluster), "role:w/ann", "tool:w/public.log()")
    assert (edge.name, edge.unknown) == ("can_use", "writing to t fires it")


def test_a_rule_is_an_undecided_way(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A rule that reads another table is stated as undecided, and noted."""
    database.execute("CREATE TABLE u (id text)")
    database.execute("CREATE RULE copy AS ON INSERT TO u DO ALSO SELECT secret FROM t")
    harvest = harvested(cluster)
    (edge,) = edges(harvest, "dataset:w/public.u", "dataset:w/public.t")
    assert edge.unknown == "rule copy reads it as the owner of u"
    assert "rule `copy` rewrites statements" in [n.message for n in harvest.notes]


def test_writing_through_a_view_reaches_the_table(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """UPDATE on a view changes the table below with its owner's privileges."""
    database.execute("CREATE VIEW v AS SELECT id, secret AS hidden FROM t")
    database.execute("ALTER VIEW v OWNER TO owner; GRANT UPDATE (hidden) ON v TO ann")
    do(database, "ann", "UPDATE v SET hidden = 'mine'")
    assert database.execute("SELECT secret FROM t").fetchall() == [("mine",)]
    certain = closure(harvested(cluster).facts, "role:w/ann", certain=True)
    assert ("update", "column:w/public.t.secret") in certain
    assert ("update", "column:w/public.t.id") not in certain


def test_query_texts_expose_values(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """pg_monitor reads what others run; what that shows is undecided."""
    database.execute("GRANT pg_monitor TO ann")
    harvest, node = harvested(cluster), "dataset:w/pg_catalog.pg_stat_activity"
    assert reaches(harvest, "ann", node, certain=True)
    assert not reaches(harvest, "ben", node, certain=False)
    assert not reaches(harvest, "ann", "column:w/public.t.secret", certain=True)


def test_every_place_is_one_of_the_catalogue(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """Every fact says which catalogue row states it."""
    del database
    shape = re.compile(r"postgres:pg_[a-z_]+(/[\w.]+){0,3}")
    places = {fact.at for fact in harvested(cluster).facts}
    assert {place for place in places if not shape.fullmatch(place)} == set()


# --- functions ------------------------------------------------------------------------


def test_a_parsed_body_needs_no_usage(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A BEGIN ATOMIC function reads as its caller, without USAGE on the schema."""
    database.execute("CREATE SCHEMA s; CREATE TABLE s.x (id text)")
    database.execute("INSERT INTO s.x VALUES ('found'); GRANT SELECT ON s.x TO ann")
    database.execute(
        "CREATE FUNCTION reading() RETURNS SETOF text LANGUAGE sql"
        " BEGIN ATOMIC SELECT id FROM s.x; END"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SELECT id FROM s.x")
    assert do(database, "ann", "SELECT reading()") == [("found",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ben", "SELECT reading()")
    harvest, node = harvested(cluster), "column:w/s.x.id"
    assert reaches(harvest, "ann", node, certain=False)
    assert not reaches(harvest, "ann", node, certain=True)
    assert not reaches(harvest, "ben", node, certain=False)


def test_a_parsed_body_as_its_owner_is_decided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A BEGIN ATOMIC function with its owner's rights reads what it returns."""
    database.execute(
        "CREATE FUNCTION reading() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " BEGIN ATOMIC SELECT secret FROM t; END; ALTER FUNCTION reading() OWNER TO owner"
    )
    assert do(database, "ann", "SELECT reading()") == [("zzz",)]
    harvest = harvested(cluster)
    assert reaches(harvest, "ann", "column:w/public.t.secret", certain=True)
    assert not reaches(harvest, "ann", "column:w/public.t.id", certain=False)
    assert [e for e in edges(harvest, "tool:w/public.reading()") if e.unknown] == []


def test_a_parsed_body_that_calls_more_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A body that calls a function of one's own may do anything as its owner."""
    database.execute(
        "CREATE FUNCTION other() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'"
    )
    database.execute(
        "CREATE FUNCTION calling() RETURNS text LANGUAGE sql SECURITY DEFINER"
        " BEGIN ATOMIC SELECT other(); END"
    )
    (edge,) = edges(harvested(cluster), "tool:w/public.calling()")
    assert (edge.name, edge.value) == ("runs_as", "role:w/postgres")
    assert (
        edge.unknown == "what its body does with the owner's privileges isn't decided"
    )


def test_a_function_whose_owner_may_not_read_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A function that fails for lack of its owner's privilege reads nothing."""
    database.execute(
        "CREATE FUNCTION reading() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " BEGIN ATOMIC SELECT secret FROM t; END; ALTER FUNCTION reading() OWNER TO ben"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SELECT reading()")
    harvest = harvested(cluster)
    assert not reaches(harvest, "ann", "column:w/public.t.secret", certain=True)


def test_a_procedure_needs_both_in_one_role(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """CALL can't be prepared, so USAGE and EXECUTE must meet in one role."""
    apart = " WITH INHERIT FALSE, SET TRUE" if cluster.version >= 16 else ""
    database.execute("ALTER ROLE ann NOINHERIT; CREATE ROLE finder; CREATE ROLE caller")
    database.execute("CREATE SCHEMA s")
    database.execute(
        "CREATE PROCEDURE s.run() LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
    )
    database.execute("REVOKE EXECUTE ON PROCEDURE s.run() FROM PUBLIC")
    database.execute("GRANT USAGE ON SCHEMA s TO finder, ben")
    database.execute("GRANT EXECUTE ON PROCEDURE s.run() TO caller, ben")
    database.execute(f"GRANT finder, caller TO ann{apart}")
    do(database, "ben", "CALL s.run()")
    for role in ("finder", "caller"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            do(database, "ann", f"SET ROLE {role}", "CALL s.run()")
    found = {
        e.id: e.unknown
        for e in edges(harvested(cluster), head="tool:w/s.run()")
        if e.name == "can_use"
    }
    assert found == {
        "role:w/ben": "",
        "role:w/ann": "CALL takes USAGE in the same role",
    }


def test_a_view_calls_functions_that_its_reader_can_not_name(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A view lets its reader call a function in a schema without USAGE."""
    database.execute("CREATE SCHEMA s")
    database.execute(
        "CREATE FUNCTION s.tell() RETURNS text LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN RETURN (SELECT secret FROM public.t); END'"
    )
    database.execute("CREATE VIEW v AS SELECT s.tell(); GRANT SELECT ON v TO ann")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SELECT s.tell()")
    assert do(database, "ann", "SELECT * FROM v") == [("zzz",)]
    node = "column:w/public.t.secret"
    assert reaches(harvested(cluster), "ann", node, certain=False)


def test_a_default_calls_functions_that_its_writer_can_not_name(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A column's default lets a writer call a function in a schema without USAGE."""
    database.execute("CREATE SCHEMA s; CREATE TABLE u (id int, seen text)")
    database.execute(
        "CREATE FUNCTION s.tell() RETURNS text LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN RETURN (SELECT secret FROM public.t); END'"
    )
    database.execute("ALTER TABLE u ALTER seen SET DEFAULT s.tell()")
    database.execute("GRANT INSERT, SELECT ON u TO ann")
    rows = do(database, "ann", "INSERT INTO u (id) VALUES (1) RETURNING seen")
    assert rows == [("zzz",)]
    node = "column:w/public.t.secret"
    assert reaches(harvested(cluster), "ann", node, certain=False)


def test_an_unfilled_copy_is_undecided(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A materialised view that was never filled shows nothing yet."""
    database.execute("CREATE MATERIALIZED VIEW m AS SELECT secret FROM t WITH NO DATA")
    database.execute("GRANT SELECT ON m TO ann")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        do(database, "ann", "SELECT * FROM m")
    node = "column:w/public.t.secret"
    assert not reaches(harvested(cluster), "ann", node, certain=True)
    database.execute("REFRESH MATERIALIZED VIEW m")
    assert do(database, "ann", "SELECT * FROM m") == [("zzz",)]
    assert reaches(harvested(cluster), "ann", node, certain=True)


def test_a_copy_outlives_its_view(
    cluster: Cluster, database: psycopg.Connection
) -> None:
    """A materialised view over a view keeps the data when the view stops working."""
    database.execute("CREATE VIEW v AS SELECT secret FROM t; GRANT SELECT ON t TO ben")
    database.execute("ALTER VIEW v OWNER TO ben")
    database.execute("CREATE MATERIALIZED VIEW m AS SELECT secret FROM v")
    database.execute("REVOKE SELECT ON t FROM ben; GRANT SELECT ON m, v TO ann")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(database, "ann", "SELECT * FROM v")
    assert do(database, "ann", "SELECT * FROM m") == [("zzz",)]
    node = "column:w/public.t.secret"
    assert reaches(harvested(cluster), "ann", node, certain=True)
