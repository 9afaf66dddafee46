"""All pairs at once: who reaches which of many targets, in one packed matrix.

Only states on some way from an origin to a target count. They are few, so that what
is left (the core) is expanded into a plain graph of states, and every state gets one
row of target bits (`rows`). A rule with several premises holds for an origin, not for a
graph: each one that an origin meets becomes an edge from that origin, until none does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringfence.reach.graph import Graph
from ringfence.reach.masks import Flags, Ints
from ringfence.reach.rows import WORD, Words, pairs_of, unpacked, width
from ringfence.reach.states import States, core, entries, of_masks, steps


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which of some origins reach which of some targets.

    Attributes:
        origins: Numbers of the origins, a row each.
        targets: Numbers of the targets, a column each.
        words: The bits, packed into words, little end first.
    """

    origins: Ints
    targets: Ints
    words: Words

    def __len__(self) -> int:
        """Return how many pairs are in reach."""
        return int(np.bitwise_count(self.words).sum())

    def flags(self) -> npt.NDArray[np.bool_]:
        """Return the matrix with a flag for each pair."""
        return unpacked(self.words, len(self.targets))

    def has(self, origins: Ints, targets: Ints) -> Flags:
        """Return which of some pairs are in reach; both sides have to be of here."""
        row = np.searchsorted(self.origins, origins)
        column = np.searchsorted(self.targets, targets)
        bit = np.uint64(1) << (column % WORD).astype(np.uint64)
        found: Flags = (self.words[row, column // WORD] & bit) != 0
        return found

    def each(self) -> tuple[Ints, Ints]:
        """Return the pairs in reach: numbers of origins, and of targets."""
        found = pairs_of(self.words, len(self.targets))
        return self.origins[found[0]], self.targets[found[1]]


def pairs(
    graph: Graph, origins: Ints, targets: Ints, verbs: int, *, sure: bool = False
) -> Pairs:
    """Return which origins reach which targets.

    Args:
        graph: The graph.
        origins: Numbers of nodes; one that is data starts from reading it.
        targets: Numbers of nodes.
        verbs: Mask of the states of a target that count.
        sure: Whether to walk certain edges only.
    """
    states, (known, starts), marks = core_of(graph, origins, targets, verbs, sure=sure)
    states = with_rules(graph, states, starts, sure=sure)
    words = np.zeros((len(origins), width(len(targets))), np.uint64)
    words[known] = states.reached(marks, len(targets)).of(starts)
    return Pairs(origins, targets, words)


def core_of(
    graph: Graph, origins: Ints, targets: Ints, verbs: int, *, sure: bool
) -> tuple[States, tuple[Ints, Ints], tuple[Ints, Ints]]:
    """Return the core of a question, with its ends.

    Returns:
        The states; the origins that are in the core, as rows and states; the targets
        that are, as states and columns.
    """
    goals = graph.at(targets, verbs)
    states = core(graph, graph.seeds(origins), goals, sure=sure)
    wanted, columns = of_masks(targets, goals[targets])
    found, places = states.find(wanted)
    return states, states.find(entries(graph, origins)), (places, columns[found])


def with_rules(graph: Graph, states: States, starts: Ints, *, sure: bool) -> States:
    """Return the states with an edge from each start that meets a rule to its head.

    What a start reaches by a rule may meet the next one: the edges are added until no
    start meets another rule.
    """
    rules = rules_of(graph, states, sure=sure)
    if not rules:
        return states
    premises = np.unique(np.concatenate([rule.premises for rule in rules]))
    marks = (premises, np.arange(len(premises)))
    known = np.empty(0, np.int64)
    while True:
        held = unpacked(states.reached(marks, len(premises)).of(starts), len(premises))
        added = [
            starts[held[:, np.searchsorted(premises, rule.premises)].all(axis=1)]
            * len(states)
            + rule.head
            for rule in rules
        ]
        codes = np.unique(np.concatenate(added))
        if len(codes) == len(known):
            return states
        states = states.joined(*np.divmod(np.setdiff1d(codes, known), len(states)))
        known = codes


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between states: every one of its premises together gives its head."""

    premises: Ints
    head: int


def rules_of(graph: Graph, states: States, *, sure: bool) -> list[Rule]:
    """Return the rules with several premises that may take part, state by state."""
    rules: list[Rule] = []
    for edge, nodes in graph.needs.items():
        if sure and graph.is_open[edge]:
            continue
        others = entries(graph, np.array(nodes, np.int64))
        for tail, head in steps(graph, edge):
            codes = np.concatenate((others, [tail, head]))
            found, places = states.find(codes)
            if len(found) == len(codes):
                rules.append(Rule(places[:-1], int(places[-1])))
    return rules
