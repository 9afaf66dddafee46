"""Ringfence's cut plans, behind the one place where the benchmarks call them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.ours import Question, graph
from bench.peers import Ids
from ringfence.reach.costs import KINDS, prices
from ringfence.reach.frontier import frontier
from ringfence.reach.masks import READ
from ringfence.reach.plan import Aim, Plan

Small = npt.NDArray[np.uint8]


def plans(
    asked: Question, names: Sequence[str], kind: Small, legitimate: Ids
) -> tuple[Plan, ...]:
    """Return cut plans from the fewest changes to no collateral, each priced.

    Args:
        asked: The edges, and the question.
        names: The kinds of edges that there are.
        kind: By edge: the place of its kind among the names.
        legitimate: Numbers of the people whose reach is to stay.
    """
    held = graph(asked)
    place = np.array([KINDS.index(name) for name in names])
    aim = Aim(asked.origins, asked.targets, legitimate, READ)
    found = frontier(held, aim, prices(held, place[kind]))
    if not isinstance(found, tuple):
        message = f"no plan: {found}"
        raise SystemExit(message)
    return found
