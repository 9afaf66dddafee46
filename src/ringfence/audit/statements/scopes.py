"""The tables of a statement, and which of their columns it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import Dialect, exp
from sqlglot.dialects.postgres import Postgres

from ringfence.audit.statements.places import (
    around,
    is_all_shown,
    is_set,
    is_target,
    visible,
)
from ringfence.audit.statements.used import SOMEWHERE, Scope, Table, Use, Uses

# Columns of every table of PostgreSQL's; nothing that anybody keeps stands in them.
_SYSTEM = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})
# Functions that come with the database and read no table.
_BUILT_IN = re.compile(
    r"generate_(series|subscripts)|unnest|jsonb?_\w+|regexp_\w+|string_to_table",
)


def uses(
    trees: Iterable[exp.Expr], dialect: Dialect, *, returned: bool = False
) -> Uses:
    """Return what statements touch of each table that they name.

    With `returned` only what the writes among them hand out (`RETURNING`).
    """
    found = Uses()
    system = _SYSTEM if isinstance(dialect, Postgres) else frozenset()
    for tree in trees:
        _Walk(tree, dialect, found, system).take(returned=returned)
    return found


class _Walk:
    """Walks one statement."""

    def __init__(
        self, tree: exp.Expr, dialect: Dialect, found: Uses, system: frozenset[str]
    ) -> None:
        self._tree = tree
        self._dialect = dialect
        self._all = found
        self._found = found.tables
        self._system = system
        self._scopes: dict[int, Scope] = {}

    def take(self, *, returned: bool) -> None:
        """Note what the statement touches."""
        nodes = list(self._tree.walk())
        for node in nodes:
            if isinstance(node, exp.Table):
                self._table(node)
        for node in nodes:
            if isinstance(node, exp.Subquery | exp.Lateral | exp.Unnest | exp.Values):
                self._made(node)
        if returned:
            nodes = [one for one in nodes if one.find_ancestor(exp.Returning)]
        for node in nodes:
            self._node(node)

    def _node(self, node: exp.Expr) -> None:
        if isinstance(node, exp.Column):
            self._column(node)
        elif isinstance(node, exp.Star):
            self._star(node)
        elif isinstance(node, exp.Join):
            self._join(node)
        elif isinstance(node, exp.Insert | exp.Copy):
            self._into(node)
        elif isinstance(node, exp.Delete | exp.TruncateTable | exp.Create | exp.Drop):
            self._all_of(node)

    def _name(self, identifier: exp.Expr | None) -> str:
        """Return a name as the database spells it."""
        if not isinstance(identifier, exp.Identifier):
            return ""
        folded = self._dialect.normalize_identifier(identifier.copy())
        return str(folded.name)

    def _path(self, table: exp.Table) -> Table:
        name = self._name(table.this)
        schema = self._name(table.args.get("db"))
        catalogue = self._name(table.args.get("catalog"))
        return (catalogue, schema, name) if catalogue else (schema, name)

    def _scope(self, node: exp.Expr) -> Scope | None:
        """Return the innermost query or write around a node."""
        owner, _ = around(node)
        if owner is None:
            return None
        return self._scopes.setdefault(id(owner), Scope())

    def _around(self, node: exp.Expr) -> Iterator[Scope]:
        """Yield the queries whose names a node can see, from the inside."""
        owner, _ = around(node)
        sees = True
        while owner is not None:
            if sees:
                yield self._scopes.setdefault(id(owner), Scope())
            owner, sees = around(owner)

    def _table(self, node: exp.Table) -> None:
        scope = self._scope(node)
        alias = self._name(_alias(node))
        path = self._path(node)
        if not path[-1]:  # a function
            self._function(node, scope, alias)
            return
        names = None if path[0] else self._named_query(node, path[-1])
        if names is not None:
            if scope is not None:
                scope.made[alias or path[-1]] = names or None
            return
        use = self._found.setdefault(path, Use())
        if scope is None:
            return
        given = alias or path[-1]
        if _has_columns(node):  # its columns have other names here
            use.part = True
            scope.made[given] = None
            scope.joined[given] = [path]
            return
        if scope.tables.setdefault(given, path) != path:  # a.t and b.t, both `t`
            use.part = self._found[scope.tables[given]].part = True
        if is_target(node):
            scope.target = path

    def _function(self, node: exp.Expr, scope: Scope | None, alias: str) -> None:
        calls = [*node.find_all(exp.Anonymous)]
        known = all(_BUILT_IN.fullmatch(str(one.this).lower()) for one in calls)
        self._all.calls = self._all.calls or not known
        if scope is not None:
            scope.made[alias or f"({id(node)})"] = None

    def _named_query(self, node: exp.Expr, name: str) -> set[str] | None:
        """Return the columns of the query of that name; None if it isn't one."""
        inner: exp.Expr = node
        within: exp.Expr | None = None
        outer = node.parent
        while outer is not None:
            with_ = outer.args.get("with_")
            if isinstance(with_, exp.With):
                for query in visible(with_, within if inner is with_ else None):
                    if self._name(_alias(query)) == name:
                        return self._outputs(query)
            within = inner if isinstance(inner, exp.CTE) else within
            inner, outer = outer, outer.parent
        return None

    def _outputs(self, node: exp.Expr) -> set[str]:
        """Return the names of the columns that a query gives; none if unknown."""
        alias = node.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.columns:
            return {self._name(column) for column in alias.columns}
        query = node.this
        if not isinstance(query, exp.Query) or query.is_star:
            return set()
        names = {self._name(_output(one)) for one in query.selects}
        return set() if "" in names else names

    def _made(self, node: exp.Expr) -> None:
        scope = self._scope(node)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Anonymous):
            self._all.calls = True
        alias = self._name(_alias(node))
        if scope is None or not alias:
            return
        if isinstance(node.this, exp.Table):  # tables joined, under one name
            inner = [self._path(one) for one in node.find_all(exp.Table)]
            scope.joined[alias] = [one for one in inner if one in self._found]
            if _has_columns(node):
                for one in scope.joined[alias]:
                    self._found[one].part = True
                scope.made[alias] = None
            return
        scope.made[alias] = self._outputs(node) or None

    def _column(self, node: exp.Column) -> None:
        if isinstance(node.this, exp.Star) or isinstance(node.parent, exp.Star):
            return  # told as a star
        name = self._name(node.this)
        if node.args.get("table") is not None:
            self._dotted(node, name)
        elif is_set(node):
            self._set(node, name)
        elif not self._is_output(node, name):
            self._unqualified(node, name)

    def _set(self, node: exp.Column, name: str) -> None:
        for scope in self._around(node):
            if scope.target is not None:
                self._sure(scope.target, name)
                return

    def _dotted(self, node: exp.Column, name: str) -> None:
        """Note a column with a table before it, or a field within a column."""
        alias = self._name(node.args.get("table"))
        for scope in self._around(node):
            if alias in scope.made:
                return
            if alias in scope.joined:
                self._either([(one, name) for one in scope.joined[alias]])
                return
            table = scope.named(alias)
            if table is not None:
                self._sure(table, name)
                return
        steps = [self._name(node.args.get(key)) for key in ("catalog", "db")]
        self._field(node, [*filter(None, steps), alias])

    def _field(self, node: exp.Column, path: list[str]) -> None:
        """Note the column that a field lies in; its table may stand before it."""
        scopes = [*self._around(node)]
        for scope in scopes:
            if path[0] in scope.tables and len(path) > 1:
                self._sure(scope.tables[path[0]], path[1])
                return
        if not any(scope.tables or scope.made for scope in scopes):
            self._all.unclear = True
        self._unqualified(node, path[0])

    def _sure(self, table: Table, name: str) -> None:
        use = self._found[table]
        use.named = True
        if name not in self._system:
            use.columns.add(name)

    def _either(self, candidates: list[tuple[Table, str]]) -> None:
        """Note a column that may be one of several tables'."""
        ordered = tuple(dict.fromkeys(candidates))
        if len(ordered) == 1 and ordered[0] != SOMEWHERE:
            self._sure(*ordered[0])
            return
        tables = [table for table, _ in ordered if table]
        for table in tables:
            self._found[table].named = True
        if tables and not {name for _, name in ordered} & self._system:
            self._all.either.add(ordered)

    def _is_output(self, node: exp.Column, name: str) -> bool:
        """Whether a column of ORDER BY is one that the query itself names.

        A function and a window have an ORDER BY too: they know no such names.
        """
        order = node.parent.parent if isinstance(node.parent, exp.Ordered) else None
        query = order.parent if isinstance(order, exp.Order) else None
        if not isinstance(query, exp.Query):
            return False
        if not isinstance(query, exp.Select):
            return True
        aliased = [one for one in query.selects if isinstance(one, exp.Alias)]
        return name in {self._name(one.args.get("alias")) for one in aliased}

    def _unqualified(self, node: exp.Column, name: str) -> None:
        """Note a column named without its table, looked for from the inside."""
        candidates: list[tuple[Table, str]] = []
        for scope in self._around(node):
            if name in scope.tables:  # a whole row, named as its table is
                self._found[scope.tables[name]].whole = True
                return
            if name in scope.joined:
                for table in scope.joined[name]:
                    self._found[table].whole = True
                return
            if any(
                names is not None and name in names for names in scope.made.values()
            ):
                break
            candidates += [(table, name) for table in scope.tables.values()]
            if None in scope.made.values():
                candidates.append(SOMEWHERE)
        self._either(candidates)

    def _star(self, node: exp.Star) -> None:
        parent = node.parent
        if isinstance(parent, exp.Column):
            tables = self._starred(parent)
            query = parent.parent
        elif isinstance(parent, exp.Select | exp.Returning):
            tables = self._tables(self._scope(node))
            query = parent
        else:
            return
        narrowed = any(node.args.values())  # `* EXCEPT (...)`
        if isinstance(query, exp.Select):
            narrowed = narrowed or not is_all_shown(query)
        for table in tables:
            self._found[table].part |= narrowed
            self._found[table].whole |= not narrowed

    @staticmethod
    def _tables(scope: Scope | None) -> list[Table]:
        """Return the tables of which `*` is all."""
        if scope is None:
            return []
        joined = (table for tables in scope.joined.values() for table in tables)
        return [*scope.tables.values(), *joined]

    def _starred(self, node: exp.Column) -> list[Table]:
        """Return the tables of which `name.*` is all."""
        alias = self._name(node.args.get("table"))
        for scope in self._around(node):
            if alias in scope.joined:
                return scope.joined[alias]
            if alias in scope.made:
                return []
            table = scope.named(alias)
            if table is not None:
                return [table]
        self._unqualified(node, alias)  # all fields of a column
        return []

    def _join(self, node: exp.Join) -> None:
        """Note the columns that a join names for both of its sides."""
        scope = self._scope(node)
        if scope is None:
            return
        tables = [*scope.tables.values()]
        if str(node.args.get("method")).upper() == "NATURAL":
            for table in tables:
                self._found[table].part = True
        for identifier in node.args.get("using") or ():
            self._using(node, scope, self._name(_identifier(identifier)))

    def _using(self, node: exp.Join, scope: Scope, name: str) -> None:
        """Note a column that the right side has, and one of those on its left."""
        own: Table | None = None
        if isinstance(node.this, exp.Table):
            given = self._name(_alias(node.this)) or self._path(node.this)[-1]
            own = scope.tables.get(given)
        tables = [*scope.tables.values()]
        left = tables[: tables.index(own)] if own in tables else tables
        others = [(one, name) for one in left]
        self._either([*others, *([SOMEWHERE] if scope.made else [])])
        if own is not None:
            self._sure(own, name)

    def _into(self, node: exp.Insert | exp.Copy) -> None:
        """Note the columns that a write or a copy lists; all if it lists none."""
        into = node.this
        listed = into.expressions if isinstance(into, exp.Schema) else ()
        table = into.this if isinstance(into, exp.Schema) else into
        if not isinstance(table, exp.Table):
            return
        use = self._found.get(self._path(table))
        if use is None:
            return
        for column in listed:
            self._sure(self._path(table), self._name(_identifier(column)))
        use.whole = use.whole or not listed

    def _all_of(self, node: exp.Expr) -> None:
        tables = [node.this, *node.expressions]
        for table in tables:
            if isinstance(table, exp.Schema):
                table = table.this  # noqa: PLW2901
            if isinstance(table, exp.Table) and self._path(table) in self._found:
                self._found[self._path(table)].whole = True


def _alias(node: exp.Expr) -> exp.Expr | None:
    alias = node.args.get("alias")
    return alias.this if isinstance(alias, exp.TableAlias) else alias


def _output(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.Alias):
        alias: exp.Expr | None = node.args.get("alias")
        return alias
    return node.this if isinstance(node, exp.Column) else None


def _identifier(node: exp.Expr) -> exp.Expr | None:
    return node.this if isinstance(node, exp.Column) else node


def _has_columns(node: exp.Expr) -> bool:
    """Whether a name comes with names of its columns: `t(x, y)`."""
    alias = node.args.get("alias")
    return isinstance(alias, exp.TableAlias) and bool(alias.columns)
