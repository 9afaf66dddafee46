"""Queries: what a SELECT, a set operation or a subquery shows, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlglot import exp

from ringfence.sources.lineage.ctes import Cte, Ctes
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
from ringfence.sources.lineage.origins import Origins
from ringfence.sources.lineage.schema import Schema, spelled
from ringfence.sources.lineage.scope import Aliases, Scope
from ringfence.sources.lineage.selection import Selection
from ringfence.sources.lineage.thresholds import Thresholds
from ringfence.sources.lineage.tokens import Token
from ringfence.sources.lineage.tracing import SELECTS, Tracer

# Dialects in which a CTE may name itself without the word RECURSIVE.
_RECURSIVE = frozenset({"oracle", "snowflake", "teradata", "tsql", "fabric"})
_ITSELF = frozenset(
    {
        *("expressions", "from_", "joins", "laterals", "with_", "kind", "hint"),
        *("into", "distinct", "operation_modifiers", "exclude"),
    }
)
# Clauses where a name may be one that the select list gives.
_ALIASED = frozenset(
    {"group", "having", "order", "qualify", "where", "sort", "cluster"}
)
_SETS = exp.Generator | exp.Explode | exp.Inline | exp.Unnest | exp.Posexplode


@dataclass(slots=True)
class Queries:
    """Resolves the queries of one statement.

    Attributes:
        schema: The tables that are known.
        dialect: How the statement is written.
        tokens: Functions that were declared to make tokens.
    """

    schema: Schema
    dialect: str = ""
    tokens: tuple[Token, ...] = ()
    budget: Budget = field(default_factory=Budget)
    read: set[Table] = field(default_factory=set)
    _ctes: list[Ctes] = field(default_factory=lambda: [Ctes()])
    tracer: Tracer = field(init=False)
    origins: Origins = field(init=False)

    def __post_init__(self) -> None:
        """Give the parts each other."""
        self.tracer = Tracer(self.dialect, self.tokens, self.budget, self._subquery)
        self.origins = Origins(
            self.schema,
            self.dialect,
            self.tracer,
            self.relation,
            self.budget,
            self.read,
        )

    def relation(
        self, node: exp.Expr, outer: Scope | None = None, ctes: Ctes | None = None
    ) -> Relation:
        """Return what a query shows.

        Raises:
            TooLargeError: It would take too long.
        """
        inner = self._with(node, outer, ctes or self._ctes[-1])
        self._ctes.append(inner)
        try:
            found = self._any(node, outer, inner)
        finally:
            self._ctes.pop()
        self.budget.columns(len(found.columns))
        return found

    def _any(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Relation:
        match node:
            case exp.Select():
                return self._select(node, outer, ctes)
            case exp.SetOperation():
                return self._operation(node, outer, ctes)
            case exp.Subquery():
                return self._parenthesised(node, outer, ctes)
            case exp.Table() | exp.Values():
                scope = Scope(outer)
                rows = self.origins.add(node, scope, ctes)
                found = scope.sources[0].relation
                return replace(found, rows=found.rows | rows)
            case _:
                return self._unknown(node, outer)

    def _unknown(self, node: exp.Expr, outer: Scope | None) -> Relation:
        """Return what a statement within a query shows: anything that it names."""
        reason = f"{type(node).__name__.upper()} within a query isn't resolved"
        traces = set(Scope(outer).everything)
        for table in node.find_all(exp.Table):
            scope = Scope()
            self.origins.add(table.copy(), scope, self._ctes[-1])
            traces |= scope.everything
        made = doubtful(traces, reason) or frozenset({Trace(None, "", unknown=reason)})
        return Relation(rest=made, rows=indirect(made))

    def _subquery(self, node: exp.Expr, scope: Scope) -> Relation:
        return self.relation(node, scope)

    # --- WITH -------------------------------------------------------------------------

    def _with(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Ctes:
        with_ = node.args.get("with_")
        if not isinstance(with_, exp.With):
            return ctes
        implicit = self.dialect in _RECURSIVE
        found: dict[str, Cte] = {}
        for place, one in enumerate(with_.expressions):
            name = spelled(one.args["alias"].this, self.dialect)
            may = bool(with_.recursive) or implicit
            is_recursive = may and isinstance(one.this.unnest(), exp.SetOperation)
            is_recursive &= _names(one, name)
            found[name.casefold()] = Cte(one, place, is_recursive, self._shown(one))
        return Ctes(
            found,
            lambda cte, inner: self.origins.derived(cte, outer, inner),
            ctes,
            any_order=bool(with_.recursive),
        )

    def _shown(self, cte: exp.CTE) -> tuple[str, ...]:
        columns = [spelled(one, self.dialect) for one in cte.args["alias"].columns]
        select = cte.this
        while isinstance(select, exp.SetOperation | exp.Subquery):
            select = select.this
        if columns or not isinstance(select, exp.Select) or select.is_star:
            return tuple(columns)
        return tuple(self._name(one) for one in select.expressions)

    # --- set operations ---------------------------------------------------------------

    def _operation(
        self, node: exp.SetOperation, outer: Scope | None, ctes: Ctes
    ) -> Relation:
        parts = _branches(node)
        found = self.relation(parts[0][1], outer, ctes)
        for operation, part in parts[1:]:
            found = _together(operation, found, self.relation(part, outer, ctes))
            self.budget.columns(len(found.columns))
        skip = ("this", "expression", "on")
        rows = self._clauses(node, self._shown_by(found, outer), skip=skip)
        return replace(found, rows=found.rows | rows)

    def _parenthesised(
        self, node: exp.Subquery, outer: Scope | None, ctes: Ctes
    ) -> Relation:
        inner = node.this
        if not isinstance(inner, exp.Query | exp.Values):
            scope = Scope(outer)
            rows = self.origins.add(inner, scope, ctes)
            return replace(Selection.star_of(scope, self.dialect), rows=rows)
        found = self.relation(inner, outer, ctes)
        skip = ("this", "alias", "joins", "laterals", "pivots", "sample")
        rows = self._clauses(node, self._shown_by(found, outer), skip=skip)
        return replace(found, rows=found.rows | rows)

    def _shown_by(self, found: Relation, outer: Scope | None) -> Selection:
        """Return the list that the clauses after a whole query speak of."""
        aliases = {one.name.casefold(): one.traces for one in found.columns}
        scope = Scope(outer, aliases=aliases)
        return Selection(
            self.tracer, scope, self.dialect, list(found.columns), found.rest
        )

    # --- SELECT -----------------------------------------------------------------------

    def _select(self, node: exp.Select, outer: Scope | None, ctes: Ctes) -> Relation:
        scope = Scope(outer)
        rows = NOTHING
        if node.args.get("from_") is not None:
            rows |= self.origins.add(node.args["from_"].this, scope, ctes)
        for join in node.args.get("joins") or []:
            rows |= self.origins.join(join, scope, ctes)
        for lateral in node.args.get("laterals") or []:
            rows |= self.origins.add(lateral, scope, ctes)
        scope.is_single = _is_single(node, scope)
        self._read_thresholds(node, scope)
        selection = Selection(self.tracer, scope, self.dialect)
        for one in node.expressions:
            selection.add(one, self._name(one))
        if node.args.get("exclude"):
            selection.exclude(node.args["exclude"])
        rows |= self._clauses(node, selection, skip=tuple(_ITSELF))
        rows |= self._distinct(node, selection)
        seals = frozenset(one.seal for one in scope.thresholds)
        if seals:
            rows = frozenset(one._replace(seals=one.seals | seals) for one in rows)
        return replace(selection.relation, rows=rows, is_single=_is_plain(node, scope))

    def _read_thresholds(self, node: exp.Select, scope: Scope) -> None:
        having = node.args.get("having")
        if having is None:
            scope.lack = "no HAVING enforces a least number for each group"
            return
        named = {
            one.alias.casefold(): one.this for one in node.expressions if one.alias
        }
        reader = Thresholds(
            scope,
            lambda column: self.tracer.trace(column, scope),
            lambda column: self.tracer.alias_of(column, scope),
            named,
        )
        scope.thresholds, scope.lack = reader.read(having)

    def _distinct(self, node: exp.Select, selection: Selection) -> Traces:
        distinct = node.args.get("distinct")
        if distinct is None:
            return NOTHING
        rows = indirect(selection.relation.everything)
        on = distinct.args.get("on") if isinstance(distinct, exp.Expr) else None
        if on is not None:
            rows |= selection.clause(on, SELECTS, Aliases.ALSO)
        return rows

    def _clauses(
        self, node: exp.Expr, selection: Selection, *, skip: tuple[str, ...]
    ) -> Traces:
        """Return what every clause decides but those that were looked at already."""
        rows = NOTHING
        for key, value in node.args.items():
            if key in skip or key in _ITSELF:
                continue
            aliases = Aliases.ALSO if key in _ALIASED else Aliases.LAST
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, exp.Expr):
                    rows |= selection.clause(part, SELECTS, aliases)
        return rows

    def _name(self, node: exp.Expr) -> str:
        """Return what a column of the select list is called; empty, it has no name."""
        if isinstance(node, exp.Alias):
            return spelled(node.args.get("alias"), self.dialect)
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
            return spelled(node.this, self.dialect)
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
            return spelled(node.expression, self.dialect)
        return ""


def _names(cte: exp.CTE, name: str) -> bool:
    """Return whether a CTE's query reads a table of its own name."""
    folded = name.casefold()
    return any(
        table.name.casefold() == folded and not table.db
        for table in cte.this.find_all(exp.Table)
    )


