"""Access lists: what a grantee loses, who gets it instead, and the list put back.

A superuser's GRANT and REVOKE count as the owner's. What somebody else granted, that
role has to take back, so such commands run as it. Putting a list back means taking all
away and granting it anew in its old order, for the order is part of a dump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ringfence.gate.postgres.catalogue import PUBLIC, Acl, Grant

_OPTION = " WITH GRANT OPTION"


def quoted(name: str) -> str:
    """Return a name between quotes; PUBLIC is a keyword."""
    return "PUBLIC" if name == PUBLIC else '"' + name.replace('"', '""') + '"'


def names(some: Iterable[str]) -> str:
    """Return names between quotes, with commas."""
    return ", ".join(quoted(one) for one in some)


def literal(text: str) -> str:
    """Return a text as the server prints it."""
    body = text.replace("'", "''")
    if "\\" in body:
        return "E'" + body.replace("\\", "\\\\") + "'"
    return f"'{body}'"


@dataclass(frozen=True, slots=True)
class Listed:
    """What is granted on something.

    Attributes:
        phrase: What SQL calls it after ON: `TABLE accounts.profile`.
        owner: Its owner.
        acl: The list.
        columns: The lists of its columns, by their SQL names.
        lead: What stands before GRANT or REVOKE, for default privileges.
    """

    phrase: str
    owner: str
    acl: Acl
    columns: dict[str, Acl] = field(default_factory=dict)
    lead: str = ""

    def grants(self) -> list[tuple[str, Grant]]:
        """Return every grant, with the column that it is for, or nothing."""
        found = [("", one) for one in self.acl]
        for column, acl in self.columns.items():
            found += [(column, one) for one in acl]
        return found

    def without(self, gone: Iterable[tuple[str, Grant]]) -> Listed:
        """Return the lists without some grants."""
        dropped = set(gone)
        columns = {
            column: tuple(one for one in acl if (column, one) not in dropped)
            for column, acl in self.columns.items()
        }
        acl = tuple(one for one in self.acl if ("", one) not in dropped)
        return replace(self, acl=acl, columns=columns)

    def given(self, new: Iterable[tuple[str, str, str]]) -> Listed:
        """Return the lists with what the owner grants: grantee, privilege, column."""
        acl, columns = list(self.acl), {k: list(v) for k, v in self.columns.items()}
        for grantee, privilege, column in new:
            entry = (grantee, self.owner, privilege, False)
            (columns[column] if column else acl).append(entry)
        kept = {column: tuple(list_) for column, list_ in columns.items()}
        return replace(self, acl=tuple(acl), columns=kept)

    def owned(self, owner: str) -> Listed:
        """Return the lists under a new owner: its name stands for the old one's."""

        def renamed(acl: Acl) -> Acl:
            old = self.owner
            return tuple(
                (owner if a == old else a, owner if b == old else b, what, option)
                for a, b, what, option in acl
            )

        columns = {column: renamed(acl) for column, acl in self.columns.items()}
        return replace(self, owner=owner, acl=renamed(self.acl), columns=columns)


def losing(
    listed: Listed,
    grantees: frozenset[str],
    privileges: Iterable[str] | None = None,
    *,
    column: str = "",
) -> list[tuple[str, Grant]]:
    """Return the grants that some grantees lose, and what these had granted on.

    Args:
        listed: The lists.
        grantees: Who loses.
        privileges: What they lose; all, if nothing is named.
        column: The column whose own list alone is meant, if one is.
    """
    wanted = None if privileges is None else set(privileges)
    gone = [
        (place, one)
        for place, one in listed.grants()
        if one[0] in grantees
        and one[0] != listed.owner
        and (wanted is None or one[2] in wanted)
        and column in ("", place)
    ]
    while True:
        passed = {(one[0], one[2]) for _, one in gone if one[3]}
        more = [
            (place, one)
            for place, one in listed.grants()
            if (one[1], one[2]) in passed
            and one[1] != listed.owner
            and (place, one) not in gone
        ]
        if not more:
            return gone
        gone += more


