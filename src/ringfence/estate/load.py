"""Facts files into one DuckDB table, in one vectorised pass, and nothing doubtful in.

The file's lines are read as text, parsed by DuckDB, and compared with the canonical
form that their parsed values have: whatever is misspelt, of a wrong type, unknown or in
another order differs there. What remains is checked against the closed vocabulary. Only
when something is wrong are lines looked at one by one, to name each with its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from ringfence.boundary.vocabulary import (
    ATTRIBUTES,
    DATA_KINDS,
    EDGE_KINDS,
    LABEL,
    NODE_KINDS,
    VERBS,
    Flow,
)
from ringfence.errors import Locus, Problem, SourceError
from ringfence.estate.facts import Fact, line

KEYS = tuple(field.name for field in msgspec.structs.fields(Fact))
MOST_PROBLEMS = 20
_MOMENT = r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ"


@dataclass(frozen=True, slots=True)
class FactsFile:
    """A facts file: what messages call it, and where it is."""

    name: str
    path: Path


def load(database: duckdb.DuckDBPyConnection, files: Sequence[FactsFile]) -> None:
    """Create the table `fact`, one row a fact, in canonical order, from facts files.

    Columns are the fields of `Fact`, empty text where a field is absent, and `line`.

    Raises:
        SourceError: A line isn't a canonical fact; it carries the first twenty, each
            with file and line.
    """
    schema = json.dumps(dict.fromkeys(KEYS, "VARCHAR") | {"detail": "JSON"})
    database.execute(
        "CREATE TEMP TABLE raw AS SELECT DISTINCT line FROM read_csv(?, "
        "columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', "
        "header = false, auto_detect = false, null_padding = true, "
        "max_line_size = 16777216) WHERE line <> ''",
        [[str(file.path) for file in files]],
    )
    columns = ", ".join(_column(key) for key in KEYS)
    database.execute(
        f"CREATE TABLE fact AS SELECT {columns}, line FROM ("  # noqa: S608
        "SELECT line, unnest(from_json(CASE WHEN json_valid(line) THEN line END, ?)) "
        "FROM raw) ORDER BY line",
        [schema],
    )
    database.execute("DROP TABLE raw")
    problems = [*_not_canonical(database, files), *_not_facts(database, files)]
    if problems:
        raise SourceError.of(problems[:MOST_PROBLEMS])


def _column(key: str) -> str:
    cast = "::VARCHAR" if key == "detail" else ""
    return f'coalesce("{key}"{cast}, \'\') AS "{key}"'


def _rebuilt() -> str:
    """Return the SQL of the canonical line that a row's values have."""
    parts = (
        f"CASE WHEN \"{key}\" <> '' THEN '\"{key}\":' || "
        + (f'"{key}"' if key == "detail" else f'to_json("{key}")')
        + " END"
        for key in KEYS
    )
    return "'{' || concat_ws(',', " + ", ".join(parts) + ") || '}'"


def _not_canonical(
    database: duckdb.DuckDBPyConnection, files: Sequence[FactsFile]
) -> Iterator[Problem]:
    # Escapes and details can be written in ways that SQL doesn't compare exactly.
    special = "(contains(line, '\\u') OR detail <> '')"
    doubtful = database.execute(
        f"SELECT line FROM fact WHERE {special} OR line IS DISTINCT FROM {_rebuilt()}"  # noqa: S608
    )
    while lines := doubtful.fetchmany(10_000):
        for (text,) in lines:
            if (reason := _why_not_canonical(text)) is not None:
                yield _problem(text, reason, files)


def _why_not_canonical(text: str) -> str | None:
    raw = text.encode()
    try:
        fact = msgspec.json.decode(raw, type=Fact)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        reason = str(error)
        return "is not a fact: " + reason[:1].lower() + reason[1:].replace("`", "")
    return None if line(fact) == raw else "is not canonical JSON"


def _not_facts(
    database: duckdb.DuckDBPyConnection, files: Sequence[FactsFile]
) -> Iterator[Problem]:
    _create_vocabulary(database)
    found = database.execute(
        "SELECT line, reason FROM (SELECT line, " + _REASON + " AS reason FROM ("
        "SELECT f.*, split_part(id, ':', 1) AS tail, split_part(value, ':', 1) AS head "
        "FROM fact AS f) AS f LEFT JOIN edge_kind AS e ON f.name = e.name "
        "AND f.fact = 'edge') WHERE reason IS NOT NULL LIMIT 20"
    ).fetchall()
    for text, reason in found:
        yield _problem(text, reason, files)


