"""A decision as SQL: which rows, and what of a column, a request may see.

A request that names no row is decided for every row at once. Of what a row says, only
its mark matters, whether it is surely of nobody in the population: `decide` is asked
for a row that surely isn't and for one that may be, and the rest is a predicate. Every
name and value goes through a syntax tree; none is pasted into text.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Marker, Scene
from ringfence.gate.compile.closure import Counted, Decider
from ringfence.gate.compile.masks import Dialect, column_of, mask_tree, writable
from ringfence.gate.compile.rows import touch


def residual(
    scene: Scene,
    request: Request,
    now: str,
    counted: Counted | None = None,
    *,
    dialect: Dialect,
    decider: Decider | None = None,
) -> str:
    """Return the condition on rows under which a request is allowed.

    It is true of exactly the rows with which `decide` allows it, and false of all
    others, never NULL. It speaks of the row's columns by their bare names.

    Args:
        scene: What is known.
        request: What is asked; a row that it names doesn't count.
        now: The instant.
        counted: How many people each exception has been used for.
        dialect: Whose SQL.
        decider: What decides; left out, `decide` itself.

    Raises:
        RingfenceError: A column or value can't be written in SQL.
    """
    within, apart, markers = _halves(scene, request, now, counted, decider)
    if not apart.allowed:
        return exp.false().sql(dialect=dialect)
    if within.allowed:
        return exp.true().sql(dialect=dialect)
    return _is_apart(markers).sql(dialect=dialect)


def projection(
    scene: Scene,
    request: Request,
    column: str,
    now: str,
    counted: Counted | None = None,
    *,
    type: str,  # noqa: A002 - what SQL calls it
    dialect: Dialect,
    key: str = "",
    decider: Decider | None = None,
) -> str:
    """Return what a query selects of one column of a dataset, for a request.

    That is the column itself where it is allowed, its mask where that is to be obeyed,
    NULL where it is denied; if it depends on the row, row by row. It never shows what
    `residual` would have left out.

    Args:
        scene: What is known.
        request: What is asked of the dataset; its own columns and row don't count.
        column: The column's bare name.
        now: The instant.
        counted: How many people each exception has been used for.
        type: The column's type, as the dialect writes it.
        dialect: Whose SQL.
        key: The key of the mask `hash`.
        decider: What decides; left out, `decide` itself.

    Raises:
        RingfenceError: A column or value can't be written in SQL.
    """
    asked = replace(request, columns=(column,))
    within, apart, markers = _halves(scene, asked, now, counted, decider)

    def shown(decision: Decision) -> exp.Expr:
        if not decision.allowed:
            return mask_tree("null", column, type, dialect)
        if column in decision.masks:
            return mask_tree(decision.masks[column], column, type, dialect, key=key)
        return column_of(column)

    inner, outer = shown(within), shown(apart)
    if inner != outer:
        inner = exp.case().when(_is_apart(markers), outer).else_(inner)
    named = exp.alias_(inner, exp.to_identifier(column, quoted=True))
    return named.sql(dialect=dialect)


def _halves(
    scene: Scene,
    request: Request,
    now: str,
    counted: Counted | None,
    decider: Decider | None,
) -> tuple[Decision, Decision, tuple[Marker, ...]]:
    """Return the decisions for a row that may be of the population, and for one apart.

    Beside them stands what tells the one from the other.
    """
    markers = touch(scene, request.resource, request.columns).markers or ()

    def decided(row: dict[str, str | None]) -> Decision:
        asked = replace(request, row=row)
        if decider is None:
            return decide(scene, asked, now, counted)
        return decider(asked, now, counted)

    # Longer than any value that marks a row, and so none of them.
    stranger = "x".join(("", *(value for one in markers for value in one.values), ""))
    return decided({}), decided({one.column: stranger for one in markers}), markers


def _is_apart(markers: tuple[Marker, ...]) -> exp.Expr:
    """Return the condition that a row is surely of nobody in the population."""
    parts: list[exp.Expr] = []
    for marker in markers:
        column = column_of(marker.column)
        parts.append(column.is_(exp.null()).not_())
        values = [exp.Literal.string(writable(one)) for one in marker.values]
        if values:
            parts.append(column.isin(*values).not_())
    return exp.and_(*parts)
