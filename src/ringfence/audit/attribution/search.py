"""The search for who was behind each event: strong voices first, then weak ones.

What it finds of an event that several could have made stands in `behind_found`; all
others are named by their own log. Every step is a query that sorts or joins by keys.
"""

from __future__ import annotations

from string import Template

import duckdb

from ringfence.audit.attribution import leases, tools
from ringfence.audit.attribution.behind import KINDS, MICRO, Behind, Grade
from ringfence.audit.attribution.identities import find_identities
from ringfence.audit.attribution.seats import clear_spans, look_up, sweep
from ringfence.audit.attribution.told_twice import find_told_twice
from ringfence.audit.event import Ending

_NUMBERS = {
    **{grade.name: int(grade) for grade in Grade},
    **{f"{ending.name}_ENDING": int(ending) for ending in Ending},
    **{f"IS_{name}": number for name, number in KINDS.items()},
}

# Events of an identity that several may use. A credential that two people got is
# nobody's (-1): no address can mend that.
_SHARED = Template("""
CREATE OR REPLACE TEMP TABLE behind_shared AS
SELECT e.id, e.time, e.own_tool, e.base, e.session, e.application, e.address,
  e.request, e.touch, e.verb, e.ending, e.log, e.file, e."offset"
FROM behind_event AS e LEFT JOIN behind_actor AS b ON b.code = e.base
WHERE (e.base > 0 AND b.kind IN ($IS_SPOKEN, $IS_SERVICE))
  OR (e.base = 0 AND e.actor_kind = $IS_ASSUMED)
""")
# One answer for each event and grade: -1 when two people, or somebody unknown, fit.
_VOICES = """
CREATE OR REPLACE TEMP VIEW behind_voice AS
SELECT id, grade,
  CASE WHEN min(person) = max(person) THEN min(person) ELSE -1 END AS person,
  min(tool) AS tool, arg_min(key, (tool, key)) AS key
FROM behind_hit GROUP BY id, grade
"""
# Where a tool's events come from while nobody sat there is a machine of the tool. Else
# a seat is somebody's, and its lease gainsays whoever poses as another.
_STRONG = Template("""
CREATE OR REPLACE TEMP TABLE behind_strong AS
WITH best AS (
  SELECT id, min(grade) AS grade FROM behind_voice
  WHERE grade IN ($REQUEST, $SESSION) GROUP BY id)
SELECT id, grade, person, tool, key FROM best JOIN behind_voice USING (id, grade);
CREATE OR REPLACE TEMP TABLE behind_host AS
SELECT DISTINCT n.seat
FROM behind_strong AS s JOIN behind_shared AS e ON e.id = s.id
JOIN behind_seat_of AS n ON n.address = e.address
WHERE s.id NOT IN (SELECT id FROM behind_hit WHERE grade = $ADDRESS);
CREATE OR REPLACE TEMP TABLE behind_found AS
WITH seated AS (
  SELECT v.* FROM behind_voice AS v
  WHERE v.grade = $ADDRESS AND v.person > 0
    AND v.key NOT IN (SELECT seat FROM behind_host)),
weighed AS (
  SELECT e.id, s.grade, s.tool, s.key, l.person AS seated,
    CASE WHEN s.id IS NULL THEN l.person
      WHEN s.person <> l.person THEN -1
      ELSE s.person END AS person
  FROM behind_shared AS e
  LEFT JOIN behind_strong AS s ON s.id = e.id
  LEFT JOIN seated AS l ON l.id = e.id
  WHERE s.id IS NOT NULL OR l.id IS NOT NULL)
SELECT id, person, key,
  CASE WHEN person < 0 THEN $NONE WHEN grade IS NULL THEN $ADDRESS ELSE grade
    END::TINYINT AS grade,
  CASE WHEN person >= 0 THEN tool END AS tool
FROM weighed
""")
_SUSPECTS = Template("""
INSERT INTO behind_found
WITH best AS (
  SELECT id, min(grade) AS grade FROM behind_voice
  WHERE grade IN ($APPLICATION, $WINDOW) GROUP BY id)
SELECT id, person, key, grade, tool FROM best JOIN behind_voice USING (id, grade)
WHERE person > 0
""")
# The address that the tool saw: the last before the event, else the first after it.
_SEEN = Template("""
CREATE OR REPLACE TEMP TABLE behind_seen AS
WITH told AS (
  SELECT *, $SESSION AS grade, session::BIGINT AS key FROM behind_told
  WHERE session <> 0
  UNION ALL SELECT t.*, $REQUEST, r.key
  FROM behind_told AS t JOIN behind_request AS r ON r.word = t.request),
seen AS (
  SELECT grade, tool, key, person, time, max(address) AS address
  FROM told WHERE address <> 0 GROUP BY grade, tool, key, person, time),
asked AS (
  SELECT f.*, e.time FROM behind_found AS f JOIN behind_shared AS e ON e.id = f.id
  WHERE f.grade IN ($REQUEST, $SESSION))
SELECT a.id, CASE
  WHEN b.address IS NOT NULL AND (a.grade = $SESSION OR b.time > a.time - $window)
    THEN b.address
  WHEN a.grade = $SESSION OR n.time <= a.time + $window THEN n.address
  END AS address
FROM asked AS a
ASOF LEFT JOIN seen AS b
  ON b.grade = a.grade AND b.tool = a.tool AND b.key = a.key
  AND b.person = a.person AND b.time <= a.time
ASOF LEFT JOIN seen AS n
  ON n.grade = a.grade AND n.tool = a.tool AND n.key = a.key
  AND n.person = a.person AND n.time > a.time
""")
_ATTRIBUTED = Template("""
CREATE OR REPLACE TEMP VIEW attributed AS
WITH lone AS (
  SELECT code, min(tool) AS tool FROM behind_speaks
  GROUP BY code HAVING count(*) = 1),
answered AS (
  SELECT e.*, f.person, f.tool AS voice, f.grade AS found,
    CASE WHEN f.grade IN ($REQUEST, $SESSION, $ADDRESS) THEN f.person
      WHEN e.base <= 0 OR b.kind = $IS_SPOKEN THEN 0
      ELSE e.base END AS somebody
  FROM behind_event AS e
  LEFT JOIN behind_actor AS b ON b.code = e.base
  LEFT JOIN behind_found AS f ON f.id = e.id)
SELECT e.id AS event_row, e.log, e.file, e."offset", e.uid,
  e.somebody::INT AS who,
  coalesce(own.word, voice.word, mine.word, base.word, named.word, '') AS tool_word,
  CASE WHEN e.found IN ($APPLICATION, $WINDOW) THEN e.person ELSE 0 END::INT AS suspect,
  CASE WHEN e.found > $NONE THEN e.found WHEN e.somebody > 0 THEN $NAMED
    ELSE $NONE END::TINYINT AS grade,
  coalesce(seen.address, e.address)::INT AS address,
  CASE WHEN e.ending = $DONE_ENDING AND t.id IS NOT NULL THEN $TOLD_ENDING
    ELSE e.ending END::TINYINT AS ending
FROM answered AS e
LEFT JOIN behind_tool AS own ON own.tool = e.own_tool
LEFT JOIN behind_tool AS voice ON voice.tool = e.voice
LEFT JOIN lone AS a ON a.code = e.actor
LEFT JOIN behind_tool AS mine ON mine.tool = a.tool
LEFT JOIN lone AS c ON c.code = e.base
LEFT JOIN behind_tool AS base ON base.tool = c.tool
LEFT JOIN word_application AS named ON named.code = e.application
LEFT JOIN behind_seen AS seen ON seen.id = e.id
LEFT JOIN behind_twice AS t ON t.id = e.id
""")

