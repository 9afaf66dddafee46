"""What exceptions concede, granted anew after a plan, and verified once more.

To keep some ways of the excluded and cut the others at least cost is a hard problem
(NP-hard). So everything is cut, and what is conceded comes back as a grant of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ringfence.reach.closure import forward, lent
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints
from ringfence.reach.plan import Aim, Plan, Regrant, after, reached


@dataclass(frozen=True, slots=True)
class Regrants:
    """What is granted anew, and what can't be without opening another way."""

    granted: tuple[Regrant, ...]
    refused: tuple[Regrant, ...]


@dataclass(frozen=True, slots=True)
class Exempt:
    """Some of the excluded, and what an exception lets them have.

    Attributes:
        origins: Numbers of the excluded whom the same exceptions name.
        conceded: Numbers of the targets that these concede.
    """

    origins: Ints
    conceded: Ints


def regranted(graph: Graph, aim: Aim, plan: Plan, exempt: Sequence[Exempt]) -> Regrants:
    """Return what exceptions concede and a plan takes, as grants of its own.

    Each pair that was in reach before is granted anew, and all are verified: nobody
    may reach more than is conceded to it. If together they open another way (what is
    conceded may be derived from what isn't), they are tried one after another, and
    those that do are refused.
    """
    wanted = [
        Regrant(origin, target, give)
        for one in exempt
        for origin in one.origins.tolist()
        for target, give in _had(graph, origin, one.conceded, aim.verbs)
    ]
    wanted.sort(key=lambda one: (one.origin, one.target))
    if keeps(after(graph, plan.edges, wanted), aim, exempt):
        return Regrants(tuple(wanted), ())
    granted: list[Regrant] = []
    refused: list[Regrant] = []
    for one in wanted:
        tried = after(graph, plan.edges, [*granted, one])
        (granted if keeps(tried, aim, exempt) else refused).append(one)
    return Regrants(tuple(granted), tuple(refused))


def _had(graph: Graph, origin: int, targets: Ints, verbs: int) -> list[tuple[int, int]]:
    """Return which targets an origin had, and by which of the verbs that count."""
    held = forward(graph.possible, graph.seeds([origin]))[targets] & verbs
    if graph.is_data[origin]:
        return []
    had = np.flatnonzero(held)
    return list(zip(targets[had].tolist(), held[had].tolist(), strict=True))


def keeps(graph: Graph, aim: Aim, exempt: Sequence[Exempt]) -> bool:
    """Return whether the excluded reach nothing but what is conceded to them.

    Not even where one lends another what a rule needs beside its tail.

    Args:
        graph: The estate after a plan, with its re-grants.
        aim: What the plan is for.
        exempt: The exemptions; whoever is in none has nothing conceded.
    """
    named = [one.origins for one in exempt]
    others = (
        np.setdiff1d(aim.excluded, np.concatenate(named)) if named else aim.excluded
    )
    parts = [Exempt(others, np.empty(0, np.int64)), *exempt]
    graph = lent(graph, aim.excluded)
    return not any(
        len(
            np.setdiff1d(
                reached(graph, graph.possible, part.origins, aim), part.conceded
            )
        )
        for part in parts
    )
