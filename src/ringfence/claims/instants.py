"""Instants of the estate as seconds since 1970, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ringfence.boundary.status import Status

Stretch = tuple[int, int]
"""From a second since 1970 until another one, which is no part of it."""
Times = Mapping[str, Sequence[tuple[int, int, Status]]]
"""By node: from when until when it has which status."""


def seconds(instant: str) -> int:
    """Return an instant as seconds since 1970."""
    return int(np.datetime64(instant.removesuffix("Z"), "s").astype(np.int64))


def moment(number: int) -> str:
    """Return seconds since 1970 as an instant."""
    return f"{np.datetime64(number, 's')}Z"
