"""SQL text to column lineage: parsed by sqlglot, resolved in one pass.

Whatever goes wrong on the way is an answer too: what could not be resolved is named,
and the tables that are known to be read stand for all of their columns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from ringfence.sources.lineage.model import (
    Answer,
    Relation,
    Shown,
    Table,
    TooLargeError,
    Trace,
    doubtful,
    indirect,
)
from ringfence.sources.lineage.queries import Queries
from ringfence.sources.lineage.schema import Schema, table_of
from ringfence.sources.lineage.tokens import Token

LONGEST = 1 << 20


class UnreadableError(Exception):
    """SQL that can't be parsed; the text says why, and where."""


def statements(text: str, dialect: str = "") -> list[exp.Expr]:
    """Return the statements of a text.

    Raises:
        UnreadableError: It can't be parsed.
    """
    if len(text) > LONGEST:
        message = f"is longer than {LONGEST} characters"
        raise UnreadableError(message)
    try:
        with _silent():
            found = parse(text, dialect=dialect or None)
    except SqlglotError as error:
        raise UnreadableError(_reason(error)) from None
    except RecursionError:
        raise UnreadableError("is nested too deeply to be parsed") from None
    except Exception as error:
        # A parser of thirty dialects may fail in any way on what is none of them.
        kind = type(error).__name__
        message = f"the parser fails on it ({kind})"
        raise UnreadableError(message) from error
    return [one for one in found if one is not None]


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the parser from logging: it would quote a source's text as it stands."""
    log = logging.getLogger("sqlglot")
    was = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = was


def _reason(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        description = str(first.get("description") or "can't be parsed")
        word = str(first.get("highlight") or "").strip()
        near = f" near `{word}`" if word else ""
        return f"line {first.get('line')}: {description.lower().rstrip('.')}{near}"
    return (str(error).partition("\n")[0] or "can't be parsed").rstrip(".")


def columns_of(
    query: str | exp.Expr,
    schema: Schema,
    dialect: str = "",
    tokens: tuple[Token, ...] = (),
) -> Answer:
    """Return, for each column that a query shows, what it comes from.

    Args:
        query: One query, as text or parsed.
        schema: The tables that are known.
        dialect: sqlglot's name of the dialect; empty for its own.
        tokens: Functions that were declared to make tokens.
    """
    if isinstance(query, str):
        try:
            parsed = statements(query, dialect)
        except UnreadableError as error:
            return Answer(unresolved=(str(error),))
        if len(parsed) != 1:
            return Answer(unresolved=(f"{len(parsed)} statements, not one query",))
        query = parsed[0]
    queries = Queries(schema, dialect, tokens)
    try:
        found = queries.relation(query)
    except TooLargeError as error:
        return _nothing(query, schema, dialect, str(error))
    except RecursionError:
        return _nothing(query, schema, dialect, "is nested too deeply to be resolved")
    return _answer(found, frozenset(queries.read))


def _answer(found: Relation, read: frozenset[Table]) -> Answer:
    columns = tuple(Shown(one.name, one.traces | found.rows) for one in found.columns)
    rest = None if found.rest is None else found.rest | found.rows
    traces = frozenset(found.everything | found.rows)
    unresolved = tuple(sorted({one.unknown for one in traces if one.unknown}))
    return Answer(columns, rest, unresolved, read)


def _nothing(query: exp.Expr, schema: Schema, dialect: str, reason: str) -> Answer:
    """Return that any column may come from any table that a query names."""
    named = set[Table]()
    ctes = {one.alias.casefold() for one in query.find_all(exp.CTE)}
    for node in query.find_all(exp.Table):
        if isinstance(node.this, exp.Identifier):
            table = table_of(node, dialect)
            if table.schema or table.name.casefold() not in ctes:
                named.update(schema.found(table) or [schema.whole(table)])
    traces = frozenset(Trace(table, "") for table in named)
    rest = doubtful(traces or frozenset({Trace(None, "")}), reason)
    return Answer((), rest | indirect(rest), (reason,), frozenset(named))
