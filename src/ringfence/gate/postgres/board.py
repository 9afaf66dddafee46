"""Where a plan is drawn up: the catalogue as it will stand, and the statements so far.

Each part of a plan adds its statements here and sees what the parts before it have
changed. What undoes a changed access list is worked out from the list as it was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from itertools import chain

import msgspec

from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.catalogue import Catalogue, Function, Relation, Schema
from ringfence.gate.postgres.listing import (
    Listed,
    granting,
    losing,
    quoted,
    restoring,
    revoking,
)
from ringfence.gate.postgres.roles import Roles
from ringfence.gate.postgres.statements import Slow, Statement
from ringfence.gate.postgres.wanted import Finding, Wanted

_KINDS = {"S": "SEQUENCE"}
TABLES = ("r", "p")
SYSTEM = "pg_catalog"
_SUBSCRIPTIONS = "pg_catalog.pg_subscription"


class Board:
    """A plan that is being drawn up.

    Args:
        wanted: What has to be closed.
        catalogue: The database as it stands.
        released: Relations that are known to hold nothing protected, though they draw
            on what does.

    Attributes:
        roles: The roles once all cuts are made; `plan` sets it.
        owners: New owners of relations that change hands.
    """

    def __init__(
        self, wanted: Wanted, catalogue: Catalogue, released: Collection[str] = ()
    ) -> None:
        self.wanted = wanted
        self.catalogue = catalogue
        self.released = frozenset(released)
        self.roles = Roles(catalogue, wanted.inside)
        self.owners: dict[str, str] = {}
        self.statements: list[Statement] = []
        self.findings: list[Finding] = list(wanted.findings)
        self.slow: list[Slow] = []
        self._lists: dict[str, Listed] = {}
        self._first: dict[str, Listed] = {}

    # --- what is protected ------------------------------------------------------------

    @cached_property
    def relations(self) -> Mapping[str, Relation]:
        """Every relation, by the estate's name for it."""
        return {one.name: one for one in self.catalogue.relations}

    @cached_property
    def protected(self) -> Mapping[str, Marker | None]:
        """Relations that hold protected data, with which rows do; None: every one.

        What inherits from a table, or is a partition of one, holds its rows; what a
        table inherits from shows them.
        """
        found = {
            one.name: one.rows
            for one in self.wanted.tables
            if one.name in self.relations
        }
        children: dict[str, list[str]] = defaultdict(list)
        for one in self.relations.values():
            for parent in one.parents:
                children[parent].append(one.name)
        for onward in (
            {name: one.parents for name, one in self.relations.items()},
            children,
        ):
            ahead = sorted(found)
            while ahead:
                name = ahead.pop()
                for kin in onward.get(name, ()):
                    if kin not in found:
                        found[kin] = found[name]
                        ahead.append(kin)
        return {name: self._marker(name, found[name]) for name in sorted(found)}

    def _marker(self, name: str, marker: Marker | None) -> Marker | None:
        """Return a marker that the relation has the column of, or None.

        Nor does a column tell whose row it is if somebody outside has made its type.
        """
        columns = {one.name: one for one in self.relations[name].columns}
        column = None if marker is None else columns.get(marker.column)
        if column is None or self.roles.usable & {*column.makers}:
            return None
        return marker

    @cached_property
    def secured(self) -> tuple[Relation, ...]:
        """The protected tables that row security can be set on."""
        found = (self.relations[name] for name in self.protected)
        return tuple(
            one for one in found if one.kind in TABLES and one.schema != SYSTEM
        )

    @cached_property
    def schemas(self) -> tuple[Schema, ...]:
        """The schemas that hold protected relations, and `public`."""
        held = {self.relations[name].schema for name in self.protected} | {"public"}
        return tuple(one for one in self.catalogue.schemas if one.name in held)

    # --- statements -------------------------------------------------------------------

    def add(
        self,
        sql: str,
        why: str,
        *closes: str,
        undo: Iterable[str] = (),
        changes: str = "",
    ) -> None:
        """Add a statement."""
        self.statements.append(Statement(sql, why, closes, changes, tuple(undo)))

    def begin(self, role: str, why: str) -> None:
        """Make a role before anything else, so that it goes after everything else."""
        sql = f"CREATE ROLE {quoted(role)} NOLOGIN"
        undo = (f"DROP ROLE {quoted(role)}",)
        self.statements.insert(0, Statement(sql, why, inverse=undo))

    def find(
        self, what: str, change: str, pitfall: str = "", kind: str = "technical"
    ) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, what, change, pitfall))

    # --- access lists -----------------------------------------------------------------

    def stands(self, read: Listed) -> Listed:
        """Return a list as it will stand, given how it was read."""
        return self._lists.get(read.lead + read.phrase, read)

    def of_relation(self, one: Relation) -> Listed:
        """Return what is granted on a relation, as things will stand."""
        phrase = f"{_KINDS.get(one.kind, 'TABLE')} {one.sql}"
        columns = {
            column.sql: column.acl
            for column in one.columns
            # Everybody may read the rest of it, from the start.
            if one.name != _SUBSCRIPTIONS or column.name == "subconninfo"
        }
        return self.stands(Listed(phrase, one.owner, one.acl, columns))

    def of_function(self, one: Function) -> Listed:
        """Return what is granted on a function, as things will stand."""
        phrase = f"ROUTINE {one.name}"
        return self.stands(Listed(phrase, one.owner, one.acl))

    def of_schema(self, one: Schema) -> Listed:
        """Return what is granted on a schema, as things will stand."""
        phrase = f"SCHEMA {one.sql}"
        return self.stands(Listed(phrase, one.owner, one.acl))

    def become(self, before: Listed, after: Listed) -> None:
        """Set what a list will be once the next statement has run."""
        key = before.lead + before.phrase
        self._first.setdefault(key, before)
        self._lists[key] = after

    def finished(self) -> tuple[Statement, ...]:
        """Return the statements; undoing the first one puts all lists back.

        What is undone last is what was done first, and lists are put back after that:
        who may grant turns on who is a member of what.
        """
        if not self._first:
            return tuple(self.statements)
        lists = [restoring(one, self._lists[key]) for key, one in self._first.items()]
        first, *others = self.statements
        undo = (*chain.from_iterable(lists), *first.inverse)
        return (msgspec.structs.replace(first, inverse=undo), *others)

    def close(
        self,
        listed: Listed,
        why: str,
        *closes: str,
        privileges: Iterable[str] | None = None,
        grantees: frozenset[str] | None = None,
        column: str = "",
    ) -> bool:
        """Take away what somebody outside can use; return whether there was anything.

        Whoever inside had it by the same grant is granted it by name.
        """
        usable = self.roles.usable if grantees is None else grantees
        gone = losing(listed, usable, privileges, column=column)
        if not gone:
            return False
        left = listed.without(gone)
        held = {(one[0], one[2], column) for column, one in left.grants()}
        new = sorted(
            {
                (heir, one[2], column)
                for column, one in gone
                for heir in self._heirs(one[0])
                if heir != listed.owner
            }
            - held
        )
        after = left.given(new)
        self.become(listed, after)
        losers = sorted({one[0] or "PUBLIC" for _, one in gone})
        sql = ";\n".join([*revoking(listed, gone), *granting(listed, new)])
        changes = f"{', '.join(losers)} lose it"
        if new:
            heirs = dict.fromkeys(one[0] for one in new)
            changes += f"; granted by name to {', '.join(heirs)}"
        self.add(sql, why, *closes, changes=changes)
        return True

    def _heirs(self, grantee: str) -> tuple[str, ...]:
        # Who isn't usable itself lost what it had from somebody outside.
        if grantee not in self.roles.usable:
            return (grantee,)
        return self.roles.heirs(grantee)
