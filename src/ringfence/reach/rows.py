"""One bitset row for each strong component: what every node reaches, all at once.

A directed graph is condensed to its strong components; from the sinks upwards, the row
of a component is the union of its own marks and its successors' rows. One row of n
marks takes n/8 bytes, and each edge between components is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ringfence.reach import compiled
from ringfence.reach.arcs import compressed, distinct, grouped, runs
from ringfence.reach.masks import Flags, Ints

Words = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.uint8]
WORD = 64
# So many words are gathered at a time, more only for one component: 64 MiB.
MOST_WORDS = 1 << 23


@dataclass(frozen=True, slots=True)
class Rows:
    """The marks that each node reaches.

    Attributes:
        label: For each node, the number of its component.
        words: For each component, its row of bits, little end first; read only.
    """

    label: Ints
    words: Words

    def of(self, nodes: Ints) -> Words:
        """Return the rows of some nodes."""
        return self.words[self.label[nodes]]


def width(columns: int) -> int:
    """Return how many words hold so many bits."""
    return -(-columns // WORD)


def mark(words: Words, rows: Ints, columns: Ints) -> None:
    """Set single bits, each given by its row and column."""
    bits = np.uint64(1) << (columns % WORD).astype(np.uint64)
    np.bitwise_or.at(words, (rows, columns // WORD), bits)


def packed(flags: Flags) -> Words:
    """Return a row of flags as a row of bits."""
    whole = np.zeros(width(len(flags)) * WORD, bool)
    whole[: len(flags)] = flags
    return np.packbits(whole, bitorder="little").view(np.uint64)


def unpacked(words: Words, columns: int) -> npt.NDArray[np.bool_]:
    """Return rows of bits as rows of flags."""
    shown: Bits = words.view(np.uint8)
    flags = np.unpackbits(shown, axis=-1, count=columns, bitorder="little")
    return flags.view(np.bool_)


def pairs_of(words: Words, columns: int) -> tuple[Ints, Ints]:
    """Return the places of all set bits: rows and columns, in order."""
    found = np.nonzero(unpacked(words, columns))
    return found[0], found[1]


def rows(
    count: int, edges: tuple[Ints, Ints], marks: tuple[Ints, Ints], columns: int
) -> Rows:
    """Return the marks that every node of a graph reaches, its own included.

    Args:
        count: How many nodes there are.
        edges: Tails and heads.
        marks: Nodes and, for each, the column of a mark that it bears.
        columns: How many columns there are.
    """
    tail, head = edges
    label, parts = _components(count, tail, head)
    words = np.zeros((parts, width(columns)), np.uint64)
    mark(words, label[marks[0]], marks[1])
    _spread(words, *_condensed(parts, label[tail], label[head]))
    words.flags.writeable = False
    return Rows(label, words)


def _components(count: int, tail: Ints, head: Ints) -> tuple[Ints, int]:
    ones = np.ones(len(tail), np.int8)
    matrix = csr_array((ones, (tail, head)), shape=(count, count))
    parts, label = connected_components(matrix, connection="strong")
    return label.astype(np.int64), int(parts)


def _condensed(parts: int, tail: Ints, head: Ints) -> tuple[Ints, Ints]:
    """Return the edges between components, sorted by tail."""
    between = np.flatnonzero(tail != head)
    _, order = grouped(tail[between], parts)
    chosen = between[order]
    return tail[chosen], head[chosen]


def _spread(words: Words, tail: Ints, head: Ints) -> None:
    """Let every component take over the rows of its successors, sinks first."""
    level = levels(len(words), tail, head)[tail]
    # Sixteen bits are sorted digit by digit, in linear time.
    deep = level.max(initial=0) >= 1 << 16
    order = np.argsort(level if deep else level.astype(np.uint16), kind="stable")
    tail, head = tail[order], head[order]
    is_worth_it = len(tail) * words.shape[1] >= compiled.WORTH_IT
    if is_worth_it and (loop := compiled.spread()) is not None:
        loop(words, tail, head)
        return
    begins = np.flatnonzero(np.diff(tail, prepend=-1))
    for first, last in _batches(level[order[begins]], begins, words):
        starts = begins[first:last]
        end = begins[last] if last < len(begins) else len(tail)
        heads = head[starts[0] : end]
        gathered = np.bitwise_or.reduceat(words[heads], starts - starts[0], axis=0)
        words[tail[starts]] |= gathered


def _batches(level: Ints, begins: Ints, words: Words) -> Iterator[tuple[int, int]]:
    """Yield runs of components of one level whose successors' rows fit together."""
    most = max(1, MOST_WORDS // max(1, words.shape[1]))
    blocks = begins // most
    fresh = (np.diff(level, prepend=-1) != 0) | (np.diff(blocks, prepend=-1) != 0)
    yield from pairwise([*np.flatnonzero(fresh).tolist(), len(begins)])


def levels(count: int, tail: Ints, head: Ints) -> Ints:
    """Return for each node of an acyclic graph how long its longest way down is.

    Kahn's order from the sinks, a level at a time: a node is taken up when its last
    successor has been.
    """
    level = np.zeros(count, np.int64)
    open_edges = np.bincount(tail, minlength=count)
    first, _, into = compressed(head, count, tail)
    done = np.flatnonzero(open_edges == 0)
    depth = 0
    while len(done):
        depth += 1
        tails = into[runs(first, done)[0]]
        np.subtract.at(open_edges, tails, 1)
        done = distinct([tails[open_edges[tails] == 0]], count)
        level[done] = depth
    return level
