"""The log of a real PostgreSQL 15 with pgaudit that really ran every statement.

Each session of the scenario is a session of the server's, and each statement is run in
it: what was touched, in which order and how many rows is what the server says. What a
run can't repeat is replaced: the clock, process and session ids, client addresses, and
the numbers of transactions.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg
from psycopg import sql
from scenario import Act

from tests.postgres_server import Cluster, Installation, installations, running

VERSION = 15
DATABASE = "warehouse"
PASSWORD = "warehouse"  # noqa: S105 - of roles of a server that lives for seconds
_SETTINGS = {
    "shared_preload_libraries": "pgaudit",
    "pgaudit.log": "read,write,ddl,role,function",
    "pgaudit.log_catalog": "off",
    "pgaudit.log_parameter": "on",
    "pgaudit.log_relation": "on",
    "pgaudit.log_rows": "on",
    "logging_collector": "on",
    "log_destination": "csvlog",
    "log_directory": "log",
    "log_filename": "server.log",
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
}
_TIME, _PID, _CLIENT, _SESSION, _BEGUN, _VIRTUAL, _TRANSACTION = 0, 3, 4, 5, 8, 9, 10
_STATE, _MESSAGE = 12, 13
_REFUSED = "42501"
_PATIENCE = 30  # seconds until a line has to be in the log
_MARK = "every statement has been run"
NEEDED = "PostgreSQL 15 with pgaudit"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the server's log, and the act that it tells of."""

    act: Act
    text: bytes


def installed() -> Installation | None:
    """Return the server that can write the log, None where there is none."""
    for one in installations():
        library = one.bin.parent / "lib" / "pgaudit.so"
        if one.version == VERSION and library.exists():
            return one
    return None


def ran(
    structure: str, acts: Iterable[Act], server: Installation
) -> dict[str, list[Line]]:
    """Return the lines of each month, `2021-09` and so on, in the order of time."""
    sessions = _sessions(acts)
    with (
        patch.dict("tests.postgres_server._SETTINGS", _SETTINGS),
        running(server) as cluster,
    ):
        _prepare(cluster, structure)
        pids = [_run(cluster, session) for session in sessions]
        rows = _log(cluster)
    own = {pid: number for number, pid in enumerate(pids)}
    found: dict[int, list[list[str]]] = {}
    for row in rows:
        if row[_PID].isdigit() and int(row[_PID]) in own:
            found.setdefault(own[int(row[_PID])], []).append(row)
    lines = [
        line
        for number, session in enumerate(sessions)
        for line in _told(number, session, found.get(number, []))
    ]
    lines.sort(key=lambda line: line.act.at)
    months: dict[str, list[Line]] = {}
    for line in lines:
        months.setdefault(f"{line.act.at:%Y-%m}", []).append(line)
    return months


def _sessions(acts: Iterable[Act]) -> list[list[Act]]:
    """Return the acts of each session: a tool keeps one open for a day."""
    found: dict[tuple[str, ...], list[Act]] = {}
    for act in sorted(acts, key=lambda act: act.at):
        day = f"{act.at:%Y-%m-%d}"
        # A session of the tool's is one of the server's, whatever the day.
        place = ("", "") if act.by == "session" else (act.host, day)
        key = (act.role, act.application, *place)
        found.setdefault(key, []).append(act)
    return list(found.values())


def _prepare(cluster: Cluster, structure: str) -> None:
    with cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    with cluster.connect(DATABASE) as connection:
        connection.execute(structure.encode())
        connection.execute("CREATE EXTENSION pgaudit")
        connection.execute(Path(__file__).with_name("rows.sql").read_bytes())
        query = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"
        for (role,) in connection.execute(query).fetchall():
            text = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(text.format(sql.Identifier(role), PASSWORD))


def _run(cluster: Cluster, session: Sequence[Act]) -> int:
    """Run a session's statements; return the server's number of it."""
    first = session[0]
    connection = psycopg.connect(
        cluster.dsn(DATABASE, user=first.role, password=PASSWORD),
        autocommit=True,
        application_name=first.application,
        prepare_threshold=None,
    )
    with closing(connection):
        for act in session:
            text = _text(act).encode()
            try:
                connection.execute(text, act.asked.values or None)
            except psycopg.errors.InsufficientPrivilege:
                if not act.asked.denied:
                    raise
        return connection.info.backend_pid


def _text(act: Act) -> str:
    """Return a statement as its tool sends it: with the request's id, if it has one."""
    text = act.asked.sql.replace("{n}", str(act.number))
    if not act.asked.values:
        text = text.replace("%%", "%")
    if act.by != "request":
        return text
    return f"{text} /*action='{act.name}',request_id='{act.key}'*/"


def _log(cluster: Cluster) -> list[list[str]]:
    """Return the rows of the server's log, all of them."""
    with cluster.connect(DATABASE) as connection:
        answer = connection.execute("SHOW data_directory").fetchone()
        connection.execute(f"DO $$ BEGIN RAISE WARNING '{_MARK}'; END $$")
    file = Path(str(answer[0] if answer else "")) / "log" / "server.csv"
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        for path in (file, file.with_suffix(".log.csv"), file.with_suffix(".log")):
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if _MARK in text:
                return list(csv.reader(io.StringIO(text, newline="")))
        time.sleep(0.05)
    message = "the server didn't write its log in time"
    raise TimeoutError(message)


def _told(
    number: int, session: Sequence[Act], rows: Sequence[list[str]]
) -> Iterator[Line]:
    """Yield the lines of a session, with the scenario's clock and ids."""
    begun = session[0].at.replace(microsecond=0) - timedelta(seconds=2)
    pid = 2_000 + number * 37 % 28_000
    groups = list(_statements(rows))
    if len(groups) != len(session):
        message = f"{len(session)} statements, {len(groups)} in the log: {session[0]}"
        raise ValueError(message)
    for place, (act, group) in enumerate(zip(session, groups, strict=True)):
        for row in group:
            told = [*row]
            told[_TIME] = _clock(act.at)
            told[_PID] = str(pid)
            told[_CLIENT] = f"{act.host}:{40_000 + number * 11 % 20_000}"
            told[_SESSION] = f"{int(begun.timestamp()):x}.{pid:x}"
            told[_BEGUN] = f"{begun:%Y-%m-%d %H:%M:%S} UTC"
            told[_VIRTUAL] = f"{3 + number % 30}/{place + 2}" if row[_VIRTUAL] else ""
            told[_TRANSACTION] = str(91_000 + act.number) if act.asked.adds else "0"
            yield Line(act, _row(told))


def _statements(rows: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the lines of each statement: those with one number, or a refusal."""
    last, group = "", list[list[str]]()
    for row in rows:
        is_refusal = row[_STATE] == _REFUSED
        number = "" if is_refusal else row[_MESSAGE].split(",", 2)[1]
        if group and (is_refusal or number != last):
            yield group
            group = []
        last = number
        group.append(row)
    if group:
        yield group


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1_000:03} UTC"


def _row(cells: Sequence[str]) -> bytes:
    """Return a line as the server writes it: texts in quotes, the rest bare."""
    bare = {_TIME, _PID, _SESSION, 6, _BEGUN, _VIRTUAL, _TRANSACTION, 11, _STATE}
    bare |= {16, 17, 20, 24, 25}
    told = [
        cell if not cell or n in bare else '"' + cell.replace('"', '""') + '"'
        for n, cell in enumerate(cells)
    ]
    return ",".join(told).encode() + b"\n"
