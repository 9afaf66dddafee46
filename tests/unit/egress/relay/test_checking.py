"""What has to be right before anything is relayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.boundary.channels import Declared
from ringfence.egress.relay.checking import loses_key, pointer, problems
from ringfence.egress.relay.inside import Published
from ringfence.egress.relay.outside import Target
from ringfence.egress.relay.pgoutput import Column, Relation
from ringfence.egress.relay.plan import Plan
from tests.exiting import channel, contracts

PLAN = Plan("slot", ("partner",), {"app.t": "partner"}, Path("quarantine"))
KINDS = {20: "integer", 25: "text", 17: ""}
ID = Target("id", is_text=False, is_needed=True, is_made=False, is_key=True)
NAME = Target("name", is_text=True, is_needed=False, is_made=False, is_key=False)


def published(*columns: Column, table: str = "t") -> Published:
    """Return a table that is published."""
    return Published(Relation(1, "app", table, columns), (), is_alone=True)


TABLE = published(Column("id", 20, is_key=True), Column("name", 25, is_key=False))


def declared(mask: str = "", key_mask: str = "") -> tuple[Declared, ...]:
    """Return the columns of a channel."""
    return (
        Declared("/id", "integer", "", key_mask),  # type: ignore[arg-type]
        Declared("/name", "text", "", mask),  # type: ignore[arg-type]
    )


def found(
    *targets: Target, columns=None, tables=(TABLE,), name: str = "partner"
) -> list[str]:
    """Return what is wrong."""
    given = contracts(channel(name, columns=columns or declared()))
    there = {"app.t": targets or None}
    return [str(one) for one in problems(PLAN, given, tables, there, KINDS)]


def test_nothing_is_wrong() -> None:
    """Tables, channels and columns that agree have no problem."""
    assert found(ID, NAME) == []
    assert (
        found(ID, NAME, columns=declared("token", "token")[1:] + declared()[:1]) == []
    )


@pytest.mark.parametrize(
    ("targets", "columns", "says"),
    [
        ((), None, "has no table `app.t`"),
        ((ID,), None, "has no column `name`"),
        ((NAME,), None, "has no primary key"),
        ((ID, NAME), declared()[:1], "column `name` of `app.t` isn't declared"),
        ((ID, NAME), declared(key_mask="full"), "is of the key of `app.t`"),
        ((ID, NAME), declared(key_mask="token"), "takes no `token`"),
    ],
)
def test_what_is_wrong_outside_is_told(targets, columns, says: str) -> None:
    """Tables that can't take what would come are told, with what to do."""
    (told, *_) = [one for one in found(*targets, columns=columns) if says in one]
    assert "help: " in told


def test_a_column_that_loses_its_values_may_have_none() -> None:
    """A column that is masked by `null` has to take that."""
    needed = Target("name", is_text=True, is_needed=True, is_made=False, is_key=False)
    (told,) = found(ID, needed, columns=declared("null"))
    assert "has to have a value" in told
    assert found(ID, NAME, columns=declared("null")) == []


def test_what_is_wrong_inside_is_told() -> None:
    """A table that nobody declared, a type that isn't relayed, a key that isn't sent."""
    other = published(Column("id", 20, is_key=True), table="other")
    odd = published(Column("id", 20, is_key=False), Column("name", 17, is_key=False))
    told = "\n".join(found(ID, NAME, tables=(odd, other)))
    assert "`app.other` is published, and leaves by no channel" in told
    assert "`name` of `app.t` is of a type" in told
    assert "replica identity of `app.t` has no `id`" in told
    assert "`app.t` isn't published" in found(ID, NAME, tables=())[0]
    assert "no channel is called `partner`" in found(ID, NAME, name="another")[0]


def test_a_column_that_the_server_makes_takes_nothing() -> None:
    """A column whose values the server makes itself can't follow."""
    made = Target("name", is_text=True, is_needed=False, is_made=True, is_key=False)
    (told,) = found(ID, made)
    assert "makes `name` itself" in told


def test_keys_are_lost_by_every_mask_but_a_token() -> None:
    """A token tells one row from another; nothing else does."""
    assert pointer("a/b") == "/a~1b"
    assert not loses_key({"/id": "token", "/name": "null"}, ["id"])
    assert all(
        loses_key({"/id": mask}, ["id"])
        for mask in ("null", "full", "first4", "last4", "year")
    )
