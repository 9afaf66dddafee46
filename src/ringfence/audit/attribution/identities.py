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
# `says` is whom the log puts behind the actor, `own` an actor who is one person. Who
# takes a role may choose the identity that its sessions show: where the history of the
# credential surely names a person, it has to be the same one.
_NAMED = Template("""
CREATE OR REPLACE TEMP VIEW behind_named AS
SELECT e.rowid AS id, e.*, a.kind AS actor_kind,
  CASE WHEN e.behind <> 0 AND b.kind <> $ASSUMED THEN e.behind END AS says,
  CASE WHEN a.kind IN ($PERSON, $CLOUD) THEN e.actor END AS own,
  CASE WHEN a.kind = $ASSUMED THEN 0 ELSE e.actor END AS unnamed
FROM event AS e
LEFT JOIN behind_actor AS a ON a.code = e.actor
LEFT JOIN behind_actor AS b ON b.code = e.behind
""")
# A service of the cloud hands credentials to its own machines and stands for nobody; an
# event that names no actor says nothing of who got what it handed out.
_CHAIN = Template("""
CREATE OR REPLACE TEMP TABLE behind_issue AS
SELECT issued AS k, time, says, own, unnamed, credential FROM behind_named
WHERE issued <> 0 AND ending = 0
  AND (behind <> 0 OR actor_kind NOT IN ($UNSAID, $CLOUD));
CREATE OR REPLACE TEMP TABLE behind_chain AS
WITH since AS (SELECT k, min(time) AS since FROM behind_issue GROUP BY k),
source AS (
  SELECT e.k,
    CASE WHEN e.own IS NOT NULL THEN coalesce(e.says, e.own)
      WHEN s.k IS NULL THEN e.unnamed END AS origin,
    CASE WHEN e.own IS NULL THEN s.k END AS parent,
    CASE WHEN e.own IS NULL THEN e.says END AS says
  FROM behind_issue AS e
  LEFT JOIN since AS s ON s.k = e.credential AND e.time >= s.since
),
one AS (
  SELECT k, min(origin) AS origin, min(parent) AS parent, min(says) AS says,
    count(*) AS sources
  FROM (SELECT DISTINCT * FROM source) GROUP BY k
)
SELECT k, since,
  CASE WHEN sources = 1 THEN origin ELSE -1 END AS origin,
  CASE WHEN sources = 1 THEN parent END AS parent,
  CASE WHEN sources = 1 THEN says END AS says
FROM one JOIN since USING (k)
""")
# Each round doubles how far a link reaches. A chain on which two are named is nobody's.
_SHORTEN = """
CREATE OR REPLACE TEMP TABLE behind_chain AS
SELECT c.k, c.since,
  CASE WHEN c.parent IS NULL THEN c.origin ELSE p.origin END AS origin,
  p.parent,
  CASE WHEN c.says <> p.says THEN -1 ELSE coalesce(c.says, p.says) END AS says
FROM behind_chain AS c LEFT JOIN behind_chain AS p ON p.k = c.parent
"""
# What is `sure` gainsays whoever else an event with the credential names.
_SETTLE = Template("""
CREATE OR REPLACE TEMP TABLE behind_chain AS
SELECT k, since, origin, origin < 0 OR says IS NOT NULL OR is_person AS sure
FROM (
  SELECT c.k, c.since, c.says, coalesce(a.kind = $PERSON, false) AS is_person,
    CASE WHEN c.parent IS NOT NULL OR c.origin < 0 OR c.says < 0 THEN -1
      WHEN c.says IS NULL OR c.says = c.origin THEN c.origin
      WHEN a.kind = $PERSON THEN -1 ELSE c.says END AS origin
  FROM behind_chain AS c LEFT JOIN behind_actor AS a ON a.code = c.origin)
""")
_EVENT = """
CREATE OR REPLACE TEMP VIEW behind_event AS
SELECT e.*, l.tool AS own_tool, l.signs_in,
  CASE WHEN e.own IS NOT NULL OR c.k IS NULL
      THEN coalesce(e.says, e.own, e.unnamed)
    WHEN e.says IS NULL OR e.says = c.origin THEN c.origin
    WHEN c.sure THEN -1
    ELSE e.says END AS base
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
            break
        database.execute(_SHORTEN)
        (left,) = database.execute(waiting).fetchone() or (0,)
    # What still waits goes round in a circle.
    database.execute(_SETTLE.substitute(KINDS))
