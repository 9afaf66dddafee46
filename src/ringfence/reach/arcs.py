"""Edges in compressed rows: by the node that a sweep enters them from, rules apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ringfence.reach.masks import CONTROL, Ints, Mask


@dataclass(frozen=True, slots=True)
class Arcs:
    """Edges sorted by the node that a sweep enters them from (compressed rows).

    Attributes:
        first: For each node, where its edges begin; one more entry at the end.
        edge: The edges' places among the graph's edges, node by node.
        end: For each edge of the graph, the node at which a sweep leaves it.
        give: For each edge of the graph, what it hands on under control of its tail.
        carry: For each edge of the graph, what it hands on of what is held of its tail.
        rules: The edges that need more than their tail; `edge` has none of them.
    """

    first: Ints
    edge: Ints
    end: Ints
    give: Mask
    carry: Mask
    rules: Rules

    def at(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return the edges entered from some nodes, and the node of each."""
        places, begins = runs(self.first, nodes)
        counts = np.diff(begins, append=len(places))
        # Once to the width that numpy indexes with, and not again at every use.
        return self.edge[places].astype(np.intp, copy=False), np.repeat(nodes, counts)


@dataclass(frozen=True, slots=True)
class Rules:
    """Edges that need more than their tail: Horn rules with several premises.

    A premise is what being at a node gives: control of a principal, or reading data.

    Attributes:
        edge, tail, head: Each rule's place among the graph's edges, and its ends.
        give: Mask handed on when control of the tail is held.
        carry: Mask of what is handed on of that which is held of the tail.
        premise: The further premises of all rules, one after another: node numbers.
        first: For each rule, where its premises begin; one more entry at the end.
        entry: For each premise, the state of its node that is asked for.
    """

    edge: Ints
    tail: Ints
    head: Ints
    give: Mask
    carry: Mask
    premise: Ints
    first: Ints
    entry: Mask

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self.edge)

    def fired(self, held: Mask) -> tuple[Ints, Mask]:
        """Return which rules hand on something, and what."""
        unmet = (held[self.premise] & self.entry) == 0
        met = np.add.reduceat(unmet, self.first[:-1]) == 0
        handed = self.handed(held)
        found = np.flatnonzero(met & (handed != 0))
        return found, handed[found]

    def handed(self, held: Mask) -> Mask:
        """Return what each rule would hand on, were its further premises met."""
        of_tail = held[self.tail]
        by_control = np.where((of_tail & CONTROL) != 0, self.give, 0)
        return ((of_tail & self.carry) | by_control).astype(np.uint16)


def grouped(keys: Ints, count: int) -> tuple[Ints, Ints]:
    """Return where each key's places begin, and the places, sorted by key.

    A counting sort: linear, and stable, so that ties break by canonical order.
    """
    first, places, _ = compressed(keys, count, np.zeros(len(keys), np.int8))
    return first, places


def compressed(keys: Ints, count: int, values: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the same, and the values of the places, in one pass."""
    carried: Any = values  # scipy's stubs know exact types of number alone
    wide = np.int32 if len(keys) < 1 << 31 else np.int64
    row = np.arange(len(keys) + 1, dtype=wide)
    matrix = csr_array((carried, keys, row), shape=(len(keys), count)).tocsc()
    return matrix.indptr, matrix.indices, matrix.data


def runs(first: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """Return the places of some keys, run after run, and where each run begins.

    Args:
        first: For each key, where its places begin; one more entry at the end.
        keys: Which keys.
    """
    counts = first[keys + 1] - first[keys]
    begins = np.cumsum(counts) - counts
    places = np.repeat(first[keys] - begins, counts)
    return places + np.arange(len(places)), begins


def distinct(lists: Sequence[Ints], count: int) -> Ints:
    """Return the numbers of some lists, all below a count, each once and in order."""
    if sum(map(len, lists)) < count // 64:
        return np.unique(np.concatenate(lists)) if lists else np.empty(0, np.int64)
    # Of many, a pass over flags for all of them is faster than sorting.
    flags = np.zeros(count, bool)
    for numbers in lists:
        flags[numbers] = True
    return np.flatnonzero(flags)
