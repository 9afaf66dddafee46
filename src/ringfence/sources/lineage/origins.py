"""FROM clauses: the relations that a query reads, and what joins decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlglot import exp

from ringfence.sources.lineage.ctes import Ctes
from ringfence.sources.lineage.model import (
    NOTHING,
    Budget,
    Relation,
    Shown,
    Table,
    Trace,
    Traces,
    doubtful,
    indirect,
)
from ringfence.sources.lineage.schema import Schema, spelled, table_of
from ringfence.sources.lineage.scope import Scope, Source
from ringfence.sources.lineage.tracing import SELECTS, Tracer

# Dialects in which a subquery in FROM sees what stands before it without LATERAL.
_LATERAL = frozenset({"bigquery", "duckdb"})
# Dialects in which the names after a table function are those of all its columns; in
# others, a composite value may have more.
_NAMES_ALL = frozenset({"databricks", "duckdb", "hive", "spark", "spark2"})
_TESTS = ("SEMI", "ANTI")


@dataclass(slots=True)
class Origins:
    """Adds what stands in FROM to a scope.

    Attributes:
        schema: The tables that are known.
        dialect: How the query is written.
        tracer: Traces expressions.
        resolve: Gives the relation of a query within a scope, with its CTEs.
        budget: What may still be spent.
        read: Every table that was read.
    """

    schema: Schema
    dialect: str
    tracer: Tracer
    resolve: Callable[[exp.Expr, Scope | None, Ctes], Relation]
    budget: Budget
    read: set[Table]

    def add(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Traces:
        """Add one item of a FROM clause, with its joins; return what they decide."""
        rows = NOTHING
        inner = node.this
        is_group = isinstance(node, exp.Subquery) and not node.alias
        if is_group and isinstance(inner, exp.Table | exp.Subquery):
            rows |= self.add(inner, scope, ctes)
        else:
            source = self._source(node, scope, ctes)
            rows |= source.relation.rows
            scope.sources.append(source)
        for join in node.args.get("joins") or []:
            rows |= self.join(join, scope, ctes)
        for lateral in node.args.get("laterals") or []:
            rows |= self.add(lateral, scope, ctes)
        return rows

    def join(self, join: exp.Join, scope: Scope, ctes: Ctes) -> Traces:
        """Add the right side of a join; return what the join decides."""
        before = len(scope.sources)
        rows = self.add(join.this, scope, ctes)
        left, right = scope.sources[:before], scope.sources[before:]
        side, kind = join.side.upper(), join.kind.upper()
        for source in right:
            source.is_nullable |= side in ("LEFT", "FULL")
        for source in left:
            source.is_nullable |= side in ("RIGHT", "FULL")
        for key in ("on", "match_condition"):
            condition = join.args.get(key)
            if condition is not None:
                rows |= self.tracer.trace(condition, scope, SELECTS)
        using = [
            spelled(_name(one), self.dialect) for one in join.args.get("using") or []
        ]
        if (join.args.get("method") or "").upper() == "NATURAL":
            using += _both_have(left, right)
            rows |= _may_be_natural(left, right)
        rows |= self._merge(using, left, right)
        if kind in _TESTS or side in _TESTS:
            for source in right:
                source.is_shown = False
        return rows

    def _merge(
        self, names: list[str], left: list[Source], right: list[Source]
    ) -> Traces:
        """Note the columns that a join shows once; return what they decide."""
        rows = NOTHING
        for name in names:
            for side in (left, right):
                for source in side:
                    found = source.relation.named(name)
                    if found is None:
                        found = source.relation.may_have(name)
                    rows |= indirect(found or NOTHING)
            for source in right:
                source.merged.add(name.casefold())
        return rows

    # --- one item ---------------------------------------------------------------------

    def _source(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Source:
        table: Table | None = None
        alias = spelled(_alias_of(node), self.dialect)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            table = table_of(node, self.dialect)
            relation = self._table(node, table, scope, ctes)
            alias = alias or table.name
        elif isinstance(node, exp.Subquery | exp.Query):
            relation = self._subquery(node, scope, ctes)
        elif isinstance(node, exp.Lateral) and isinstance(node.this, exp.Query):
            relation = self.resolve(node.this, scope, ctes)
        else:
            relation = self._computed(node, scope)
        relation = self._pivoted(node, relation, scope)
        relation = _renamed(relation, self._column_names(node))
        self.budget.columns(len(relation.columns))
        return Source(alias, relation, table if not _alias_of(node) else None)

    def derived(self, cte: exp.CTE, outer: Scope | None, ctes: Ctes) -> Relation:
        """Return what a CTE shows under the names that it gives its columns."""
        relation = self.resolve(cte.this, outer, ctes)
        return _renamed(relation, self._column_names(cte))

    def _column_names(self, node: exp.Expr) -> list[str]:
        alias = node.args.get("alias")
        if not isinstance(alias, exp.TableAlias):
            return []
        return [spelled(_name(one), self.dialect) for one in alias.columns]

    def _subquery(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> Relation:
        if self.dialect in _LATERAL:
            return self.resolve(node, scope, ctes)
        return self.resolve(node, scope.outer, ctes)

    def _table(
        self, node: exp.Table, table: Table, scope: Scope, ctes: Ctes
    ) -> Relation:
        if not table.schema and not table.catalog:
            known = ctes.find(table.name)
            if known is not None:
                return known
        array = self._array(node, scope)
        return self.stored(table) if array is None else array

    def _array(self, node: exp.Table, scope: Scope) -> Relation | None:
        """Return the relation of an array of an earlier source: `FROM t, t.items`."""
        parts = tuple(spelled(part, self.dialect) for part in node.parts)
        if len(parts) < 2 or scope.source(parts[:1]) is None:  # noqa: PLR2004
            return None
        if self.schema.found(table_of(node, self.dialect)):
            return None
        column = exp.column(parts[1], table=parts[0], quoted=True)
        return Relation(rest=_made(self.tracer.trace(column, scope)))

    def stored(self, named: Table) -> Relation:
        """Return what a table or view shows."""
        found = self.schema.found(named)
        if not found:
            table = self.schema.whole(named)
            self.read.add(table)
            reason = f"the columns of `{table}` aren't known"
            rest = frozenset({Trace(table, "", unknown=reason)})
            return Relation(rest=rest, base=table, is_single=True)
        self.read.update(found)
        if len(found) > 1:
            traces = frozenset(Trace(one, "") for one in found)
            reason = f"`{named}` may be any of {len(found)} tables"
            return Relation(rest=doubtful(traces, reason))
        (table,) = found
        names = self.schema.columns(table) or ()
        self.budget.columns(len(names))
        columns = (
            Shown(name, frozenset({Trace(table, name, plain=True)})) for name in names
        )
        return Relation(tuple(columns), is_single=True)

    def _computed(self, node: exp.Expr, scope: Scope) -> Relation:
        """Return what a table function, VALUES or UNNEST shows."""
        if isinstance(node, exp.Values):
            return self._values(node, scope)
        parts = [
            self.tracer.trace(part, scope)
            for key, part in _expressions(node)
            if key not in ("alias", "pivots", "joins", "laterals", "sample")
        ]
        made = _made(frozenset[Trace]().union(*parts))
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Generator):
            made |= self._outside(node)
        names = self._column_names(node)
        if names and self.dialect in _NAMES_ALL:
            columns = tuple(Shown(name, made) for name in names)
            return Relation(columns, rows=indirect(made))
        return Relation(rest=made, rows=indirect(made))

    def _outside(self, node: exp.Table) -> Traces:
        """Return that a table function may read what nobody can see from here."""
        known = (exp.GenerateSeries, exp.Unnest, exp.Explode, exp.Posexplode)
        if isinstance(node.this, (*known, exp.Inline, exp.GenerateDateArray)):
            return NOTHING
        reason = "a table function may read anything"
        return frozenset({Trace(None, "", unknown=reason)})

    def _values(self, node: exp.Values, scope: Scope) -> Relation:
        rows = [
            list(one.expressions) if isinstance(one, exp.Tuple) else [one]
            for one in node.expressions
        ]
        width = max((len(row) for row in rows), default=0)
        columns = []
        for place in range(width):
            parts = [self.tracer.trace(r[place], scope) for r in rows if place < len(r)]
            traces = _made(frozenset[Trace]().union(*parts))
            columns.append(Shown(self._unnamed(place), traces))
        return Relation(tuple(columns))

    def _unnamed(self, place: int) -> str:
        """Return what a dialect calls a column of VALUES."""
        match self.dialect:
            case "duckdb":
                return f"col{place}"
            case "spark" | "databricks" | "hive":
                return f"col{place + 1}"
            case _:
                return f"column{place + 1}"

    def _pivoted(self, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
        pivots = node.args.get("pivots") or []
        if not pivots:
            return relation
        around = Scope(scope, [Source("", relation)])
        traces = relation.everything
        for pivot in pivots:
            traces |= self.tracer.trace(pivot, around)
        reason = "passes through PIVOT, which isn't resolved"
        made = doubtful(_made(traces), reason)
        return Relation(rest=made, rows=relation.rows | indirect(made))


def _expressions(node: exp.Expr) -> list[tuple[str, exp.Expr]]:
    found = []
    for key, value in node.args.items():
        parts = value if isinstance(value, list) else [value]
        found += [(key, part) for part in parts if isinstance(part, exp.Expr)]
    return found


def _alias_of(node: exp.Expr) -> exp.Identifier | None:
    alias = node.args.get("alias")
    found = alias.this if isinstance(alias, exp.TableAlias) else alias
    return found if isinstance(found, exp.Identifier) else None


def _name(node: exp.Expr | str) -> exp.Expr | str:
    """Return the identifier of a name, however the parser wraps it."""
    if isinstance(node, exp.Column | exp.ColumnDef) and isinstance(node.this, exp.Expr):
        return node.this
    return node


def _made(traces: Traces) -> Traces:
    return frozenset(one._replace(plain=False) for one in traces)


def _renamed(relation: Relation, names: list[str]) -> Relation:
    """Return a relation whose first columns have other names."""
    if not names:
        return relation
    if relation.rest is None:
        kept = relation.columns[len(names) :]
        shown = zip(names, relation.columns, strict=False)
        columns = (*(Shown(name, one.traces) for name, one in shown), *kept)
        return replace(relation, columns=columns, base=None)
    # Which of the unknown columns gets which name isn't known.
    everything = relation.everything
    columns = tuple(Shown(name, everything) for name in names)
    return replace(relation, columns=columns, rest=everything, base=None)


def _both_have(left: list[Source], right: list[Source]) -> list[str]:
    """Return the names that both sides of a natural join know."""
    names = [one.name for source in right for one in source.relation.columns]
    return [
        name
        for name in dict.fromkeys(names)
        if any(source.relation.named(name) is not None for source in left)
    ]


def _may_be_natural(left: list[Source], right: list[Source]) -> Traces:
    """Return what a natural join may decide by columns that aren't known."""
    unknown = [one for one in (*left, *right) if one.relation.rest is not None]
    if not unknown:
        return NOTHING
    everything = (one.relation.everything for one in (*left, *right))
    reason = "a natural join of tables whose columns aren't known"
    return doubtful(indirect(frozenset[Trace]().union(*everything)), reason)
