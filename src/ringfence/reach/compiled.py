"""The innermost loop, compiled: the same rows, where numba (extra `fast`) is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.signedinteger]
Spread = Callable[[Words, Numbers, Numbers], None]
# From so many words on, compiling takes less time than it saves.
WORTH_IT = 1 << 28


def _spread(words: Words, tail: Numbers, head: Numbers) -> None:
    """Add to the row of each edge's tail that of its head, edge after edge."""
    for edge in range(len(tail)):
        upper, lower = tail[edge], head[edge]
        for word in range(words.shape[1]):
            words[upper, word] |= words[lower, word]


@cache
def spread() -> Spread | None:
    """Return the compiled loop, or None where numba isn't installed."""
    if find_spec("numba") is None:
        return None
    import numba  # noqa: PLC0415 - an extra, and half a second to import

    compiler: Any = numba.njit(cache=True)
    compiled: Spread = compiler(_spread)
    return compiled
