"""python-graphblas: all origins of a batch at once, a masked product a level.

The frontier is a matrix of flags, a row for each origin; a level is its product with
the edges over `any_pair`, masked by what has not been visited yet.
"""

from __future__ import annotations

import graphblas as gb
import numpy as np

from bench.peers import Flags, Ids

BATCH = 250


def build(nodes: int, tail: Ids, head: Ids) -> gb.Matrix:
    """Return the edges as a matrix of flags, by rows."""
    return gb.Matrix.from_coo(
        tail, head, values=1, dtype=bool, nrows=nodes, ncols=nodes
    )


def answer(built: gb.Matrix, origins: Ids, targets: Ids) -> Flags:
    """Search from the origins, a batch at a time, until no frontier is left."""
    flags = np.zeros((len(origins), len(targets)), bool)
    for start in range(0, len(origins), BATCH):
        chosen = origins[start : start + BATCH]
        visited = _visited(built, chosen)
        rows, places, _ = visited[:, targets].new().to_coo(values=False)
        flags[start + rows.astype(np.int64), places.astype(np.int64)] = True
    return flags


def _visited(edges: gb.Matrix, origins: Ids) -> gb.Matrix:
    frontier = gb.Matrix.from_coo(
        np.arange(len(origins)),
        origins,
        values=1,
        dtype=bool,
        nrows=len(origins),
        ncols=edges.ncols,
    )
    visited = frontier.dup()
    visited.ss.config["sparsity_control"] = "bitmap"
    while frontier.nvals:
        frontier(~visited.S, replace=True) << gb.semiring.any_pair(frontier @ edges)
        visited(frontier.S) << 1
    return visited
