"""Small logs laid out as the table of events, for the search for who was behind them."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import duckdb

from ringfence.audit.attribution import Behind, attribute
from ringfence.boundary.order import LogOrder
from tests.reference.attribution import World

MICRO = 1_000_000
_CODED = (
    "actor",
    "behind",
    "credential",
    "issued",
    "session",
    "application",
    "address",
    "touch",
)
_TABLE = """
CREATE TABLE event (log VARCHAR, time BIGINT, actor INT, behind INT, credential INT,
  issued INT, session INT, application INT, address INT, touch INT, verb TINYINT,
  ending TINYINT, rows BIGINT, file INT, "offset" BIGINT, uid VARCHAR, request VARCHAR)
"""


@dataclass(frozen=True)
class Answer:
    """What the search says of one line, in words."""

    who: str
    suspect: str
    grade: int
    tool: str
    address: str
    ending: int


def domain(column: str) -> str:
    return "actor" if column == "behind" else column.replace("issued", "credential")


def database_of(world: World) -> duckdb.DuckDBPyConnection:
    """Return a database with a world's lines and words."""
    database = duckdb.connect(config={"threads": 1})
    words: dict[str, set[str]] = {domain(column): {""} for column in _CODED}
    for line in world.lines:
        for column in _CODED:
            words[domain(column)].add(getattr(line, column))
    codes = {
        name: {w: n for n, w in enumerate(sorted(all_))} for name, all_ in words.items()
    }
    # One statement for each table: to bind row by row takes ten times as long.
    for name, numbers in codes.items():
        database.execute(
            f"CREATE TABLE word_{name} AS "
            "SELECT unnest(?::INT[]) AS code, unnest(?::VARCHAR[]) AS word",
            [[*numbers.values()], [*numbers]],
        )
    database.execute(_TABLE)
    rows = [
        (
            line.log,
            line.time * MICRO,
            *(codes[domain(column)][getattr(line, column)] for column in _CODED),
            line.verb,
            line.ending,
            -1,
            1,
            place,
            "",
            line.request,
        )
        for place, line in enumerate(world.lines)
    ]
    if rows:
        marks = ", ".join(["(" + ", ".join("?" * 17) + ")"] * len(rows))
        values = [value for row in rows for value in row]
        database.execute(f"INSERT INTO event VALUES {marks}", values)  # noqa: S608
    return database


def behind_of(world: World) -> Behind:
    """Return what is known beforehand of a world."""
    logs = sorted({line.log for line in world.lines} | {*world.tools} | world.gates)
    orders = (
        LogOrder(
            log, "any", (), tool=world.tools.get(log, ""), signs_in=log in world.gates
        )
        for log in logs
    )
    return Behind(world.speaks, tuple(orders), world.window)


def answers_of(world: World) -> list[Answer]:
    """Return what the search says of each line, in their order."""
    with database_of(world) as database:
        name = attribute(database, behind_of(world))
        rows = database.execute(
            f"""
            SELECT w.word, s.word, r.grade, r.tool_word, a.word, r.ending
            FROM {name} AS r
            JOIN word_actor AS w ON w.code = r.who
            JOIN word_actor AS s ON s.code = r.suspect
            JOIN word_address AS a ON a.code = r.address
            ORDER BY r."offset"
            """  # noqa: S608 - our own names
        ).fetchall()
    return [Answer(*row) for row in rows]


def told(answers: list[Answer]) -> list[tuple[str, str, int]]:
    """Return what the slow reference says too."""
    return [astuple(one)[:3] for one in answers]
