"""Whom a role can act as, and whose privileges it can use."""

from __future__ import annotations

import pytest

from ringfence.sources.postgres.escalation import Powers, bits
from ringfence.sources.postgres.snapshot import Database, Membership, Role, Snapshot
from tests.unit.sources.postgres.databases import ANN, BEN, BOSS, CAT, database, roles


def member(who: int, of: int, *, admin=False, inherit=False, set_=False) -> Membership:
    """Return a membership with the given options."""
    return Membership(role=of, member=who, admin=admin, inherit=inherit, set=set_)


def names(powers: Powers, mask: int) -> set[str]:
    """Return the names of the roles of a mask."""
    found = (powers.roles[number] for number in bits(mask))
    return {"PUBLIC" if role is None else role.name for role in found}


def power(snapshot: Snapshot, oid: int) -> tuple[set[str], set[str]]:
    """Return whom a role can act as, and whose privileges it can use."""
    powers = Powers(snapshot)
    found = powers.powers[powers.bit[oid]]
    return names(powers, found.acting), names(powers, found.usable)


def test_a_role_alone_is_itself_and_public():
    """Without memberships a role is itself, and uses what PUBLIC has."""
    assert power(database(), ANN) == ({"ann"}, {"ann", "PUBLIC"})


def test_inheriting_lends_privileges_only():
    """INHERIT alone lets a member use a role's privileges, not become it."""
    snapshot = database(member(ANN, BEN, inherit=True))
    assert power(snapshot, ANN) == ({"ann"}, {"ann", "ben", "PUBLIC"})


def test_set_lets_a_member_become_the_role():
    """SET alone lets a member become the role, and use its privileges then."""
    snapshot = database(member(ANN, BEN, set_=True))
    assert power(snapshot, ANN) == ({"ann", "ben"}, {"ann", "ben", "PUBLIC"})


def test_set_does_not_follow_inherit():
    """A role that is only inherited lends none of its own SET memberships."""
    snapshot = database(member(ANN, BEN, inherit=True), member(BEN, CAT, set_=True))
    assert power(snapshot, ANN) == ({"ann"}, {"ann", "ben", "PUBLIC"})


def test_admin_follows_inherit():
    """Who inherits a role may use its ADMIN option, and grant itself the role."""
    snapshot = database(member(ANN, BEN, inherit=True), member(BEN, CAT, admin=True))
    assert power(snapshot, ANN)[0] == {"ann", "cat"}


def test_admin_of_a_superuser_is_worth_nothing():
    """Only a superuser may grant a role that is one."""
    snapshot = database(
        member(ANN, BEN, admin=True), roles=roles(ben={"superuser": True})
    )
    assert power(snapshot, ANN)[0] == {"ann"}


def test_becoming_a_superuser_is_becoming_everybody():
    """Who can become a superuser can become everybody."""
    snapshot = database(member(ANN, BOSS, set_=True))
    assert power(snapshot, ANN)[0] == {"ann", "ben", "cat", "boss"}


def test_inheriting_the_bootstrap_role_is_enough():
    """Who inherits role 10 can make a built-in function run as it."""
    powers = Powers(database(member(ANN, BOSS, inherit=True)))
    assert powers.almighty == powers.mask(ANN) | powers.mask(BOSS)


@pytest.mark.parametrize(
    ("version", "expected"),
    [(150000, {"ann", "ben", "cat"}), (160000, {"ann"})],
)
def test_createrole_is_everybody_before_16(version, expected):
    """CREATEROLE may grant itself any role but a superuser, until 16."""
    snapshot = database(version=version, roles=roles(ann={"createrole": True}))
    assert power(snapshot, ANN)[0] == expected


def test_the_database_owner_is_a_member_unwritten():
    """The owner of the database has what pg_database_owner has."""
    extra = Role(oid=50, name="pg_database_owner")
    snapshot = database(
        roles=(*roles(), extra), database=Database(oid=1, name="d", owner=ANN)
    )
    assert power(snapshot, ANN)[1] == {"ann", "pg_database_owner", "PUBLIC"}


def test_a_circle_of_control_ends():
    """Roles that control each other have the same power."""
    snapshot = database(
        version=150000,
        roles=roles(ann={"createrole": True}, ben={"createrole": True}),
    )
    assert power(snapshot, ANN) == power(snapshot, BEN)


def test_two_grants_in_one_role_at_one_time():
    """SET alone gives two roles' privileges in turn, ADMIN both at once."""
    for options, expected in (({"set_": True}, False), ({"admin": True}, True)):
        powers = Powers(
            database(member(ANN, BEN, **options), member(ANN, CAT, **options))
        )
        number = powers.bit[ANN]
        both = powers.mask(BEN), powers.mask(CAT)
        assert powers.at_once(number, *both) is expected


def test_row_security_is_passed_by_becoming():
    """BYPASSRLS works for who becomes the role, not for who inherits it."""
    for options, expected in (({"set_": True}, True), ({"inherit": True}, False)):
        snapshot = database(
            member(ANN, BEN, **options), roles=roles(ben={"bypass_rls": True})
        )
        powers = Powers(snapshot)
        number = powers.bit[ANN]
        assert powers.bypasses(number, powers.mask(BEN)) is expected
        assert powers.dominates(number, powers.bit[BEN]) is expected


def test_membership_of_a_role_that_is_gone_counts_for_nothing():
    """A membership whose role isn't known is left out."""
    assert power(database(member(ANN, 999, set_=True)), ANN)[0] == {"ann"}


def test_users_are_those_who_can_use_a_grant():
    """A grant to a role is of use to everybody who can use that role."""
    powers = Powers(database(member(ANN, BEN, inherit=True)))
    assert names(powers, powers.users(powers.mask(BEN))) == {"ann", "ben", "boss"}
    assert powers.users(1) == powers.everyone
