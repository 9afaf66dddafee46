"""What commands share that run until they are told to end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event

_MOST = 100_000  # files of a case that are looked at


@contextmanager
def ending() -> Iterator[Event]:
    """Give what is set once somebody wants us to end: a step that began is done."""
    ended = Event()
    before = {
        one: signal.signal(one, lambda *_: ended.set())
        for one in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ended
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class Files:
    """The files of a case: whether one is another than when it was read.

    Args:
        case: The boundary file, its folder, or what a check has written.
    """

    def __init__(self, case: Path) -> None:
        self._case = case
        self._last: object = None

    def changed(self) -> bool:
        """Tell whether a file of the case is another than when it was read."""
        return self._look() != self._last

    def read(self) -> None:
        """Take it that they are read now."""
        self._last = self._look()

    def _look(self) -> object:
        from ringfence.gate.service.watching import look

        folder = self._case if self._case.is_dir() else self._case.parent
        return look([*islice(_files(folder), _MOST)])


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; what is hidden, or a ledger's, is none of it."""
    from ringfence.ledger.writer.charter import CHARTER

    for at, folders, names in os.walk(folder):
        is_ledger = Path(at, CHARTER).exists()
        folders[:] = [] if is_ledger else sorted(n for n in folders if n[0] != ".")
        yield from (Path(at, name) for name in ([] if is_ledger else sorted(names)))
