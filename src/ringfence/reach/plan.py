"""A cut plan: facts to take away, what that costs, what it closes, and whom it hurts.

Whoever made a plan, a program or a person, it is priced here in the same way: its cost
from the prices, what remains from a closure of the estate after it, and its blast
radius from two sweeps of the whole company. Nothing of it is estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ringfence.reach.arcs import Arcs
from ringfence.reach.closure import forward
from ringfence.reach.collateral import Blast, InUse, Sweep
from ringfence.reach.costs import Prices, alike, changes
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints


@dataclass(frozen=True, slots=True)
class Aim:
    """What a plan is for.

    Attributes:
        excluded: Numbers of those who may not reach the targets, certainly or perhaps.
        targets: Numbers of what they may not reach, certainly or perhaps.
        legitimate: Numbers of the people who may, ascending.
        verbs: Mask of the states of a target that count.
        in_use: Which pairs of a legitimate person and a target logs show in use.
    """

    excluded: Ints
    targets: Ints
    legitimate: Ints
    verbs: int
    in_use: InUse | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Facts to take away, what that costs, and what it does.

    Attributes:
        name: A letter, or what the plan's file is called.
        aim: What its prices were.
        edges: The edges that it takes, every fact that says the same, sorted.
        changes: How many changes that is.
        undecided: How many of the changes take only edges that are undecided.
        cost: What the changes cost together; infinite if one can't be made.
        remaining: The targets that are still reached: none, if the plan closes.
        blast: What legitimate people lose.
    """

    name: str
    aim: str
    edges: Ints
    changes: int
    undecided: int
    cost: float
    remaining: Ints
    blast: Blast


@dataclass(frozen=True, slots=True)
class Regrant:
    """A pair that an exception concedes, granted anew after a plan.

    Attributes:
        origin: Number of the excluded person.
        target: Number of what it may have.
        give: Mask of the verbs, those that it had before and that count.
    """

    origin: int
    target: int
    give: int


def priced(
    sweep: Sweep, aim: Aim, prices: Prices, edges: Ints, *, name: str, why: str = ""
) -> Plan:
    """Return the plan that takes some edges away: what it costs, and what it does.

    Args:
        sweep: The estate before it.
        aim: What the plan is for.
        prices: What taking an edge away costs.
        edges: Some edge of each change, at least.
        name: What the plan is called.
        why: What its prices were, if not its name.
    """
    graph = sweep.graph
    taken = alike(graph, prices.kind, edges) if len(edges) else edges
    number, count = changes(graph, prices.kind, taken)
    cost, certain = np.zeros(count), np.zeros(count, bool)
    np.maximum.at(cost, number, prices.cost[taken])
    certain[number[~graph.is_open[taken]]] = True
    return Plan(
        name=name,
        aim=why or name,
        edges=taken,
        changes=count,
        undecided=int((~certain).sum()),
        cost=float(cost.sum()),
        remaining=remaining(graph, aim, without=taken),
        blast=sweep.blast(taken),
    )


def after(graph: Graph, edges: Ints, regrants: Sequence[Regrant] = ()) -> Graph:
    """Return the graph without some edges, and with what is granted anew.

    A re-grant is no fact of the estate: its row is -1.
    """
    kept = np.ones(len(graph), bool)
    kept[edges] = False
    left = graph.chosen(np.flatnonzero(kept))
    if not regrants:
        return left
    count = len(regrants)
    tails, heads, gives = zip(
        *((one.origin, one.target, one.give) for one in regrants), strict=True
    )
    return replace(
        left,
        tail=np.append(left.tail, np.array(tails, left.tail.dtype)),
        head=np.append(left.head, np.array(heads, left.head.dtype)),
        give=np.append(left.give, np.array(gives, np.uint16)),
        carry=np.append(left.carry, np.zeros(count, np.uint16)),
        is_open=np.append(left.is_open, np.zeros(count, bool)),
        is_undecided=np.append(left.is_undecided, np.zeros(count, bool)),
        is_membership=np.append(left.is_membership, np.zeros(count, bool)),
        is_lasting=np.append(left.is_lasting, np.zeros(count, bool)),
        row=np.append(left.row, np.full(count, -1, left.row.dtype)),
        guard=np.append(left.guard, np.full(count, -1, left.guard.dtype)),
    )


def remaining(graph: Graph, aim: Aim, *, without: Ints | None = None) -> Ints:
    """Return the targets that the excluded reach, all of them together.

    Together they hold the premises of more rules than each one does: it is what a
    certificate of isolation has to rule out.

    Args:
        graph: The graph.
        aim: Who may not reach what.
        without: Edges that are left out.
    """
    kept = np.ones(len(graph), bool)
    kept[np.empty(0, np.int64) if without is None else without] = False
    arcs = graph.possible if kept.all() else graph.arcs(np.flatnonzero(kept))
    return reached(graph, arcs, aim.excluded, aim)


def reached(graph: Graph, arcs: Arcs, origins: Ints, aim: Aim) -> Ints:
    """Return which targets some origins reach together by some edges."""
    held = forward(arcs, graph.seeds(origins))
    found: Ints = aim.targets[(held[aim.targets] & aim.verbs) != 0]
    return found
