"""What every source is: a name, its options, and one function from input to facts.

Sources register under the entry-point group `ringfence.sources`, ours like anybody's;
an entry point names a module-level object that satisfies `Source`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.estate.facts import Fact


@dataclass(frozen=True, slots=True)
class Order:
    """What a source is asked to read.

    Attributes:
        source: The source's name in the boundary; every fact carries it.
        files: Names of the files, as written in the boundary.
        base: The folder that relative names start from.
        options: The source's own options, with their places.
        at: Place of the order, for messages about options that are missing.
    """

    source: str
    files: tuple[str, ...] = ()
    base: Path = Path()
    options: Mapping[str, Located] = field(default_factory=dict)
    at: Locus | None = None

    def text(self, file: str) -> str:
        """Return the text of one of the files.

        Raises:
            SourceError: It can't be read or is not UTF-8.
        """
        return decode(read_bytes(self.base / file, file), file)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader must know of a source: what was dropped or left open."""

    message: str
    at: Locus | None = None


@dataclass(slots=True)
class Harvest:
    """What a source gave.

    Attributes:
        facts: The facts, each with its place.
        notes: Columns dropped, statements not understood, constructs not decided.
        covers: Ids of the stores, or of the datasets, whose every principal this source
            lists. What no source covers can't be said to be out of anybody's reach.
        files: Facts files to load in bulk as they stand: what to call each, and where
            it is. They bring source facts of their own.
    """

    facts: list[Fact] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)
    files: list[tuple[str, Path]] = field(default_factory=list)


class Source(Protocol):
    """A kind of source."""

    kind: str
    summary: str
    options: Sequence[str]

    def read(self, order: Order) -> Harvest:
        """Read what the order names.

        Raises:
            SourceError: Some of it can't be read; it carries every problem found. The
                run goes on, and counts the source as unread.
        """
        ...
