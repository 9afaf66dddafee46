"""The parts of a sealed table: the events of each log and day, and how many there are.

A day's rows stand in the order of (time, file, offset). What is counted is counted in
the files as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ringfence.audit.batch import EARLIEST, SECOND
from ringfence.audit.counts import COUNTS, counts_of
from ringfence.audit.durable import listed, quoted
from ringfence.audit.event import Ending
from ringfence.audit.numbering import Work
from ringfence.audit.table import PART, log_folder
from ringfence.errors import RingfenceError

Day = tuple[str, int, int]  # log, days since `EARLIEST`, events

DAY = 86_400 * SECOND
_FEW = 500_000  # events of several days that are put together in one go
_SEALED = (
    *("time", "who", "tool", "touch", "verb", "rows", "address", "actor", "behind"),
    *("suspect", "grade", "ending", "session", "application", "credential", "file"),
    *('"offset"', "length", "line", "uid", "request"),
)
_TOLD = {
    "who": "coalesce(d.who, CASE WHEN e.behind <> 0 THEN e.behind ELSE e.actor END)",
    "tool": "coalesce(d.tool, t.code)",
    "verb": f"CASE {{ending}} WHEN {Ending.DONE:d} THEN e.verb "
    f"WHEN {Ending.TOLD:d} THEN -e.verb ELSE 0 END",
    "address": "coalesce(d.address, e.address)",
    "suspect": "coalesce(d.suspect, 0)",
    "grade": "coalesce(d.grade, CASE WHEN e.behind <> 0 OR e.actor <> 0 "
    "THEN 1 ELSE 0 END)",
    "ending": "{ending}",
}
_ENDING = "coalesce(d.ending, e.ending)"
_TYPES = {"verb": "TINYINT", "grade": "TINYINT", "ending": "TINYINT"}
_TYPES |= dict.fromkeys(("who", "tool", "address", "suspect"), "INTEGER")


class Parts(Work):
    """The steps of a seal that write events."""

    def write_events(self) -> dict[str, list[str]]:
        """Write the events of each log and day; return the days of each log."""
        found = self.sql(
            f"SELECT log, (time - {EARLIEST}) // {DAY} AS day, count(*) FROM event "  # noqa: S608
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        days: dict[str, list[str]] = {}
        # Also of what is put together: a scan keeps the order of the table then.
        self.sql("SET preserve_insertion_order = true")
        for some in _helpings(found):
            log, first, _ = some[0]
            within = f"log = {quoted(log)} AND {_between(first, some[-1][1])}"
            rows = f'{merged(_SEALED, within)} ORDER BY time, file, "offset"'
            if len(some) > 1:
                # To join and sort takes longer than to write so few: once for all.
                self.sql(f"CREATE OR REPLACE TABLE helping AS {rows}")
            for _, day, count in some:
                if len(some) > 1:
                    rows = f"SELECT * FROM helping WHERE {_between(day, day)}"  # noqa: S608
                name = self._write_day(log, day, rows, count)
                days.setdefault(log, []).append(name)
        self.sql("SET preserve_insertion_order = false")
        self.sql("DROP TABLE IF EXISTS helping")
        for log, names in days.items():
            self._write_counts(log, names, sum(n for one, _, n in found if one == log))
        return days

    def _write_day(self, log: str, day: int, rows: str, count: int) -> str:
        """Write the events of one day; return what the day is called."""
        second = EARLIEST // SECOND + day * 86_400
        name = datetime.fromtimestamp(second, UTC).strftime("%4Y-%m-%d")
        folder = self.made / log_folder(log) / f"day={name}"
        folder.mkdir(parents=True)
        wrote = self.write(rows, folder / PART)
        if wrote != count:
            raise fault(f"{wrote} instead of {count} on {name}")
        return name

    def _write_counts(self, log: str, days: Sequence[str], events: int) -> None:
        """Count the events of a log's files, as they stand there now."""
        folder = self.made / log_folder(log)
        paths = [folder / f"day={name}" / PART for name in days]
        self.copy(counts_of(paths), folder / COUNTS)
        row = self.sql(
            "SELECT sum(events) FROM "  # noqa: S608
            f"read_parquet({listed([folder / COUNTS])}, hive_partitioning = false)"
        ).fetchone()
        if row != (events,):
            raise fault(f"{row} instead of {events} counted of `{log}`")


def _helpings(found: list[Day]) -> list[list[Day]]:
    """Cut the days of logs into what is put together in one go."""
    every: list[list[Day]] = []
    held = 0
    for one in found:
        log, _, events = one
        held += events
        if not every or every[-1][0][0] != log or held > _FEW:
            every.append([])
            held = events
        every[-1].append(one)
    return every


def _between(first: int, last: int) -> str:
    """Return the condition that a time lies in one of some days."""
    start, end = EARLIEST + first * DAY, EARLIEST + (last + 1) * DAY
    return f"time >= {start} AND time < {end}"


def merged(columns: Iterable[str], within: str) -> str:
    """Return a query for events with what was found of them."""
    spelt = []
    for name in columns:
        told = _TOLD.get(name, f"e.{name}").format(ending=_ENDING)
        cast = f"::{_TYPES[name]}" if name in _TYPES else ""
        spelt.append(f"({told}){cast} AS {name}")
    return (
        f"SELECT {', '.join(spelt)} FROM "  # noqa: S608
        f"(SELECT *, rowid AS event_row FROM event WHERE {within}) AS e "
        f"LEFT JOIN (SELECT * FROM decided WHERE {within}) AS d USING (event_row) "
        "JOIN tool_of AS t ON t.application = e.application"
    )


def fault(what: str) -> RingfenceError:
    """Return the error that a seal fails with when it doesn't add up."""
    message = f"the events don't add up: {what}"
    return RingfenceError(message, hint="this is a fault of Ringfence: report it")
