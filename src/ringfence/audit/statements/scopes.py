"""The tables of a statement, and which of their columns it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import Dialect, exp

# Schema and name, each as the database spells it; a schema that isn't said is empty.
# A catalogue, where it is said, stands before the schema.
Table = tuple[str, ...]
_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Merge, exp.Copy)
_GIVEN = (exp.Insert, exp.Copy)  # they take what another query gives
_WRITES = (exp.Update, exp.Insert, exp.Merge)


@dataclass(slots=True)
class Use:
    """What is touched of a table."""

    columns: set[str] = field(default_factory=set)
    whole: bool = False


Uses = Mapping[Table, Use]


@dataclass(slots=True)
class _Scope:
    """A query or a write, and what it can name.

    Attributes:
        tables: Its tables, by the names that it gives them.
        made: What it makes for itself (a subquery, a function), and the names of its
            columns; None when they aren't known.
        target: The table that it writes to.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    made: dict[str, set[str] | None] = field(default_factory=dict)
    target: Table | None = None


def uses(trees: Iterable[exp.Expr], dialect: Dialect) -> Uses:
    """Return what statements touch of each table that they name."""
    found: dict[Table, Use] = {}
    for tree in trees:
        _Walk(tree, dialect, found).take()
    return found


class _Walk:
    """Walks one statement."""

    def __init__(
        self, tree: exp.Expr, dialect: Dialect, found: dict[Table, Use]
    ) -> None:
        self._tree = tree
        self._dialect = dialect
        self._found = found
        self._scopes: dict[int, _Scope] = {}

    def take(self) -> None:
        """Note what the statement touches."""
        nodes = list(self._tree.walk())
        for node in nodes:
            if isinstance(node, exp.Table):
                self._table(node)
            elif isinstance(node, exp.Subquery | exp.Lateral | exp.Unnest | exp.Values):
                self._made(node)
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

    def _scope(self, node: exp.Expr) -> _Scope | None:
        """Return the innermost query or write around a node."""
        owner, _ = _owner(node)
        if owner is None:
            return None
        return self._scopes.setdefault(id(owner), _Scope())

    def _around(self, node: exp.Expr) -> Iterator[_Scope]:
        """Yield the queries whose names a node can see, from the inside."""
        owner, _ = _owner(node)
        sees = True
        while owner is not None:
            if sees:
                yield self._scopes.setdefault(id(owner), _Scope())
            owner, sees = _owner(owner)

    def _table(self, node: exp.Table) -> None:
        scope = self._scope(node)
        alias = self._name(_alias(node))
        path = self._path(node)
        if not path[-1]:  # a function
            if scope is not None and alias:
                scope.made[alias] = None
            return
        names = None if path[0] else self._named_query(node, path[-1])
        if names is not None:
            if scope is not None:
                scope.made[alias or path[-1]] = names or None
            return
        self._found.setdefault(path, Use())
        if scope is None:
            return
        scope.tables[alias or path[-1]] = path
        if _is_target(node):
            scope.target = path

    def _named_query(self, node: exp.Expr, name: str) -> set[str] | None:
        """Return the columns of the query of that name; None if it isn't one."""
        inner: exp.Expr = node
        within: exp.Expr | None = None
        outer = node.parent
        while outer is not None:
            with_ = outer.args.get("with_")
            if isinstance(with_, exp.With):
                for query in _visible(with_, within if inner is with_ else None):
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
        alias = self._name(_alias(node))
        if scope is not None and alias:
            scope.made[alias] = self._outputs(node) or None

    def _column(self, node: exp.Column) -> None:
        if isinstance(node.this, exp.Star):
            return  # told as a star
        name = self._name(node.this)
        if node.args.get("table") is not None:
            table = self._qualified(node)
            if table is not None:
                self._found[table].columns.add(name)
        elif _is_set(node):
            self._set(node, name)
        elif not self._is_output(node, name):
            self._unqualified(node, name)

    def _set(self, node: exp.Column, name: str) -> None:
        for scope in self._around(node):
            if scope.target is not None:
                self._found[scope.target].columns.add(name)
                return

    def _qualified(self, node: exp.Column) -> Table | None:
        """Return the table that a column says it is of; None if it is of none."""
        alias = self._name(node.args.get("table"))
        for scope in self._around(node):
            if alias in scope.tables:
                return scope.tables[alias]
            if alias in scope.made:
                return None
            if alias == "excluded" and scope.target is not None:
                return scope.target
        return None

    def _is_output(self, node: exp.Column, name: str) -> bool:
        """Whether a column of ORDER BY is one that the query itself names."""
        if not isinstance(node.parent, exp.Ordered):
            return False
        owner, _ = _owner(node)
        if not isinstance(owner, exp.Select):
            return True
        aliased = [one for one in owner.selects if isinstance(one, exp.Alias)]
        return name in {self._name(one.args.get("alias")) for one in aliased}

    def _unqualified(self, node: exp.Column, name: str) -> None:
        for scope in self._around(node):
            if name in scope.tables:  # a whole row, named as its table is
                self._found[scope.tables[name]].whole = True
                return
            if any(
                names is not None and name in names for names in scope.made.values()
            ):
                return
            for table in scope.tables.values():
                self._found[table].columns.add(name)

    def _star(self, node: exp.Star) -> None:
        parent = node.parent
        if isinstance(parent, exp.Column):
            table = self._qualified(parent)
            if table is not None:
                self._found[table].whole = True
        elif isinstance(parent, exp.Select | exp.Returning):
            scope = self._scope(node)
            for table in scope.tables.values() if scope is not None else ():
                self._found[table].whole = True

    def _join(self, node: exp.Join) -> None:
        """Note the columns that a join names for both of its sides."""
        scope = self._scope(node)
        if scope is None:
            return
        for identifier in node.args.get("using") or ():
            for table in scope.tables.values():
                self._found[table].columns.add(self._name(_identifier(identifier)))

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
        use.columns |= {self._name(_identifier(column)) for column in listed}
        use.whole = use.whole or not listed

    def _all_of(self, node: exp.Expr) -> None:
        tables = [node.this, *node.expressions]
        for table in tables:
            if isinstance(table, exp.Schema):
                table = table.this  # noqa: PLW2901
            if isinstance(table, exp.Table) and self._path(table) in self._found:
                self._found[self._path(table)].whole = True