def revoking(listed: Listed, gone: Sequence[tuple[str, Grant]]) -> list[str]:
    """Return the commands that take grants away, what was granted on first."""
    # What was granted on goes with its grantor's own, by CASCADE, but for one thing:
    # a relation's list and those of its columns don't know of each other.
    passed = {(place, one[0], one[2]) for place, one in gone if one[3]}
    depths = _depths(listed)

    def key(entry: tuple[str, Grant]) -> tuple[int, str, str]:
        grantee, grantor, _, _ = entry[1]
        return -depths.get(grantor, 0), grantor, grantee

    found: list[str] = []
    for (_, grantor, grantee), group in groupby(sorted(gone, key=key), key):
        left = [
            (place, one)
            for place, one in group
            if (place, grantor, one[2]) not in passed or grantor == grantee
        ]
        if left:
            told = _spelled([(place, one[2]) for place, one in left])
            sql = (
                f"{listed.lead}REVOKE {told} ON {listed.phrase} FROM {quoted(grantee)}"
            )
            sql += " CASCADE" if any(one[3] for _, one in left) else ""
            found.append(_as(grantor, listed.owner, sql))
    return found


def _depths(listed: Listed) -> dict[str, int]:
    """Return how many grants stand behind what each grantor grants."""
    depths = {listed.owner: 0}
    entries = [one for _, one in listed.grants()]
    while True:
        more = {
            one[0]: depths[one[1]] + 1
            for one in entries
            if one[3] and one[1] in depths and one[0] not in depths
        }
        if not more:
            return depths
        depths |= more


def granting(listed: Listed, new: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the commands that grant: grantee, privilege, column."""
    ordered = sorted(set(new))
    return [
        f"{listed.lead}GRANT {_spelled([(c, p) for _, p, c in group])}"
        f" ON {listed.phrase} TO {quoted(grantee)}"
        for grantee, group in groupby(ordered, lambda one: one[0])
    ]


def restoring(before: Listed, after: Listed) -> tuple[str, ...]:
    """Return the commands that put a list back, entry by entry, in its old order."""
    everybody = sorted({one[0] for _, one in (*before.grants(), *after.grants())})
    others = [
        (place, one) for place, one in after.grants() if place and one[1] != after.owner
    ]
    found = revoking(after, others)
    found += [
        f"{before.lead}REVOKE ALL ON {before.phrase} FROM {quoted(name)}"
        + ("" if before.lead else " CASCADE")
        for name in everybody
    ]
    columns = ("", *before.columns)
    for column in columns:
        acl = before.columns[column] if column else before.acl
        entries = groupby(acl, lambda one: (one[0], one[1], one[3]))
        for (grantee, grantor, grantable), group in entries:
            told = _spelled([(column, one[2]) for one in group])
            sql = f"{before.lead}GRANT {told} ON {before.phrase} TO {quoted(grantee)}"
            option = _OPTION if grantable else ""
            found.append(_as(grantor, before.owner, sql + option))
    return tuple(found)


def _as(grantor: str, owner: str, sql: str) -> str:
    if grantor == owner:
        return sql
    return f"SET LOCAL ROLE {quoted(grantor)}; {sql}; RESET ROLE"


def _spelled(told: Iterable[tuple[str, str]]) -> str:
    """Return privileges as SQL spells them: `SELECT (a, b), INSERT`."""
    by_privilege: dict[str, list[str]] = {}
    for column, privilege in told:
        by_privilege.setdefault(privilege, []).append(column)
    found = []
    for privilege, columns in by_privilege.items():
        chosen = [column for column in dict.fromkeys(columns) if column]
        # A whole relation's privilege takes its columns' along.
        whole = "" in columns or not chosen
        found.append(privilege if whole else f"{privilege} ({', '.join(chosen)})")
    return ", ".join(found)
