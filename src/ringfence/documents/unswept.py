"""The search for circles of garbage, kept out where nothing can make one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Keep Python from looking for circles of garbage.

    Where many values are made that are part of none, walking them over and over takes
    as long as making them does. Whoever had turned the search off finds it off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
