"""Which columns are protected: tags and patterns, decided once and applied in bulk."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from ringfence.boundary.model import Boundary, Protection
from ringfence.boundary.status import Status


@dataclass(frozen=True, slots=True)
class Patterns:
    """A set of patterns: `*` is any run of characters, `?` is one, the rest literal."""

    regex: re.Pattern[str]

    def match(self, text: str) -> bool:
        """Return whether one of the patterns is the whole text."""
        return self.regex.fullmatch(text) is not None


def patterns(texts: Iterable[str]) -> Patterns:
    """Return the compiled set of patterns; an empty set matches nothing."""
    parts = [_regex(text) for text in texts] or ["(?!)"]
    return Patterns(re.compile("|".join(parts), re.DOTALL))


def _regex(pattern: str) -> str:
    # Every run but the last is matched as early as it can be, and never tried again
    # (`(?>`): without that, a few stars cost time exponential in their number.
    first, *rest = (_literal(part) for part in re.split(r"\*+", pattern))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}"


def _literal(part: str) -> str:
    return ".".join(re.escape(piece) for piece in part.split("?"))


@dataclass(frozen=True, slots=True)
class Guarded:
    """One protection, compiled."""

    name: str
    tags: frozenset[str]
    datasets: Patterns
    columns: Patterns


@dataclass(frozen=True, slots=True)
class Protected:
    """The protections that apply, ready to be asked about many columns."""

    guarded: tuple[Guarded, ...]
    unclassified: Literal["unknown", "no"]
    _datasets: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def status(self, column: str, tags: Collection[str]) -> Status:
        """Return whether a column is protected.

        Args:
            column: Id of the column, with its kind.
            tags: The tags that sources give it; none at all means unclassified.
        """
        if self.classes(column, tags):
            return Status.YES
        if tags or self.unclassified == "no":
            return Status.NO
        return Status.UNKNOWN

    def dataset_status(self, dataset: str, tags: Collection[str] = ()) -> Status:
        """Return whether a dataset is protected whole, by its name or a tag."""
        tagged = any(not one.tags.isdisjoint(tags) for one in self.guarded)
        by_name = self._of_dataset(_bare(dataset))
        return Status.YES if tagged or by_name else Status.NO

    def classes(self, column: str, tags: Collection[str]) -> tuple[str, ...]:
        """Return the names of the protections that a column belongs to."""
        bare = _bare(column)
        by_dataset = self._of_dataset(bare.rpartition(".")[0])
        return tuple(
            one.name
            for one in self.guarded
            if one.name in by_dataset
            or not one.tags.isdisjoint(tags)
            or one.columns.match(bare)
        )

    def _of_dataset(self, dataset: str) -> tuple[str, ...]:
        known = self._datasets.get(dataset)
        if known is None:
            known = tuple(o.name for o in self.guarded if o.datasets.match(dataset))
            self._datasets[dataset] = known
        return known


def protected(boundary: Boundary, names: Collection[str] = ()) -> Protected:
    """Return what a boundary protects: the protections named, or all of them."""
    chosen = (one for one in boundary.protected if not names or one.name in names)
    return Protected(tuple(_compile(one) for one in chosen), boundary.unclassified)


def _compile(protection: Protection) -> Guarded:
    return Guarded(
        protection.name,
        frozenset(protection.tags),
        patterns(protection.datasets),
        patterns(protection.columns),
    )


def _bare(id: str) -> str:  # noqa: A002
    return id.partition(":")[2]
