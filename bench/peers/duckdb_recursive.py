"""DuckDB: one recursive query over pairs of origin and node, semi-naive.

`UNION` keeps each pair once, and a step joins the pairs that are new with the edges. Of
origins there are as many at a time as leave the pairs in memory.
"""

from __future__ import annotations

import duckdb
import numpy as np

from bench.peers import Flags, Ids

BATCH = 500
QUERY = """
WITH RECURSIVE reached(origin, node) AS (
    SELECT place, node FROM origin WHERE place >= $start AND place < $stop
    UNION SELECT r.origin, e.head FROM reached AS r JOIN edge AS e ON e.tail = r.node
) SELECT r.origin, t.place FROM reached AS r JOIN target AS t ON t.node = r.node
"""


def build(nodes: int, tail: Ids, head: Ids) -> duckdb.DuckDBPyConnection:
    """Return a database of one table, sorted by tail as a reader of rows likes it."""
    del nodes
    database = duckdb.connect()
    database.register("given", {"tail": tail, "head": head})
    database.execute("CREATE TABLE edge AS SELECT tail, head FROM given ORDER BY tail")
    return database


def answer(built: duckdb.DuckDBPyConnection, origins: Ids, targets: Ids) -> Flags:
    """Ask for the pairs of the origins, a batch at a time."""
    built.register("origin", {"place": np.arange(len(origins)), "node": origins})
    built.register("target", {"place": np.arange(len(targets)), "node": targets})
    flags = np.zeros((len(origins), len(targets)), bool)
    for start in range(0, len(origins), BATCH):
        span = {"start": start, "stop": start + BATCH}
        found = built.execute(QUERY, span).fetchnumpy()
        flags[found["origin"], found["place"]] = True
    return flags
