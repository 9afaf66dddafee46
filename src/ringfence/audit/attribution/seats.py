"""Who alone held a key at a time: spans of people, swept into stretches of one answer.

Whatever the number of spans over one key, the sweep sorts once, and an event finds its
stretch by one as-of join: no event meets every span.
"""

from __future__ import annotations

from string import Template

import duckdb

# since is in, until is out. A person of -1 stands for several, or for nobody we know.
_SPANS = """
CREATE OR REPLACE TEMP TABLE behind_span
  (grade TINYINT, tool INT, key BIGINT, since BIGINT, until BIGINT, person INT);
"""
_SEATS = """
CREATE OR REPLACE TEMP TABLE behind_seat AS
WITH reached AS (
  SELECT *, max(until) OVER (
    PARTITION BY grade, tool, key, person ORDER BY since, until
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM behind_span WHERE since < until
),
numbered AS (
  SELECT *, sum(CASE WHEN since <= before THEN 0 ELSE 1 END) OVER (
    PARTITION BY grade, tool, key, person ORDER BY since, until
    ROWS UNBOUNDED PRECEDING) AS island
  FROM reached
),
whole AS (
  SELECT grade, tool, key, person, min(since) AS since, max(until) AS until
  FROM numbered GROUP BY grade, tool, key, person, island
),
weighed AS (
  SELECT *, CASE WHEN person < 0 THEN 2 ELSE 1 END AS weight FROM whole
),
steps AS (
  SELECT grade, tool, key, since AS since, weight, person FROM weighed
  UNION ALL SELECT grade, tool, key, until, -weight, -person FROM weighed
),
summed AS (
  SELECT grade, tool, key, since, sum(weight)::BIGINT AS weight,
    sum(person)::BIGINT AS person
  FROM steps GROUP BY grade, tool, key, since
),
held AS (
  SELECT grade, tool, key, since,
    sum(weight) OVER place AS people, sum(person) OVER place AS person
  FROM summed
  WINDOW place AS (
    PARTITION BY grade, tool, key ORDER BY since ROWS UNBOUNDED PRECEDING)
)
SELECT grade, tool, key, since,
  CASE people WHEN 0 THEN 0 WHEN 1 THEN person ELSE -1 END::INT AS person
FROM held
"""
_HITS = """
CREATE OR REPLACE TEMP TABLE behind_hit
  (id BIGINT, grade TINYINT, tool INT, key BIGINT, person INT);
"""
_LOOK_UP = Template("""
INSERT INTO behind_hit
SELECT DISTINCT k.id, $grade, k.tool, k.key, s.person
FROM (SELECT id, time, tool, key::BIGINT AS key FROM ($keys)) AS k
ASOF JOIN (SELECT * FROM behind_seat WHERE grade = $grade) AS s
  ON k.tool = s.tool AND k.key = s.key AND k.time >= s.since
WHERE s.person <> 0
""")


def clear_spans(database: duckdb.DuckDBPyConnection) -> None:
    """Make `behind_span` and `behind_hit`, empty."""
    database.execute(_SPANS)
    database.execute(_HITS)


def sweep(database: duckdb.DuckDBPyConnection) -> None:
    """Make `behind_seat` of the spans: from when on who holds a key."""
    database.execute(_SEATS)


def look_up(database: duckdb.DuckDBPyConnection, grade: int, keys: str) -> None:
    """Add to `behind_hit` who held the keys, where somebody did.

    Args:
        database: Where the tables are.
        grade: Grade of the spans that are asked.
        keys: A query for `id, time, tool, key`, our own text.
    """
    database.execute(_LOOK_UP.substitute(grade=int(grade), keys=keys))
