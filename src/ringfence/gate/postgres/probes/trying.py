"""A probe tried once, in a transaction that is rolled back.

The transaction is a superuser's, who sets the stage and then poses as a login with SET
SESSION AUTHORIZATION: what row security and privileges go by is that login's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from ringfence.boundary.decision.scene import Marker
from ringfence.errors import RingfenceError, printable
from ringfence.gate.postgres.probes.probe import PRINTED, Names, Probe, Step
from ringfence.gate.postgres.probes.proof import Tried
from ringfence.gate.postgres.probes.room import Room, write_and_erase
from ringfence.gate.postgres.wanted import Cut, Table, Wanted

Fence = Callable[[psycopg.Connection, Wanted], None]
_COLUMNS = ("email", "note")
_MARKER = Marker("region", ("US",))
# A try that ended for one of these says nothing of the fence.
_INTERRUPTED = frozenset(
    {"57014", "55P03", "40P01", "40001", "53300", "57P01", "25P03"}
)
# The server hasn't got what the probe is about.
_ABSENT = frozenset({"0A000", "58P01", "42704"})
_MALFORMED = frozenset({"42601", "42703", "42P01", "42883", "42P02", "3F000", "26000"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement brought back.

    Attributes:
        step: The statement.
        rows: The rows, as text.
        said: What came beside them: notices, an error's words.
        code: The error's code; empty: accepted.
        count: How many rows it says it met.
    """

    step: Step
    rows: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    code: str = ""
    count: int = -1

    def showing(self, text: str) -> int:
        """Return in how many of its rows and messages a text stands."""
        return sum(text in one for one in (*self.rows, *self.said))


def wanted_of(room: Room, probe: Probe) -> Wanted:
    """Return what a fence round the copy has to close, as the estate would say it."""
    tokens = room.names.tokens
    copy = tokens["copy"]
    tables = [Table(f"{copy}.profile", _COLUMNS, _MARKER)]
    tables += [
        Table(f"{copy}.{one.name}", ("email",), _MARKER if one.marked else None)
        for one in probe.holdings
    ]
    outside = tuple(tokens[n] for n in ("out", "svc") if n not in probe.trusted)
    return Wanted(
        store=room.tag,
        boundary="",
        estate="",
        inside=(tokens["inn"], *(tokens[name] for name in probe.trusted)),
        outside=outside,
        tables=tuple(tables),
        cuts=tuple(
            Cut("can_assume", tokens[member], tokens[role])
            for member, role in probe.cuts
        ),
    )


def absent(room: Room, probe: Probe) -> str:
    """Return why a probe doesn't apply to the server, or nothing."""
    if room.version < probe.since or (probe.until and room.version >= probe.until):
        return f"PostgreSQL {room.version} doesn't have it"
    if probe.extension:
        found = room.admin.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = %s", (probe.extension,)
        ).fetchone()
        if found is None:
            return f"the extension {probe.extension} isn't available"
    if probe.setting:
        name, value = probe.setting
        found = room.admin.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if found is None or value not in str(found[0]):
            return f"{name} isn't {value}"
    return ""


def attempt(room: Room, probe: Probe, fence: Fence | None = None) -> Tried:
    """Return what comes of a probe on the copy, with or without a fence round it."""
    if any("{lsn}" in step.sql for step in probe.steps):
        write_and_erase(room)
    try:
        with room.admin.transaction(force_rollback=True):
            return _staged(room, probe, fence)
    except psycopg.Error as error:
        code = error.sqlstate or ""
        return Tried(
            crossed=None,
            why=_unnamed(room, f"its stage could not be set: {said_by(error)}"),
            applies=code not in _ABSENT,
        )
    except RingfenceError as error:
        return Tried(
            crossed=None, why=_unnamed(room, f"the fence could not be put up: {error}")
        )


def _unnamed(room: Room, words: str) -> str:
    """Return words without the name that this run has made up."""
    return words.replace(room.tag, PRINTED.tokens["tag"])


def _staged(room: Room, probe: Probe, fence: Fence | None) -> Tried:
    _as_superuser(room, probe.setup)
    if fence is not None:
        fence(room.admin, wanted_of(room, probe))
    _as_superuser(room, ("RESET SESSION AUTHORIZATION", *probe.after))
    if probe.sees == "differs":
        return _compared(room, probe)
    answers = list(_answers(room, probe.steps, room.names))
    return _judged(room, probe, answers)


def _as_superuser(room: Room, statements: tuple[str, ...]) -> None:
    for statement in statements:
        room.admin.execute(room.fill(statement).encode())


def _answers(room: Room, steps: tuple[Step, ...], names: Names) -> Iterator[Answer]:
    posing = ""
    for step in steps:
        if step.by != posing:
            posing = step.by
            who = names.tokens[posing]
            room.admin.execute(f"SET LOCAL SESSION AUTHORIZATION {who}".encode())
        yield _answer(room, step, names.fill(step.sql))


