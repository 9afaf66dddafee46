"""Carrying a plan out, and undoing it: one transaction each, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from ringfence.errors import ConfigError, Locus
from ringfence.gate.postgres.catalogue import Catalogue, canonical, digest
from ringfence.gate.postgres.conceding import bare, withdrawn
from ringfence.gate.postgres.journal import Journal, write_journal
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import Connection, connected, reading
from ringfence.gate.postgres.statements import Plan, ends_transaction
from ringfence.gate.postgres.wanted import Wanted

_AT = Locus("--dsn")
_LOCK_SECONDS = 5
_DISABLED = "D"  # PostgreSQL's letter for a trigger that doesn't run
# One of us at a time: the number is arbitrary, and has to stay.
_LOCK = 7_246_011_935


def apply(dsn: str, chosen: Plan, journal: Path) -> Journal:
    """Carry a plan out, if the database is as it was when the plan was made.

    Args:
        dsn: How to connect, as a superuser.
        chosen: The plan.
        journal: File to keep what undoes it in; it is written before anything holds.

    Raises:
        ConfigError: The database isn't as it was, isn't the one that the plan is for,
            or refuses a statement; then nothing has changed.
    """
    _check_whole(chosen)
    with transaction(dsn) as connection:
        before = reading(connection)
        _check(chosen, before)
        check_triggers(before)
        for place, one in enumerate(chosen.statements, 1):
            run(connection, [one.sql], f"statement {place} ({one.why})")
        after = reading(connection)
        applied = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = Journal(chosen, before, after, applied)
        write_journal(told, journal)
        try:
            connection.commit()
        except psycopg.Error:
            if not connection.broken:  # else nobody knows whether it holds
                journal.unlink(missing_ok=True)
            raise
        return told


def rollback(dsn: str, journal: Journal) -> None:
    """Undo what a journal tells of, so that the catalogue is what it was.

    Raises:
        ConfigError: The database has changed since, or wouldn't be as it was; then
            nothing has changed.
    """
    _check_whole(journal.plan)
    with transaction(dsn) as connection:
        found = reading(connection)
        _check_left(journal, found)
        check_triggers(found)
        # Exceptions aren't the plan's: whatever is conceded ends with it.
        for one in withdrawn(found):
            run(connection, [one.sql], one.why)
        for one in reversed(journal.plan.statements):
            run(connection, one.inverse, f"undoing what was for: {one.why}")
        if canonical(reading(connection)) != canonical(bare(journal.before)):
            message = "the catalogue wouldn't be what it was, so nothing was undone"
            raise ConfigError(message, _AT, "undo it by hand, from the journal's plan")
        connection.commit()


def fence(connection: Connection, wanted: Wanted) -> None:
    """Close a database within the transaction that a superuser's connection is in.

    Raises:
        ConfigError: The database refuses a statement.
    """
    found = reading(connection)
    check_triggers(found)
    for one in plan(wanted, found).statements:
        run(connection, [one.sql], one.why)


@contextmanager
def transaction(dsn: str) -> Iterator[Connection]:
    """Give a superuser's transaction, which is rolled back unless it is committed.

    It sees one moment of the catalogue, and what it does itself: what somebody else
    does meanwhile isn't taken for how the plan left the database, so it is drift.
    """
    with connected(dsn) as connection:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
        # The session's, and first: that moment has to come after who was before us.
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.autocommit = False
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        row = connection.execute(query).fetchone()
        if row is None or not row[0]:
            message = "the login is no superuser"
            hint = "row security and roles of others are a superuser's to change"
            raise ConfigError(message, _AT, hint)
        yield connection


def _check_whole(chosen: Plan) -> None:
    """Check that a plan's commands can be undone together: somebody may have edited it.

    Raises:
        ConfigError: One of them would end the transaction.
    """
    for place, one in enumerate(chosen.statements, 1):
        if any(map(ends_transaction, (one.sql, *one.inverse))):
            message = f"statement {place} of the plan begins or ends a transaction"
            raise ConfigError(message, None, "make the plan anew: no plan of ours does")


def _check(chosen: Plan, found: Catalogue) -> None:
    if chosen.database != found.database:
        message = f"the plan is for the database `{chosen.database}`"
        raise ConfigError(message, _AT, f"this one is `{found.database}`")
    if chosen.catalogue != digest(found):
        message = "the database has changed since the plan was made"
        hint = "make the plan anew, with the login that is to apply it"
        raise ConfigError(message, _AT, hint)


def _check_left(journal: Journal, found: Catalogue) -> None:
    """Check that a database is as a journal's plan left it."""
    name = journal.after.database
    if found.database != name:
        message = f"the journal is of the database `{name}`"
        raise ConfigError(message, _AT, f"this one is `{found.database}`")
    now = digest(bare(found))
    if now == digest(bare(journal.after)):
        return
    if now == digest(bare(journal.before)):
        message = "the database is as it was before the plan: nothing is to be undone"
        hint = "it was rolled back, or was never carried out; the journal may go"
        raise ConfigError(message, _AT, hint)
    message = "the database isn't as the plan left it"
    hint = "`ringfence enforce postgres drift` says what differs; mend it first"
    raise ConfigError(message, _AT, hint)


def check_triggers(found: Catalogue) -> None:
    """Check that our commands run nobody else's code with a superuser's rights."""
    owners = {one.name: one.owner for one in found.functions}
    superusers = {one.name for one in found.roles if one.superuser}
    for one in found.event_triggers:
        owner = owners.get(one.function)
        if one.enabled != _DISABLED and owner is not None and owner not in superusers:
            message = f"the event trigger `{one.name}` would run {one.function}, which"
            message += f" `{owner}` can rewrite, with a superuser's rights"
            hint = "give the function a superuser as its owner, or disable the trigger"
            raise ConfigError(message, _AT, hint)


def run(connection: Connection, commands: Iterable[str], what: str) -> None:
    """Run commands in a connection's transaction.

    Raises:
        ConfigError: The server refuses one.
    """
    for sql in commands:
        try:
            connection.execute(sql.encode())
        except psycopg.Error as error:
            reason = (error.diag.message_primary or type(error).__name__).strip()
            message = f"{what}: {reason}; nothing has changed"
            raise ConfigError(message, _AT) from None
