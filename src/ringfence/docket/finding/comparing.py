"""Holding an index against its ledger: whether it tells what one drawn anew tells.

An index that is up to date isn't drawn again. Whoever has changed a row of it, and
nothing else, has it tell other words until somebody compares.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from ringfence.docket.finding.drawing import draw
from ringfence.docket.finding.index import NAME
from ringfence.docket.finding.kept import Kept
from ringfence.docket.folder import Docket

_QUESTIONS = (
    "SELECT * FROM mark",
    "SELECT * FROM object ORDER BY place",
    "SELECT * FROM link ORDER BY thing, kind, role, place",
    "SELECT * FROM named ORDER BY kind, plain",
    "SELECT * FROM statement ORDER BY place",
    "SELECT * FROM assessment ORDER BY place",
    "SELECT * FROM stretch ORDER BY id",
    "SELECT rowid, body FROM words ORDER BY rowid",
)


def tells_otherwise(docket: Docket, progress: Callable[[str], None]) -> bool:
    """Return whether the index of a docket tells what its ledger doesn't.

    Nothing is written. One that is missing, or no index, tells nothing: it is drawn
    anew when it is opened.

    Args:
        docket: The docket.
        progress: Is told how far it is.

    Raises:
        RingfenceError: The ledger can't be read, or isn't what was signed.
        OSError: It can't be read.
    """
    path = docket.folder / NAME
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as file:
            there = _empty()
            file.backup(there.database)
        draw(there, docket, progress)
        anew = _empty()
        draw(anew, docket, progress)
    except sqlite3.DatabaseError:
        return False
    with closing(there.database), closing(anew.database):
        return not _is_whole(there) or any(
            _differs(there, anew, question) for question in _QUESTIONS
        )


def _empty() -> Kept:
    return Kept(sqlite3.connect(":memory:", isolation_level=None))


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro"


def _is_whole(kept: Kept) -> bool:
    """Return whether the words that are searched are those that the tables hold."""
    try:
        kept.database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError:
        return False
    return True


def _differs(one: Kept, other: Kept, question: str) -> bool:
    rows = (kept.database.execute(question) for kept in (one, other))
    return any(left != right for left, right in zip_longest(*rows))
