"""Who sat at which address: from a sign-in to the sign-out that ends it.

Somebody else's sign-in at the address ends nothing: behind one address there may be a
whole office. Where two sat at once, the address names nobody.
"""

from __future__ import annotations

from string import Template

import duckdb

from ringfence.audit.addresses import seat
from ringfence.audit.attribution.behind import KINDS, LONGEST_LEASE, Grade

# A sign-in that names no person is somebody's all the same, and shares the address.
_SIGNS = Template("""
CREATE OR REPLACE TEMP TABLE behind_sign AS
SELECT e.log, e.time, e.session, w.word = 'sign-in' AS enters,
  coalesce(s.seat, 0) AS seat,
  CASE WHEN p.kind IN ($PERSON, $ROLE) THEN e.base ELSE -1 END AS person
FROM behind_event AS e
JOIN word_application AS w ON w.code = e.application
LEFT JOIN behind_actor AS p ON p.code = e.base
LEFT JOIN behind_seat_of AS s ON s.address = e.address
WHERE e.signs_in AND e.ending = 0 AND w.word IN ('sign-in', 'sign-out')
""")
# A sign-out that has a session ends that session; one that has none, or ends a sign-in
# that has none, ends whatever the person had at the address.
_LEASES = Template("""
INSERT INTO behind_span
WITH entered AS (SELECT * FROM behind_sign WHERE enters AND seat <> 0),
by_session AS (
  SELECT log, session, time FROM behind_sign WHERE NOT enters AND session <> 0),
by_seat AS (
  SELECT person, seat, time, session FROM behind_sign
  WHERE NOT enters AND seat <> 0 AND person > 0),
bare AS (SELECT * FROM by_seat WHERE session = 0),
ends AS (
  SELECT i.*, o.time AS out, b.time AS left_bare, s.time AS left_any
  FROM entered AS i
  ASOF LEFT JOIN by_session AS o
    ON o.log = i.log AND o.session = i.session AND o.time >= i.time
  ASOF LEFT JOIN bare AS b
    ON b.person = i.person AND b.seat = i.seat AND b.time > i.time
  ASOF LEFT JOIN by_seat AS s
    ON s.person = i.person AND s.seat = i.seat AND s.time > i.time
)
SELECT $grade, 0, seat, time,
  least(
    time + $longest,
    coalesce(CASE WHEN session <> 0 THEN out ELSE left_any END, time + $longest),
    coalesce(left_bare, time + $longest)),
  person
FROM ends
""")
_ADDRESSES = """
SELECT code, word FROM word_address WHERE code > ? ORDER BY code LIMIT 100000
"""
ADDRESSES = """
SELECT e.id, e.time, 0 AS tool, s.seat AS key
FROM behind_shared AS e JOIN behind_seat_of AS s ON s.address = e.address
"""


def read_leases(database: duckdb.DuckDBPyConnection) -> None:
    """Make `behind_seat_of`, and add to `behind_span` who sat at which address."""
    _number_seats(database)
    database.execute(_SIGNS.substitute(KINDS))
    database.execute(
        _LEASES.substitute(grade=int(Grade.ADDRESS), longest=LONGEST_LEASE)
    )


def _number_seats(database: duckdb.DuckDBPyConnection) -> None:
    """Number the machines that the addresses of sign-ins call, however written."""
    database.execute(
        "CREATE OR REPLACE TEMP TABLE behind_seat_of (address INT, seat INT)"
    )
    if not database.execute("SELECT 1 FROM behind_log WHERE signs_in").fetchall():
        return
    numbers: dict[str, int] = {}
    last = -1
    while chunk := database.execute(_ADDRESSES, [last]).fetchall():
        last = chunk[-1][0]
        _keep(database, chunk, numbers)


def _keep(
    database: duckdb.DuckDBPyConnection,
    chunk: list[tuple[int, str]],
    numbers: dict[str, int],
) -> None:
    seats = [(code, seat(word)) for code, word in chunk]
    known = [(code, numbers.setdefault(s, len(numbers) + 1)) for code, s in seats if s]
    database.execute(
        "INSERT INTO behind_seat_of SELECT unnest(?::INT[]), unnest(?::INT[])",
        [[code for code, _ in known], [number for _, number in known]],
    )
