"""What the gateway asks of a place that files lie in: a folder, or a prefix of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ringfence.errors import RingfenceError

BLOCK = 1 << 20  # bytes that are read at once


class StoreError(RingfenceError):
    """A place can't be read or written; what was to leave stays where it is."""


class ChangedError(StoreError):
    """A file is another than it was, or is gone: it is looked at again later."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there.

    Attributes:
        path: Where, below the root, with `/`.
        mark: What tells it from what may take its place later.
        age: Seconds since it changed last; None: it is whole whenever it is there.
        odd: Why it can't be taken; empty: it can.
    """

    path: str
    mark: str
    age: float | None = None
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read of a file.

    Attributes:
        digest: SHA-256 of it, in hexadecimal. `size`: its bytes.
        mark: What tells it from what may take its place later.
    """

    digest: str
    size: int
    mark: str


class Store(Protocol):
    """A place that files lie in, under paths below its root.

    A failure is a StoreError or an OSError, and says nothing of what happened to the
    file: it may be there, or not.
    """

    @property
    def where(self) -> str:
        """What messages call it."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other gateway out, where the place can."""
        ...

    # --- an outbox

    def found(self) -> Iterator[Found]:
        """Yield what is there, in order of the paths."""
        ...

    def take(self, path: str, target: BinaryIO) -> Taken:
        """Copy a file; a ChangedError says that it is gone, or changed meanwhile."""
        ...

    def has(self, path: str, mark: str) -> bool:
        """Whether a file is there, and still the one that was taken."""
        ...

    def remove(self, path: str, taken: Taken, claim: str) -> bool:
        """Remove a file if it is still what was taken; tell whether it was."""
        ...

    # --- released and quarantine

    def digest(self, path: str, size: int) -> str | None:
        """Return the SHA-256 of what is there; empty if it isn't of that size."""
        ...

    def carry(self, source: Path, claim: str, digest: str) -> None:
        """Bring a file there, to where nobody looks; it may be moved or copied."""
        ...

    def reveal(self, claim: str, path: str) -> None:
        """Give what was carried its path, in one step; again is as once.

        Raises:
            FileExistsError: Something else has it.
        """
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a small file in one step, whatever was there."""
        ...

    def sweep(self, keep: AbstractSet[str]) -> None:
        """Remove what was carried of claims that aren't among these."""
        ...


def first_free(paths: Iterable[str], store: Store, digest: str, size: int) -> str:
    """Return the first path where nothing is, or the same content already."""
    return next(one for one in paths if store.digest(one, size) in (None, digest))
