"""Three values: a test holds, doesn't hold, or can't be decided from the facts."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Status(IntEnum):
    """Whether something is so. The order is that of truth: no, unknown, yes."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def __str__(self) -> str:
        """Return the word that reports and proof files use."""
        return self.name.lower()

    @property
    def opposite(self) -> Status:
        """Return the status of the negation."""
        return Status(Status.YES - self)


def among(
    values: Iterable[str], listed: Iterable[str], *, absent: Status, is_unknown: bool
) -> Status:
    """Return whether all (yes), none (no) or some (unknown) values are listed.

    Args:
        values: The values that are stated.
        listed: The values asked for.
        absent: The answer when no value is stated.
        is_unknown: A stated value can't be relied on, which leaves the answer open.
    """
    if is_unknown:
        return Status.UNKNOWN
    hits = [value in listed for value in values]
    if not hits:
        return absent
    if all(hits):
        return Status.YES
    return Status.UNKNOWN if any(hits) else Status.NO
