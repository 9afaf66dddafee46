"""Expressions: the columns that a value is made of, and those that only select it.

What isn't known by name counts as a function of everything below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from ringfence.sources.lineage.model import (
    NOTHING,
    Budget,
    Relation,
    Seal,
    Trace,
    Traces,
    doubtful,
)
from ringfence.sources.lineage.schema import spelled
from ringfence.sources.lineage.scope import Aliases, Scope
from ringfence.sources.lineage.thresholds import lack_of, seals_of
from ringfence.sources.lineage.tokens import Token, seal_of

_AGGREGATES = (exp.AggFunc, exp.Count, exp.Sum, exp.Avg)
_SAME = (exp.Alias, exp.Paren, exp.Ordered)


class Mode(NamedTuple):
    """How a part of an expression counts for the whole."""

    direct: bool = True
    plain: bool = True
    seals: frozenset[Seal] = frozenset()
    lack: str = ""

    def made(self) -> Mode:
        """Return the mode below something that makes another value."""
        return self._replace(plain=False)

    def selecting(self) -> Mode:
        """Return the mode below something that only selects."""
        return self._replace(direct=False, plain=False)

    def of(self, traces: Iterable[Trace]) -> set[Trace]:
        """Return traces as they count here."""
        return {
            one._replace(
                direct=one.direct and self.direct,
                plain=one.plain and self.plain,
                seals=one.seals | self.seals,
                lack=one.lack or self.lack,
            )
            for one in traces
        }


VALUE = Mode()
SELECTS = Mode(direct=False, plain=False)


@dataclass(slots=True)
class Tracer:
    """Traces expressions; `resolve` gives the relation of a subquery."""

    dialect: str
    tokens: tuple[Token, ...]
    budget: Budget
    resolve: Callable[[exp.Expr, Scope], Relation]
    _waiting: list[tuple[exp.Expr, Mode]] = field(default_factory=list)

    def trace(
        self,
        expression: exp.Expr,
        scope: Scope,
        mode: Mode = VALUE,
        aliases: Aliases = Aliases.LAST,
    ) -> Traces:
        """Return the traces of an expression.

        Raises:
            TooLargeError: There are too many.
        """
        found: set[Trace] = set()
        waiting = [(expression, mode)]
        while waiting:
            node, here = waiting.pop()
            self.budget.spend(0)
            if isinstance(node, exp.Column):
                found |= here.of(self._column(node, scope, aliases))
            elif isinstance(node, exp.Query | exp.Table | exp.Values):
                found |= self._subquery(node, scope, here)
            elif isinstance(node, exp.Star | exp.Columns):
                found |= here.made().of(scope.everything)
            else:
                waiting += self._below(node, scope, here)
        self.budget.spend(len(found))
        return frozenset(found)

    def _column(self, node: exp.Column, scope: Scope, aliases: Aliases) -> Traces:
        if isinstance(node.this, exp.Star):
            qualifier = tuple(spelled(p, self.dialect) for p in node.parts[:-1])
            source = scope.source(qualifier)
            if source is not None:
                return source.seen(source.relation.everything)
            return doubtful(scope.everything, "a star of an unknown table")
        if not isinstance(node.this, exp.Identifier):
            # A call or an index where a name is expected: whatever stands in it.
            return self.trace(node.this, scope, VALUE, aliases)
        parts = tuple(spelled(part, self.dialect) for part in node.parts)
        return scope.find(parts, aliases)

    def _subquery(self, node: exp.Expr, scope: Scope, mode: Mode) -> set[Trace]:
        relation = self.resolve(node, scope)
        shown = mode.of(relation.everything)
        return shown | mode.selecting().of(relation.rows)

    def _below(
        self, node: exp.Expr, scope: Scope, mode: Mode
    ) -> list[tuple[exp.Expr, Mode]]:
        """Return the parts of a node, each with how it counts."""
        if isinstance(node, exp.Window):
            framed = mode.made()._replace(lack="a window shows single rows")
            return _split(node, framed, mode.selecting())
        if isinstance(node, exp.Filter):
            chosen = mode.made()._replace(lack="a FILTER may single rows out")
            return _split(node, chosen, mode.selecting())
        if isinstance(node, exp.Func) and not _only_selects(node):
            return self._call(node, scope, mode)
        inner = mode if isinstance(node, _SAME) else mode.made()
        inner = inner.selecting() if _only_selects(node) else inner
        return [(part, inner) for part in node.iter_expressions()]

    def _call(
        self, node: exp.Func, scope: Scope, mode: Mode
    ) -> list[tuple[exp.Expr, Mode]]:
        inner = mode if type(node) is exp.Cast else mode.made()
        seal = seal_of(node, self.tokens, self.dialect)
        if seal is not None:
            inner = inner._replace(seals=inner.seals | {seal})
        if isinstance(node, _AGGREGATES):
            inner = self._aggregate(node, scope, inner)
        counts = isinstance(node, exp.Count)
        return [
            (part, inner)
            for part in node.iter_expressions()
            if not (counts and isinstance(part, exp.Star))
        ]

    def _aggregate(self, node: exp.Func, scope: Scope, mode: Mode) -> Mode:
        if mode.lack:
            return mode
        if (lack := lack_of(node)) or not scope.thresholds:
            return mode._replace(lack=lack or scope.lack)
        argument = _argument(node)
        traces: Traces = NOTHING
        alias = ""
        if isinstance(argument, exp.Column):
            traces = self._column(argument, scope, Aliases.LAST)
            alias = self.alias_of(argument, scope)
        seals, lack = seals_of(scope, traces, alias)
        if not seals:
            return mode._replace(lack=lack)
        return mode._replace(seals=mode.seals | seals)

    def alias_of(self, column: exp.Column, scope: Scope) -> str:
        """Return what the source of a column is called, if it is certain."""
        parts = tuple(spelled(part, self.dialect) for part in column.parts)
        if len(parts) > 1:
            found = [one for one in scope.sources if one.answers_to(parts[:-1])]
            return found[0].alias if len(found) == 1 else ""
        having = [one for one in scope.sources if one.relation.named(parts[0])]
        if not having and len(scope.sources) == 1:
            having = scope.sources
        return having[0].alias if len(having) == 1 else ""


def _only_selects(node: exp.Expr) -> bool:
    """Return whether a part of an expression decides, and shows nothing."""
    if isinstance(node, exp.Exists):
        return isinstance(node.this, exp.Query)
    return isinstance(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup)


def _split(node: exp.Expr, value: Mode, selecting: Mode) -> list[tuple[exp.Expr, Mode]]:
    """Return the value of a window or a filtered aggregate, and what selects for it."""
    return [
        (part, value if part is node.this else selecting)
        for part in node.iter_expressions()
    ]


def _argument(node: exp.Func) -> exp.Expr | None:
    """Return what an aggregate is made of, without what doesn't change it."""
    found = node.this
    if isinstance(found, exp.Distinct) and len(found.expressions) == 1:
        found = found.expressions[0]
    while isinstance(found, exp.Paren) or type(found) is exp.Cast:
        found = found.this
    return found if isinstance(found, exp.Expr) else None
