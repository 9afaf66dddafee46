"""igraph: `subcomponent` of each person, outwards."""

from __future__ import annotations

import igraph
import numpy as np

from bench.peers import Flags, Ids, columns


def build(nodes: int, tail: Ids, head: Ids) -> igraph.Graph:
    """Return the edges as a graph, handed over as one block of memory."""
    ends = np.column_stack((tail, head)).astype(np.int64)
    return igraph.Graph(n=nodes, edges=ends, directed=True)


def answer(built: igraph.Graph, origins: Ids, targets: Ids) -> Flags:
    """Mark the targets in the outward component of each origin."""
    column = columns(built.vcount(), targets)
    flags = np.zeros((len(origins), len(targets)), bool)
    for row, origin in enumerate(origins.tolist()):
        hit = column[np.array(built.subcomponent(origin, mode="out"), np.int64)]
        flags[row, hit[hit >= 0]] = True
    return flags
