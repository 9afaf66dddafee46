"""Protection goes down: what protected data contains is protected with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import EDGE_KINDS, Flow

Array = npt.NDArray[Any]
YES, UNKNOWN = 1, 2


def descended(
    protected: Array, ends: tuple[Array, Array], sort: Array, unknown: Array, *, of: int
) -> Array:
    """Return what is protected, and with it all that it contains.

    Certain protection over edges that are certain stays so; all other is unknown.

    Args:
        protected: By node: nothing (0), `YES` or `UNKNOWN`.
        ends: By edge: what it starts from, and what it leads to.
        sort: By edge: its sort, edge kinds first.
        unknown: By edge: whether nobody could say that it is there.
        of: How many sorts there can be.
    """
    holds = [kind.flow is Flow.CONTAIN for kind in EDGE_KINDS.values()]
    inside = np.flatnonzero(np.repeat(holds, of // len(holds))[sort])
    tail, head = ends[0][inside], ends[1][inside]
    certain = ~unknown[inside]
    sure = _closed(protected == YES, tail[certain], head[certain])
    found = np.where(_closed(sure | (protected > 0), tail, head), UNKNOWN, 0)
    found[sure] = YES
    return found.astype(protected.dtype)


def _closed(flags: Array, tail: Array, head: Array) -> Array:
    while len(found := head[flags[tail] & ~flags[head]]):
        flags[found] = True
    return flags
