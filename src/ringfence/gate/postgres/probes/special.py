"""Probes that no single transaction can hold: replication, log-ins, what is heard.

Each works on a real log-in of the login outside the fence. What the fence makes of that
login's attributes is found out in a transaction that is rolled back, and then given to
the throw-away login alone: nothing else of the fence is ever committed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from selectors import EVENT_READ, DefaultSelector

import psycopg
from psycopg import pq

from ringfence.gate.postgres.probes.probe import Probe
from ringfence.gate.postgres.probes.proof import Tried
from ringfence.gate.postgres.probes.room import Room, write_and_erase
from ringfence.gate.postgres.probes.trying import Fence, run, shown, wanted_of

_PATIENCE = 15.0
_ATTRIBUTES = {
    "SUPERUSER": "rolsuper",
    "CREATEROLE": "rolcreaterole",
    "CREATEDB": "rolcreatedb",
    "REPLICATION": "rolreplication",
    "BYPASSRLS": "rolbypassrls",
}
# Signs that a connection was refused for what the login is, rather than by mischance.
_REFUSED = ("walsender", "wal sender", "no pg_hba.conf entry")


class _SilenceError(Exception):
    """The server neither refused nor answered."""


def attempt_special(room: Room, probe: Probe, fence: Fence | None = None) -> Tried:
    """Return what comes of a probe that needs connections of its own."""
    keeps = _keeps(room, probe, fence)
    statement = shown(probe.steps[-1]) if probe.attack else "a log-in"
    with _given(room, probe.attribute if keeps else ""):
        try:
            return _SPECIAL[probe.special](room, probe)
        except _SilenceError as error:
            return Tried(crossed=None, how="login", statement=statement, why=str(error))
        except psycopg.OperationalError as error:
            return _refused(error, statement)
        except psycopg.Error as error:
            return Tried(
                crossed=None if error.sqlstate in {"57014", "53400"} else False,
                how="login",
                statement=statement,
                why=f"the server refused ({error.sqlstate})",
            )


def _refused(error: psycopg.Error, statement: str) -> Tried:
    """Return what a refused connection means: a lack of rights, or of an open door."""
    words = str(error).lower()
    if any(sign in words for sign in _REFUSED):
        why = "the server takes no such connection from it"
        return Tried(crossed=False, how="login", statement=statement, why=why)
    return Tried(crossed=None, how="login", statement=statement, why="no log-in")


def _keeps(room: Room, probe: Probe, fence: Fence | None) -> bool:
    """Tell whether the login still has the probe's attribute once the fence stands."""
    if not probe.attribute or fence is None:
        return bool(probe.attribute)
    login = room.names.tokens["out"]
    with room.admin.transaction(force_rollback=True):
        room.admin.execute(f"ALTER ROLE {login} {probe.attribute}".encode())
        fence(room.admin, wanted_of(room, probe))
        room.admin.execute("RESET SESSION AUTHORIZATION")
        column = _ATTRIBUTES[probe.attribute]
        found = room.admin.execute(
            "SELECT to_jsonb(r) ->> %s FROM pg_roles r WHERE rolname = %s",
            (column, login),
        ).fetchone()
    return bool(found and found[0] == "true")


@contextlib.contextmanager
def _given(room: Room, attribute: str) -> Iterator[None]:
    """Give the throw-away login outside the fence an attribute for a time."""
    login = room.names.tokens["out"]
    if attribute:
        room.admin.execute(f"ALTER ROLE {login} {attribute}".encode())
    try:
        yield
    finally:
        if attribute:
            room.admin.execute(f"ALTER ROLE {login} NO{attribute}".encode())


def _slot(room: Room, probe: Probe) -> Tried:
    """Read a change of the copy from a slot that ends with its session."""
    make, read = (room.fill(step.sql) for step in probe.steps)
    with room.logged_in("out") as login:
        run(login, make)
        write_and_erase(room)
        rows, _ = run(login, read)
    seen = sum(room.canary in row for row in rows)
    return Tried(
        crossed=seen > 0,
        how="login",
        statement=shown(probe.steps[-1]),
        saw=f"{seen} row{'s' * (seen != 1)} with a protected value" if seen else "",
    )


def _published(room: Room, probe: Probe) -> Tried:
    """Read what a publication gives away, and drop the publication."""
    try:
        for statement in probe.setup:
            room.admin.execute(room.fill(statement).encode())
        return _slot(room, probe)
    finally:
        room.admin.execute(room.fill("DROP PUBLICATION IF EXISTS {tag}").encode())


def _backup(room: Room, probe: Probe) -> Tried:
    """Ask for a base backup, and hang up when the first of it arrives."""
    return _streamed(room, probe, "", "the server began to send its files")


