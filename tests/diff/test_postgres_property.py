"""Random databases: the facts against the server itself, question by question."""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis
import psycopg
import pytest
from hypothesis import strategies as st

from ringfence.estate.facts import Fact
from ringfence.sources.postgres import harvest_of, read_snapshot
from ringfence.sources.postgres.model import COLUMN_VERBS, Model
from tests.postgres_oracle import Oracle, Table, closure
from tests.postgres_server import VERSIONS, cluster_of

ROLES = ("ra", "rb", "rc", "rd", "re")
SCHEMAS = ("s1", "s2")
TABLES = ("s1.t1", "s1.t2", "s2.t3")
COLUMNS = ("c1", "c2")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


@dataclass(frozen=True)
class Plan:
    """Statements that make a database; some may fail, and are then left out."""

    statements: tuple[str, ...]


role = st.sampled_from(ROLES)
grantee = st.sampled_from((*ROLES, "PUBLIC"))
flag = st.sampled_from(("TRUE", "FALSE"))
grantable = st.sampled_from(("", "", " WITH GRANT OPTION"))


@st.composite
def memberships(draw: st.DrawFn) -> str:
    """Return a grant of one role to another."""
    first, second = draw(role), draw(role)
    admin, inherit, set_ = draw(flag), draw(flag), draw(flag)
    return f"MEMBER {first} {second} {admin} {inherit} {set_}"


@st.composite
def grants(draw: st.DrawFn) -> str:
    """Return a grant on a table, a column, a view or a schema."""
    to = draw(grantee)
    option = "" if to == "PUBLIC" else draw(grantable)
    match draw(st.sampled_from(("schema", "table", "column", "view"))):
        case "schema":
            schema = draw(st.sampled_from(SCHEMAS))
            return f"GRANT USAGE ON SCHEMA {schema} TO {to}{option}"
        case "table":
            verb, table = draw(st.sampled_from(VERBS)), draw(st.sampled_from(TABLES))
            return f"GRANT {verb} ON {table} TO {to}{option}"
        case "column":
            verb = draw(st.sampled_from(("SELECT", "UPDATE", "INSERT")))
            column, table = (
                draw(st.sampled_from(COLUMNS)),
                draw(st.sampled_from(TABLES)),
            )
            return f"GRANT {verb} ({column}) ON {table} TO {to}{option}"
        case _:
            view = draw(st.sampled_from(("s1.v1", "s2.v2", "s2.v3")))
            return f"GRANT SELECT ON {view} TO {to}"


@st.composite
def changes(draw: st.DrawFn) -> str:
    """Return a change of owner, of a role's attribute, or of row security."""
    who = draw(role)
    what = (*TABLES, "s1.v1", "s2.v2", "s2.v3")
    match draw(st.sampled_from(("owner", "schema", "attribute", "rls", "revoke"))):
        case "owner":
            return f"ALTER TABLE {draw(st.sampled_from(what))} OWNER TO {who}"
        case "schema":
            return f"ALTER SCHEMA {draw(st.sampled_from(SCHEMAS))} OWNER TO {who}"
        case "attribute":
            options = ("NOINHERIT", "BYPASSRLS", "CREATEROLE", "INHERIT", "SUPERUSER")
            return f"ALTER ROLE {who} {draw(st.sampled_from(options))}"
        case "rls":
            table = draw(st.sampled_from(TABLES))
            how = draw(st.sampled_from(("ENABLE", "FORCE")))
            return f"ALTER TABLE {table} {how} ROW LEVEL SECURITY"
        case _:
            table = draw(st.sampled_from(TABLES))
            return f"REVOKE ALL ON {table} FROM {who}"


plans = st.builds(
    lambda first, second: Plan((*first, *second)),
    st.lists(memberships(), max_size=6),
    st.lists(st.one_of(grants(), grants(), changes()), max_size=14),
)

BASE = """
CREATE SCHEMA s1; CREATE SCHEMA s2;
CREATE TABLE s1.t1 (c1 text, c2 text);
INSERT INTO s1.t1 VALUES ('#s1.t1.c1#', '#s1.t1.c2#');
CREATE TABLE s1.t2 (c1 text, c2 text);
INSERT INTO s1.t2 VALUES ('#s1.t2.c1#', '#s1.t2.c2#');
CREATE TABLE s2.t3 (c1 text, c2 text);
INSERT INTO s2.t3 VALUES ('#s2.t3.c1#', '#s2.t3.c2#');
CREATE VIEW s1.v1 AS SELECT c1 FROM s1.t1;
CREATE VIEW s2.v2 WITH (security_invoker) AS SELECT c1, c2 FROM s1.t2;
CREATE VIEW s2.v3 AS SELECT v.c1, t.c2 FROM s2.v2 v CROSS JOIN s2.t3 t;
"""


