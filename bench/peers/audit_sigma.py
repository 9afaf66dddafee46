"""A Sigma rule, converted by pySigma's back end for SQLite, over events in SQLite.

A rule can say who is excluded and what is protected only by listing them, and knows no
time from when to when: it answers who is so at the end, not as of the event, and has no
exceptions. It lists few of them, for a list becomes one condition after another. What
it finds is therefore another number, and not compared with ours.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import numpy as np
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from bench.auditing import JUDGED, Folder, world
from ringfence.audit.world import FOREVER, Spans, Status

RULE = """
title: somebody excluded touches what is protected
status: experimental
logsource:
  product: ringfence
detection:
  excluded:
    who: [{who}]
  protected:
    touch: [{touch}]
  nothing:
    verb: 0
  condition: excluded and protected and not nothing
"""
MOST = 400  # names of each kind: the back end chains them, and SQLite goes 1,000 deep


def run(folder: Folder, _: Path) -> dict[str, float]:
    """Convert, load and ask."""
    known = world()
    rule = RULE.format(who=_listed(known.standing), touch=_listed(known.touched))
    database = sqlite3.connect(":memory:")
    backend = sqliteBackend()
    backend.table = "events"
    (query,) = backend.convert(SigmaCollection.from_yaml(rule))
    database.execute(f"create table events ({', '.join(JUDGED)})")
    files = [str(path) for path in folder.paths(("bench",))]
    with duckdb.connect() as reader:
        rows = reader.from_parquet(files).select(*JUDGED).fetchall()
    into = f"insert into events values ({', '.join('?' * len(JUDGED))})"  # noqa: S608
    database.executemany(into, rows)
    found = database.execute(query).fetchall()
    return {"matches": len(found)}


def _listed(spans: Spans) -> str:
    """Return some who are so in the end."""
    chosen = (spans.status == Status.YES) & (spans.until == FOREVER)
    return ", ".join(
        str(code) for code in np.unique(spans.code[chosen])[:MOST].tolist()
    )
