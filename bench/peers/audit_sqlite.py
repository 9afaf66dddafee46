"""SQLite in memory: load the events, then one query as of each event's time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from bench.auditing import JUDGED, Folder, world

TABLES = {
    "events": JUDGED,
    "standing": ("who", "since", "until", "status"),
    "touched": ("touch", "since", "until", "status"),
    "exception": ("who", "touch", "since", "until"),
}
INDICES = (
    "create index standing_at on standing (who, since)",
    "create index touched_at on touched (touch, since)",
    "create index exception_at on exception (who, touch, since)",
)
QUERY = """
select e.who, e.tool, e.touch, e.verb, e.time / 86400000000 as day,
  count(*), sum(max(e.rows, 0)), min(e.time), max(e.time)
from events as e
join touched as t on t.touch = e.touch and e.time >= t.since and e.time < t.until
join standing as s on s.who = e.who and e.time >= s.since and e.time < s.until
where e.verb > 0 and t.status = 2 and s.status = 2 and not exists (
  select 1 from exception as x
  where x.who = e.who and x.touch = e.touch and e.time >= x.since and e.time < x.until
)
group by e.who, e.tool, e.touch, e.verb, day
"""


def run(folder: Folder, _: Path) -> dict[str, float]:
    """Load and ask."""
    known = world()
    database = sqlite3.connect(":memory:")
    files = [str(path) for path in folder.paths(("bench",))]
    with duckdb.connect() as reader:
        events = reader.from_parquet(files).select(*JUDGED)
        _load(database, "events", events.fetchall())
    for name, spans in (("standing", known.standing), ("touched", known.touched)):
        columns = (spans.code, spans.since, spans.until, spans.status)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        _load(database, name, rows)
    leave = (known.leave.who, known.leave.touch, known.leave.since, known.leave.until)
    rows = zip(*(column.tolist() for column in leave), strict=True)
    _load(database, "exception", rows)
    for text in INDICES:
        database.execute(text)
    groups = database.execute(QUERY).fetchall()
    return {"crossings": sum(row[5] for row in groups), "groups": len(groups)}


def _load(
    database: sqlite3.Connection, name: str, rows: Iterable[Sequence[int]]
) -> None:
    names = TABLES[name]
    database.execute(f"create table {name} ({', '.join(names)})")
    into = f"insert into {name}"
    database.executemany(f"{into} values ({', '.join('?' * len(names))})", rows)
