"""Who can become which role: usable, inner, heirs, and what has to end."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.gate.postgres.catalogue import PUBLIC, Catalogue, Membership, Role
from ringfence.gate.postgres.roles import Roles

LOGINS = ("inn", "out")
ROLES = ("both", "mine", "above", "own", "pg_monitor", "pg_read_all_stats")


def role(name: str, **more: bool) -> Role:
    told = dict.fromkeys(Role.__struct_fields__[1:-1], False) | {"inherit": True} | more
    return msgspec.convert({"name": name, **told}, Role)


def catalogue(
    *memberships: tuple[str, str], major: int = 18, **more: Role
) -> Catalogue:
    """Return a catalogue of roles alone; a membership is role and member."""
    empty = dict.fromkeys(Catalogue.__struct_fields__, ())
    roles = {
        **{name: role(name, login=True) for name in LOGINS},
        **{name: role(name) for name in ROLES},
        **more,
    }
    told = {
        **empty,
        "version": major * 10000,
        "database": "d",
        "owner": "postgres",
        "template": False,
        "settings": {},
        "unread": {},
        "roles": tuple(roles.values()),
        "memberships": tuple(
            Membership(one, member, "postgres", admin=False, inherit=True, set=True)
            for one, member in memberships
        ),
    }
    return msgspec.convert(told, Catalogue, from_attributes=True)


def roles(*memberships: tuple[str, str], **more: Role) -> Roles:
    return Roles(catalogue(*memberships, major=18, **more), ["inn"])


def test_whoever_is_no_insider_is_outside():
    """A login that nobody named is outside; a superuser is said apart."""
    found = roles(root=role("root", login=True, superuser=True))
    assert found.inside == {"inn"}
    assert found.outside == {"out"}
    assert found.over == ("root",)


def test_what_outsiders_can_become_is_usable():
    """Memberships of memberships count, and PUBLIC is everybody's."""
    found = roles(("both", "out"), ("above", "both"), ("mine", "inn"))
    assert found.usable == {"out", "both", "above", PUBLIC}
    assert found.inner == {"mine", "own"}


def test_the_databases_owner_owns_its_public_schema():
    """The role `pg_database_owner` has the owner as its member, though none is listed."""
    found = roles()
    assert "pg_database_owner" in found.becomes(["postgres"])


@pytest.mark.parametrize(
    ("memberships", "heirs"),
    [
        ([("both", "out"), ("both", "inn")], ("inn",)),
        ([("both", "out"), ("both", "mine"), ("mine", "inn")], ("mine",)),
        (
            [("both", "out"), ("both", "above"), ("above", "inn"), ("above", "out")],
            ("inn",),
        ),
        ([("both", "out")], ()),
    ],
)
def test_heirs_are_the_first_that_nobody_outside_is(
    memberships: list[tuple[str, str]], heirs: tuple[str, ...]
):
    """A grant to a shared role goes to its members inside, as few as will do."""
    assert roles(*memberships).heirs("both") == heirs


def test_what_everybody_has_goes_to_all_inside():
    """PUBLIC's grants go to logins inside and roles that nobody outside is."""
    assert {"inn", "own"} <= set(roles().heirs(PUBLIC))


def test_a_roles_own_membership_ends():
    """Whoever comes to a role by a shared one loses the edge next to the role."""
    found = roles(("own", "both"), ("both", "out"), ("both", "inn"))
    assert [(one.role, one.member) for one in found.severed("own")] == [("own", "both")]


def test_what_comes_with_the_server_stays():
    """`pg_monitor` keeps its own roles: whoever is a member of it loses that."""
    found = roles(("pg_read_all_stats", "pg_monitor"), ("pg_monitor", "out"))
    severed = found.severed("pg_read_all_stats")
    assert [(one.role, one.member) for one in severed] == [("pg_monitor", "out")]


def test_nobody_inside_loses_a_role_by_himself():
    """A role that only insiders can become is left alone."""
    assert not roles(("own", "inn"), ("own", "mine")).severed("own")


@pytest.mark.parametrize(
    ("attribute", "major", "pitfall"),
    [
        ("superuser", 18, "L2"),
        ("bypassrls", 18, "L3"),
        ("replication", 18, "L52"),
        ("createrole", 15, "L5"),
        ("createrole", 16, ""),
        ("createdb", 18, ""),
    ],
)
def test_attributes_are_perilous(attribute: str, major: int, pitfall: str):
    """CREATEROLE joins any role before 16, and only its own from there."""
    one = role("own", **{attribute: True})
    found = Roles(catalogue(major=major, own=one), ["inn"])
    assert found.perilous("own") == pitfall
    assert found.perilous("pg_monitor") == "L63"
