"""Whose identity stands behind each event, as its own log and the credentials tell.

Tables: `behind_tool`, `behind_log`, `behind_speaks`, `behind_actor`, `behind_chain`;
view: `behind_event`, each event with its `base`: the code of an actor, 0 when nobody is
named, -1 when the logs contradict each other.
"""

from __future__ import annotations

from string import Template

import duckdb

from ringfence.audit.attribution.behind import KINDS, Behind

_TABLES = """
CREATE OR REPLACE TEMP TABLE behind_tool (tool INT, word VARCHAR);
CREATE OR REPLACE TEMP TABLE behind_log (log VARCHAR, tool INT, signs_in BOOLEAN);
CREATE OR REPLACE TEMP TABLE behind_speaks (code INT, tool INT);
"""
_SPEAKS = """
INSERT INTO behind_speaks
SELECT DISTINCT code, tool
FROM (SELECT unnest(?::VARCHAR[]) AS word, unnest(?::INT[]) AS tool)
JOIN word_actor USING (word)
"""
_ACTOR = Template("""
CREATE OR REPLACE TEMP TABLE behind_actor AS
SELECT code, CASE
  WHEN code = 0 THEN $UNSAID
  WHEN code IN (SELECT code FROM behind_speaks) THEN $SPOKEN
  WHEN regexp_matches(word, '^arn:[^:]*:sts::[^:]*:(assumed-role|federated-user)/')
    THEN $ASSUMED
  WHEN starts_with(word, 'service_account:') OR starts_with(word, 'tool:')
    THEN $SERVICE
  WHEN starts_with(word, 'role:') OR regexp_matches(word, '^arn:[^:]*:iam::[^:]*:role/')
    THEN $ROLE
  WHEN regexp_matches(
    word, '^(AWS Internal|[A-Za-z0-9.-]+[.]amazonaws[.]com([.]cn)?)$$')
    THEN $CLOUD
  ELSE $PERSON END AS kind
FROM word_actor
""")
# The first that fits tells who: a name that the log puts behind the actor, an actor who
# is one person, the credential's history, and at last the actor's own name.
_NAMED = Template("""
CREATE OR REPLACE TEMP VIEW behind_named AS
SELECT e.rowid AS id, e.*, a.kind AS actor_kind,
  CASE WHEN e.behind <> 0 AND b.kind <> $ASSUMED THEN e.behind
    WHEN a.kind IN ($PERSON, $CLOUD) THEN e.actor END AS named,
  CASE WHEN a.kind = $ASSUMED THEN 0 ELSE e.actor END AS unnamed
FROM event AS e
LEFT JOIN behind_actor AS a ON a.code = e.actor
LEFT JOIN behind_actor AS b ON b.code = e.behind
""")
# A service of the cloud hands credentials to its own machines and stands for nobody; an
# event that names no actor says nothing of who got what it handed out.
_CHAIN = Template("""
CREATE OR REPLACE TEMP TABLE behind_issue AS
SELECT issued AS k, time, named, unnamed, credential FROM behind_named
WHERE issued <> 0 AND ending = 0
  AND (behind <> 0 OR actor_kind NOT IN ($UNSAID, $CLOUD));
CREATE OR REPLACE TEMP TABLE behind_chain AS
WITH since AS (SELECT k, min(time) AS since FROM behind_issue GROUP BY k),
source AS (
  SELECT e.k,
    CASE WHEN e.named IS NULL AND s.k IS NOT NULL THEN NULL
      ELSE coalesce(e.named, e.unnamed) END AS origin,
    CASE WHEN e.named IS NULL THEN s.k END AS parent
  FROM behind_issue AS e
  LEFT JOIN since AS s ON s.k = e.credential AND e.time >= s.since
),
one AS (
  SELECT k, min(origin) AS origin, min(parent) AS parent,
    count(DISTINCT origin) + count(DISTINCT parent) AS sources
  FROM source GROUP BY k
)
SELECT k, since,
  CASE WHEN sources = 1 THEN origin ELSE -1 END AS origin,
  CASE WHEN sources = 1 THEN parent END AS parent
FROM one JOIN since USING (k)
""")
# Each round doubles how far a link reaches.
_SHORTEN = """
CREATE OR REPLACE TEMP TABLE behind_chain AS
SELECT c.k, c.since,
  CASE WHEN c.parent IS NULL THEN c.origin ELSE p.origin END AS origin,
  p.parent
FROM behind_chain AS c LEFT JOIN behind_chain AS p ON p.k = c.parent
"""
_EVENT = """
CREATE OR REPLACE TEMP VIEW behind_event AS
SELECT e.*, l.tool AS own_tool, l.signs_in,
  CASE WHEN e.named IS NOT NULL THEN e.named
    WHEN c.k IS NOT NULL THEN c.origin
    ELSE e.unnamed END AS base
FROM behind_named AS e
LEFT JOIN behind_chain AS c ON c.k = e.credential AND e.time >= c.since
LEFT JOIN behind_log AS l ON l.log = e.log
"""


def find_identities(database: duckdb.DuckDBPyConnection, behind: Behind) -> None:
    """Make the tables and the view of this module."""
    database.execute(_TABLES)
    tools = {tool: number for number, tool in enumerate(behind.tools)}
    if tools:
        database.executemany(
            "INSERT INTO behind_tool VALUES (?, ?)",
            [(number, tool) for tool, number in tools.items()],
        )
    if behind.orders:
        database.executemany(
            "INSERT INTO behind_log VALUES (?, ?, ?)",
            [(o.name, tools.get(o.tool, -1), o.signs_in) for o in behind.orders],
        )
    # A tool that a log names as the actor is its own service account.
    pairs = set(tools.items()) | {
        (node, tools[tool]) for tool, nodes in behind.speaks.items() for node in nodes
    }
    words = sorted(pairs)
    database.execute(_SPEAKS, [[word for word, _ in words], [n for _, n in words]])
    database.execute(_ACTOR.substitute(KINDS))
    _follow_credentials(database)
    database.execute(_EVENT)


def _follow_credentials(database: duckdb.DuckDBPyConnection) -> None:
    database.execute(_NAMED.substitute(KINDS))
    database.execute(_CHAIN.substitute(KINDS))
    waiting = "SELECT count(*) FROM behind_chain WHERE parent IS NOT NULL"
    (left,) = database.execute(waiting).fetchone() or (0,)
    for _ in range(int(left).bit_length() + 1):
        if not left:
            return
        database.execute(_SHORTEN)
        (left,) = database.execute(waiting).fetchone() or (0,)
    # What still waits goes round in a circle.
    database.execute("UPDATE behind_chain SET origin = -1 WHERE parent IS NOT NULL")