def _owner(node: exp.Expr) -> tuple[exp.Expr | None, bool]:
    """Return the innermost query or write around a node.

    The second says whether the node sees its names: what stands in WITH or FROM (if
    it isn't LATERAL), and what is inserted or copied, doesn't.
    """
    sees, lateral = True, False
    inner, owner = node, node.parent
    while owner is not None:
        lateral = lateral or isinstance(inner, exp.Lateral)
        if isinstance(inner, exp.CTE):
            sees = False
        elif inner.arg_key == "this" and isinstance(owner, exp.From | exp.Join):
            sees = sees and (lateral or not isinstance(inner, exp.Subquery))
        if isinstance(owner, _SCOPES) and not _is_branch(owner):
            given = inner.arg_key in ("this", "expression")
            return owner, sees and not (isinstance(owner, _GIVEN) and given)
        inner, owner = owner, owner.parent
    return None, False


def _is_branch(node: exp.Expr) -> bool:
    """Whether a write is only a branch of MERGE."""
    return isinstance(node.parent, exp.When)


def _is_target(node: exp.Table) -> bool:
    """Whether a write writes to this table."""
    parent = node.parent
    if isinstance(parent, exp.Schema):
        parent = parent.parent
    return isinstance(parent, _WRITES) and node.arg_key == "this"


def _is_set(node: exp.Column) -> bool:
    """Whether a column stands to the left of SET."""
    parent = node.parent
    return (
        isinstance(parent, exp.EQ)
        and node.arg_key == "this"
        and isinstance(parent.parent, exp.Update | exp.OnConflict)
        and parent.arg_key == "expressions"
    )


def _visible(with_: exp.With, within: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the named queries that a place can see: those before it, if it is one."""
    for query in with_.expressions:
        if query is within and not with_.recursive:
            return
        yield query


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
