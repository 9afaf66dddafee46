"""scipy: one breadth-first search a person over a compressed matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from bench.peers import Flags, Ids, columns


def build(nodes: int, tail: Ids, head: Ids) -> csr_matrix:
    """Return the edges as a matrix of the type that csgraph does not copy."""
    return csr_matrix((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes))


def answer(built: csr_matrix, origins: Ids, targets: Ids) -> Flags:
    """Search from each origin, and mark the targets among what was found."""
    column = columns(built.shape[0], targets)
    flags = np.zeros((len(origins), len(targets)), bool)
    for row, origin in enumerate(origins):
        order = breadth_first_order(built, origin, return_predecessors=False)
        hit = column[order]
        flags[row, hit[hit >= 0]] = True
    return flags