def _standby(room: Room, probe: Probe) -> Tried:
    """Ask for every change from now on, and make one."""
    write_and_erase(room)
    words = "protected values in what it streams"
    return _streamed(room, probe, room.canary, words)


def _streamed(room: Room, probe: Probe, until: str, words: str) -> Tried:
    command = room.fill(probe.steps[-1].sql)
    conninfo = room.conninfo("out", replication="true", connect_timeout="10")
    with contextlib.closing(_Stream(conninfo)) as stream:
        crossed = stream.shows(command.encode(), until.encode())
    return Tried(
        crossed=crossed,
        how="login",
        statement=shown(probe.steps[-1]),
        saw=words if crossed else "",
    )


class _Stream:
    """A connection that takes replication commands, with an end to waiting."""

    def __init__(self, conninfo: str) -> None:
        """Log in.

        Raises:
            psycopg.OperationalError: The server doesn't let it in.
        """
        self._connection = pq.PGconn.connect(conninfo.encode())
        if self._connection.status != pq.ConnStatus.OK:
            words = self._connection.error_message.decode("utf-8", "replace")
            raise psycopg.OperationalError(words)

    def close(self) -> None:
        """Hang up."""
        self._connection.finish()

    def shows(self, command: bytes, text: bytes) -> bool:
        """Send a command, and tell whether a text arrives in what it streams."""
        self._connection.send_query(command)
        deadline = time.monotonic() + _PATIENCE
        while self._wait(deadline):
            found = self._connection.get_result()
            if found is None:
                return False
            if found.status == pq.ExecStatus.FATAL_ERROR:
                raise psycopg.errors.InsufficientPrivilege(
                    found.error_message.decode("utf-8", "replace")
                )
            if found.status in {pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH}:
                return self._arrives(text, deadline)
        raise _SilenceError("nothing came in time")

    def _arrives(self, text: bytes, deadline: float) -> bool:
        held = b""
        while True:
            size, part = self._connection.get_copy_data(1)
            if size < 0:
                raise _SilenceError("the stream ended before anything was seen")
            held = held[-len(text) :] + bytes(part)
            if size and text in held:
                return True
            if size == 0 and not self._readable(deadline):
                raise _SilenceError("nothing was seen in time")

    def _wait(self, deadline: float) -> bool:
        while self._connection.is_busy():
            if not self._readable(deadline):
                return False
        return True

    def _readable(self, deadline: float) -> bool:
        left = max(0.0, deadline - time.monotonic())
        with DefaultSelector() as waiting:  # `select` itself ends at file 1,023
            waiting.register(self._connection.socket, EVENT_READ)
            if not waiting.select(left):
                return False
        self._connection.consume_input()
        return True


def _heard(room: Room, probe: Probe) -> Tried:
    """Listen as the login outside, while an insider sends a value."""
    with room.logged_in("out") as login:
        run(login, room.fill(probe.steps[0].sql))
        room.admin.execute("SELECT pg_notify(%s, %s)", (room.tag, room.canary))
        heard = [*login.notifies(timeout=_PATIENCE, stop_after=1)]
    crossed = any(room.canary in one.payload for one in heard)
    return Tried(
        crossed=crossed,
        how="login",
        statement=shown(probe.steps[0]),
        saw="a protected value in a notification" if crossed else "",
    )


def _trusting(room: Room, _probe: Probe) -> Tried:
    """Log in as the insider with a password that isn't the insider's."""
    wrong = room.conninfo("inn", password="not-" + room.secret, connect_timeout="10")
    statement = "a log-in as the insider with a wrong password"
    try:
        psycopg.connect(wrong).close()
    except psycopg.OperationalError:
        return Tried(crossed=False, how="login", statement=statement)
    saw = "the server let it in"
    return Tried(crossed=True, how="login", statement=statement, saw=saw)


def _template(room: Room, probe: Probe) -> Tried:
    """Ask for a copy of this database; being in use, it shows a leave as that."""
    with room.logged_in("out") as login:
        login.execute("SET statement_timeout = '400ms'")
        try:
            run(login, room.fill(probe.steps[0].sql))
        except psycopg.errors.InsufficientPrivilege:
            crossed = False
        except (psycopg.errors.ObjectInUse, psycopg.errors.QueryCanceled):
            crossed = True
    return Tried(
        crossed=crossed,
        how="login",
        statement=shown(probe.steps[0]),
        saw="the server would have made the copy" if crossed else "",
    )


_SPECIAL: dict[str, Callable[[Room, Probe], Tried]] = {
    "slot": _slot,
    "published": _published,
    "backup": _backup,
    "standby": _standby,
    "heard": _heard,
    "trusting": _trusting,
    "template": _template,
}