def _create_vocabulary(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("CREATE TEMP TABLE edge_kind (name VARCHAR, flow VARCHAR)")
    database.executemany(
        "INSERT INTO edge_kind VALUES (?, ?)",
        [(name, kind.flow.value) for name, kind in EDGE_KINDS.items()],
    )
    database.execute("CREATE TEMP TABLE attribute_kind (name VARCHAR)")
    names = [
        f"{kind} {name}"
        for kind in NODE_KINDS
        for name in (*ATTRIBUTES.get(kind, ()), LABEL)
    ]
    database.executemany(
        "INSERT INTO attribute_kind VALUES (?)", [(name,) for name in names]
    )


def _listed(words: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


_KINDS, _DATA = _listed(NODE_KINDS), _listed(DATA_KINDS)
_REASON = f"""CASE
    WHEN fact NOT IN ('source', 'node', 'attribute', 'edge')
        THEN 'has no form `' || fact || '`'
    WHEN id = '' OR source = '' OR "at" = '' THEN 'needs `id`, `source` and `at`'
    WHEN since <> '' AND NOT regexp_full_match(since, '{_MOMENT}')
        THEN '`since` is no UTC instant'
    WHEN until <> '' AND NOT regexp_full_match(until, '{_MOMENT}')
        THEN '`until` is no UTC instant'
    WHEN since <> '' AND until <> '' AND until <= since
        THEN 'ends before it begins'
    WHEN fact = 'source' AND value <> '' AND NOT regexp_full_match(value, '{_MOMENT}')
        THEN 'has no UTC instant of collection'
    WHEN fact = 'source' THEN NULL
    WHEN tail NOT IN {_KINDS} OR tail = id THEN 'has no kind of node `' || tail || '`'
    WHEN fact = 'node' THEN NULL
    WHEN fact = 'attribute' AND tail || ' ' || f.name NOT IN
        (SELECT name FROM attribute_kind)
        THEN 'has no attribute `' || f.name || '` of a ' || tail
    WHEN fact = 'attribute' THEN NULL
    WHEN e.name IS NULL THEN 'has no edge kind `' || f.name || '`'
    WHEN head NOT IN {_KINDS} OR head = value
        THEN 'has no kind of node `' || head || '`'
    WHEN (flow = '{Flow.GRANT}') <> (verb <> '') THEN 'needs a verb, and only a grant'
    WHEN verb <> '' AND verb NOT IN {_listed(VERBS)}
        THEN 'has no verb `' || verb || '`'
    WHEN flow IN ('{Flow.CONTAIN}', '{Flow.COPY}')
        AND (tail NOT IN {_DATA} OR head NOT IN {_DATA})
        THEN '`' || f.name || '` joins data to data'
    WHEN flow IN ('{Flow.CONTROL}', '{Flow.CHANGE}', '{Flow.GRANT}') AND tail IN {_DATA}
        THEN '`' || f.name || '` starts from a principal'
    WHEN flow = '{Flow.CONTROL}' AND head IN {_DATA}
        THEN '`' || f.name || '` leads to a principal'
    WHEN flow = '{Flow.GRANT}' AND head NOT IN {_DATA}
        THEN '`' || f.name || '` leads to data'
    WHEN flow = '{Flow.STAKE}' AND (tail NOT IN ('person', 'legal_entity')
        OR head <> 'legal_entity') THEN 'an owner holds a legal entity'
END"""


def _problem(text: str, reason: str, files: Sequence[FactsFile]) -> Problem:
    return Problem(reason, _place(text, files), "see the page on facts files")


def _place(text: str, files: Sequence[FactsFile]) -> Locus:
    """Return where a line stands; only errors ask, so a plain search will do."""
    wanted = text.encode()
    for file in files:
        with file.path.open("rb") as stream:
            for number, found in enumerate(stream, start=1):
                if found.rstrip(b"\r\n") == wanted:
                    return Locus(file.name, number)
    return Locus(files[0].name)
