"""Who was still seen after a time of their own: for claims about leaving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from ringfence.audit.event import Ending
from ringfence.audit.table import EventTable

_COLUMNS = (
    *("time", "who", "tool", "touch", "verb", "rows", "address", "actor", "suspect"),
    *("grade", "file", "offset", "length", "line"),
)
_FIRST = """
SELECT {columns}, 0 AS reason FROM (
  SELECT e.*, row_number() OVER (
    PARTITION BY e.who ORDER BY e.time, e.file, e."offset", e.uid) AS place
  FROM read_parquet($paths, hive_partitioning = false) AS e
  JOIN (SELECT unnest($codes) AS who, unnest($limits) AS since) AS l ON e.who = l.who
  WHERE e.time >= l.since AND e.time < $end AND e.ending <> {denied}
) WHERE place = 1 ORDER BY time, who
"""


def first_after(
    table: EventTable, logs: Sequence[str], limits: Mapping[int, int], end: int
) -> list[dict[str, int]]:
    """Return the first event of each principal at or after its limit, before an end.

    What was refused shows that somebody tried, not that they still could.

    Args:
        table: The events.
        logs: Which logs count.
        limits: Microseconds by code of the principal.
        end: Events from here on don't count.
    """
    paths = [str(path) for path in table.paths(logs)]
    if not paths or not limits:
        return []
    query = _FIRST.format(
        columns=", ".join(f'"{name}"' for name in _COLUMNS), denied=int(Ending.DENIED)
    )
    with duckdb.connect() as database:
        found = database.execute(
            query,
            {
                "paths": paths,
                "codes": list(limits),
                "limits": list(limits.values()),
                "end": end,
            },
        ).fetchnumpy()
    columns = {name: np.asarray(column).tolist() for name, column in found.items()}
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]
