"""Scripts of SQL: which statements write what, from which query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from ringfence.sources.lineage.model import Table
from ringfence.sources.lineage.resolve import (
    LONGEST,
    UnreadableError,
    statements,
)
from ringfence.sources.lineage.schema import Schema, columns_of_table, table_of

_NAMED = re.compile(r"(?:--|#|/\*)\s*name\s*:\s*([^\s*]+)")
_WRITES = (exp.Update, exp.Merge, exp.Delete, exp.Copy, exp.LoadData)
_MOST_STATEMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Written:
    """A statement that makes data from a query.

    Attributes:
        target: What it writes to; a bare query writes nowhere, and has only a name.
        name: The name of a bare query, if somebody gave it one.
        query: Where the data comes from; None, when it isn't resolved.
        form: `view`, `materialised_view`, `table` or `query`.
        columns: The columns that it names, in the order of the query's.
        is_insert: Whether columns that it doesn't name are the table's, in order.
        reads: The tables that it names.
        line: Where it begins.
        unresolved: Why the statement is not resolved.
    """

    target: Table | None
    name: str
    query: exp.Expr | None
    form: str
    columns: tuple[str, ...]
    reads: frozenset[Table]
    line: int
    is_insert: bool = False
    unresolved: str = ""


@dataclass(slots=True)
class Script:
    """What a file of SQL holds.

    Attributes:
        tables: What its CREATE TABLE statements list.
        written: Statements that make data, in order.
        unread: How many statements of each kind make no data that was looked at.
        broken: Statements that can't be parsed: line and reason.
    """

    tables: list[tuple[Table, tuple[str, ...], int]] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    broken: list[tuple[int, str]] = field(default_factory=list)


def read_script(text: str, dialect: str) -> Script:
    """Return the statements of a file; what can't be parsed is listed as broken."""
    script = Script()
    for piece, line, name in _pieces(text, dialect, script):
        try:
            parsed = statements(piece, dialect)
        except UnreadableError as error:
            script.broken.append((line, str(error)))
            continue
        for node in parsed:
            _add(script, node, dialect, (line, name))
    return script


def _pieces(text: str, dialect: str, script: Script) -> Iterable[tuple[str, int, str]]:
    """Yield each statement's text, its first line, and the name above it."""
    if len(text) > 16 * LONGEST:
        script.broken.append((1, f"is longer than {16 * LONGEST} characters"))
        return
    try:
        tokens = Dialect.get_or_raise(dialect or None).tokenize(text)
    except (SqlglotError, RecursionError) as error:
        script.broken.append((1, str(error).partition("\n")[0]))
        return
    begin, ended, count = None, 0, 0
    for token in [*tokens, None]:
        if token is not None and token.token_type is not TokenType.SEMICOLON:
            begin = begin or token
            last = token
            continue
        if begin is not None:
            count += 1
            if count > _MOST_STATEMENTS:
                script.broken.append((begin.line, "the file has too many statements"))
                return
            yield (
                text[begin.start : last.end + 1],
                _line(begin),
                _name(text[ended : begin.start]),
            )
        begin = None
        ended = ended if token is None else token.end + 1


def _line(token: Token) -> int:
    # A token of several lines carries the number of its last.
    return token.line - token.text.count("\n")


def _name(above: str) -> str:
    found = _NAMED.findall(above)
    return found[-1].rstrip(":") if found else ""


def _add(script: Script, node: exp.Expr, dialect: str, place: tuple[int, str]) -> None:
    line, name = place
    if isinstance(node, exp.Create) and _target(node, dialect) is not None:
        _add_created(script, node, dialect, line)
    elif isinstance(node, exp.Insert):
        _add_insert(script, node, dialect, line)
    elif isinstance(node, exp.Query):
        into = node.args.get("into")
        target = None
        if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
            target = table_of(into.this, dialect)
        form = "query" if target is None else "table"
        found = Written(target, name, node, form, (), _reads(node, dialect, into), line)
        script.written.append(found)
    elif isinstance(node, _WRITES):
        _add_change(script, node, dialect, line)
    elif isinstance(node, exp.Condition | exp.Alias | exp.Tuple | exp.Identifier):
        script.broken.append((line, "is no statement"))
    else:
        _count(script, node)


def _count(script: Script, node: exp.Expr) -> None:
    word = type(node).__name__.upper()
    if isinstance(node, exp.Command):
        word = str(node.this).upper()
    if isinstance(node, exp.Create):
        word = f"CREATE {node.kind}"
    script.unread[word] = script.unread.get(word, 0) + 1


