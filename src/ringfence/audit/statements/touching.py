"""Which columns a statement touches, as far as its text says.

No catalogue is asked: a column that is named without its table is given as all that it
may be, in the order in which SQL looks for it; what can't be told widens.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from sqlglot import Dialect, exp, parse
from sqlglot.errors import SqlglotError

from ringfence.audit.event import NOTHING, SOMEWHERE, Touch
from ringfence.audit.statements.fingerprint import fingerprint
from ringfence.audit.statements.scopes import uses
from ringfence.audit.statements.used import Candidates, Table, Uses

UNCLEAR = Touch(unclear=True)
_LONGEST = 1 << 17  # letters of a statement that is taken apart
# Operators in one: the parser takes time with their square, and anybody may write them.
_MOST = 400
_OPERATOR = re.compile(r"[-+*/%|<>=&^~]")
_TEXT = re.compile(r"'[^']*'")
_REMEMBERED = 1 << 14
_SHORT = 1 << 13  # letters of a statement that is remembered

_RETURNS = re.compile(r"\breturning\b", re.IGNORECASE)
# Names with escapes, which the parser takes for other words.
_MISREAD = re.compile(r'u&"', re.IGNORECASE)
# A statement that carries another one.
_WRAPPINGS = re.compile(
    r"""\s*(?:
      prepare\s+[\w"$]+\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*as\s
    | declare\s+[\w"$]+\s[\w\s]*?\bcursor\b[\w\s]*?\bfor\s
    | explain\s+\([^()]*\)
    | explain\s+(?:(?:analyze|verbose)\s+)*
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def touched(
    sql: str,
    *,
    dialect: str,
    store: str,
    relation: str | None = None,
    default_schema: str = "public",
) -> Touch:
    """Return what a statement touches.

    Args:
        sql: Its text.
        dialect: sqlglot's name of its dialect.
        store: The store that it ran in; its name begins the id of a dataset.
        relation: The one relation that the log names (`public.accounts`): nothing else
            counts. Of a relation that the text doesn't name, as it is named through a
            view or a function, something was touched, and nobody can say what.
        default_schema: Schema of a table that is named without one; empty for none.
    """
    found = _found(sql, dialect)
    if relation is not None:
        return _of_relation(found, store, relation)
    if found is None or found.unclear:
        return UNCLEAR
    return _of_all(found, _Ids(store, default_schema))


def returned(
    sql: str,
    *,
    dialect: str,
    store: str,
    relation: str | None = None,
    default_schema: str = "public",
) -> Touch | None:
    """Return what a write hands out (`RETURNING`); None if it does nothing of the kind.

    The arguments are those of `touched`.
    """
    if not _RETURNS.search(sql):
        return None
    found = _found(sql, dialect, returned=True)
    if relation is None:
        if found is None or found.unclear:
            return UNCLEAR
        touch = _of_all(found, _Ids(store, default_schema))
        touch = msgspec.structs.replace(touch, part=())
        return None if touch == NOTHING else touch
    touch = _of_relation(found, store, relation)
    known = found is not None and _same(found, relation)
    return None if known and touch.part else touch


@dataclass(frozen=True, slots=True)
class _Ids:
    """Makes ids of tables and columns."""

    store: str
    schema: str

    def name(self, table: Table) -> str:
        path = table if table[0] or not self.schema else (self.schema, *table[1:])
        return f"{self.store}/{'.'.join(step for step in path if step)}"

    def column(self, table: Table, column: str) -> str:
        return f"column:{self.name(table)}.{column}" if table else SOMEWHERE


def _found(sql: str, dialect: str, *, returned: bool = False) -> Uses | None:
    look = _uses if len(sql) < _SHORT else _understood
    return look(fingerprint(sql), dialect, returned=returned)


def _of_all(found: Uses, ids: _Ids) -> Touch:
    columns, whole, part = set(), set(), set()
    for table, use in found.tables.items():
        dataset = f"dataset:{ids.name(table)}"
        columns |= {ids.column(table, column) for column in use.columns}
        if use.whole:
            whole.add(dataset)
        elif use.part or not use.named:
            part.add(dataset)
    return Touch(
        tuple(sorted(columns)),
        tuple(sorted(whole)),
        tuple(sorted(part)),
        either=_either(found.either, ids),
    )


def _either(groups: Iterable[Candidates], ids: _Ids) -> tuple[tuple[str, ...], ...]:
    told = (tuple(ids.column(*one) for one in group) for group in groups)
    return tuple(sorted(told))


def _same(found: Uses, relation: str) -> set[Table]:
    """Return how a text calls a relation."""
    schema, _, plain = relation.rpartition(".")
    return {
        table
        for table in found.tables
        if table[-1] == plain and table[0] in ("", schema)
    }


def _of_relation(found: Uses | None, store: str, relation: str) -> Touch:
    """Return what is touched of one relation."""
    dataset = f"dataset:{store}/{relation}"
    same = _same(found, relation) if found is not None else set()
    if found is None or found.unclear or not same:
        return Touch(part=(dataset,))
    used = [found.tables[table] for table in same]
    named = {
        f"column:{store}/{relation}.{column}" for use in used for column in use.columns
    }
    # What a table without schema is called beside the relation's own schema.
    ids = _Ids(store, relation.rpartition(".")[0])
    groups = [g for g in found.either if any(table in same for table, _ in g)]
    columns, either = tuple(sorted(named)), _either(groups, ids)
    only = dataset if either else ""
    if any(use.whole for use in used):
        return Touch(columns, (dataset,), either=either, only=only)
    # A function that stands for a table may be unfolded, and read the relation too.
    vague = found.calls or any(use.part for use in used)
    vague = vague or not (columns or either or any(use.named for use in used))
    part = (dataset,) if vague else ()
    return Touch(columns, (), part, either=either, only=only)


def _is_endless(sql: str) -> bool:
    """Return whether a statement has more operators than anybody would write."""
    if len(sql) <= _MOST:
        return False
    return len(_OPERATOR.findall(_TEXT.sub("", sql))) > _MOST


@lru_cache(maxsize=_REMEMBERED)
def _uses(sql: str, dialect: str, *, returned: bool) -> Uses | None:
    return _understood(sql, dialect, returned=returned)


def _understood(sql: str, dialect: str, *, returned: bool) -> Uses | None:
    """Return the uses of each table; None when the text can't be understood."""
    if len(sql) > _LONGEST or _is_endless(sql) or _MISREAD.search(sql):
        return None
    while inner := _WRAPPINGS.match(sql):
        sql = sql[inner.end() :]
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True  # it says what it can't parse; so do we, as unclear
    try:
        trees = [tree for tree in parse(sql, dialect=dialect) if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return None
    finally:
        log.disabled = before
    if any(isinstance(tree, exp.Command) for tree in trees):
        return None
    try:
        return uses(trees, Dialect.get_or_raise(dialect), returned=returned)
    except RecursionError:
        return None
