"""Facts about roles: what they are, whom they control, what their attributes open."""

from __future__ import annotations

from ringfence.sources.postgres.emission import Emission
from ringfence.sources.postgres.escalation import bits
from ringfence.sources.postgres.naming import at
from ringfence.sources.postgres.snapshot import (
    BOOTSTRAP,
    PUBLIC,
    Membership,
    Role,
)

_GRANTS_APART = 160000
_ATTRIBUTES = ("login", "superuser", "bypass_rls", "replication")
_COLUMNS = {
    "login": "rolcanlogin",
    "superuser": "rolsuper",
    "bypass_rls": "rolbypassrls",
    "replication": "rolreplication",
}


def state_roles(to: Emission) -> None:
    """State every role, its attributes, and every edge from role to role."""
    _shut_out(to)
    public = to.naming.role(PUBLIC)
    to.node(public, at("pg_roles", PUBLIC))
    for role in to.model.snapshot.roles:
        _state_role(to, role)
    for membership in to.model.snapshot.memberships:
        _state_membership(to, membership)
    _state_database_owner(to)
    if to.model.snapshot.version < _GRANTS_APART:
        _state_creators(to)
    _state_superusers(to)
    # Only now is it known which roles control which.
    to.ways.shut(to.shut)


def _shut_out(to: Emission) -> None:
    """Find the roles that may log in, but not to this database."""
    database = to.model.snapshot.database
    powers = to.model.powers
    holders = to.model.named(database.acl, "CONNECT")
    for number, role in enumerate(powers.roles):
        if role is None or not role.login or role.superuser:
            continue
        opens = powers.mask(database.owner) | to.model.named(
            database.acl, "CONNECT", grantable=True
        )
        if powers.inherited(number) & holders or powers.powers[number].usable & opens:
            continue
        if not powers.almighty >> number & 1:
            to.shut |= 1 << number
            to.note(
                f"role `{role.name}` may log in, but not connect to this database; "
                "what it holds here counts as undecided",
                at("pg_database", database.oid, "datacl"),
            )


def _state_role(to: Emission, role: Role) -> None:
    id_ = to.naming.role(role.oid)
    to.node(id_, at("pg_roles", role.oid))
    for name in _ATTRIBUTES:
        value = "yes" if getattr(role, name) else "no"
        to.attribute(id_, name, value, at("pg_roles", role.oid, _COLUMNS[name]))
    number = to.model.powers.bit[role.oid]
    to.controls(number, "member_of", PUBLIC, at=at("pg_roles", role.oid))


def _state_membership(to: Emission, grant: Membership) -> None:
    powers = to.model.powers
    if grant.member not in powers.bit or grant.role not in powers.bit:
        to.note(f"membership {grant.oid} names a role that is gone")
        return
    member, role = powers.bit[grant.member], powers.bit[grant.role]
    if grant.set:
        to.controls(member, "can_assume", role, at=_place(grant, "set_option"))
    if grant.inherit:
        _state_inheriting(to, grant)
    if grant.admin and not powers.superusers >> role & 1:
        to.controls(member, "can_change", role, at=_place(grant, "admin_option"))


def _place(grant: Membership, option: str) -> str:
    """Return the place of a grant: before 16 it has no OID, so its ends stand in."""
    if grant.oid:
        return at("pg_auth_members", grant.oid, option)
    return f"postgres:pg_auth_members/{grant.role}/{grant.member}"


def _state_inheriting(to: Emission, grant: Membership) -> None:
    """State an inherited role, if its member can do whatever the role itself can.

    Inheriting without SET lends privileges only. Where the role can do more than it is
    granted, the edge would claim too much: the privileges stand at the member instead.
    """
    powers = to.model.powers
    member, role = powers.bit[grant.member], powers.bit[grant.role]
    place = _place(grant, "inherit_option")
    if powers.dominates(member, role):
        to.controls(member, "member_of", role, at=place)
        return
    names = f"`{to.naming.role_name(grant.member)}`", to.naming.role_name(grant.role)
    to.note(
        f"role {names[0]} inherits `{names[1]}` but can't become it: what it inherits "
        "is stated as its own, and the role's attributes are not its own",
        place,
    )
    if (
        powers.superusers >> role & 1
        and grant.role != BOOTSTRAP
        and _has_code(to, grant)
    ):
        to.edge(
            to.naming.role(grant.member),
            "can_change",
            to.naming.role(grant.role),
            at=place,
            unknown="it could plant code in what this superuser owns, and run as it",
        )


def _has_code(to: Emission, grant: Membership) -> bool:
    """Tell whether a role owns anything that code can be put into."""
    snapshot = to.model.snapshot
    owners = {relation.owner for relation in snapshot.relations}
    owners |= {function.owner for function in snapshot.functions}
    return grant.role in owners


def _state_database_owner(to: Emission) -> None:
    powers, database = to.model.powers, to.model.snapshot.database
    for role in to.model.snapshot.roles:
        if role.name == "pg_database_owner" and database.owner in powers.bit:
            owner, place = powers.bit[database.owner], at("pg_database", database.oid)
            to.controls(owner, "member_of", powers.bit[role.oid], at=f"{place}/datdba")


def _state_creators(to: Emission) -> None:
    """State what CREATEROLE is worth before 16: every role that isn't a superuser."""
    powers = to.model.powers
    for creator in to.model.snapshot.roles:
        if not creator.createrole or creator.superuser:
            continue
        number = powers.bit[creator.oid]
        place = at("pg_roles", creator.oid, "rolcreaterole")
        for other in bits(powers.grantable & ~(1 << number)):
            to.controls(number, "can_change", other, at=place)


def _state_superusers(to: Emission) -> None:
    """State that a superuser can do anything to the store and become anybody."""
    powers = to.model.powers
    for number in bits(powers.superusers):
        place = at("pg_roles", to.oid(number), "rolsuper")
        to.edge(to.role(number), "can_change", to.naming.root, at=place)
        for other in bits(powers.everyone & ~(1 << number) & ~1):
            to.controls(number, "can_change", other, at=place)
