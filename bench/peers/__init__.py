"""One module a peer: each answers who reaches what, as its own people would have it.

A peer is two functions. `build` turns edges (two arrays of node numbers) into the
peer's own structure; `answer` returns, for some origins and targets, a row of flags for
each origin: which targets it reaches. Both count as its time.
"""

from __future__ import annotations

from importlib import import_module
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Structure = TypeVar("Structure")

# Module and package of each, the fastest first.
PEERS = {
    "scipy_bfs": "scipy",
    "graphblas_masked": "python-graphblas",
    "duckdb_recursive": "duckdb",
    "igraph_subcomponent": "igraph",
    "rustworkx_descendants": "rustworkx",
    "networkx_descendants": "networkx",
}
PRUNED = "scipy_pruned"  # a check on us, no peer: the pruning alone is not the ratio


class Peer(Protocol, Generic[Structure]):
    """What each module of this folder offers."""

    def build(self, nodes: int, tail: Ids, head: Ids) -> Structure:
        """Return the peer's own structure of the edges."""
        ...

    def answer(self, built: Structure, origins: Ids, targets: Ids) -> Flags:
        """Return a row of flags for each origin, a column for each target."""
        ...


def peer(name: str) -> Peer[object]:
    """Return the module of a peer."""
    found: Peer[object] = import_module(f"bench.peers.{name}")
    return found


def columns(nodes: int, targets: Ids) -> npt.NDArray[np.int32]:
    """Return, by node, its column among the targets, or -1."""
    place = np.full(nodes, -1, np.int32)
    place[targets] = np.arange(len(targets), dtype=np.int32)
    return place
