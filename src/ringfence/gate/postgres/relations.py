"""Privileges: what row security can't guard is taken from whoever is outside.

A materialized view, a foreign table and a sequence have no row security; neither has a
view whose owner it doesn't bind. Of a table that has no row for anybody outside, the
privileges go too: EXPLAIN, unique keys and foreign keys would tell of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ringfence.gate.postgres.board import SYSTEM, TABLES, Board
from ringfence.gate.postgres.catalogue import DefaultAcl, Relation
from ringfence.gate.postgres.listing import Listed, quoted

_INVOKER = frozenset(
    {"security_invoker=true", "security_invoker=on", "security_invoker=1"}
)
_BARRIER = frozenset(
    {"security_barrier=true", "security_barrier=on", "security_barrier=1"}
)
# They see through row security, or plant what runs as whoever comes by.
_BEYOND_ROWS = ("TRUNCATE", "REFERENCES", "TRIGGER")


def invokes(view: Relation) -> bool:
    """Return whether a view reads as whoever reads it."""
    return any(one.lower() in _INVOKER for one in view.options)


class Shields:
    """Which relations show protected data past row security."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @cached_property
    def bare(self) -> tuple[Relation, ...]:
        """Relations that nobody outside may read, in the order of their names."""
        board = self._board
        found = {
            name for name in board.protected if self._is_bare(board.relations[name])
        }
        draws = set(board.protected) | found
        while True:
            more = {
                one.name
                for one in board.relations.values()
                if one.name not in found | board.released
                and set(one.reads) & draws
                and self._shows(one, found)
            }
            if not more:
                break
            found |= more
            draws |= more
        return tuple(board.relations[name] for name in sorted(found))

    def _is_bare(self, one: Relation) -> bool:
        if one.kind in ("m", "f") or one.schema == SYSTEM:
            return True
        if one.kind == "v":
            return self._board.protected[one.name] is None
        return False

    def _shows(self, one: Relation, bare: set[str]) -> bool:
        """Return whether what draws on protected data shows it past row security."""
        if one.kind == "m":
            return True
        if invokes(one):
            return False
        return self._board.roles.bypasses(one.owner) or bool(set(one.reads) & bare)


def close(board: Board, shields: Shields) -> None:
    """Take privileges from whoever is outside."""
    for one in shields.bare:
        kind = "L25" if one.kind == "f" else "L15"
        pitfalls = ("L10", "L11", "L29") if one.kind == "v" else (kind,)
        why = f"row security doesn't guard {one.name}: it is for logins inside alone"
        board.close(board.of_relation(one), why, *pitfalls)
    for one in board.secured:
        if board.protected[one.name] is None:
            why = f"{one.name} has no row for anybody outside"
            board.close(
                board.of_relation(one), why, "L31", "L32", "L33", "L34", "L35", "L40"
            )
        else:
            why = f"{one.name}: row security doesn't guard against these privileges"
            board.close(
                board.of_relation(one),
                why,
                *("L21", "L43", "L46"),
                privileges=_BEYOND_ROWS,
            )
    for name, one in board.relations.items():
        if one.kind == "S" and _serves_closed(board, one):
            why = f"{name} tells how many rows {one.serves} has had"
            board.close(board.of_relation(one), why, "L37")


def _serves_closed(board: Board, sequence: Relation) -> bool:
    served = sequence.serves
    return served in board.protected and board.protected[served] is None


def barriers(board: Board, shields: Shields) -> None:
    """Put a barrier in released views that read what row security doesn't guard."""
    bare = {one.name for one in shields.bare}
    for name in sorted(board.released):
        one = board.relations.get(name)
        if one is None or one.kind != "v" or invokes(one):
            continue
        reads = set(one.reads)
        shown = reads & bare or (
            reads & set(board.protected) and board.roles.bypasses(one.owner)
        )
        if shown and not any(option.lower() in _BARRIER for option in one.options):
            _barrier(board, one)


def _barrier(board: Board, view: Relation) -> None:
    old = [one for one in view.options if one.startswith("security_barrier=")]
    alter = f"ALTER VIEW {view.sql}"
    undo = f"SET ({old[0]})" if old else "RESET (security_barrier)"
    board.add(
        f"{alter} SET (security_barrier=true)",
        f"no function in a query looks behind {view.name}",
        "L29",
        undo=[f"{alter} {undo}"],
    )


def schemas(board: Board) -> None:
    """Let nobody outside make objects where those inside look for theirs."""
    for one in board.schemas:
        board.close(
            board.of_schema(one),
            f"nobody outside makes functions or operators in {one.name}",
            *("L13", "L22"),
            privileges=["CREATE"],
        )


def defaults(board: Board) -> None:
    """Take future relations from whoever is outside, where protected ones are made."""
    places = {one.name for one in board.schemas} - {"public"}
    for one in board.catalogue.defaults:
        if one.kind in ("r", "S") and (not one.schema or one.schema in places):
            where = f" in {one.schema}" if one.schema else ""
            board.close(
                board.stands(_future(one)),
                f"what {one.role} makes from now on{where} isn't for anybody outside",
                *("L51", "L72"),
            )


def _future(one: DefaultAcl) -> Listed:
    where = f" IN SCHEMA {quoted(one.schema)}" if one.schema else ""
    lead = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(one.role)}{where} "
    return Listed(
        "TABLES" if one.kind == "r" else "SEQUENCES", one.role, one.acl, lead=lead
    )


def tables(board: Board) -> Iterable[Relation]:
    """Return the protected tables that some rows of are for somebody outside."""
    return (
        one
        for one in board.secured
        if one.kind in TABLES and board.protected[one.name] is not None
    )
