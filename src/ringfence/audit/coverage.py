"""How far a log can be trusted to be whole: gaps, silence, clocks, missing files.

That nothing stands in a log shows that nothing happened only if the log was alive all
the time, and all of it is here. Every reason to doubt that is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from ringfence.audit.batch import EARLIEST, SECOND
from ringfence.audit.durable import MEMORY, listed, quoted
from ringfence.audit.manifest import held_against
from ringfence.audit.table import EventTable, LogState
from ringfence.boundary.order import LogOrder

_FLOOR = f"((time - ({EARLIEST})) // {SECOND} + ({EARLIEST // SECOND}))"


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence that is longer than the log's cadence, half-open, in microseconds."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a log may not tell of all that happened.

    Attributes:
        code: A stable word.
        text: The sentence about it.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a log covers.

    Attributes:
        log: Its name.
        since: First instant asked for, microseconds; None when nobody says.
        until: First instant that is not asked for any more.
        first: First sign of life within that, to the second; None when there is none.
        last: Last sign of life within that.
        gaps: Silences longer than the cadence, by time.
        reasons: Why the log may not be whole, by code; none if it is.
        notes: What is worth knowing and takes nothing from the log.
    """

    log: str
    since: int | None
    until: int | None
    first: int | None
    last: int | None
    gaps: tuple[Gap, ...] = ()
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing speaks against the log."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class _Life:
    """Signs of life of a log: first and last second, and long silences between."""

    first: int | None
    last: int | None
    silences: tuple[tuple[int, int], ...]
    ahead: int


def covered(table: EventTable, order: LogOrder) -> Coverage:
    """Return what the table's log of an order covers."""
    state = table.log(order.name)
    if state is None:
        text = f"log `{order.name}` was not read"
        return Coverage(
            order.name,
            order.since,
            order.until,
            None,
            None,
            reasons=(Reason("unread", text),),
        )
    life = _life(table, order)
    gaps = tuple(_gaps(order, life))
    reasons = [
        *_of_files(state),
        *(Reason(one.code, one.text) for one in held_against(order, state.files)),
        *_of_period(order, life, gaps),
        *_of_clocks(order, state, life),
    ]
    notes: list[Reason] = []
    if state.duplicates:
        notes.append(Reason("duplicates", f"{state.duplicates} events came twice"))
    return Coverage(
        order.name,
        order.since,
        order.until,
        None if life.first is None else life.first * SECOND,
        None if life.last is None else life.last * SECOND,
        gaps,
        tuple(sorted(reasons, key=lambda one: one.code)),
        tuple(notes),
    )


def _life(table: EventTable, order: LogOrder) -> _Life:
    """Return the signs of life in the period; what is later than the files is none."""
    ends = [end for end in (order.until, order.collected) if end is not None]
    within = [] if order.since is None else [f"s >= {order.since // SECOND}"]
    within += [f"s < {-(-end // SECOND)}" for end in ends]
    paths = table.paths([order.name])
    events = f"SELECT {_FLOOR} AS s FROM read_parquet({listed(paths)})" if paths else ""  # noqa: S608
    beats = (
        f"SELECT second AS s FROM read_parquet({listed([table.beats])}) "  # noqa: S608
        f"WHERE log = {quoted(order.name)}"
    )
    signs = " UNION ".join(one for one in (events, beats) if one)
    where = " AND ".join(within) or "true"
    cadence = order.cadence or "NULL"
    with duckdb.connect(config={"memory_limit": MEMORY}) as database:
        database.execute(f"CREATE TABLE sign AS SELECT s FROM ({signs}) WHERE {where}")  # noqa: S608
        first, last = database.execute("SELECT min(s), max(s) FROM sign").fetchall()[0]
        silences = database.execute(
            "SELECT before, s FROM (SELECT s, lag(s) OVER (ORDER BY s) AS before "  # noqa: S608
            f"FROM sign) WHERE s - before > {cadence} ORDER BY s"
        ).fetchall()
        ahead = 0
        if paths and order.collected is not None:
            ahead = database.execute(
                f"SELECT count(*) FROM read_parquet({listed(paths)}) "  # noqa: S608
                f"WHERE time > {order.collected:d}"
            ).fetchall()[0][0]
    return _Life(first, last, tuple(silences), ahead)


def _gaps(order: LogOrder, life: _Life) -> list[Gap]:
    """Return the silences that are too long, those at both ends taken in."""
    if not order.cadence:
        return []
    end = order.until if order.until is not None else order.collected
    spans = [(a * SECOND, b * SECOND) for a, b in life.silences]
    if life.first is None or life.last is None:
        known = order.since is not None and end is not None
        spans += [(order.since or 0, end or 0)] if known else []
    else:
        if order.since is not None:
            spans.append((order.since, life.first * SECOND))
        if end is not None:
            spans.append((life.last * SECOND, end))
    longest = order.cadence * SECOND
    return [Gap(*span) for span in sorted(spans) if span[1] - span[0] > longest]


def _of_files(state: LogState) -> list[Reason]:
    found = [Reason("unread", f"`{one.name}`: {one.reason}") for one in state.unread]
    for name in state.twice:
        text = f"another log of its kind or store has `{name}`, too"
        found.append(Reason("file-twice", text))
    for file in state.files:
        if file.problems:
            text = f"the rest of `{file.name}` is unknown: {'; '.join(file.problems)}"
            found.append(Reason("cut-off", text))
    if state.malformed:
        is_one = state.malformed == 1
        lines = "1 line" if is_one else f"{state.malformed:,} lines"
        text = f"{lines} of the log can't be read"
        found.append(Reason("malformed", text))
    if state.conflicts:
        text = f"{state.conflicts} different events share an id with another"
        found.append(Reason("id-conflict", text))
    return found


def _of_period(order: LogOrder, life: _Life, gaps: tuple[Gap, ...]) -> list[Reason]:
    found = [
        Reason(
            "gap", f"no sign of life from {_moment(gap.since)} to {_moment(gap.until)}"
        )
        for gap in gaps
    ]
    if order.since is None or (order.until is None and order.collected is None):
        text = "nobody says from when to when the log has to tell"
        found.append(Reason("period-unsaid", text))
    if not order.cadence:
        text = "nobody says how long a silence is normal"
        found.append(Reason("cadence-unsaid", text))
    if life.first is None:
        found.append(Reason("silent", "there is no sign of life in the period"))
    return found


def _of_clocks(order: LogOrder, state: LogState, life: _Life) -> list[Reason]:
    found: list[Reason] = []
    if order.collected is None:
        # A stamp from the future would hide that the log fell silent before its end.
        text = "nobody says when its files were collected"
        found.append(Reason("collected-unsaid", text))
    if life.ahead:
        text = f"{life.ahead} events are later than the files were collected"
        found.append(Reason("clock-ahead", text))
    back = sum({one.digest: one.back for one in state.files}.values())
    if back:
        text = f"{back} events are over an hour earlier than one before in their file"
        found.append(Reason("clock-back", text))
    return found


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
