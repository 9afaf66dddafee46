"""What a database has to be told so that nobody outside reads what is protected.

The statements come in one order: who is inside; what ends; who owns; row security;
privileges; functions; publications; what is made from now on. A plan that is made again
after it was carried out is empty.
"""

from __future__ import annotations

from collections.abc import Collection

from ringfence.gate.postgres import (
    conceding,
    copies,
    findings,
    membership,
    relations,
    routines,
    rows,
)
from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.catalogue import Catalogue, digest
from ringfence.gate.postgres.statements import Plan
from ringfence.gate.postgres.wanted import Wanted


def closed(
    wanted: Wanted, catalogue: Catalogue, *, released: Collection[str] = ()
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the relations that a plan closes, and the logins that nothing binds.

    Args:
        wanted: What has to be closed.
        catalogue: The database as it stands.
        released: Relations that are known to hold nothing protected.
    """
    board = Board(wanted, catalogue, released)
    bare = {one.name for one in relations.Shields(board).bare}
    return frozenset({*board.protected, *bare}), frozenset(board.roles.over)


def plan(
    wanted: Wanted, catalogue: Catalogue, *, released: Collection[str] = ()
) -> Plan:
    """Return what closes a database, and what stays open.

    Args:
        wanted: What has to be closed.
        catalogue: The database as it stands.
        released: Relations that are known to hold nothing protected, though they draw
            on what does.
    """
    board = Board(wanted, catalogue, released)
    conceding.prepare(board)
    shields = relations.Shields(board)
    bare = [one.name for one in shields.bare]
    membership.settle(board, bare)
    membership.hand_over(board, bare)
    rows.secure(board)
    relations.close(board, shields)
    relations.barriers(board, shields)
    routines.close(board, shields)
    copies.publications(board)
    relations.schemas(board)
    relations.defaults(board)
    findings.find(board)
    conceded = conceding.conceded(board)
    return Plan(
        store=wanted.store,
        database=catalogue.database,
        boundary=wanted.boundary,
        estate=wanted.estate,
        catalogue=digest(catalogue),
        version=catalogue.version,
        statements=board.finished(),
        findings=tuple(dict.fromkeys(board.findings)),
        slow=tuple(board.slow),
        conceded=(*conceded.ends, *conceded.begins),
    )
