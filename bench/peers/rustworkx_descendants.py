"""rustworkx: `descendants` of each person."""

from __future__ import annotations

import numpy as np
import rustworkx as rx

from bench.peers import Flags, Ids, columns


def build(nodes: int, tail: Ids, head: Ids) -> rx.PyDiGraph[None, None]:
    """Return the edges as a graph whose nodes have the numbers of ours."""
    graph: rx.PyDiGraph[None, None] = rx.PyDiGraph(
        multigraph=True, node_count_hint=nodes, edge_count_hint=len(tail)
    )
    graph.add_nodes_from([None] * nodes)
    graph.add_edges_from_no_data(list(zip(tail.tolist(), head.tolist(), strict=True)))
    return graph


def answer(built: rx.PyDiGraph[None, None], origins: Ids, targets: Ids) -> Flags:
    """Intersect the descendants of each origin with the targets."""
    column = columns(built.num_nodes(), targets)
    wanted = set(targets.tolist())
    flags = np.zeros((len(origins), len(targets)), bool)
    for row, origin in enumerate(origins.tolist()):
        found = (rx.descendants(built, origin) | {origin}) & wanted
        flags[row, column[list(found)]] = True
    return flags
