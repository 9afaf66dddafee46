"""Bodies of SQL functions that are kept as text: what they read, when that is certain.

Names in such a body are looked up when it runs, under the caller's search path unless
the function pins one. So a body is decided only when nobody but the owner can change
what its names and operators mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pglast
from pglast import ast

from ringfence.sources.postgres.model import Model
from ringfence.sources.postgres.snapshot import Function, Output, Query, Relation, Use


@dataclass(frozen=True, slots=True)
class Body:
    """What a body reads; `decided` when it can do nothing else."""

    query: Query
    decided: bool


def read(model: Model, function: Function) -> Body | None:
    """Return what a body reads, or None when that isn't certain."""
    try:
        statements = pglast.parse_sql(function.body)
    except pglast.parser.ParseError:
        return None
    if len(statements) != 1 or not isinstance(statements[0].stmt, ast.SelectStmt):
        return None
    select = statements[0].stmt
    if select.op or select.withClause or select.valuesLists or select.intoClause:
        return None
    path = _Path(model, function)
    tables = _tables(select, path)
    if tables is None or (path.is_open and _has_expressions(select)):
        return None
    outputs = _outputs(select, tables)
    if outputs is None:
        return None
    uses = tuple(
        Use(
            relation=t.oid,
            verbs=("SELECT",),
            columns=tuple(c.number for c in t.columns),
        )
        for t in tables.values()
    )
    filtered = any((select.whereClause, select.havingClause, select.limitCount))
    query = Query(uses=uses, outputs=outputs, filtered=filtered or len(tables) > 1)
    return Body(query, decided=not _calls(select))


class _Path:
    """How a function's names are looked up."""

    def __init__(self, model: Model, function: Function) -> None:
        self._model = model
        pinned = [s for s in function.settings if s.startswith("search_path=")]
        names = pinned[0].partition("=")[2].split(",") if pinned else []
        self.schemas = [name.strip().strip('"') for name in names]
        self.is_open = not pinned or not self._is_safe(function)

    def _is_safe(self, function: Function) -> bool:
        """Tell whether only those who have the owner's privileges can plant a name.

        `pg_temp` comes first unless it is listed, and anybody can make things there.
        """
        if "pg_temp" in self.schemas[:-1]:
            return False
        model, powers = self._model, self._model.powers
        trusted = powers.users(powers.mask(function.owner)) | powers.almighty
        for schema in model.snapshot.schemas:
            if schema.name in self.schemas:
                makers = model.named(schema.acl, "CREATE") | powers.mask(schema.owner)
                if powers.users(makers) & ~trusted:
                    return False
        return True

    def find(self, name: ast.RangeVar) -> Relation | None:
        """Return the relation that a name stands for, None when that isn't certain."""
        if name.schemaname:
            return self._find(name.schemaname, str(name.relname))
        if self.is_open or "pg_temp" not in self.schemas:
            return None
        for schema in self.schemas:
            found = self._find(schema, str(name.relname))
            if found is not None:
                return found
        return None

    def _find(self, schema: str, name: str) -> Relation | None:
        schemas = {s.oid for s in self._model.snapshot.schemas if s.name == schema}
        for relation in self._model.snapshot.relations:
            if relation.name == name and relation.schema in schemas:
                return relation
        return None


def _walk(node: object) -> Iterator[ast.Node]:
    todo = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, ast.Node):
            yield item
            todo += [getattr(item, name) for name in item]
        elif isinstance(item, tuple | list):
            todo += item


def _tables(select: ast.SelectStmt, path: _Path) -> dict[str, Relation] | None:
    """Return the tables of the FROM clause by their names in the query."""
    found: dict[str, Relation] = {}
    for node in _walk(select):
        if isinstance(node, ast.SubLink | ast.RangeSubselect | ast.RangeFunction):
            return None
        if isinstance(node, ast.RangeVar):
            relation = path.find(node)
            name = str(node.alias.aliasname if node.alias else node.relname)
            if relation is None or relation.kind == "v" or name in found:
                return None
            found[name] = relation
    return found


_EXPRESSIONS = (ast.A_Expr, ast.FuncCall, ast.TypeCast, ast.JoinExpr, ast.SortBy)


def _has_expressions(select: ast.SelectStmt) -> bool:
    return any(isinstance(node, _EXPRESSIONS) for node in _walk(select))


def _calls(select: ast.SelectStmt) -> bool:
    return any(isinstance(node, ast.FuncCall) for node in _walk(select))


def _outputs(
    select: ast.SelectStmt, tables: dict[str, Relation]
) -> tuple[Output, ...] | None:
    found: list[Output] = []
    for target in select.targetList or ():
        for source in _sources(target.val, tables):
            if source is None:
                return None
            found.append(Output(number=len(found) + 1, sources=(source,)))
    return tuple(found)


def _sources(
    value: ast.Node, tables: dict[str, Relation]
) -> Iterator[tuple[int, int, bool] | None]:
    """Yield the columns that a plain target returns; None for anything else."""
    if not isinstance(value, ast.ColumnRef):
        for part in _walk(value):
            if isinstance(part, ast.ColumnRef):
                for source in _sources(part, tables):
                    yield None if source is None else (*source[:2], False)
        return
    *qualifier, last = value.fields or ()
    names = [part.sval for part in qualifier]
    chosen = {names[-1]: tables.get(names[-1])} if names else dict(tables)
    star = isinstance(last, ast.A_Star)
    hits = [
        (relation.oid, column.number, True)
        for relation in chosen.values()
        if relation is not None
        for column in relation.columns
        if star or column.name == last.sval
    ]
    if star:
        yield from hits
    elif len(hits) == 1:
        yield hits[0]
    elif hits or names:
        yield None