def _branches(
    node: exp.SetOperation,
) -> list[tuple[exp.SetOperation, exp.Expr]]:
    """Return the branches of a chain of set operations, each with what joins it on."""
    found: list[tuple[exp.SetOperation, exp.Expr]] = []
    here: exp.Expr = node
    while isinstance(here, exp.SetOperation) and (here is node or _is_bare(here)):
        found.append((here, here.expression))
        here = here.this
    found.append((node, here))
    return found[::-1]


def _is_bare(node: exp.Expr) -> bool:
    """Return whether a set operation has no clauses of its own."""
    own = {"this", "expression", "distinct", "by_name", "side", "kind", "on"}
    return not any(value for key, value in node.args.items() if key not in own)


def _together(node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
    """Return what two branches show together."""
    by_name = bool(node.args.get("by_name"))
    rows = left.rows | right.rows
    if not isinstance(node, exp.Union) or node.args.get("distinct"):
        rows |= indirect(left.everything | right.everything)
    if node.args.get("on") or (left.rest is not None or right.rest is not None):
        rest = doubtful(
            left.everything | right.everything,
            "branches of a set operation whose columns aren't known",
        )
        return Relation(rows=rows, rest=rest)
    if by_name:
        return Relation(_by_name(left, right), rows)
    if len(left.columns) != len(right.columns):
        reason = "branches of a set operation differ in their columns"
        everything = doubtful(left.everything | right.everything, reason)
        return Relation(tuple(Shown(c.name, everything) for c in left.columns), rows)
    keeps = not isinstance(node, exp.Except)
    columns = (
        Shown(one.name, one.traces | (other.traces if keeps else NOTHING))
        for one, other in zip(left.columns, right.columns, strict=True)
    )
    return Relation(tuple(columns), rows)


def _by_name(left: Relation, right: Relation) -> tuple[Shown, ...]:
    names = {one.name.casefold(): one.name for one in (*right.columns, *left.columns)}
    order = dict.fromkeys(c.name.casefold() for c in (*left.columns, *right.columns))
    return tuple(
        Shown(
            names[name],
            (left.named(name) or NOTHING) | (right.named(name) or NOTHING),
        )
        for name in order
    )


def _is_single(node: exp.Select, scope: Scope) -> bool:
    """Return whether the rows before grouping are rows of one table, each once."""
    if len(scope.sources) != 1 or node.args.get("laterals"):
        return False
    return scope.sources[0].relation.is_single


def _is_plain(node: exp.Select, scope: Scope) -> bool:
    """Return whether what a SELECT shows are rows of one table, none of them twice."""
    return scope.is_single and not any(
        part.find(exp.Anonymous, exp.UDTF, exp.Explode, exp.GenerateSeries, exp.Inline)
        for part in node.expressions
    )
