"""The meter: distinct subjects by recipient group and category, over twelve months.

For each scope it keeps when somebody's data left last. A set counts nobody twice, so
that retries, replays and parallel channels need no rule of their own; and whoever left
within the window left last within it, so that no earlier time is needed. One file of
SQLite, on the disk before anything leaves.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Reading
from ringfence.egress.meter import marks
from ringfence.egress.meter.cells import Conditions
from ringfence.egress.meter.marks import Mark, Marks, MeterError
from ringfence.egress.meter.scopes import EVERY, Scope, scopes, twelve_months_before
from ringfence.errors import ConfigError, Locus

FORMAT = 2
_NO_METER = "name the file that `ringfence egress` made"
_WAIT = 60.0  # seconds that another process may hold the file
_SCHEMA = """
CREATE TABLE scope (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
    category TEXT NOT NULL, UNIQUE (kind, name, category)
);
CREATE TABLE seen (
    scope INTEGER NOT NULL, subject INTEGER NOT NULL, last TEXT NOT NULL,
    PRIMARY KEY (scope, subject)
) WITHOUT ROWID;
CREATE INDEX seen_last ON seen (scope, last);
CREATE TABLE told (
    receiver TEXT NOT NULL, conditions TEXT NOT NULL, people INTEGER NOT NULL,
    PRIMARY KEY (receiver, conditions, people)
) WITHOUT ROWID;
"""
_SHIFT = 1 << 63  # SQLite's integers are signed


class Meter:
    """How many people's data left, for whoever judges; from any thread.

    Args:
        path: Its file; one that isn't there is made.

    Raises:
        ConfigError: The file is no meter.
        MeterError: It can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        with _faults(path):
            self._base = self._opened()

    @contextmanager
    def counting(self) -> Iterator[Desk]:
        """Count, alone: what a desk wrote stays if the block ends without an error.

        Raises:
            MeterError: The file can't be read or written.
        """
        with self._lock:
            with _faults(self._path):
                self._base.execute("BEGIN IMMEDIATE")
            try:
                yield Desk(self._base, self._path)
                with _faults(self._path):
                    self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    with _faults(self._path):
                        self._base.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._base.close()

    def _opened(self) -> sqlite3.Connection:
        base = sqlite3.connect(
            self._path, timeout=_WAIT, isolation_level=None, check_same_thread=False
        )
        if not _is_ours(base):
            base.close()
            raise ConfigError("is no meter", Locus(str(self._path)), _NO_METER)
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("BEGIN IMMEDIATE")
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in f"{_SCHEMA}{marks.SCHEMA}".split(";"):
                base.execute(statement)
            marks.name(base)
            base.execute(f"PRAGMA user_version = {FORMAT}")
        base.execute("COMMIT")
        if version not in (0, FORMAT):
            base.close()
            message = f"is a meter of format {version}, and this reads {FORMAT}"
            raise ConfigError(message, Locus(str(self._path)))
        return base