# What the answer doesn't stand on, and what would fill the memory of who writes it.
_LET_GO = """
DROP VIEW behind_asked; DROP VIEW behind_voice; DROP TABLE behind_shared;
DROP TABLE behind_told; DROP TABLE behind_span; DROP TABLE behind_seat;
DROP TABLE behind_hit; DROP TABLE behind_strong; DROP TABLE behind_sign;
DROP TABLE behind_seat_of; DROP TABLE behind_issue; DROP TABLE behind_request
"""


def attribute(database: duckdb.DuckDBPyConnection, behind: Behind) -> str:
    """Find who was behind each event.

    Args:
        database: Holds the table `event` (a table, no view: its `rowid` tells rows
            apart) and the tables of words (see `Sheet`).
        behind: Who speaks for whom, and which logs tell of people.

    Returns:
        Name of a view of this connection with one row for each row of `event`: its
        `rowid` as `event_row`, its place (`log, file, offset, uid`), who did it and who
        is suspected of it (codes of actors, 0 for nobody), by which tool, the grade,
        the address and the ending.
    """
    window = behind.window * MICRO
    find_identities(database, behind)
    clear_spans(database)
    tools.read_tools(database, window)
    leases.read_leases(database)
    sweep(database)
    database.execute(_SHARED.substitute(_NUMBERS))
    database.execute(tools.ASKED)
    look_up(database, Grade.REQUEST, tools.REQUESTS)
    look_up(database, Grade.SESSION, tools.SESSIONS)
    look_up(database, Grade.ADDRESS, leases.ADDRESSES)
    database.execute(_VOICES)
    database.execute(_STRONG.substitute(_NUMBERS))
    look_up(database, Grade.APPLICATION, tools.APPLICATIONS)
    look_up(database, Grade.WINDOW, tools.WINDOWS)
    database.execute(_SUSPECTS.substitute(_NUMBERS))
    database.execute(_SEEN.substitute(_NUMBERS, window=window))
    find_told_twice(database, window)
    database.execute(_ATTRIBUTED.substitute(_NUMBERS))
    database.execute(_LET_GO)
    return "attributed"
