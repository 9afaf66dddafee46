"""Facts files into one DuckDB table, in one vectorised pass, and nothing doubtful in.

The file's lines are read as text, parsed by DuckDB, and compared with the canonical
form that their parsed values have: whatever is misspelt, of a wrong type, unknown or in
another order differs there. What remains is checked against the closed vocabulary. Only
when something is wrong are lines looked at one by one, to name each with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import duckdb
import msgspec

from ringfence.errors import SourceError
from ringfence.estate.facts import Fact, line
from ringfence.estate.lines import (
    LONGEST,
    FactsFile,
    hazards,
    obstacles,
    placed,
)
from ringfence.estate.rules import BROKEN, create_vocabulary

__all__ = ["KEYS", "MOST_PROBLEMS", "FactsFile", "load"]

_NESTED = ("detail", "guard", "needs")
KEYS = tuple(field.name for field in msgspec.structs.fields(Fact))
MOST_PROBLEMS = 20


def load(database: duckdb.DuckDBPyConnection, files: Sequence[FactsFile]) -> None:
    """Create the table `fact`, one row a fact, in canonical order, from facts files.

    Columns are the fields of `Fact`, empty text where a field is absent, and `line`.

    Raises:
        SourceError: A line isn't a canonical fact; it carries the first twenty, each
            with file and line.
    """
    if problems := list(hazards(files)):
        raise SourceError.of(problems)
    try:
        _read(database, files)
    except duckdb.Error:
        if problems := list(obstacles(files)):
            raise SourceError.of(problems) from None
        raise
    if reasons := _broken(database):
        raise SourceError.of(placed(reasons, files, most=MOST_PROBLEMS))


def _read(database: duckdb.DuckDBPyConnection, files: Sequence[FactsFile]) -> None:
    # Everything that DuckDB would guess is said: neither the name of a file nor that of
    # its folder stands for anything.
    database.execute(
        "CREATE TEMP TABLE raw AS SELECT DISTINCT line FROM read_csv(?, "  # noqa: S608
        "columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', "
        "header = false, auto_detect = false, null_padding = true, "
        "compression = 'none', hive_partitioning = false, new_line = '\\n', "
        f"max_line_size = {LONGEST}) WHERE line <> ''",
        [[_not_a_pattern(str(file.path)) for file in files]],
    )
    columns = ", ".join(_column(key) for key in KEYS)
    schema = json.dumps({key: "JSON" if key in _NESTED else "VARCHAR" for key in KEYS})
    database.execute(
        f"CREATE TABLE fact AS SELECT {columns}, line FROM ("  # noqa: S608
        "SELECT line, unnest(from_json(CASE WHEN json_valid(line) THEN line END, ?)) "
        "FROM raw) ORDER BY line",
        [schema],
    )
    database.execute("DROP TABLE raw")


def _not_a_pattern(path: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


def _column(key: str) -> str:
    cast = "::VARCHAR" if key in _NESTED else ""
    return f'coalesce("{key}"{cast}, \'\') AS "{key}"'


def _rebuilt() -> str:
    """Return the SQL of the canonical line that a row's values have."""
    parts = (
        f"CASE WHEN \"{key}\" <> '' THEN '\"{key}\":' || "
        + (f'"{key}"' if key in _NESTED else f'to_json("{key}")')
        + " END"
        for key in KEYS
    )
    return "'{' || concat_ws(',', " + ", ".join(parts) + ") || '}'"


def _broken(database: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the first lines that are no facts, each with the reason."""
    reasons = dict(islice(_not_canonical(database), MOST_PROBLEMS))
    create_vocabulary(database)
    found = database.execute(f"{BROKEN} LIMIT {MOST_PROBLEMS}").fetchall()
    # Whatever isn't canonical reads as nonsense in the vocabulary too: once is enough.
    return dict(found) | reasons


def _not_canonical(
    database: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[str, str]]:
    # Escapes and nested values can be written in ways that SQL doesn't compare exactly.
    special = "(contains(line, '\\u') OR concat(" + ", ".join(_NESTED) + ") <> '')"
    doubtful = database.execute(
        f"SELECT line FROM fact WHERE {special} OR line IS DISTINCT FROM {_rebuilt()}"  # noqa: S608
    )
    while lines := doubtful.fetchmany(10_000):
        for (text,) in lines:
            if (reason := _why_not_canonical(text)) is not None:
                yield text, reason


def _why_not_canonical(text: str) -> str | None:
    raw = text.encode()
    try:
        fact = msgspec.json.decode(raw, type=Fact)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return _in_words(str(error))
    if line(fact) != raw or fact.needs != tuple(sorted({*fact.needs})):
        return "is not canonical JSON"
    return None


# What the decoder says, and what it means to whoever wrote the line.
_WORDS = (
    (r"JSON is malformed: (.*)", r"is not JSON: \1"),
    (r"Input data was truncated", "is not JSON: it breaks off"),
    (r"Object missing required field `(.*)`.*", r"needs `\1`"),
    (r"Object contains unknown field `(.*)`.*", r"has no key `\1`"),
    (r"Invalid enum value '(.*)'.*", r"has no form `\1`"),
    (r"Expected `object`, got .* - at `\$\.(.*)`", r"`\1` must be a JSON object"),
    (r"Expected `object`, got .*", "must be a JSON object"),
    (r"Expected `str`, got .* - at `\$\.detail\[\.\.\.\]`", "`detail` must hold text"),
    (r"Expected `str`, got .* - at `\$\.(.*)`", r"`\1` must be text"),
)


def _in_words(reason: str) -> str:
    for said, meant in _WORDS:
        if found := re.fullmatch(said, reason, re.DOTALL):
            return found.expand(meant)
    return f"is not a fact: {reason[:1].lower()}{reason[1:]}"
