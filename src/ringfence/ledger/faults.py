"""What can go wrong with a ledger: a writer that stops, and a log that contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ringfence.errors import Locus, ProofError, RingfenceError


class LedgerError(RingfenceError):
    """The writer can't go on: what it can't bring to the disk it acknowledges not."""


class Exhibit(NamedTuple):
    """One piece of what an error rests on: a file name and its content."""

    name: str
    content: bytes


class ForkError(ProofError):
    """A log contradicts itself; the error carries what proves it.

    Attributes:
        exhibits: The pieces, at least two: what was said first, what was said after,
            and the proof that failed to join them, as far as there was one.
    """

    def __init__(
        self,
        message: str,
        exhibits: Sequence[Exhibit],
        at: Locus | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, at, hint)
        self.exhibits = tuple(exhibits)
