"""Who did what through what, in sums: what the logs say of how ways are used.

Nothing is judged here. What was denied or failed used nothing and is left out; what
another log tells too is marked, so that whoever counts counts it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from ringfence.audit.event import Ending
from ringfence.audit.table import EventTable

# The stretches begin at `cuts`, sorted; the first of them is the window's beginning.
_SUMS = """
SELECT e.who, e.tool, e.actor, e.touch, abs(e.verb)::INT AS verb, e.grade::INT AS grade,
  (e.ending = {told}) AS again, c.place AS stretch,
  count(*) AS events, max(e.time) AS last
FROM read_parquet($paths, hive_partitioning = false) AS e
ASOF JOIN (
  SELECT unnest($cuts::BIGINT[]) AS since, unnest(range(len($cuts))) AS place) AS c
  ON e.time >= c.since
WHERE e.ending <> {denied} AND e.time >= $first AND e.time < $after
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Events of one log that are alike, all within one stretch of time.

    Attributes:
        log: Name of the log.
        who: Who was behind them, a word of the table; empty when nobody is known.
        tool: What they went through, a word of the table; may be empty.
        actor: Whom the log itself names.
        touch: What was touched, as `Touch.text` writes it; empty for nothing.
        verb: What was done: a place in `DONE`.
        grade: How strongly the logs say who it was: a `Grade`.
        again: Whether another log tells the same, and is where it counts.
        stretch: The stretch of time: a place among the cuts.
        events: How many they are.
        last: Time of the last, in microseconds.
    """

    log: str
    who: str
    tool: str
    actor: str
    touch: str
    verb: int
    grade: int
    again: bool
    stretch: int
    events: int
    last: int


def sums(
    table: EventTable, logs: Sequence[str], window: tuple[int, int], cuts: Sequence[int]
) -> Iterator[Sum]:
    """Yield the events of some logs in sums, log by log.

    Args:
        table: The events.
        logs: Which logs.
        window: First microsecond, and the first one after it.
        cuts: Times within the window at which a new stretch begins, sorted.
    """
    domains = ("actor", "tool", "actor", "touch")
    words = [table.words(name) for name in domains]
    query = _SUMS.format(told=int(Ending.TOLD), denied=int(Ending.DENIED))
    with duckdb.connect() as database:
        for log in logs:
            paths = [str(path) for path in table.paths([log])]
            if not paths:
                continue
            found = database.execute(
                query,
                {
                    "paths": paths,
                    "cuts": [window[0], *cuts],
                    "first": window[0],
                    "after": window[1],
                },
            ).fetchnumpy()
            columns = [np.asarray(column).tolist() for column in found.values()]
            for who, tool, actor, touch, *rest in zip(*columns, strict=True):
                codes = (who, tool, actor, touch)
                named = [one[code] for one, code in zip(words, codes, strict=True)]
                yield Sum(log, *named, *rest)
