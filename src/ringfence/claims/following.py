"""Following exceptions: a ledger and a clock are watched, and a database obeys.

What isn't known isn't conceded: where the ledger can't be read, none of its exceptions
is; where the case can't be read any more, none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ringfence.boundary.decision.scene import Leave
from ringfence.claims.conceding import EXCEPTION, in_force
from ringfence.errors import RingfenceError
from ringfence.gate.point.live import Held
from ringfence.gate.postgres.following import Followed
from ringfence.gate.postgres.wanted import Wanted

PATIENCE = 30  # looks, after which a database is looked at though nothing has happened


class Source(Protocol):
    """A case's scenes, with all exceptions that stand."""

    def changed(self) -> bool:
        """Tell whether there may be another scene than the one that was read last."""
        ...

    def read(self, now: str) -> Held:
        """Return the scene.

        Raises:
            RingfenceError: There is none.
            OSError: It can't be read.
        """
        ...


class Place(Protocol):
    """The store of a case that is closed, as it was when its scene was read."""

    def conceding(self, leaves: Sequence[Leave]) -> Wanted:
        """Return what has to be closed, but for what exceptions concede."""
        ...


@dataclass(slots=True)
class Following:
    """Keeps a database to the exceptions that are in force.

    Attributes:
        source: The case, with the exceptions of a ledger.
        place: The store.
        carry_out: What brings the database to what is wanted.
        tell: What is told of each change, and of trouble, a line each.
    """

    source: Source
    place: Place
    carry_out: Callable[[Wanted], Followed]
    tell: Callable[[str], None]
    _held: Held | None = None
    _is_read: bool = False  # the case, at least once
    _last: tuple[Leave, ...] | None = None  # what the database has obeyed
    _looks: int = 0  # since then
    _told: frozenset[str] = frozenset()

    def look(self, now: str) -> None:
        """Bring the database to what is in force at an instant.

        Raises:
            RingfenceError: The case can't be read, and never could.
            OSError: Nor can a file of it.
        """
        trouble: list[str] = []
        leaves = self._leaves(now, trouble)
        self._looks += 1
        is_due = leaves != self._last or self._looks >= PATIENCE
        if is_due:
            self._obey(leaves, trouble)
        self._say(trouble, is_all=is_due)

    def close(self) -> None:
        """End whatever is conceded: nobody follows what becomes of it.

        Raises:
            RingfenceError: The database can't be reached, or refuses.
        """
        if self._is_read:
            for one in self.carry_out(self.place.conceding(())).changes:
                self.tell(one)

    def _leaves(self, now: str, trouble: list[str]) -> tuple[Leave, ...]:
        held = self._held
        try:
            if held is None or self.source.changed() or now >= held.until:
                self._held = None
                self._held = held = self.source.read(now)
                self._is_read = True
        except (RingfenceError, OSError) as error:
            if not self._is_read:
                raise
            trouble.append(f"no exception is conceded: {error}")
            return ()
        return in_force(held.scene.leaves, now)

    def _obey(self, leaves: tuple[Leave, ...], trouble: list[str]) -> None:
        self._last = None
        try:
            wanted = self.place.conceding(leaves)
            done = self.carry_out(wanted)
        except RingfenceError as error:
            trouble.append(str(error))
            return
        for one in done.changes:
            self.tell(one)
        found = (*wanted.findings, *done.findings)
        trouble += [one.what for one in found if one.what.startswith(EXCEPTION)]
        self._last, self._looks = leaves, 0

    def _say(self, trouble: Sequence[str], *, is_all: bool) -> None:
        """Tell of trouble, once: what lasts is told when it changes."""
        for one in trouble:
            if one not in self._told:
                self.tell(one)
        self._told = frozenset(trouble) | (frozenset() if is_all else self._told)
