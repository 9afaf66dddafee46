"""What the tools' own logs tell: who worked in which session, on which request, when.

Tables: `behind_told` (a tool's events that name a person), `behind_request` (numbers of
their requests), `behind_token` (sessions that an application's name carries),
`behind_mark` (people whose name it carries).
"""

from __future__ import annotations

from string import Template

import duckdb

from ringfence.audit.attribution.behind import KINDS, LONGEST_LEASE, Grade

# Shorter ids are words of a sentence, or counters of two programs that meet by chance.
SHORTEST = 4
_TOLD = Template("""
CREATE OR REPLACE TEMP TABLE behind_told AS
SELECT e.id, e.own_tool AS tool, e.time, e.base AS person, e.session, e.request,
  e.address, e.touch, e.verb
FROM behind_event AS e JOIN behind_actor AS p ON p.code = e.base
WHERE e.own_tool >= 0 AND e.ending = 0 AND p.kind IN ($PERSON, $ROLE);
CREATE OR REPLACE TEMP TABLE behind_request AS
SELECT request AS word, row_number() OVER (ORDER BY request) AS key
FROM (SELECT DISTINCT request FROM behind_told WHERE length(request) >= $SHORTEST);
""")
_WORDS = Template("""
CREATE OR REPLACE TEMP TABLE behind_part AS
SELECT DISTINCT application, part FROM (
  SELECT code AS application,
    unnest(regexp_split_to_array(word, '[^A-Za-z0-9_.-]+')) AS part
  FROM word_application WHERE code <> 0
  UNION ALL SELECT code, word FROM word_application WHERE code <> 0
);
CREATE OR REPLACE TEMP TABLE behind_long AS
SELECT code AS session FROM word_session WHERE length(word) >= $SHORTEST;
CREATE OR REPLACE TEMP TABLE behind_token AS
SELECT DISTINCT p.application, t.tool, t.session
FROM (
  SELECT DISTINCT code AS application,
    unnest(regexp_split_to_array(word, '[^A-Za-z0-9_.-]+')) AS part
  FROM word_application WHERE code <> 0) AS p
JOIN word_session AS w ON w.word = p.part AND length(p.part) >= $SHORTEST
JOIN (SELECT DISTINCT tool, session FROM behind_told WHERE session <> 0) AS t
  ON t.session = w.code;
CREATE OR REPLACE TEMP TABLE behind_mark AS
SELECT DISTINCT p.application, n.tool, n.person
FROM behind_part AS p
JOIN (
  SELECT tool, person, unnest([name, regexp_replace(name, '@.*', '')]) AS name
  FROM (
    SELECT DISTINCT t.tool, t.person,
      lower(regexp_extract(w.word, '[^:/]+$$')) AS name
    FROM behind_told AS t JOIN word_actor AS w ON w.code = t.person)
) AS n ON n.name = lower(p.part) AND n.name <> '';
""")
# After a silence as long as the longest lease an id is used anew: what lies between is
# no time of the session. Two people in it make it nobody's all the same.
_SPANS = Template("""
INSERT INTO behind_span
SELECT $REQUEST, t.tool, r.key, t.time - $window, t.time + $window, t.person
FROM behind_told AS t JOIN behind_request AS r ON r.word = t.request
UNION ALL
SELECT $SESSION, tool, session, min(time) - $window, max(time) + $window, person
FROM (
  SELECT *, sum(CASE WHEN time - before > $longest THEN 1 ELSE 0 END) OVER (
    PARTITION BY tool, session ORDER BY time ROWS UNBOUNDED PRECEDING) AS stretch
  FROM (
    SELECT tool, session, time, lag(time) OVER (
        PARTITION BY tool, session ORDER BY time) AS before,
      CASE WHEN min(person) OVER whole = max(person) OVER whole
        THEN person ELSE -1 END AS person
    FROM behind_told WHERE session <> 0
    WINDOW whole AS (PARTITION BY tool, session)))
GROUP BY tool, session, stretch, person
UNION ALL
SELECT $APPLICATION, t.tool, t.person, t.time - $window, t.time + $window, t.person
FROM behind_told AS t
WHERE (t.tool, t.person) IN (SELECT (tool, person) FROM behind_mark)
UNION ALL
SELECT $WINDOW, tool, 0, time - $window, time + $window, person FROM behind_told
""")

# By what an event of a service account can be found in the log of a tool that speaks
# for it. What the tool's own log tells of itself is no second voice.
ASKED = """
CREATE OR REPLACE TEMP VIEW behind_asked AS
SELECT e.id, e.time, s.tool, e.session, e.application, e.request
FROM behind_shared AS e JOIN behind_speaks AS s ON s.code = e.base
WHERE e.own_tool IS DISTINCT FROM s.tool
"""
REQUESTS = """
SELECT e.id, e.time, e.tool, r.key
FROM behind_asked AS e JOIN behind_request AS r ON r.word = e.request
"""
SESSIONS = """
SELECT id, time, tool, session AS key FROM behind_asked
WHERE session IN (SELECT session FROM behind_long)
  AND (tool, session) IN (SELECT (tool, session) FROM behind_told)
UNION
SELECT e.id, e.time, e.tool, t.session
FROM behind_asked AS e JOIN behind_token AS t
  ON t.application = e.application AND t.tool = e.tool
"""
APPLICATIONS = """
SELECT e.id, e.time, e.tool, m.person AS key
FROM behind_asked AS e JOIN behind_mark AS m
  ON m.application = e.application AND m.tool = e.tool
WHERE e.id NOT IN (SELECT id FROM behind_found)
"""
WINDOWS = """
SELECT id, time, tool, 0 AS key FROM behind_asked
WHERE id NOT IN (SELECT id FROM behind_found)
"""


def read_tools(database: duckdb.DuckDBPyConnection, window: int) -> None:
    """Make the tables of this module, and add to `behind_span` what the tools tell.

    Args:
        database: Where the tables are.
        window: How far apart two logs may tell of one thing, in microseconds.
    """
    grades = {grade.name: int(grade) for grade in Grade}
    database.execute(_TOLD.substitute(KINDS, SHORTEST=SHORTEST))
    database.execute(_WORDS.substitute(SHORTEST=SHORTEST))
    database.execute(_SPANS.substitute(grades, window=window, longest=LONGEST_LEASE))
