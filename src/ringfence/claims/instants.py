"""Instants of the estate as seconds since 1970, and back."""

from __future__ import annotations

import numpy as np


def seconds(instant: str) -> int:
    """Return an instant as seconds since 1970."""
    return int(np.datetime64(instant.removesuffix("Z"), "s").astype(np.int64))


def moment(number: int) -> str:
    """Return seconds since 1970 as an instant."""
    return f"{np.datetime64(number, 's')}Z"
