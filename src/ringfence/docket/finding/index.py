"""The index of a docket: a file, drawn from the ledger, that catches up when opened.

It remembers the edge of the log's tree that it was drawn from: what the ledger has
since must continue it, or it is drawn anew. It never holds who somebody is: of that the
ledger has digests alone. And it proves nothing: it is for finding.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from ringfence.docket.finding.drawing import draw
from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.tables import opened
from ringfence.docket.folder import Docket
from ringfence.errors import ConfigError, Locus

NAME = "index.sqlite"


class Index(Kept):
    """What a docket holds, as its ledger tells it when this is opened.

    Args:
        docket: The docket.
        progress: Is told how far the drawing has come.

    Raises:
        ProofError: The ledger isn't what was signed.
        RingfenceError: It can't be read.
        OSError: It can't be read, or the index can't be written.
    """

    def __init__(
        self, docket: Docket, progress: Callable[[str], None] | None = None
    ) -> None:
        self.docket = docket
        self._progress = progress or (lambda _: None)
        self._path = docket.folder / NAME
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _unusable(self._path, error) from None
            self._path.unlink(missing_ok=True)
            self._open()

    def _open(self) -> None:
        super().__init__(opened(self._path))
        try:
            self.catch_up()
        except BaseException:
            self.database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.database.close()
        if isinstance(error, sqlite3.DatabaseError):
            if _is_damage(error):
                self._path.unlink(missing_ok=True)
            raise _unusable(self._path, error) from None

    def catch_up(self) -> None:
        """Read what the ledger has got since.

        Raises:
            ProofError: The ledger isn't what was signed.
            RingfenceError: It can't be read.
            OSError: It can't be read.
        """
        draw(self, self.docket, self._progress)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Return whether a file is no index, or one whose tables somebody has changed."""
    return not isinstance(error, sqlite3.OperationalError) or "no such" in str(error)


def _unusable(path: Path, error: sqlite3.Error) -> ConfigError:
    hint = "it is drawn from the ledger: remove it, or wait until nobody writes to it"
    if "full" in str(error):
        hint = "free some space; what the ledger holds is kept"
    return ConfigError(f"the index can't be used: {error}", Locus(str(path)), hint)
