"""Who was still seen after a time of their own: for claims about leaving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from ringfence.audit.event import Ending
from ringfence.audit.table import EventTable
from ringfence.claims.instants import Stretch

_COLUMNS = (
    *("time", "who", "tool", "touch", "verb", "rows", "address", "actor", "suspect"),
    *("grade", "file", "offset", "length", "line"),
)
_SPANS = """
(SELECT unnest($codes::INT[]) AS who, unnest($since::BIGINT[]) AS since,
  unnest($until::BIGINT[]) AS until)
"""
_FIRST = """
SELECT {columns}, 0 AS reason FROM (
  SELECT e.*, row_number() OVER (
    PARTITION BY e.who ORDER BY e.time, e.file, e."offset", e.uid) AS place
  FROM read_parquet($paths, hive_partitioning = false) AS e
  JOIN {spans} AS l ON e.who = l.who AND e.time >= l.since AND e.time < l.until
  WHERE e.ending <> {denied}
) WHERE place = 1 ORDER BY time, who
"""
_UNNAMED = """
SELECT count(*) FROM read_parquet($paths, hive_partitioning = false) AS e
LEFT JOIN {spans} AS l ON e.who = l.who AND e.time >= l.since AND e.time < l.until
WHERE l.who IS NULL AND e.ending <> {denied}
  AND e.time >= $first AND e.time < $after
"""
Span = tuple[int, int, int]


def first_after(
    table: EventTable, logs: Sequence[str], spans: Sequence[Span]
) -> list[dict[str, int]]:
    """Return the first event of each principal within some spans of time.

    What was refused shows that somebody tried, not that they still could.

    Args:
        table: The events.
        logs: Which logs count.
        spans: Code of the principal, first microsecond and the first one after.
    """
    query = _FIRST.format(
        # A verb is negative where another log tells the same.
        columns=", ".join(
            "abs(verb) AS verb" if name == "verb" else f'"{name}"' for name in _COLUMNS
        ),
        spans=_SPANS,
        denied=int(Ending.DENIED),
    )
    columns = _asked(table, logs, query, spans)
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


def unnamed(
    table: EventTable, logs: Sequence[str], spans: Sequence[Span], window: Stretch
) -> int:
    """Return how many events of a window lie in none of their principal's spans.

    Args:
        table: The events.
        logs: Which logs count.
        spans: When it is known whose a principal is; they don't overlap.
        window: First microsecond, and the first one after.
    """
    query = _UNNAMED.format(spans=_SPANS, denied=int(Ending.DENIED))
    found = _asked(table, logs, query, spans, {"first": window[0], "after": window[1]})
    return sum(number for column in found.values() for number in column)


def _asked(
    table: EventTable,
    logs: Sequence[str],
    query: str,
    spans: Sequence[Span],
    more: Mapping[str, int] | None = None,
) -> Mapping[str, list[int]]:
    paths = [str(path) for path in table.paths(logs)]
    if not paths:
        return {}
    codes, since, until = ([one[place] for one in spans] for place in range(3))
    values = {"paths": paths, "codes": codes, "since": since, "until": until}
    with duckdb.connect() as database:
        found = database.execute(query, {**values, **(more or {})}).fetchnumpy()
    return {name: np.asarray(column).tolist() for name, column in found.items()}
