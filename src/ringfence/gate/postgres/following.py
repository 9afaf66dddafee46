"""Bringing a closed database to the exceptions that are in force, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.errors import ConfigError
from ringfence.gate.postgres.apply import check_triggers, run, transaction
from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.conceding import conceded
from ringfence.gate.postgres.reading import Connection, reading
from ringfence.gate.postgres.statements import Statement
from ringfence.gate.postgres.wanted import Finding, Wanted


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done, and what the database can't concede.

    Attributes:
        changes: What was done, a line each.
        findings: The exceptions that hold at the gate alone.
    """

    changes: tuple[str, ...]
    findings: tuple[Finding, ...]


def follow(dsn: str, wanted: Wanted) -> Followed:
    """End what is in force no more, then concede what is.

    What ends takes effect before anything else is tried: nobody's lock delays it.

    Args:
        dsn: How to connect, as a superuser.
        wanted: What has to be closed, and what is conceded.

    Raises:
        ConfigError: The database can't be reached, or refuses something.
    """
    with transaction(dsn) as connection:
        found = reading(connection)
        check_triggers(found)
        board = Board(wanted, found)
        board.findings.clear()
        changes = conceded(board, standing=True)
        flaws: list[ConfigError] = []
        told = _done(connection, changes.stops, flaws)
        _done(connection, changes.ends, flaws)
        told += _done(connection, changes.begins, flaws)
    if flaws:
        problems = [problem for one in flaws for problem in one.problems]
        raise ConfigError.of(problems)
    return Followed(tuple(told), tuple(board.findings))


def _done(
    connection: Connection, statements: Sequence[Statement], flaws: list[ConfigError]
) -> list[str]:
    """Carry statements out, each by itself: one that fails keeps none from being so."""
    told = []
    for one in statements:
        try:
            run(connection, [one.sql], one.why)
            connection.commit()
        except ConfigError as error:
            connection.rollback()
            flaws.append(error)
        else:
            told.append(one.why)
    return told
