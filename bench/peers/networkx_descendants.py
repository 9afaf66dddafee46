"""networkx: `descendants` of each person."""

from __future__ import annotations

import networkx as nx
import numpy as np

from bench.peers import Flags, Ids, columns


def build(nodes: int, tail: Ids, head: Ids) -> nx.DiGraph:
    """Return the edges as a graph whose nodes are numbers."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(zip(tail.tolist(), head.tolist(), strict=True))
    return graph


def answer(built: nx.DiGraph, origins: Ids, targets: Ids) -> Flags:
    """Intersect the descendants of each origin with the targets."""
    column = columns(len(built), targets)
    wanted = set(targets.tolist())
    flags = np.zeros((len(origins), len(targets)), bool)
    for row, origin in enumerate(origins.tolist()):
        found = wanted & (nx.descendants(built, origin) | {origin})
        flags[row, column[list(found)]] = True
    return flags
