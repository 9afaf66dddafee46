"""What can go wrong with a ledger: a writer that stops, and a log that contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ringfence.errors import Locus, Problem, ProofError, RingfenceError

_PRIVATE = r"private/(?:ledger\.json|signed|journal|closed|seen|(?:keys|payloads)/.+)"
_PUBLIC = r"public/(?:checkpoint|tile.*|key-proofs.*)"
_OWN = re.compile(rf"{_PRIVATE}|private/quorum|{_PUBLIC}|\.")
_TILE = re.compile(r"tile/(?:entries|\d+)/.+")


class LedgerError(RingfenceError):
    """The writer can't go on: what it can't bring to the disk it acknowledges not."""


class BusyError(LedgerError):
    """Another writer holds the ledger; it may let go."""


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


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Have an error name a ledger's files as whoever named the ledger finds them.

    Args:
        folder: The ledger.
    """
    try:
        yield
    except RingfenceError as error:
        error.problems = tuple(found_in(folder, one) for one in error.problems)
        error.args = ("\n".join(map(str, error.problems)),)
        raise


def found_in(folder: Path, problem: Problem) -> Problem:
    """Return a problem whose place is from the ledger on, as one from here on."""
    at = problem.at
    if at is not None and _OWN.fullmatch(at.file):
        file = folder / at.file
    elif at is not None and _TILE.fullmatch(at.file):
        file = folder / "public" / at.file
    else:
        return problem
    return replace(problem, at=replace(at, file=str(file)))