class Desk:
    """The meter while nobody else counts."""

    def __init__(self, base: sqlite3.Connection, path: Path) -> None:
        self._base = base
        self._path = path

    def check(self, origin: str, before: Mark | None) -> None:
        """Check that the meter knows of all that a ledger says it has counted.

        Args:
            origin: What the ledger is called.
            before: What it says; None: nothing was counted.

        Raises:
            MeterError: It doesn't: it was lost, replaced, or is an older copy.
        """
        with _faults(self._path):
            Marks(self._base, self._path).check(origin, before)

    def begin(self, origin: str, before: Mark | None) -> tuple[Mark, bool]:
        """Draw a release's number, which is on the disk before the ledger names it.

        For that the transaction ends, and another one begins at once.

        Args:
            origin: What the ledger is called.
            before: What it says was counted last; None: nothing.

        Returns:
            The mark to be named, and whether nobody else counted between the two: what
            was read before holds.

        Raises:
            MeterError: The meter doesn't know of all that was counted, or can't be
                written.
        """
        with _faults(self._path):
            held = Marks(self._base, self._path)
            held.check(origin, before)
            return self._drawn(held.next(origin, before))

    def accept(self, origin: str, before: Mark | None) -> Mark:
        """Go on as the meter of a ledger, whatever that says was counted.

        Raises:
            MeterError: The file can't be written.
        """
        with _faults(self._path):
            return self._drawn(Marks(self._base, self._path).next(origin, before))[0]

    def reading(
        self,
        contract: Contract,
        subjects: NDArray[np.uint64],
        categories: Mapping[str, NDArray[np.uint64]],
        now: str,
    ) -> Reading:
        """Return what the meter would show if these people's data left now.

        Args:
            contract: What they would leave by.
            subjects: Everybody, each once (uint64).
            categories: Everybody by category; each is among `subjects`.
            now: The instant.

        Raises:
            MeterError: The file can't be read.
        """
        since = twelve_months_before(now)
        every = {
            scope.kind: self._together(scope, subjects, since)
            for scope in scopes(contract)
            if scope.kind != "group"
        }
        groups = contract.groups
        known = {*categories, *self._categories(groups)} - {EVERY}
        return Reading(
            channel=every["channel"],
            conceded=every.get("exception", 0),
            group=self._most(groups, EVERY, subjects, since),
            categories={
                one: self._most(groups, one, categories.get(one, _NOBODY), since)
                for one in sorted(known)
            },
        )

    def count(
        self,
        contract: Contract,
        subjects: NDArray[np.uint64],
        categories: Mapping[str, NDArray[np.uint64]],
        now: str,
    ) -> None:
        """Count that these people's data leaves now.

        Raises:
            MeterError: The file can't be written.
        """
        for scope in scopes(contract):
            self._see(scope, subjects, now)
            if scope.kind == "group":
                for category, whose in categories.items():
                    self._see(Scope("group", scope.name, category), whose, now)

    def shown(self, now: str) -> dict[Scope, int]:
        """Return how many there are in each scope that counted somebody.

        Raises:
            MeterError: The file can't be read.
        """
        asked = (
            "SELECT kind, name, category, count(*) FROM seen JOIN scope ON id = scope "
            "WHERE last > ? GROUP BY id ORDER BY kind, name, category"
        )
        rows = self._all(asked, (twelve_months_before(now),))
        return {Scope(kind, name, cat): number for kind, name, cat, number in rows}

    def told(self, groups: Sequence[str]) -> dict[Conditions, frozenset[int]]:
        """Return every count that one of these groups was told, by its conditions.

        Raises:
            MeterError: The file can't be read.
        """
        found: dict[Conditions, set[int]] = defaultdict(set)
        for group in groups:
            asked = "SELECT conditions, people FROM told WHERE receiver = ?"
            for which, people in self._all(asked, (group,)):
                found[frozenset(which.split())].add(people)
        return {which: frozenset(counts) for which, counts in found.items()}

    def tell(
        self, groups: Sequence[str], counts: Sequence[tuple[Conditions, int]]
    ) -> None:
        """Keep counts that these groups are told.

        Raises:
            MeterError: The file can't be written.
        """
        rows = [
            (group, " ".join(sorted(which)), people)
            for group in groups
            for which, people in counts
        ]
        with _faults(self._path):
            self._base.executemany("INSERT OR IGNORE INTO told VALUES (?, ?, ?)", rows)

    def _drawn(self, mark: Mark) -> tuple[Mark, bool]:
        (seen,) = self._base.execute("PRAGMA data_version").fetchone()
        self._base.execute("COMMIT")
        self._base.execute("BEGIN IMMEDIATE")
        (now,) = self._base.execute("PRAGMA data_version").fetchone()
        return mark, seen == now

    def _most(
        self,
        groups: tuple[str, ...],
        category: str,
        subjects: NDArray[np.uint64],
        since: str,
    ) -> int:
        counted = (
            self._together(Scope("group", one, category), subjects, since)
            for one in groups
        )
        return max(counted, default=int(subjects.size))

    def _together(self, scope: Scope, subjects: NDArray[np.uint64], since: str) -> int:
        """Return how many there are in a scope's window, with these people."""
        (found,) = self._all(
            "SELECT count(*) FROM seen JOIN scope ON id = scope "
            "WHERE kind = ? AND name = ? AND category = ? AND last > ?",
            (scope.kind, scope.name, scope.category, since),
        )
        self._lay(subjects)
        (again,) = self._all(
            "SELECT count(*) FROM going JOIN seen USING (subject) "
            "JOIN scope ON id = scope "
            "WHERE kind = ? AND name = ? AND category = ? AND last > ?",
            (scope.kind, scope.name, scope.category, since),
        )
        return int(found[0] + subjects.size - again[0])

    def _see(self, scope: Scope, subjects: NDArray[np.uint64], now: str) -> None:
        if not subjects.size:
            return
        named = (scope.kind, scope.name, scope.category)
        self._run(
            "INSERT OR IGNORE INTO scope (kind, name, category) VALUES (?, ?, ?)", named
        )
        self._lay(subjects)
        # A clock that was set back takes nobody out of a window.
        self._run(
            "INSERT INTO seen (scope, subject, last) SELECT id, subject, ? "
            "FROM going JOIN scope ON kind = ? AND name = ? AND category = ? "
            "WHERE true ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
            (now, *named),
        )

    def _categories(self, groups: tuple[str, ...]) -> set[str]:
        rows = self._all("SELECT name, category FROM scope WHERE kind = 'group'", ())
        return {category for name, category in rows if name in groups}

    def _lay(self, subjects: NDArray[np.uint64]) -> None:
        """Lay people into a table of this connection alone."""
        self._run("CREATE TEMP TABLE IF NOT EXISTS going (subject INTEGER PRIMARY KEY)")
        self._run("DELETE FROM going")
        signed = (subjects ^ np.uint64(_SHIFT)).view(np.int64).tolist()
        rows = [(one,) for one in signed]
        with _faults(self._path):
            self._base.executemany("INSERT INTO going VALUES (?)", rows)

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> None:
        with _faults(self._path):
            self._base.execute(statement, values)

    def _all(self, asked: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with _faults(self._path):
            return self._base.execute(asked, values).fetchall()


def _is_ours(base: sqlite3.Connection) -> bool:
    """Return whether a file is new, or has a format; nothing is written to it."""
    base.execute("BEGIN")
    (version,) = base.execute("PRAGMA user_version").fetchone()
    (tables,) = base.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    base.execute("COMMIT")
    return bool(version or not tables)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Tell what SQLite says as an error that has a place and a remedy."""
    at = Locus(str(path))
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise ConfigError("is no meter", at, _NO_METER) from None
        hint = "nothing leaves uncounted: mend what it says, and try again"
        raise MeterError(f"the meter failed: {error}", at, hint) from None


_NOBODY = np.empty(0, np.uint64)
