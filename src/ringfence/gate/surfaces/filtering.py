"""Which rows an answer of the gate leaves, as SQL."""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.boundary.decision.request import Decision, Reason, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.gate.compile.masks import Dialect
from ringfence.gate.compile.rows import touch
from ringfence.gate.compile.sql import residual

_APART = Decision(Reason.OTHER_ROW)
_WITHIN = Decision(Reason.EXCLUDED)
Row = Mapping[str, str | None]


def row_apart(scene: Scene, request: Request) -> Row:
    """Return a row that surely is of nobody in the population; empty: there is none."""
    markers = touch(scene, request.resource, request.columns).markers or ()
    # Longer than any value that marks a row, and so none of them.
    other = "x".join(("", *(value for one in markers for value in one.values), ""))
    return {one.column: other for one in markers}


def kept_rows(
    scene: Scene,
    asked: Request,
    within: Decision = _WITHIN,
    apart: Decision = _APART,
    *,
    dialect: Dialect,
) -> str:
    """Return the condition on the rows that a request may touch.

    Args:
        scene: The scene in force.
        asked: What is asked.
        within: The decision on a row that may be of the population.
        apart: The decision on a row that surely isn't.
        dialect: Whose SQL.

    Raises:
        RingfenceError: A name or value can't be written in SQL.
    """

    def decided(
        request: Request, now: str, counted: Mapping[str, int] | None = None
    ) -> Decision:
        del now, counted  # it is decided already
        return apart if request.row else within

    return residual(scene, asked, "", dialect=dialect, decider=decided)
