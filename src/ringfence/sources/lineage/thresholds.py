"""What a HAVING clause enforces: how many rows, or persons, each group has at least.

An aggregate is a seal only when it can't single a row out: it counts, sums or averages
a column as it stands, over rows that nothing multiplies and no outer join fills in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from ringfence.sources.lineage.model import Seal, Traces
from ringfence.sources.lineage.scope import Scope, Threshold

_COUNTED = "HAVING enforces no count(*) of at least a number"
_MULTIPLIED = "a join, a union or a set-returning function may count one row twice"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Reads the thresholds of one HAVING clause.

    Attributes:
        scope: The SELECT's names.
        traces: Gives the traces of a column.
        alias: Gives the source of a column, or nothing.
        named: What the select list calls its expressions.
    """

    scope: Scope
    traces: Callable[[exp.Column], Traces]
    alias: Callable[[exp.Column], str]
    named: dict[str, exp.Expr]

    def read(self, having: exp.Expr) -> tuple[list[Threshold], str]:
        """Return what is enforced for each group, or why it is nothing."""
        found = list(self._enforced(having))
        if not found:
            return [], _COUNTED
        usable = [one for one in found if one.seal.by or self.scope.is_single]
        return usable, "" if usable else _MULTIPLIED

    def _enforced(self, node: exp.Expr) -> set[Threshold]:
        """Return what a condition enforces whenever it holds."""
        while isinstance(node, exp.Having | exp.Paren):
            node = node.this
        if isinstance(node, exp.And):
            return self._enforced(node.left) | self._enforced(node.right)
        if isinstance(node, exp.Or):
            return _either(self._enforced(node.left), self._enforced(node.right))
        if isinstance(node, exp.Between):
            return self._at_least(node.this, node.args.get("low"), 0)
        return self._compared(node)

    def _compared(self, node: exp.Expr) -> set[Threshold]:
        """Return what a comparison with a number enforces, on whichever side it is."""
        found = set[Threshold]()
        if isinstance(node, exp.GTE | exp.GT | exp.EQ):
            found = self._at_least(node.left, node.right, int(isinstance(node, exp.GT)))
        if isinstance(node, exp.LTE | exp.LT | exp.EQ):
            more = int(isinstance(node, exp.LT))
            found = found or self._at_least(node.right, node.left, more)
        return found

    def _at_least(
        self, counted: exp.Expr, number: exp.Expr | None, more: int
    ) -> set[Threshold]:
        if not (isinstance(number, exp.Literal) and number.is_int):
            return set()
        least = int(number.name) + more
        node = self._meant(counted)
        if not isinstance(node, exp.Count) or node.expressions:
            return set()
        if isinstance(node.this, exp.Distinct):
            return self._persons(node.this, least)
        return {Threshold(Seal("aggregate", least))}

    def _meant(self, node: exp.Expr) -> exp.Expr:
        """Return what a name stands for that only the select list gives."""
        if not isinstance(node, exp.Column) or len(node.parts) > 1:
            return node
        name = node.name
        if any(
            one.relation.named(name) is not None or one.relation.rest is not None
            for one in self.scope.sources
        ):
            return node
        return self.named.get(name.casefold(), node)

    def _persons(self, distinct: exp.Distinct, least: int) -> set[Threshold]:
        parts = distinct.expressions
        if len(parts) != 1 or not isinstance(parts[0], exp.Column):
            return set()
        traces, alias = self.traces(parts[0]), self.alias(parts[0])
        if len(traces) != 1 or not alias:
            return set()
        (one,) = traces
        if one.table is None or not (one.direct and one.plain):
            return set()
        seal = Seal("aggregate", least, (one.table, one.column))
        return {Threshold(seal, alias)}


def _either(one: set[Threshold], other: set[Threshold]) -> set[Threshold]:
    """Return what holds in either case: the smaller of two numbers of one thing."""
    return {
        Threshold(min(a.seal, b.seal), a.alias)
        for a in one
        for b in other
        if (a.alias, a.seal.by) == (b.alias, b.seal.by)
    }


def lack_of(node: exp.Func) -> str:
    """Return why an aggregate can be no seal, whatever HAVING enforces."""
    if not isinstance(node, exp.Count | exp.Sum | exp.Avg) or node.expressions:
        return f"`{type(node).__name__.lower()}` may show single values"
    argument = node.this
    if isinstance(argument, exp.Distinct) and not isinstance(node, exp.Count):
        return "an aggregate of distinct values may show single values"
    if isinstance(argument, exp.Distinct):
        argument = argument.expressions[0] if len(argument.expressions) == 1 else None
    while isinstance(argument, exp.Paren) or type(argument) is exp.Cast:
        argument = argument.this
    if isinstance(argument, exp.Star | exp.Literal | exp.Column):
        return ""
    return "what is aggregated is computed, and may single rows out"


def seals_of(scope: Scope, traces: Traces, alias: str) -> tuple[frozenset[Seal], str]:
    """Return the seals of an aggregate of a column, or why there are none.

    Args:
        scope: The SELECT that aggregates.
        traces: Those of the column; none, when rows are counted.
        alias: What the column's source is called, if it is certain.
    """
    if any(not (one.plain and one.direct) or one.unknown for one in traces):
        return frozenset(), "what is aggregated is computed, and may single rows out"
    found = frozenset(
        one.seal
        for one in scope.thresholds
        if not one.alias or not traces or _of_one_row(scope, one.alias, alias)
    )
    if found:
        return found, ""
    return found, "the persons counted and the values may be of different rows"


def _of_one_row(scope: Scope, counted: str, aggregated: str) -> bool:
    if counted != aggregated:
        return False
    return all(one.relation.is_single for one in scope.sources if one.alias == counted)