def _target(node: exp.Create, dialect: str) -> Table | None:
    if (node.kind or "").upper() not in ("TABLE", "VIEW"):
        return None
    table = node.this.this if isinstance(node.this, exp.Schema) else node.this
    return table_of(table, dialect) if isinstance(table, exp.Table) else None


def _add_created(script: Script, node: exp.Create, dialect: str, line: int) -> None:
    target = _target(node, dialect)
    if target is None:
        return
    columns = columns_of_table(node, dialect)
    query: exp.Expr | None = node.expression or None
    clone = node.args.get("clone")
    if isinstance(clone, exp.Clone) and isinstance(clone.this, exp.Table):
        query = exp.select("*").from_(clone.this.copy())
    if not isinstance(query, exp.Query | exp.Table):
        script.tables.append((target, columns, line))
        return
    if isinstance(query, exp.Table):
        query = exp.select("*").from_(query)
    _hand_down(node, query)
    form = "table"
    if (node.kind or "").upper() == "VIEW":
        kept = node.find(exp.MaterializedProperty) is not None
        form = "materialised_view" if kept else "view"
    reads = _reads(query, dialect, None)
    script.written.append(Written(target, "", query, form, columns, reads, line))


def _add_insert(script: Script, node: exp.Insert, dialect: str, line: int) -> None:
    schema = node.this
    table = schema.this if isinstance(schema, exp.Schema) else schema
    query = node.expression
    if not isinstance(table, exp.Table) or not isinstance(query, exp.Query):
        if isinstance(query, exp.Values) and query.find(exp.Query) is None:
            _count(script, node)
        else:
            _add_change(script, node, dialect, line)
        return
    _hand_down(node, query)
    columns: tuple[str, ...] = ()
    if isinstance(schema, exp.Schema):
        columns = columns_of_table(
            exp.Create(this=schema.copy(), kind="TABLE"), dialect
        )
    by_name = bool(node.args.get("by_name"))
    reads = _reads(query, dialect, None)
    script.written.append(
        Written(
            table_of(table, dialect),
            "",
            query,
            "table",
            columns,
            reads,
            line,
            is_insert=not by_name,
        )
    )


def _add_change(script: Script, node: exp.Expr, dialect: str, line: int) -> None:
    """Add a statement that writes in a way which isn't resolved."""
    word = type(node).__name__.upper()
    this = node.this.this if isinstance(node.this, exp.Schema) else node.this
    if not isinstance(this, exp.Table) or not isinstance(this.this, exp.Identifier):
        _count(script, node)
        return
    reads = _reads(node, dialect, this)
    reason = f"{word} isn't resolved"
    written = Written(
        table_of(this, dialect),
        "",
        None,
        "table",
        (),
        reads,
        line,
        is_insert=True,
        unresolved=reason,
    )
    script.written.append(written)


def _hand_down(node: exp.Expr, query: exp.Expr) -> None:
    """Put the WITH of a statement where its query can see it."""
    with_ = node.args.get("with_")
    if not isinstance(with_, exp.With):
        return
    own = query.args.get("with_")
    if isinstance(own, exp.With):
        own.set("expressions", [*with_.expressions, *own.expressions])
        own.set("recursive", bool(own.recursive or with_.recursive))
    else:
        query.set("with_", with_)


def _reads(node: exp.Expr, dialect: str, besides: exp.Expr | None) -> frozenset[Table]:
    """Return the tables that a statement names, but for one place."""
    ctes = {one.alias.casefold() for one in node.find_all(exp.CTE)}
    written = set() if besides is None else {id(one) for one in besides.walk()}
    found = {
        table_of(one, dialect)
        for one in node.find_all(exp.Table)
        if isinstance(one.this, exp.Identifier) and id(one) not in written
    }
    return frozenset(
        one for one in found if one.schema or one.name.casefold() not in ctes
    )


def in_order(written: list[Written], schema: Schema) -> list[Written]:
    """Return statements so that what makes a table stands before what reads it.

    Statements that need each other stay in the order of their files.
    """
    makers: dict[Table, list[int]] = {}
    for number, one in enumerate(written):
        if one.target is not None:
            makers.setdefault(schema.whole(one.target), []).append(number)
    done: list[int] = []
    state = [0] * len(written)
    for start in range(len(written)):
        waiting = [start]
        while waiting:
            number = waiting[-1]
            if state[number]:
                waiting.pop()
                if state[number] == 1:
                    state[number] = 2
                    done.append(number)
                continue
            state[number] = 1
            reads = (schema.whole(table) for table in written[number].reads)
            below = {n for table in reads for n in makers.get(table, [])}
            waiting += [n for n in sorted(below, reverse=True) if not state[n]]
    return [written[number] for number in done]
