"""Ringfence's own engine, behind the one place where the benchmarks call it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.peers import Flags, Ids
from ringfence.reach.closure import forward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, DECRYPT, READ
from ringfence.reach.matrix import Pairs, pairs
from ringfence.reach.timeline import Period, Timeline
from ringfence.reach.timeline import timeline as _timeline

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """Edges, and what is asked of them.

    Attributes:
        nodes: How many nodes there are.
        data: The number of the first node that is data; all after it are, too.
        tail: By edge: the node that it starts from.
        head: By edge: the node that it leads to.
        origins: Numbers of those who may reach.
        targets: Numbers of what is reached.
    """

    nodes: int
    data: int
    tail: Ids
    head: Ids
    origins: Ids
    targets: Ids


def graph(asked: Question) -> Graph:
    """Return the edges as Ringfence holds them: grants to read, control, copies."""
    edges = len(asked.tail)
    of_data = (asked.tail >= asked.data).view(np.uint8)
    ends = of_data + of_data + (asked.head >= asked.data)
    give = np.array([CONTROL, READ, 0, 0], np.uint16)[ends]
    return Graph(
        ids=[""] * asked.nodes,
        is_data=np.arange(asked.nodes) >= asked.data,
        tail=asked.tail,
        head=asked.head,
        give=give,
        carry=np.array([0, READ | DECRYPT], np.uint16)[of_data],
        is_open=np.zeros(edges, bool),
        is_undecided=np.zeros(edges, bool),
        guard=np.full(edges, -1, np.int16),
        is_membership=np.zeros(edges, bool),
        is_lasting=np.zeros(edges, bool),
        row=np.arange(edges, dtype=np.int32),
    )


def reached(asked: Question) -> Pairs:
    """Answer all pairs, from arrays of numbers to the packed matrix."""
    return pairs(graph(asked), asked.origins, asked.targets, READ)


def flags(asked: Question, found: Pairs) -> Flags:
    """Return the answer with a flag for each pair, as the peers give it."""
    del asked
    return found.flags()


def timeline(
    asked: Question, since: Longs, until: Longs, period: tuple[int, int]
) -> Timeline:
    """Answer when every pair was in reach within a period, edges being dated.

    Args:
        asked: The edges of the whole period, and the question.
        since: By edge: the first second that it holds.
        until: By edge: the first second that it holds no longer.
        period: The first second, and the one after the last.
    """
    return _timeline(
        graph(asked),
        Period(*period, since, until),
        origins=asked.origins,
        targets=asked.targets,
        verbs=READ,
    )


def closed(asked: Question) -> Flags:
    """Return, by node, whether the origins reach it: a certificate's closed set."""
    held = graph(asked)
    seeds = np.zeros(asked.nodes, np.uint16)
    seeds[asked.origins] = CONTROL
    inside: Flags = forward(held.possible, seeds) != 0
    return inside
