"""Functions: those that see past row security, and those that can be led astray."""

from __future__ import annotations

from ringfence.gate.postgres.board import SYSTEM, Board
from ringfence.gate.postgres.catalogue import Function
from ringfence.gate.postgres.relations import Shields
from ringfence.gate.postgres.roles import SEEING

# Functions of the server that read or write its files, whoever may call them.
_FILES = ("pg_read_file(", "pg_read_binary_file(", "lo_import(", "lo_export(")
# Extensions whose functions read pages past every privilege.
_PAGES = frozenset(
    {"adminpack", "pageinspect", "pg_dirtyread", "pg_surgery", "pg_walinspect"}
)
_PATH = "search_path="


def close(board: Board, shields: Shields) -> None:
    """Take functions that see past row security from whoever is outside; pin the rest.

    A function that runs as an owner whom row security binds needs nothing: the policy
    judges the login that calls it.
    """
    seeing = _seeing(board, shields)
    trusted = board.roles.inner | {
        board.owners.get(name, board.relations[name].owner) for name in board.protected
    }
    for one in board.catalogue.functions:
        told = _told(board, one, seeing)
        if told:
            why, pitfall = told
            board.close(board.of_function(one), f"{one.name} {why}", pitfall)
        lent = one.owner in trusted or board.roles.bypasses(one.owner)
        if one.definer and lent and not one.extension and one.schema != SYSTEM:
            _pin(board, one)
        if one.leakproof and one.schema != SYSTEM:
            board.add(
                f"ALTER FUNCTION {one.name} NOT LEAKPROOF",
                f"{one.name} runs before row security has chosen the rows",
                "L30",
                undo=[f"ALTER FUNCTION {one.name} LEAKPROOF"],
            )


def _told(
    board: Board, one: Function, seeing: frozenset[str]
) -> tuple[str, str] | None:
    if one.schema == SYSTEM:
        files = one.name.startswith(_FILES)
        return ("reads or writes the server's files", "L62") if files else None
    if one.extension in _PAGES:
        return ("reads pages of tables", "L28")
    if one.definer and (one.owner in seeing or board.roles.bypasses(one.owner)):
        return ("runs as an owner who sees past row security", "L12")
    return None


def _seeing(board: Board, shields: Shields) -> frozenset[str]:
    """Return the roles that read something protected without row security."""
    readers = set(SEEING)
    for one in shields.bare:
        listed = board.of_relation(one)
        readers.add(listed.owner)
        readers |= {grant[0] for _, grant in listed.grants() if grant[2] == "SELECT"}
    roles = board.roles
    return frozenset(
        name for name in roles.by_name if roles.becomes([name]) & (readers - {""})
    )


def _pin(board: Board, one: Function) -> None:
    if any(setting.startswith(_PATH) for setting in one.config):
        return
    schema = '"' + one.schema.replace('"', '""') + '"'
    path = ", ".join(dict.fromkeys(["pg_catalog", schema, "public", "pg_temp"]))
    board.add(
        f"ALTER ROUTINE {one.name} SET search_path = {path}",
        f"{one.name} runs as {one.owner} and takes nothing from its caller's schemas",
        "L13",
        undo=[f"ALTER ROUTINE {one.name} RESET search_path"],
        changes=f"{one.name} no longer finds what other schemas than {one.schema} and"
        " public hold, unless it names them",
    )
