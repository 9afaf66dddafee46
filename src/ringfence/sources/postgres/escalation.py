"""Which roles a role can act as, and whose privileges it can use.

Three relations, from 16 on granted apart: *inherit* lends a role's privileges to its
members at all times, *set* lets a member become the role, *admin* lets it hand the
role on, itself included. Inheriting lends no attributes (SUPERUSER, BYPASSRLS,
REPLICATION) and no further SET, so "could act as" is not simply a path over
memberships; `Powers` works out the least fixpoint. Sets of roles are bit masks, bit 0
being PUBLIC.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.sources.postgres.snapshot import BOOTSTRAP, PUBLIC, Role, Snapshot

_GRANTS_APART = 160000  # from 16 on INHERIT and SET belong to the grant


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, slots=True)
class Power:
    """What one role comes to.

    Attributes:
        acting: Roles that it can act as, itself among them.
        usable: Roles whose privileges are at hand as one of those, and PUBLIC.
        handed: Roles that it can grant to any of those.
    """

    acting: int
    usable: int
    handed: int = 0


class Powers:
    """Every role's power, by the number of its bit."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Work out the relations between the roles of a snapshot."""
        self.version = snapshot.version
        self.roles: tuple[Role | None, ...] = (None, *snapshot.roles)
        self.bit = {PUBLIC: 0}
        self.bit |= {role.oid: n for n, role in enumerate(snapshot.roles, start=1)}
        self.everyone = (1 << len(self.roles)) - 1
        self._read_memberships(snapshot)
        self.superusers = self._having("superuser")
        self.bypassing = self._having("bypass_rls") | self.superusers
        self._creators = 0
        if self.version < _GRANTS_APART:
            self._creators = self._having("createrole")
        # pg_database_owner has the one member it has; nobody can be granted it.
        owned = {
            role.oid for role in snapshot.roles if role.name == "pg_database_owner"
        }
        fixed = sum(self.mask(oid) for oid in owned)
        self.grantable = self.everyone & ~self.superusers & ~fixed & ~1
        self._inherited = [self._closure(n, self._inherit) for n in self._numbers]
        self._settable = [self._closure(n, self._set) for n in self._numbers]
        self._member = [self._closure(n, self._any) for n in self._numbers]
        self.powers = [self._power(number) for number in self._numbers]
        self._users: dict[int, int] = {}
        self._stances: dict[int, tuple[tuple[int, int], ...]] = {}
        self._users_of = self._invert()

    @property
    def _numbers(self) -> range:
        return range(len(self.roles))

    def _having(self, attribute: str) -> int:
        return sum(
            1 << number
            for number, role in enumerate(self.roles)
            if role is not None and getattr(role, attribute)
        )

    def mask(self, oid: int) -> int:
        """Return the mask of one role; a role that isn't known has none."""
        number = self.bit.get(oid)
        return 0 if number is None else 1 << number

    def _read_memberships(self, snapshot: Snapshot) -> None:
        size = len(self.roles)
        self._inherit, self._set = [0] * size, [0] * size
        self._any, self._admin = [0] * size, [0] * size
        for grant in snapshot.memberships:
            if grant.member not in self.bit or grant.role not in self.bit:
                continue
            member, role = self.bit[grant.member], 1 << self.bit[grant.role]
            self._any[member] |= role
            self._inherit[member] |= role if grant.inherit else 0
            self._set[member] |= role if grant.set else 0
            self._admin[member] |= role if grant.admin else 0
        # The database's owner is the one member of pg_database_owner, unwritten.
        owner = self.bit.get(snapshot.database.owner)
        for number, each in enumerate(self.roles):
            if each is not None and each.name == "pg_database_owner" and owner:
                for relation in (self._any, self._inherit, self._set):
                    relation[owner] |= 1 << number

    def _closure(self, start: int, relation: list[int]) -> int:
        seen, todo = 1 << start, relation[start]
        while todo & ~seen:
            fresh = todo & ~seen
            seen |= fresh
            for number in bits(fresh):
                todo |= relation[number]
        return seen

    def inherited(self, number: int) -> int:
        """Return whose privileges a role has without doing anything; PUBLIC's too."""
        return self._inherited[number] | 1

    # --- the fixpoint -----------------------------------------------------------------

    def _power(self, start: int) -> Power:
        if start == PUBLIC:
            return Power(acting=1, usable=1)
        acting = 1 << start
        while True:
            usable, handed = self._usable(acting), self._handed(acting)
            grown = self._united(acting | handed, self._settable)
            if (grown & self.superusers) or (usable & self.mask(BOOTSTRAP)):
                # Who has the bootstrap role's privileges owns every built-in function,
                # and can make one of them run as it.
                full = self.everyone & ~1
                return Power(acting=full, usable=self.everyone, handed=full)
            if grown == acting:
                return Power(acting=acting, usable=usable, handed=handed)
            acting = grown

    @staticmethod
    def _united(roles: int, relation: list[int]) -> int:
        found = roles
        for number in bits(roles):
            found |= relation[number]
        return found

    def _usable(self, acting: int) -> int:
        return self._united(acting, self._inherited) | 1

    def _handed(self, acting: int) -> int:
        """Return the roles that can be granted by one who acts as any of `acting`."""
        found = 0
        for number in bits(self._usable(acting)):
            found |= self._admin[number]
        if acting & self._creators:
            found |= self.grantable
        return found & ~self.superusers  # only a superuser may hand one on

    def _invert(self) -> list[int]:
        found = [0] * len(self.roles)
        for number, power in enumerate(self.powers):
            for used in bits(power.usable):
                found[used] |= 1 << number
        return found

    def users(self, holders: int) -> int:
        """Return the roles that can use what any of `holders` was granted."""
        if holders not in self._users:
            found = 0
            for number in bits(holders):
                found |= self._users_of[number]
            self._users[holders] = found
        return self._users[holders]

    @functools.cached_property
    def almighty(self) -> int:
        """Return the roles that can become a superuser."""
        found = 0
        for number, power in enumerate(self.powers):
            if power.acting & self.superusers:
                found |= 1 << number
        return found

    # --- what one session can hold at one time ----------------------------------------

    def stances(self, number: int) -> tuple[tuple[int, int], ...]:
        """Return, for each role it can act as, that role and what it then can use.

        A role that it may hand on can be granted to whichever role it acts as, except
        where that would close a circle of memberships.
        """
        if number not in self._stances:
            self._stances[number] = self._find_stances(number)
        return self._stances[number]

    def _find_stances(self, number: int) -> tuple[tuple[int, int], ...]:
        if number == PUBLIC:
            return ((0, 1),)
        power = self.powers[number]
        found = []
        for acting in bits(power.acting):
            usable = self.inherited(acting)
            if self._takes_grants(acting, power):
                for handed in bits(power.handed):
                    if not self._member[handed] >> acting & 1:
                        usable |= self._inherited[handed]
            found.append((acting, usable))
        return tuple(found)

    def _takes_grants(self, acting: int, power: Power) -> bool:
        """Tell whether a role inherits what it is granted; its choice before 16."""
        role = self.roles[acting]
        if self.version >= _GRANTS_APART or role is None:
            return True
        return role.inherit or bool(power.acting & self._creators)

    def at_once(self, number: int, *holders: int) -> bool:
        """Tell whether one role that it can act as has a grant of each of `holders`."""
        return any(
            all(usable & each for each in holders) for _, usable in self.stances(number)
        )

    def bypasses(self, number: int, holders: int) -> bool:
        """Tell whether it can use a grant of `holders` past row security."""
        return any(
            usable & holders and self.bypassing >> acting & 1
            for acting, usable in self.stances(number)
        )

    def dominates(self, upper: int, lower: int) -> bool:
        """Tell whether `upper` can do whatever a holder of `lower` can."""
        if self.powers[lower].acting & ~self.powers[upper].acting == 0:
            return True
        above = self.stances(upper)
        return all(
            any(self._covers(high, low) for high in above)
            for low in self.stances(lower)
        )

    def _covers(self, high: tuple[int, int], low: tuple[int, int]) -> bool:
        attributes = ("superuser", "bypass_rls", "replication")
        mine, theirs = self.roles[high[0]], self.roles[low[0]]
        has_all = all(
            getattr(mine, each, False) or not getattr(theirs, each, False)
            for each in attributes
        )
        return has_all and low[1] & ~high[1] == 0
