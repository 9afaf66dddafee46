"""The condition of a row: surely somebody else's, or asked by somebody inside."""

from __future__ import annotations

import pytest

from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.catalogue import Column, Policy, Relation
from ringfence.gate.postgres.rows import condition, other, recreated, same


def table(type_: str) -> Relation:
    column = Column("region", "region", type_, ())
    return Relation("a.t", "a.t", "a", "r", "own", (), (column,))


@pytest.mark.parametrize(
    ("type_", "values", "told"),
    [
        ("text", ("US",), "(region <> 'US'::text)"),
        ("character varying", ("US",), "((region)::text <> 'US'::text)"),
        ("integer", ("1",), "((region)::text <> '1'::text)"),
        ("text", ("US", "PR"), "(region <> ALL (ARRAY['US'::text, 'PR'::text]))"),
        ("text", ("o'x",), "(region <> 'o''x'::text)"),
    ],
)
def test_a_row_of_others_is_spelled_as_the_server_prints_it(
    type_: str, values: tuple[str, ...], told: str
):
    """Text is compared with text, so that no cast of the constant hides an index."""
    assert other(table(type_), Marker("region", values)) == told


def test_login_and_role_are_asked_once_for_a_query():
    """The condition is a subquery without a row in it, and without a marker all of it."""
    asked = condition(table("text"), None)
    assert asked.startswith("( SELECT (pg_has_role(SESSION_USER")
    assert "AND pg_has_role(CURRENT_USER" in asked
    marked = condition(table("text"), Marker("region", ("US",)))
    assert marked == f"((region <> 'US'::text) OR {asked})"


def test_only_blanks_may_differ():
    """Two expressions are the same if they differ in blanks alone."""
    assert same("(a  OR b)", "(a OR\n b)")
    assert not same("((a OR b) AND c)", "(a OR (b AND c))")


def test_a_policy_is_made_again_as_it_was():
    """With its roles, command and both expressions."""
    one = Policy(
        "a.t",
        "p",
        permissive=False,
        command="ALL",
        roles=("", "x"),
        using="a",
        check="b",
    )
    assert recreated(one, "a.t") == (
        'CREATE POLICY "p" ON a.t AS RESTRICTIVE FOR ALL TO PUBLIC, "x"'
        " USING (a) WITH CHECK (b)"
    )
