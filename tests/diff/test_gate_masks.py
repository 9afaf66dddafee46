"""Masks and projections, executed: what DuckDB and PostgreSQL show of each value."""
# ruff: noqa: S608 (the values are quoted here)

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import duckdb
import pytest
import sqlglot

from ringfence.boundary.decision.decide import decide
from ringfence.gate.compile.masks import Dialect, mask
from ringfence.gate.compile.sql import projection
from tests.postgres_server import VERSIONS, cluster_of
from tests.scenes import COLUMNS, MASKS, REGIONS, generated

KEY = "a kéy of 'quotes' and \\slashes"
NAME = "c\"o'l\\"
TEXTS = ("", "a", "abcd", "abcde", "naïve 国有 🦊", "o'neil\\\"", "  x  ", None)
Shown = tuple[object, ...]
Execute = Callable[[Sequence[str]], list[Shown]]


def quoted(name: str) -> str:
    """Return a quoted name."""
    return '"' + name.replace('"', '""') + '"'


def in_duckdb(statements: Sequence[str]) -> list[Shown]:
    """Run statements, and return the rows of the last one."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for one in statements:
            connection.execute(one)
        return connection.fetchall()


def as_trino(statements: Sequence[str]) -> list[Shown]:
    """Run the last statement as Trino's, carried over to DuckDB."""
    *before, last = statements
    return in_duckdb(
        [*before, sqlglot.transpile(last, read="trino", write="duckdb")[0]]
    )


def in_postgres(version: int, statements: Sequence[str]) -> list[Shown]:
    """Run statements on a server, and return the rows of the last one."""
    with cluster_of(version).database("masked") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for one in statements:
            cursor = connection.execute(one.encode())
        return cursor.fetchall()


SERVERS: dict[str, tuple[Dialect, Execute]] = {
    "duckdb": ("duckdb", in_duckdb),
    "trino": ("trino", as_trino),
    **{f"pg{v}": ("postgres", partial(in_postgres, v)) for v in VERSIONS},
}
server = pytest.mark.parametrize("name", SERVERS)