def build(connection: psycopg.Connection, plan: Plan, version: int) -> None:
    """Make the database; what the server refuses is left out."""
    for each in ROLES:
        connection.execute(f"CREATE ROLE {each} LOGIN")
    connection.execute(BASE)
    for statement in plan.statements:
        if statement.startswith("MEMBER"):
            _, first, second, admin, inherit, set_ = statement.split()
            options = f"WITH ADMIN {admin}, INHERIT {inherit}, SET {set_}"
            if version < 16:
                options = "WITH ADMIN OPTION" if admin == "TRUE" else ""
            statement = f"GRANT {first} TO {second} {options}"  # noqa: PLW2901
        try:
            connection.execute(statement)
        except psycopg.Error:
            continue


def tables() -> list[Table]:
    """Return every relation, the way the oracle wants it."""
    found = [Table(name, COLUMNS, "r") for name in TABLES]
    views = (("s1.v1", ("c1",)), ("s2.v2", COLUMNS), ("s2.v3", COLUMNS))
    return [*found, *(Table(name, columns, "v") for name, columns in views)]


@pytest.mark.parametrize("version", VERSIONS)
@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(plan=plans)
def test_random_databases_agree_with_the_server(version: int, plan: Plan) -> None:
    """Facts say of each role and column what the server does when it is tried."""
    cluster = cluster_of(version)
    with cluster.database("property") as connection:
        build(connection, plan, version)
        connection.execute("CHECKPOINT")  # the tables' files hold the rows
        snapshot = read_snapshot(cluster.dsn("property"))
        check_privileges(connection, Model(snapshot))
        facts = harvest_of(snapshot, store="w", source="pg").facts
        for login in ROLES:
            oracle = Oracle(connection, version, ROLES, SCHEMAS, tables()).run(login)
            check_reach(facts, login, oracle)


def check_privileges(connection: psycopg.Connection, model: Model) -> None:
    """Compare the model with `has_*_privilege` for everything there is."""
    expected: set[tuple[object, ...]] = set()
    actual: set[tuple[object, ...]] = set()
    for relation in model.snapshot.relations:
        for verb in model.verbs:
            rows = connection.execute(
                "SELECT oid FROM pg_roles WHERE has_table_privilege(oid, %s::oid, %s)",
                (relation.oid, verb),
            )
            expected |= {(oid, relation.oid, verb) for (oid,) in rows.fetchall()}
            actual |= {
                (each, relation.oid, verb)
                for each in model.roles
                if model.has_privilege(each, relation.oid, verb)
            }
            if verb in COLUMN_VERBS:
                rows = connection.execute(
                    "SELECT r.oid, a.attnum FROM pg_roles r, pg_attribute a"
                    " WHERE a.attrelid = %s::oid AND a.attnum > 0 AND NOT attisdropped"
                    " AND has_column_privilege(r.oid, a.attrelid, a.attnum, %s)",
                    (relation.oid, verb),
                )
                expected |= {(*row, relation.oid, verb) for row in rows.fetchall()}
                actual |= {
                    (each, column.number, relation.oid, verb)
                    for each in model.roles
                    for column in relation.columns
                    if model.has_privilege(
                        each, relation.oid, verb, column=column.number
                    )
                }
    assert expected == actual


def check_reach(facts: list[Fact], login: str, oracle: Oracle) -> None:
    """Compare certain and possible reach with what was really read and written."""
    certain = closure(facts, f"role:w/{login}", certain=True)
    possible = closure(facts, f"role:w/{login}", certain=False)
    for name in TABLES:
        for column in COLUMNS:
            node = f"column:w/{name}.{column}"
            did = f"{name}.{column}" in oracle.seen
            assert (("read", node) in certain) <= did, (login, "read", node)
            assert did <= (("read", node) in possible), (login, "READ", node)
            for verb in ("update", "insert"):
                did = (verb, f"{name}.{column}") in oracle.done
                assert ((verb, node) in certain) <= did, (login, verb, node)
                assert did <= ((verb, node) in possible), (login, verb.upper(), node)
        for verb in ("delete", "truncate"):
            node, did = f"dataset:w/{name}", (verb, name) in oracle.done
            assert ((verb, node) in certain) <= did, (login, verb, node)
            assert did <= ((verb, node) in possible), (login, verb.upper(), node)
