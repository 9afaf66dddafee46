"""What a tool's log and a database's log both tell, so that it is judged but once.

A tool's event is left to the database's events that it explains only if these touch all
that it touches, told as finely or finer, with the same verb: a tool that shows more
than its database was asked for (from a cache, from elsewhere) is judged itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

import duckdb

from ringfence.audit.attribution.behind import Grade
from ringfence.audit.event import Ending, Touch, touch_of

_TABLES = """
CREATE OR REPLACE TEMP TABLE behind_need (touch INT, need INT, atom VARCHAR);
CREATE OR REPLACE TEMP TABLE behind_give (touch INT, atom VARCHAR);
"""
_NEEDS = """
INSERT INTO behind_need
SELECT unnest(?::INT[]), unnest(?::INT[]), unnest(?::VARCHAR[])
"""
_GIVES = """
INSERT INTO behind_give
SELECT t, a FROM (SELECT unnest(?::INT[]) AS t, unnest(?::VARCHAR[]) AS a)
WHERE a IN (SELECT atom FROM behind_need)
"""
_TOLD = """
SELECT DISTINCT w.code, w.word FROM behind_told AS t
JOIN word_touch AS w ON w.code = t.touch
WHERE w.code <> 0 ORDER BY w.code
"""
_EXPLAINED = Template("""
SELECT DISTINCT w.code, w.word
FROM behind_found AS f JOIN behind_shared AS e ON e.id = f.id
JOIN word_touch AS w ON w.code = e.touch
WHERE f.grade IN ($REQUEST, $SESSION) AND e.ending = $DONE AND w.code > ?
ORDER BY w.code LIMIT 100000
""")
# Within half-open reach of each other's clock, just as one explains the other.
_TWICE = Template("""
CREATE OR REPLACE TEMP TABLE explained AS
WITH given AS (
  SELECT f.grade, f.tool, f.key, f.person, e.verb, g.atom, e.time,
    arg_min(e.id, (e.log, e.file, e."offset")) AS id
  FROM behind_found AS f JOIN behind_shared AS e ON e.id = f.id
  JOIN behind_give AS g ON g.touch = e.touch
  WHERE f.grade IN ($REQUEST, $SESSION) AND e.ending = $DONE
  GROUP BY ALL
),
keyed AS (
  SELECT t.*, $REQUEST AS grade, r.key::BIGINT AS key
  FROM behind_told AS t JOIN behind_request AS r ON r.word = t.request
  UNION ALL SELECT t.*, $SESSION, t.session FROM behind_told AS t WHERE session <> 0
),
wanted AS (
  SELECT k.id, k.grade, k.tool, k.key, k.person, k.verb, k.touch, n.need, n.atom,
    k.time, k.time + $window AS until
  FROM keyed AS k JOIN behind_need AS n ON n.touch = k.touch
),
met AS (
  SELECT w.id, w.touch, w.need, g.id AS by_id
  FROM wanted AS w ASOF JOIN given AS g
    ON g.grade = w.grade AND g.tool = w.tool AND g.key = w.key
    AND g.person = w.person AND g.verb = w.verb AND g.atom = w.atom
    AND w.until > g.time
  WHERE g.time >= w.time - $window
),
needed AS (SELECT touch, count(DISTINCT need) AS needs FROM behind_need GROUP BY touch),
whole AS (
  SELECT id FROM met JOIN needed USING (touch)
  GROUP BY id, needs HAVING count(DISTINCT need) = needs)
SELECT DISTINCT id AS event_row, by_id AS by_row FROM met JOIN whole USING (id);
CREATE OR REPLACE TEMP TABLE behind_twice AS
SELECT DISTINCT event_row AS id FROM explained
""")


def find_told_twice(database: duckdb.DuckDBPyConnection, window: int) -> None:
    """Make `behind_twice`: a tool's events that the database's own log tells too.

    `explained` has a row for each of them (`event_row`) and each event by which it is
    told (`by_row`), by their places in `event`; it stays.
    """
    numbers = {one.name: int(one) for kind in (Grade, Ending) for one in kind}
    database.execute(_TABLES)
    for code, word in database.execute(_TOLD).fetchall():
        rows = [
            (code, place, atom)
            for place, atoms in enumerate(needs(touch_of(word)))
            for atom in atoms
        ]
        if rows:
            database.execute(
                _NEEDS, [list(column) for column in zip(*rows, strict=True)]
            )
    explained = _EXPLAINED.substitute(numbers)
    last = 0
    while chunk := database.execute(explained, [last]).fetchall():
        last = chunk[-1][0]
        pairs = [(code, atom) for code, word in chunk for atom in gives(touch_of(word))]
        codes, atoms = [code for code, _ in pairs], [atom for _, atom in pairs]
        database.execute(_GIVES, [codes, atoms])
    database.execute(_TWICE.substitute(numbers, window=window))


def needs(touch: Touch) -> list[tuple[str, ...]]:
    """Return what has to be told of a touch; of each, any of its atoms will do."""
    columns = ((f"= {c}", f"whole {_dataset(c)}") for c in touch.columns)
    whole = ((f"in {node}",) for node in touch.whole)
    # The database may say no more than the tool: that something was touched there.
    part = ((f"in {node}", f"part {node}") for node in touch.part)
    unclear = [("any",)] if touch.unclear else []
    either = (
        (f"= {c}", f"~ {c}", f"whole {_dataset(c)}")
        for c in dict.fromkeys(c for group in touch.either for c in group)
    )
    return [*columns, *whole, *part, *unclear, *either]


def gives(touch: Touch) -> set[str]:
    """Return the atoms that a touch tells."""
    if touch.unclear:
        return set()  # it may be anything: it tells nothing finer than the tool does
    told = {f"part {node}" for node in touch.part} | {f"= {c}" for c in touch.columns}
    told |= {f"whole {node}" for node in touch.whole}
    told |= {
        f"~ {c}"  # it may be: that is less than a tool says that is sure of it
        for group in touch.either
        for c in group
        if touch.only in ("", _dataset(c))
    }
    for node in (*touch.columns, *touch.whole):
        told |= {f"in {ground}" for ground in _grounds(node)}
    for node in touch.part:
        told |= {f"in {ground}" for ground in (*_grounds(node),)[1:]}
    return told | {"any"} if told else told


def _grounds(node: str) -> Iterator[str]:
    """Yield a node, and the dataset and store that it lies in."""
    yield node
    dataset = _dataset(node)
    if dataset:
        yield dataset
    kind, _, name = node.partition(":")
    if kind in {"column", "dataset"} and "/" in name:
        yield f"store:{name.partition('/')[0]}"


def _dataset(node: str) -> str:
    """Return the dataset that a column lies in; empty for any other node."""
    kind, _, name = node.partition(":")
    store, _, path = name.partition("/")
    if kind != "column" or "." not in path:
        return ""
    return f"dataset:{store}/{path.rpartition('.')[0]}"
