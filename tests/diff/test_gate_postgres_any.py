"""Any grants by anybody: closed, kept for those inside, and undone byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.gate.postgres.catalogue import canonical
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import reading
from ringfence.gate.postgres.wanted import Table, Wanted
from tests.fenced import US, rows_of
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

_ROLES = ("inn", "ina", "outa", "mixed", "apart")
_GRANT = st.tuples(
    st.sampled_from(("SELECT", "INSERT", "UPDATE (id)", "SELECT (region)", "DELETE")),
    st.sampled_from(("app.t", "app.whole", "app.m")),
    st.sampled_from((*_ROLES, "PUBLIC")),
    st.booleans(),
    st.sampled_from(("own", *_ROLES)),
)
_JOIN = st.tuples(st.sampled_from(("mixed", "apart", "own")), st.sampled_from(_ROLES))
SMALL = """
CREATE ROLE own NOLOGIN; CREATE ROLE mixed NOLOGIN; CREATE ROLE apart NOLOGIN;
CREATE ROLE inn LOGIN; CREATE ROLE ina LOGIN; CREATE ROLE outa LOGIN;
CREATE SCHEMA app AUTHORIZATION own; GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.t (id int, region text); ALTER TABLE app.t OWNER TO own;
CREATE TABLE app.whole (id int, region text); ALTER TABLE app.whole OWNER TO own;
INSERT INTO app.t VALUES (1, 'US'), (2, 'DE'), (3, NULL);
INSERT INTO app.whole VALUES (1, 'US');
CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.t;
ALTER MATERIALIZED VIEW app.m OWNER TO own;
"""
SMALL_WANTED = Wanted(
    "w",
    "b",
    "e",
    inside=("inn", "ina"),
    outside=("outa",),
    tables=(Table("app.t", ("id",), US), Table("app.whole", ("id",))),
)


@pytest.fixture(scope="module")
def small(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Give a small database that holds no grants yet."""
    with cluster.database("small") as connection:
        connection.execute(SMALL)
        yield connection


@given(grants=st.lists(_GRANT, max_size=8), joins=st.lists(_JOIN, max_size=5))
@settings(max_examples=25, deadline=None)
# It granted itself, by leave of the owner that it can become.
@example(
    grants=[
        ("UPDATE (id)", "app.whole", "outa", True, "own"),
        ("UPDATE (id)", "app.whole", "outa", True, "outa"),
    ],
    joins=[("own", "outa")],
)
# A column's list doesn't know of its relation's.
@example(
    grants=[
        ("SELECT", "app.t", "mixed", True, "own"),
        ("SELECT (region)", "app.t", "ina", True, "mixed"),
        ("SELECT (region)", "app.t", "outa", False, "mixed"),
        ("SELECT (region)", "app.t", "inn", False, "ina"),
    ],
    joins=[("mixed", "inn"), ("mixed", "outa")],
)
def test_any_grants_are_closed_and_come_back(
    small: psycopg.Connection,
    grants: list[tuple[str, str, str, bool, str]],
    joins: list[tuple[str, str]],
):
    """Whatever was granted by whom: closed, kept inside, and undone byte for byte."""
    with small.transaction(force_rollback=True):
        for role, member in joins:
            _tried(small, f"GRANT {role} TO {member}")
        for what, on, to, option, by in grants:
            more = " WITH GRANT OPTION" if option and to != "PUBLIC" else ""
            _tried(small, f"GRANT {what} ON {on} TO {to}{more}", by)
        before = reading(small)
        read = {one: rows_of(small, one, before) for one in ("inn", "ina")}
        chosen = plan(SMALL_WANTED, before)
        for one in chosen.statements:
            small.execute(one.sql)
        after = reading(small)
        assert plan(SMALL_WANTED, after).statements == ()
        assert {one: rows_of(small, one, before) for one in read} == read
        told = rows_of(small, "outa", before)
        assert {*told} <= {"app.t"}
        assert "US" not in str(told)
        assert "None" not in str(told)
        for one in reversed(chosen.statements):
            for sql in one.inverse:
                small.execute(sql)
        assert canonical(reading(small)) == canonical(before)


def _tried(connection: psycopg.Connection, sql: str, by: str = "") -> None:
    """Run a command as a role, if it may."""
    try:
        with connection.transaction():
            if by:
                connection.execute(f"SET LOCAL ROLE {by}")
            connection.execute(sql)
    except psycopg.Error:
        return
    finally:
        connection.execute("RESET ROLE")
