"""What every engine offers: Parquet under a name, and a kernel's answer as columns.

An engine is given the kernel's portable text and translates it itself (see
`ringfence.audit.kernels.portable`), so that nobody else knows its dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ringfence.errors import RingfenceError

Ints = npt.NDArray[np.int64]
Answer = Mapping[str, "Ints | list[str]"]


class EngineError(RingfenceError):
    """An engine failed at its work: there is no answer, rather than half of one."""


def ints(answer: Answer, name: str) -> Ints:
    """Return a column of whole numbers.

    Raises:
        EngineError: It holds words.
    """
    column = answer[name]
    if isinstance(column, list):
        message = f"a kernel answers with words in `{name}`"
        raise EngineError(message)
    return column


class Engine(Protocol):
    """Runs kernels over Parquet files.

    Attributes:
        name: What figures and reports call it.
        most: How many events it judges in one go at most, so that what it holds
            stays small; None when it takes all of them better.
    """

    name: str
    most: int | None

    def register(self, view: str, paths: Sequence[Path]) -> None:
        """Let a name stand for the rows of Parquet files, whatever it stood for.

        The columns are those that stand in the files, none taken from the folders'
        names. There is at least one file, and all of them have the same columns.
        """
        ...

    def keep(self, view: str, kernel: str) -> None:
        """Let a name stand for the rows of a kernel's answer, until it is dropped.

        Where that is cheaper, an engine runs the kernel now, and once.
        """
        ...

    def drop(self, view: str) -> None:
        """Let go of what was kept under a name."""
        ...

    def run(self, kernel: str) -> Answer:
        """Run a kernel; return its columns by name, in the order that it names them.

        A column of whole numbers comes as an array of 64 bits, a column of words as a
        list. A kernel answers with nothing else, and with no null.

        Raises:
            EngineError: The engine could not run it, or gave something else.
        """
        ...

    def count(self, kernel: str) -> int:
        """Return how many rows a kernel answers with, without fetching them."""
        ...

    def explain(self, kernel: str) -> str:
        """Return how the engine would run a kernel, in its own words."""
        ...

    def close(self) -> None:
        """Let go of everything; the engine can't be used again."""
        ...
