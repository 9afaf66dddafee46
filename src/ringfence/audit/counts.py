"""How many events there are by day, touch and verb: counted at the seal, and held to.

Most events are settled by what was touched and done alone. The seal counts those once,
so that no question has to. What it counted is believed of a day only as long as the
day's file has that many rows; and of what is judged event by event, the judgement has
to come to the same number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from ringfence.audit.days import DAY, Days, Window
from ringfence.audit.durable import listed
from ringfence.audit.engine.protocol import Answer, Engine, Ints, ints
from ringfence.audit.kernels.portable import kernel
from ringfence.errors import Locus, RingfenceError

COUNTS = "counts.parquet"
AGAIN = "remove the folder `events` of the output: the logs are then read again"
_COLUMNS = ("verb", "events", "plain")


class AuditError(RingfenceError):
    """The audit contradicts itself: a fault of ours, or a table that was changed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events there are by what was done.

    Attributes:
        verb: What was done; a verb may have several rows.
        events: How many events.
        plain: How many of them touched what is protected at no time of the window.
    """

    verb: Ints
    events: Ints
    plain: Ints


def counts_of(paths: Sequence[Path]) -> str:
    """Return DuckDB's query for the counts of a log's files of events.

    Days are their first microsecond, those before 1970 too: an event's time is taken
    from its day by a remainder that is never negative.
    """
    day = f"time - (time % {DAY} + {DAY}) % {DAY}"
    return (
        f"SELECT {day} AS day, touch, verb, count(*) AS events "  # noqa: S608
        f"FROM read_parquet({listed([*paths])}, hive_partitioning = false) "
        "GROUP BY ALL ORDER BY ALL"
    )


def tallied(
    engine: Engine, days: Days, counts: Sequence[Path], rows: Mapping[Path, int]
) -> list[Tally]:
    """Return how many events a window holds: counted days whole, others by a scan.

    The engine knows the touches that are `plain`.

    Args:
        engine: What runs the kernels.
        days: The days of the logs that are asked.
        counts: The counts of these logs.
        rows: How many events the files hold, as they say themselves.

    Raises:
        AuditError: The counts are gone, or a day has not as many events as were
            counted.
        EngineError: The engine failed.
    """
    first, after = days.window
    found = []
    if days.whole:
        _check_there(counts)
        engine.register("counts", counts)
        whole = {"first": first, "last": after - DAY}
        answer = engine.run(kernel("counted", **whole))
        _check_days(ints(answer, "day"), ints(answer, "events"), days.whole, rows)
        found.append(_tally(answer))
    if days.scanned:
        engine.register("cut_days", days.scanned)
        cut = {"first": first, "after": after}
        found.append(_tally(engine.run(kernel("counted_within", **cut))))
    return found


def tallied_told(engine: Engine, window: Window, within: Window) -> Tally:
    """Return how many events another log tells too, outside of a stretch of a window.

    The engine knows the `events`, and the touches that are `plain`.
    """
    names = ("first", "after", "told_first", "told_after")
    numbers = dict(zip(names, (*window, *within), strict=True))
    return _tally(engine.run(kernel("counted_told", **numbers)))


def _tally(answer: Answer) -> Tally:
    return Tally(*(ints(answer, name) for name in _COLUMNS))


def _check_there(counts: Sequence[Path]) -> None:
    for path in counts:
        if not path.is_file():
            message = "the counts of the table of events are gone"
            raise AuditError(message, Locus(str(path)), AGAIN)


def _check_days(
    day: Ints,
    events: Ints,
    whole: Mapping[int, Sequence[Path]],
    rows: Mapping[Path, int],
) -> None:
    """Hold the counts against the files, which say for themselves how long they are."""
    counted: Counter[int] = Counter()
    for begin, count in zip(day.tolist(), events.tolist(), strict=True):
        counted[begin] += count
    held = {begin: sum(rows[path] for path in paths) for begin, paths in whole.items()}
    for begin in sorted(counted.keys() | held.keys()):
        there = held.get(begin, 0)
        if counted[begin] != there:
            name = np.datetime64(begin, "us").astype("datetime64[D]")
            message = (
                f"{there:,} events stand in the table on {name}, but "
                f"{counted[begin]:,} were counted when it was sealed: it was changed"
            )
            at = Locus(str(whole[begin][0])) if begin in whole else None
            raise AuditError(message, at, AGAIN)


def rows_of(paths: Sequence[Path]) -> dict[Path, int]:
    """Return how many rows Parquet files say that they have.

    Raises:
        AuditError: A file can't be read.
    """
    query = f"SELECT file_name, num_rows FROM parquet_file_metadata({listed([*paths])})"  # noqa: S608
    try:
        with duckdb.connect(config={"threads": 1}) as database:
            found = database.execute(query).fetchall()
    except duckdb.Error as error:
        message = f"the table of events can't be read: {str(error).splitlines()[0]}"
        raise AuditError(message, hint=AGAIN) from error
    return {Path(name): rows for name, rows in found}
