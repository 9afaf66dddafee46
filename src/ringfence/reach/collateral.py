"""What a plan takes from those who may: estimated before it, exact after it.

Legitimate are the people whom the boundary doesn't exclude. What they may lose is
counted in pairs of a person and a target, on every possible edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ringfence.reach.closure import backward, forward
from ringfence.reach.costs import Floats
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, Flags, Ints, Mask
from ringfence.reach.matrix import Pairs, pairs
from ringfence.reach.rows import WORD, levels
from ringfence.reach.states import core, entries

RANKS = 64
_SEED = 202
# So many edges at most are looked at at once: 64 MB of ranks.
_GATHERED = 1 << 18
# So many bytes at most does a matrix of pairs take; beyond, targets go in parts.
ROOM = 1 << 29

Ranks = npt.NDArray[np.float32]


# --- before a plan: estimates -------------------------------------------------------


def people_behind(graph: Graph, people: Ints, goals: Mask) -> Floats:
    """Return for each node about how many people reach it on their way to the goals.

    Each person draws 64 exponential ranks; the least of each that arrive at a node tell
    how many people they come from, to about an eighth (Cohen's estimate). A rule with
    several premises lets nobody pass here: it is an estimate.

    Args:
        graph: The graph.
        people: Numbers of the people, ascending.
        goals: What is asked for, a mask for each node.
    """
    states = core(graph, graph.seeds(people), goals)
    found, starts = states.find(entries(graph, people))
    drawn = np.random.default_rng(_SEED).exponential(size=(len(people), RANKS))
    label, parts = _components(len(states), states.tail, states.head)
    least = np.full((parts, RANKS), np.inf, np.float32)
    own = label[starts]
    np.minimum.at(least, own, drawn[found].astype(np.float32))
    _descend(least, label[states.tail], label[states.head])
    total = least.sum(axis=1, dtype=np.float64)
    # Where nobody arrives the sum is infinite, and the estimate 0.
    estimate = (RANKS - 1) / total
    behind = np.zeros(len(graph.ids))
    np.maximum.at(behind, states.codes >> 4, estimate[label])
    return behind


def _components(count: int, tail: Ints, head: Ints) -> tuple[Ints, int]:
    ones = np.ones(len(tail), np.int8)
    matrix = csr_array((ones, (tail, head)), shape=(count, count))
    parts, label = connected_components(matrix, connection="strong")
    return label.astype(np.int64), int(parts)


def _descend(least: Ranks, tail: Ints, head: Ints) -> None:
    """Let every component take over the ranks of those before it, sources first."""
    parts = len(least)
    between = tail != head
    codes = np.unique(head[between] * parts + tail[between])
    head, tail = codes // max(parts, 1), codes % max(parts, 1)
    level = levels(parts, head, tail)
    order = np.argsort(level[head], kind="stable")
    head, tail = head[order], tail[order]
    for begin, end in _blocks(level[head]):
        heads = head[begin:end]
        starts = np.flatnonzero(np.diff(heads, prepend=-1))
        gathered = np.minimum.reduceat(least[tail[begin:end]], starts, axis=0)
        least[heads[starts]] = np.minimum(least[heads[starts]], gathered)


def _blocks(level: Ints) -> list[tuple[int, int]]:
    """Return runs of edges of one level, none too long."""
    bounds = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(level)]
    return [
        (start, min(start + _GATHERED, end))
        for begin, end in pairwise(bounds)
        for start in range(begin, end, _GATHERED)
    ]


def passed(graph: Graph, people: Ints, excluded: Ints, edges: Ints) -> Flags:
    """Return which of some edges legitimate people come to by ways of their own.

    A way of their own passes nobody excluded. Who loses nothing but ways through the
    excluded loses what no plan can leave: whoever is on that way may not have it.
    """
    barred = np.zeros(len(graph.ids), bool)
    barred[excluded] = True
    own = np.flatnonzero(~barred[graph.tail])
    held = forward(graph.arcs(own), graph.seeds(people))[graph.tail[edges]]
    given = ((held & CONTROL) != 0) & (graph.give[edges] != 0)
    by_people: Flags = given | ((held & graph.carry[edges]) != 0)
    return by_people & ~barred[graph.tail[edges]]


# --- after a plan: exact ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InUse:
    """The pairs that logs show in use, and those of which they can't tell.

    Attributes:
        used: Pairs that were used, ascending: a person's number times how many nodes
            there are, plus the target's.
        open: Numbers of people and of targets: any of these may have used any of those.
        unseen: Pairs whose use would leave no trace.
    """

    used: Ints
    open: tuple[tuple[Ints, Ints], ...]
    unseen: Pairs

    def is_untold(self, who: Ints, what: Ints, count: int) -> Flags:
        """Return of which pairs of a person and a target it can't be told.

        Args:
            who: Numbers of people, all of them among those of `unseen`.
            what: Numbers of targets, likewise.
            count: How many nodes there are.
        """
        found: Flags = self.unseen.has(who, what)
        for people, targets in self.open:
            by_person, by_target = np.zeros(count, bool), np.zeros(count, bool)
            by_person[people], by_target[targets] = True, True
            found |= by_person[who] & by_target[what]
        return found


@dataclass(frozen=True, slots=True)
class Busy:
    """How much of what a plan takes is in use.

    Attributes:
        people: How many people lose what they used, and `pairs` how many pairs.
        untold: Of how many others it can't be told whether they used any of it.
        open: Of how many pairs it can't be told.
    """

    people: int
    pairs: int
    untold: int
    open: int


@dataclass(frozen=True, slots=True)
class Blast:
    """Who loses how much that they may have: the exact blast radius of a plan.

    Attributes:
        before: How many pairs of a legitimate person and a target there were.
        pairs: How many of them are lost.
        people: Numbers of the people who lose some, ascending.
        lost: How many each of them loses.
        busy: What of it is in use; None when nobody looked.
    """

    before: int
    pairs: int
    people: Ints
    lost: Ints
    busy: Busy | None = None


class Sweep:
    """What all legitimate people reach, swept before the plans and after each.

    What lies on no way from them to a target is left out once and for all. Targets go
    in parts where the matrix would take too much memory.
    """

    def __init__(
        self,
        graph: Graph,
        people: Ints,
        targets: Ints,
        verbs: int,
        *,
        room: int = ROOM,
        in_use: InUse | None = None,
    ) -> None:
        self.graph = graph
        self.people = people
        self.targets = targets
        self.verbs = verbs
        self._in_use = in_use
        words = max(room // 8 // max(len(people) + len(graph.ids), 1), 1)
        self._parts = [
            targets[begin : begin + words * WORD]
            for begin in range(0, len(targets), words * WORD)
        ]

    @cached_property
    def _near(self) -> tuple[Ints, Graph]:
        """The edges that lie on some way from the people to the targets."""
        graph = self.graph
        seeds, goals = (np.zeros(len(graph.ids), np.uint16) for _ in range(2))
        seeds[self.people] = CONTROL
        goals[self.targets] = self.verbs
        held = forward(graph.possible, seeds)
        reached = np.flatnonzero((held != 0)[graph.tail])
        wanted = backward(graph.arcs(reached, backward=True), goals)
        kept = (held & wanted) != 0
        edges = reached[kept[graph.tail[reached]] & kept[graph.head[reached]]]
        return edges, graph.chosen(edges)

    def blast(self, gone: Ints) -> Blast:
        """Return what is lost when some edges go: two sweeps, and the difference."""
        left = self._left(gone)
        before, lost = 0, np.zeros(len(self.people), np.int64)
        for part in self._parts:
            first, less = self._swept(left, part)
            before += len(first)
            lost += np.bitwise_count(less.words).sum(axis=1, dtype=np.int64)
        hurt = np.flatnonzero(lost)
        people = self.people[hurt]
        busy = None if self._in_use is None else self._busy(self._in_use, gone, people)
        return Blast(before, int(lost.sum()), people, lost[hurt], busy)

    def _busy(self, told: InUse, gone: Ints, people: Ints) -> Busy:
        if not len(people):
            return Busy(0, 0, 0, 0)
        who, what = self.losses(gone, people)
        pair = who.astype(np.int64) * len(self.graph.ids) + what
        used = np.isin(pair, told.used)
        untold = told.is_untold(who, what, len(self.graph.ids)) & ~used
        by_use = np.unique(who[used])
        return Busy(
            people=len(by_use),
            pairs=int(used.sum()),
            untold=len(np.setdiff1d(who[untold], by_use)),
            open=int(untold.sum()),
        )

    def losses(self, gone: Ints, people: Ints) -> tuple[Ints, Ints]:
        """Return the pairs that some of the people lose: people, and targets."""
        some = Sweep(self.graph, people, self.targets, self.verbs)
        left = some._left(gone)
        found = [some._swept(left, part)[1].each() for part in some._parts]
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        who, what = (np.concatenate(side) for side in zip(*found, strict=True))
        order = np.lexsort((what, who))
        return who[order], what[order]

    def _left(self, gone: Ints) -> Graph:
        edges, near = self._near
        return near.chosen(np.flatnonzero(~np.isin(edges, gone)))

    def _swept(self, left: Graph, part: Ints) -> tuple[Pairs, Pairs]:
        """Return the pairs of some targets before, and those of them that are lost."""
        single = len(self._parts) == 1
        first = self._whole if single else self._pairs(self._near[1], part)
        second = self._pairs(left, part)
        return first, replace(first, words=first.words & ~second.words)

    @cached_property
    def _whole(self) -> Pairs:
        """All pairs before any plan, where one part is all there is."""
        return self._pairs(self._near[1], self.targets)

    def _pairs(self, graph: Graph, part: Ints) -> Pairs:
        return pairs(graph, self.people, part, self.verbs)
