"""scipy after the same pruning as ours: one search a person, over the core alone.

The core is what the origins reach and what reaches the targets that they hit, found by
one search each from an extra node that leads to all of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from bench.peers import Flags, Ids, scipy_bfs

Edges = tuple[int, Ids, Ids]


def build(nodes: int, tail: Ids, head: Ids) -> Edges:
    """Return the edges as they are: what is pruned depends on the question."""
    return nodes, tail, head


def answer(built: Edges, origins: Ids, targets: Ids) -> Flags:
    """Prune, then search from each origin."""
    nodes, tail, head = built
    forward = _found(nodes, tail, head, origins)
    hit = targets[forward[targets]]
    kept = forward[tail] & forward[head]
    tail, head = tail[kept], head[kept]
    core = forward & _found(nodes, head, tail, hit)
    core[origins] = core[targets] = True
    kept = core[tail] & core[head]
    number = (np.cumsum(core) - 1).astype(np.int32)
    small = scipy_bfs.build(int(core.sum()), number[tail[kept]], number[head[kept]])
    return scipy_bfs.answer(small, number[origins], number[targets])


def _found(nodes: int, tail: Ids, head: Ids, seeds: Ids) -> npt.NDArray[np.bool_]:
    extra = np.full(len(seeds), nodes, np.int32)
    ends = (np.concatenate((tail, extra)), np.concatenate((head, seeds)))
    graph = csr_matrix((np.ones(len(ends[0])), ends), shape=(nodes + 1, nodes + 1))
    found = np.zeros(nodes + 1, bool)
    found[breadth_first_order(graph, nodes, return_predecessors=False)] = True
    return found[:nodes]
