"""Which columns a statement touches, as far as its text says.

No catalogue is asked: a column that is named without its table is given once for each
table that it may belong to, and everything that can't be told widens.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache

from sqlglot import Dialect, exp, parse
from sqlglot.errors import SqlglotError

from ringfence.audit.event import Touch
from ringfence.audit.statements.fingerprint import fingerprint
from ringfence.audit.statements.scopes import Uses, uses

UNCLEAR = Touch(unclear=True)
_LONGEST = 1 << 17  # letters of a statement that is taken apart
_REMEMBERED = 1 << 14
_SHORT = 1 << 13  # letters of a statement that is remembered

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
    look = _uses if len(sql) < _SHORT else _understood
    found = look(fingerprint(sql), dialect)
    if relation is not None:
        return _of_relation(found, f"{store}/{relation}", relation)
    if found is None:
        return UNCLEAR
    columns, whole, part = set(), set(), set()
    for table, use in found.items():
        path = table if table[0] or not default_schema else (default_schema, *table[1:])
        name = f"{store}/{'.'.join(step for step in path if step)}"
        columns |= {f"column:{name}.{column}" for column in use.columns}
        if use.whole:
            whole.add(f"dataset:{name}")
        elif not use.columns:
            part.add(f"dataset:{name}")
    return Touch(tuple(sorted(columns)), tuple(sorted(whole)), tuple(sorted(part)))


def _of_relation(found: Uses | None, name: str, relation: str) -> Touch:
    """Return what is touched of one relation."""
    schema, _, plain = relation.rpartition(".")
    dataset = (f"dataset:{name}",)
    same = [
        use
        for table, use in (found or {}).items()
        if table[-1] == plain and table[0] in ("", schema)
    ]
    columns = {f"column:{name}.{column}" for use in same for column in use.columns}
    if any(use.whole for use in same):
        return Touch(tuple(sorted(columns)), whole=dataset)
    if not columns:
        return Touch(part=dataset)
    return Touch(tuple(sorted(columns)))


@lru_cache(maxsize=_REMEMBERED)
def _uses(sql: str, dialect: str) -> Uses | None:
    return _understood(sql, dialect)


def _understood(sql: str, dialect: str) -> Uses | None:
    """Return the uses of each table; None when the text can't be understood."""
    if len(sql) > _LONGEST:
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
        return uses(trees, Dialect.get_or_raise(dialect))
    except RecursionError:
        return None
