"""What a scan of a store found: places and numbers, and never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Subjects = NDArray[np.uint64]
By = Literal["whole", "rows", "blocks"]


def union(parts: Iterable[Subjects]) -> Subjects:
    """Return everybody in some sets of people, each once, in order."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *parts]))


@dataclass(frozen=True, slots=True)
class Seen:
    """Protected people of whom one kind of identifier stands in one column.

    Attributes:
        column: The column, with the containers around it: `members.csv/email`.
        tag: What kind: `EMAIL`.
        values: How many values hold one.
        subjects: Whose they are, each once, in order.
    """

    column: str
    tag: str
    values: int
    subjects: Subjects


@dataclass(frozen=True, slots=True)
class Dataset:
    """A file, an object, a table or a view, and whose data is in it.

    Attributes:
        name: What it is called within its store; nobody's identifier.
        form: `file`, `table`, `view`, `materialised_view` or `foreign_table`.
        by: How it was read: whole, some of its rows, or some of its blocks.
        rows: Rows or lines that it has.
        looked: How many of them were looked through.
        hits: How many of these hold data of somebody protected; None: not counted.
        seen: Who was seen, by column and kind.
        undecided: What couldn't be decided, by reason, and how often.
        gaps: What of it wasn't looked through, in words.
        unread: Why nothing of it was; empty: it was read.
        digest: SHA-256 of what was read, in hexadecimal; empty: nothing was.
    """

    name: str
    form: str
    by: By = "whole"
    rows: int = 0
    looked: int = 0
    hits: int | None = None
    seen: tuple[Seen, ...] = ()
    undecided: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    unread: str = ""
    digest: str = ""

    @property
    def subjects(self) -> Subjects:
        """Everybody who was seen in it."""
        return union(one.subjects for one in self.seen)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was looked through."""
        return self.by == "whole" and not self.gaps and not self.unread


@dataclass(frozen=True, slots=True)
class Scan:
    """A store that was looked through.

    Attributes:
        place: Where it is, without any secret.
        datasets: What is in it, by name.
        sample: How it was sampled, in words; empty: it was read whole.
        epoch: The epoch of the index, in hexadecimal.
        unread: What else of the store wasn't looked through: how much, by what it is.
        notes: What the scan didn't ask about.
    """

    place: str
    datasets: tuple[Dataset, ...]
    sample: str
    epoch: str
    unread: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def subjects(self) -> Subjects:
        """Everybody who was seen in the store, each once."""
        return union(one.subjects for one in self.datasets)

    @property
    def is_whole(self) -> bool:
        """Whether the whole store was looked through."""
        return not self.unread and all(one.is_whole for one in self.datasets)

    @property
    def digest(self) -> str:
        """SHA-256 over the names and digests of what was read, in hexadecimal."""
        lines = sorted(f"{one.name}\0{one.digest}\n" for one in self.datasets)
        return sha256("".join(lines).encode()).hexdigest()
