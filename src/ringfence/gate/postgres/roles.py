"""Roles of a database, and who can become which: the closure of memberships.

Whoever is a member of a role counts as able to become it, whatever the options of the
membership say: they are the role's to change, or its admin's. A superuser can become
every role and is said apart: no statement of this database stops one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from ringfence.gate.postgres.catalogue import PUBLIC, Catalogue, Membership, Role

INSIDE = "ringfence_inside"
OWNER = "ringfence_owner"
LEAVE = "ringfence_leave"  # as which functions read what exceptions concede
OURS = (INSIDE, OWNER, LEAVE)
SERVERS = "pg_"  # what names of roles begin with that come with the server
_ROLE_OF_OWNERS = "pg_database_owner"
# Roles that come with the server and see what row security doesn't hide.
SEEING: Mapping[str, str] = {
    "pg_read_all_data": "L4",
    "pg_read_server_files": "L61",
    "pg_write_server_files": "L61",
    "pg_execute_server_program": "L26",
    "pg_monitor": "L63",
    "pg_read_all_stats": "L63",
    "pg_stat_scan_tables": "L63",
    "pg_create_subscription": "L56",
}
_NO_CREATEROLE_GRANTS = 16  # from here, CREATEROLE needs ADMIN OPTION to grant a role


class Roles:
    """The roles of a catalogue, some memberships ended.

    Args:
        catalogue: The catalogue.
        inside: Logins that are inside the fence; every other login is outside.
        ended: Memberships that are taken away.
        more: Memberships that are added.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        inside: Collection[str],
        ended: Collection[Membership] = (),
        more: Iterable[Membership] = (),
    ) -> None:
        self.major = catalogue.major
        self.by_name: Mapping[str, Role] = {one.name: one for one in catalogue.roles}
        kept = (one for one in catalogue.memberships if one not in ended)
        self.memberships = (*kept, *more)
        self._owner = catalogue.owner
        # Our own roles never log in: a plan sees to that.
        logins = {one.name for one in catalogue.roles if one.login} - {*OURS}
        self.inside = frozenset(logins & {*inside})
        self._logins = logins

    @cached_property
    def outside(self) -> frozenset[str]:
        """Logins outside the fence, superusers apart."""
        return frozenset(
            one.name
            for one in self.by_name.values()
            if one.name in self._logins - self.inside and not one.superuser
        )

    @cached_property
    def over(self) -> tuple[str, ...]:
        """Superusers outside the fence."""
        return tuple(
            one.name
            for one in self.by_name.values()
            if one.name in self._logins - self.inside and one.superuser
        )

    @cached_property
    def _up(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.memberships:
            found[one.member].add(one.role)
        found[self._owner].add(_ROLE_OF_OWNERS)
        return found

    @cached_property
    def _down(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for member, roles in self._up.items():
            for role in roles:
                found[role].add(member)
        return found

    def becomes(self, names: Iterable[str]) -> frozenset[str]:
        """Return some roles and all that they can become."""
        return _closure(names, self._up)

    def holders(self, name: str) -> frozenset[str]:
        """Return a role and all that can become it."""
        return _closure([name], self._down)

    @cached_property
    def usable(self) -> frozenset[str]:
        """What somebody outside can act as: PUBLIC too."""
        return self.becomes(self.outside) | {PUBLIC}

    @cached_property
    def inner(self) -> frozenset[str]:
        """Roles without a login, made by somebody, that nobody outside can become."""
        return frozenset(
            name
            for name, one in self.by_name.items()
            if not one.login
            and not name.startswith(SERVERS)
            and name not in self.usable
            and name not in OURS
        )

    def bypasses(self, name: str) -> bool:
        """Return whether row security doesn't bind a role."""
        one = self.by_name.get(name)
        return one is not None and (one.superuser or one.bypassrls)

    def heirs(self, grantee: str) -> tuple[str, ...]:
        """Return who, of those that a grant reaches, nobody outside can become."""
        if grantee == PUBLIC:
            return tuple(sorted(self.inside | self.inner))
        found: set[str] = set()
        ahead, seen = [grantee], {grantee}
        while ahead:
            for member in self._down.get(ahead.pop(), ()):
                if member in seen:
                    continue
                seen.add(member)
                if member not in self.usable:
                    found.add(member)
                elif member not in self.outside:
                    ahead.append(member)
        return tuple(sorted(found - {*OURS}))

    def severed(self, target: str) -> frozenset[Membership]:
        """Return memberships to end so that nobody outside can become a role.

        They are the role's own, but where one comes with the server: then those of its
        member. A login outside that is the role itself stays.
        """
        found: set[Membership] = set()
        ahead = [target]
        while ahead:
            role = ahead.pop()
            for one in self.memberships:
                if one.role != role or not self.holders(one.member) & self.outside:
                    continue
                if one.member.startswith(SERVERS):
                    ahead.append(one.member)
                else:
                    found.add(one)
        return frozenset(found)

    def perilous(self, name: str) -> str:
        """Return the pitfall that being able to become a role is, or nothing."""
        one = self.by_name[name]
        if name in SEEING:
            return SEEING[name]
        told = {
            "L2": one.superuser,
            "L3": one.bypassrls,
            "L52": one.replication,
            "L5": one.createrole and self.major < _NO_CREATEROLE_GRANTS,
        }
        return next((pitfall for pitfall, holds in told.items() if holds), "")


def _closure(names: Iterable[str], onward: Mapping[str, set[str]]) -> frozenset[str]:
    found = set(names)
    ahead = list(found)
    while ahead:
        more = onward.get(ahead.pop(), set()) - found
        found |= more
        ahead += more
    return frozenset(found)