def literal(text: str | None) -> str:
    """Return a value as SQL."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def hidden(kind: str, text: str | None, *, key: str = "") -> str | None:
    """Return what a mask shows of a text, by its definition."""
    match kind:
        case "full":
            return "****"
        case "hash" if text is not None:
            if key:
                return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
            return hashlib.sha256(text.encode()).hexdigest()
        case "first4":
            return text[:4] + "****" if text and len(text) > 4 else "****"
        case "last4":
            return "****" + text[-4:] if text and len(text) > 4 else "****"
        case _:
            return None


@server
def test_masks_of_text_show_what_they_say(name):
    """Each mask of a text shows what its definition says, and no more."""
    dialect, execute = SERVERS[name]
    values = ", ".join(f"({place}, {literal(t)})" for place, t in enumerate(TEXTS))
    shown = [
        *(mask(kind, NAME, "varchar", dialect) for kind in MASKS),
        mask("hash", NAME, "varchar", dialect, key=KEY),
        mask("hash", NAME, "varchar", dialect, key="long" * 40),
    ]
    found = execute(
        [
            f"CREATE TABLE t (place INT, {quoted(NAME)} VARCHAR(40))",
            f"INSERT INTO t VALUES {values}",
            f"SELECT {', '.join(shown)} FROM t ORDER BY place",
        ]
    )
    assert found == [
        (
            *(hidden(kind, text) for kind in MASKS),
            hidden("hash", text, key=KEY),
            hidden("hash", text, key="long" * 40),
        )
        for text in TEXTS
    ]


@server
def test_years_are_shown_of_dates_and_instants_alone(name):
    """The mask `year` keeps the year of a date, and NULL of what is none."""
    dialect, execute = SERVERS[name]
    columns = {
        "d": ("DATE", "'2024-05-06'"),
        "t": ("TIMESTAMP", "'2024-05-06 07:08:09'"),
        "z": ("TIMESTAMP WITH TIME ZONE", "'2024-05-06 07:08:09+00'"),
        "n": ("INTEGER", "2024"),
        "x": ("VARCHAR", "'2024-05-06'"),
    }
    made = ", ".join(f"{one} {kind}" for one, (kind, _) in columns.items())
    values = ", ".join(value for _, value in columns.values())
    shown = ", ".join(
        f"CAST({mask('year', one, kind, dialect)} AS VARCHAR)"
        for one, (kind, _) in columns.items()
    )
    found = execute(
        [
            f"CREATE TABLE t ({made})",
            f"INSERT INTO t VALUES ({values})",
            f"SELECT {shown} FROM t",
        ]
    )
    day, instant = "2024-01-01", "2024-01-01 00:00:00"
    assert found == [(day, instant, f"{instant}+00", None, None)]


@server
@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_has_the_type_of_its_column(name, kind):
    """A view may put a mask in a column's place, and keep the column's type."""
    dialect, execute = SERVERS[name]
    types = ("INTEGER", "DATE", "BOOLEAN", "VARCHAR(3)", "DECIMAL(10, 2)", "UUID")
    columns = {f"c{place}": one for place, one in enumerate(types)}
    typed = ", ".join(f"{one} {kind}" for one, kind in columns.items())
    masked = [mask(kind, one, type_, dialect) for one, type_ in columns.items()]
    query = f"SELECT {', '.join(columns)} FROM t UNION ALL SELECT {', '.join(masked)}"
    found = execute(
        [
            f"CREATE TABLE t ({typed})",
            "INSERT INTO t (c0) VALUES (NULL)",
            f"{query} FROM t",
        ]
    )
    assert len(found) == 2


ROWS = [
    {"região": first, "region": second, "r'g\"": first}
    for first in (*REGIONS, None)
    for second in ("US", None)
]
OWN = {name: f"{name} of many" for name in (*COLUMNS, "unheard") if name not in ROWS[0]}


@server
def test_projections_show_what_decide_allows(name):
    """Row by row, a query selects a column, its mask, or nothing, as `decide` says."""
    dialect, execute = SERVERS[name]
    expressions, expected = [], []
    for number, (scene, request, now, counted) in enumerate(generated(11, 1_500)):
        one = [*OWN][number % len(OWN)]
        asked = replace(
            request, resource=[*scene.datasets, "dataset:x"][number % 3], columns=(one,)
        )
        expressions.append(
            projection(
                scene,
                asked,
                one,
                now,
                counted,
                type="varchar",
                dialect=dialect,
                key=KEY,
            )
        )
        answers = [decide(scene, replace(asked, row=r), now, counted) for r in ROWS]
        expected.append(
            tuple(
                (
                    hidden(answer.masks[one], OWN[one], key=KEY)
                    if one in answer.masks
                    else OWN[one]
                )
                if answer.allowed
                else None
                for answer in answers
            )
        )
    assert len({*expressions}) > 30
    names = [*ROWS[0], *OWN]
    made = ", ".join(f"{quoted(one)} VARCHAR" for one in names)
    rows = ", ".join(
        f"({place}, {', '.join(map(literal, (*row.values(), *OWN.values())))})"
        for place, row in enumerate(ROWS)
    )
    distinct = sorted({*expressions})
    numbered = [
        f"{one.rpartition(' AS ')[0]} AS c{place}" for place, one in enumerate(distinct)
    ]
    found = execute(
        [
            f"CREATE TABLE t (place INT, {made})",
            f"INSERT INTO t VALUES {rows}",
            f"SELECT {', '.join(numbered)} FROM t ORDER BY place",
        ]
    )
    shown = dict(zip(distinct, zip(*found, strict=True), strict=True))
    assert [shown[one] for one in expressions] == expected