def _answer(room: Room, step: Step, statement: str) -> Answer:
    room.notices.clear()
    try:
        with room.admin.transaction():
            rows, count = run(room.admin, statement)
    except psycopg.Error as error:
        diagnosis = error.diag
        words = (diagnosis.message_primary, diagnosis.message_detail)
        said = (*room.notices, *(word for word in words if word))
        return Answer(step, said=said, code=error.sqlstate or "XX000")
    return Answer(step, rows, tuple(room.notices), count=count)


def run(connection: psycopg.Connection, statement: str) -> tuple[tuple[str, ...], int]:
    """Return a statement's rows as text, and how many rows it says it met."""
    if statement.startswith("COPY") and statement.endswith("TO STDOUT"):
        with (
            connection.cursor() as cursor,
            cursor.copy(statement.encode()) as stream,
        ):
            lines = b"".join(bytes(part) for part in stream).decode("utf-8", "replace")
        found = tuple(lines.splitlines())
        return found, len(found)
    done = connection.execute(statement.encode())
    if done.description is None:
        return (), done.rowcount
    rows = tuple(" ".join(map(_text, row)) for row in done.fetchall())
    return rows, len(rows)


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)


def said_by(error: psycopg.Error) -> str:
    """Return an error's first line, safe to print."""
    words = error.diag.message_primary or str(error).strip() or type(error).__name__
    return printable(words.splitlines()[0])


def _judged(room: Room, probe: Probe, answers: list[Answer]) -> Tried:
    if stopped := _stopped(answers):
        return stopped
    if probe.effect:
        return _effect(room, probe, answers)
    loud = [one for one in answers if not one.step.quiet]
    if probe.sees == "true":
        return _tried(answers, loud[-1].rows == ("True",), "it was answered with true")
    if probe.sees == "accepted":
        return _tried(answers, not loud[-1].code, "the server accepted it")
    for one in loud:
        if seen := one.showing(room.canary):
            words = f"{seen} row{'s' * (seen != 1)} with a protected value"
            return _tried([one], crossed=True, saw=words)
    return _tried(answers, crossed=False)


def _stopped(answers: list[Answer]) -> Tried | None:
    for one in answers:
        if one.code in _INTERRUPTED:
            why = f"it was interrupted ({one.code})"
            return Tried(
                crossed=None, how="session", statement=shown(one.step), why=why
            )
    return None


def _effect(room: Room, probe: Probe, answers: list[Answer]) -> Tried:
    room.admin.execute("RESET SESSION AUTHORIZATION")
    found = room.admin.execute(room.fill(probe.effect).encode()).fetchone()
    seen = any(one.showing(room.canary) for one in answers if not one.step.quiet)
    crossed = bool(found and found[0]) or seen
    return _tried(answers, crossed, "hidden rows were changed")


def _tried(answers: list[Answer], crossed: bool, saw: str = "") -> Tried:  # noqa: FBT001
    last = answers[-1]
    why = "" if crossed or not last.code else f"the server refused ({last.code})"
    return Tried(
        crossed=crossed,
        how="session",
        statement=shown(last.step),
        saw=saw if crossed else "",
        why=why,
    )


def _compared(room: Room, probe: Probe) -> Tried:
    """Hold what comes of a guess that is right against one that isn't."""
    told: list[list[Answer]] = []
    for present in (True, False):
        names = room.guessing(present=present)
        with room.admin.transaction(force_rollback=True):
            told.append([*_answers(room, probe.steps, names)])
            room.admin.execute("RESET SESSION AUTHORIZATION")
    right, wrong = told
    if stopped := _stopped(right) or _stopped(wrong):
        return stopped
    differs = _signature(room, right) != _signature(room, wrong)
    return _tried(
        right, differs, "a right guess is answered otherwise than a wrong one"
    )


def _signature(room: Room, answers: list[Answer]) -> list[object]:
    guesses = [
        room.guessing(present=present).tokens[name]
        for present in (True, False)
        for name in ("guess", "guess_note")
    ]

    def blank(row: str) -> str:
        for guess in guesses:
            row = row.replace(guess, "?")
        return row

    return [(one.code, one.count, [blank(row) for row in one.rows]) for one in answers]


def malformed(room: Room, probe: Probe) -> str:
    """Return the error that makes a try without a fence say nothing, or nothing.

    A probe that doesn't cross where nothing stands in its way must fail for want of a
    right, never because it was written badly.
    """
    with room.admin.transaction(force_rollback=True):
        _as_superuser(room, (*probe.setup, *probe.after))
        answers = list(_answers(room, probe.steps, room.names))
    last = answers[-1]
    return last.code if last.code in _MALFORMED else ""


def shown(step: Step) -> str:
    """Return a statement as reports print it: with names that no run makes up."""
    return PRINTED.fill(step.sql)
