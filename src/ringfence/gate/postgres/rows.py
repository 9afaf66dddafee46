"""Row security: who asks is judged, the login as well as the role that it acts as.

A restrictive policy can't be got round by a permissive one. It judges the session's
login, so that views, functions and owners lend nothing; and the role that is acted as,
so that nobody inside is used by code of somebody outside. Both are asked once for a
query, never for a row, and the comparison with the marker is of text with text.
"""

from __future__ import annotations

import re

from ringfence.boundary.decision.scene import Marker
from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.catalogue import Policy, Relation
from ringfence.gate.postgres.listing import literal, quoted
from ringfence.gate.postgres.roles import INSIDE, LEAVE
from ringfence.gate.postgres.statements import Slow

FENCE = "ringfence_fence"
BASE = "ringfence_base"
OWN = "ringfence_owner"
_PITFALLS = ("L1", "L10", "L11", "L12", "L14", "L18", "L19", "L45", "L47", "L51")
_TEXT = ("text",)
_BLANKS = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\s+""")


def other(relation: Relation, marker: Marker) -> str:
    """Return the condition that a row is surely of somebody else, as SQL.

    A row without a value may be of anybody: comparing it gives NULL, which isn't true.
    """
    column = next(one for one in relation.columns if one.name == marker.column)
    plain = column.sql if column.type in _TEXT else f"({column.sql})::text"
    values = [f"{literal(value)}::text" for value in marker.values]
    if len(values) == 1:
        return f"({plain} <> {values[0]})"
    return f"({plain} <> ALL (ARRAY[{', '.join(values)}]))"


def condition(
    relation: Relation, marker: Marker | None, *, follows: bool = False
) -> str:
    """Return the restrictive policy's expression, as the server prints it.

    Args:
        relation: The table.
        marker: Which of its rows are of the population; None: every one.
        follows: Whether functions that serve exceptions read past it.
    """
    asked = " AND ".join(
        f"pg_has_role({who}, '{INSIDE}'::name, 'MEMBER'::text)"
        for who in ("SESSION_USER", "CURRENT_USER")
    )
    if follows:
        asked = f"({asked}) OR (CURRENT_USER = '{LEAVE}'::name)"
    inside = f"( SELECT ({asked}) AS inside)"
    if marker is None:
        return inside
    return f"({other(relation, marker)} OR {inside})"


def same(one: str, another: str) -> bool:
    """Return whether two expressions are printed alike, but for blanks."""
    return _spaced(one) == _spaced(another)


def _spaced(text: str) -> str:
    """Return a text without blanks, but for those of names and values."""
    return _BLANKS.sub(lambda found: found[1] or "", text)


def secure(board: Board) -> None:
    """Add row security on every protected table."""
    policies: dict[str, dict[str, Policy]] = {}
    for one in board.catalogue.policies:
        policies.setdefault(one.relation, {})[one.name] = one
    for relation in board.secured:
        _Securing(board, relation, policies.get(relation.name, {})).add()


class _Securing:
    """One table's row security."""

    def __init__(
        self, board: Board, relation: Relation, policies: dict[str, Policy]
    ) -> None:
        self._board = board
        self._table = relation
        self._policies = policies

    def add(self) -> None:
        self._fence()
        if not self._table.secured and BASE not in self._policies:
            self._base()
        if self._table.secured and not self._table.forced:
            self._owner()
        self._switch("ENABLE", "DISABLE", on=self._table.secured)
        self._switch("FORCE", "NO FORCE", on=self._table.forced)
        if not self._table.secured:
            self._warn()

    def _fence(self) -> None:
        marker = self._board.protected[self._table.name]
        text = condition(self._table, marker, follows=self._board.wanted.follows)
        check = condition(self._table, marker)
        found = self._policies.get(FENCE)
        if found is not None and fences(found, text, check):
            return
        sql = self._create(FENCE, "RESTRICTIVE", "PUBLIC", text, check)
        undo = [self._drop(FENCE)]
        if found is not None:
            sql = f"{self._drop(FENCE)};\n{sql}"
            undo.append(recreated(found, self._table.sql))
        rows = "rows that may be of the population" if marker else "rows"
        self._board.add(
            sql,
            f"{self._table.name}: {rows} are for logins inside alone",
            *_PITFALLS,
            undo=undo,
        )

    def _base(self) -> None:
        self._board.add(
            self._create(BASE, "PERMISSIVE", "PUBLIC", "true"),
            f"{self._table.name}: without row security every row was let through",
            undo=[self._drop(BASE)],
        )

    def _owner(self) -> None:
        """Let the owner through: until now row security didn't bind it."""
        if OWN in self._policies:
            return
        owner = self._board.owners.get(self._table.name, self._table.owner)
        self._board.add(
            self._create(OWN, "PERMISSIVE", quoted(owner), "true"),
            f"{self._table.name}: its own policies didn't bind its owner",
            undo=[self._drop(OWN)],
        )

    def _switch(self, on_: str, off: str, *, on: bool) -> None:
        if on:
            return
        table = f"ALTER TABLE {self._table.sql}"
        self._board.add(
            f"{table} {on_} ROW LEVEL SECURITY",
            f"{self._table.name}: row security binds "
            + ("its owner too" if on_ == "FORCE" else "whoever reads it"),
            "L1" if on_ == "FORCE" else "L51",
            undo=[f"{table} {off} ROW LEVEL SECURITY"],
        )

    def _warn(self) -> None:
        table = self._table.name
        for one in self._policies.values():
            if not one.permissive and one.name != FENCE:
                self._board.find(
                    f"the restrictive policy `{one.name}` of {table} slept and wakes",
                    f"look whether {table} still wants `{one.name}`, or drop it",
                )
        for index in self._board.catalogue.indexes:
            if index.relation == table and index.loud:
                loud = ", ".join(index.loud)
                why = f"not leakproof: {loud}; look-ups by it read the whole table"
                self._board.slow.append(Slow(table, index.name, why))

    def _create(
        self, name: str, how: str, roles: str, text: str, check: str = ""
    ) -> str:
        return (
            f"CREATE POLICY {quoted(name)} ON {self._table.sql} AS {how} FOR ALL"
            f" TO {roles} USING ({text}) WITH CHECK ({check or text})"
        )

    def _drop(self, name: str) -> str:
        return f"DROP POLICY {quoted(name)} ON {self._table.sql}"


def fences(one: Policy, text: str, check: str) -> bool:
    """Return whether a policy is the fence with these expressions."""
    return (
        not one.permissive
        and one.command == "ALL"
        and one.roles == ("",)
        and same(one.using, text)
        and same(one.check, check)
    )


def recreated(one: Policy, table: str) -> str:
    """Return the command that makes a policy as it was."""
    how = "PERMISSIVE" if one.permissive else "RESTRICTIVE"
    roles = ", ".join(map(quoted, one.roles))
    using = f" USING ({one.using})" if one.using else ""
    check = f" WITH CHECK ({one.check})" if one.check else ""
    return (
        f"CREATE POLICY {quoted(one.name)} ON {table} AS {how} FOR {one.command}"
        f" TO {roles}{using}{check}"
    )
