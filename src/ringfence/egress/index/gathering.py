"""Gathering: rows of a population become pairs of fingerprint and person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms import digests
from ringfence.egress.forms.columns import canonical as canonical_forms
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.fingerprint import DIGESTS, fingerprints, subject_numbers
from ringfence.egress.index.keys import Key
from ringfence.egress.index.known import Shape
from ringfence.egress.index.population import Layout, Population
from ringfence.egress.index.store import Numbers, Pairs
from ringfence.errors import Locus, SourceError

Canonical = Callable[[Kind, pl.Series], pl.Series]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a population is fingerprinted with.

    Attributes:
        index: The index's key; each epoch may have its own.
        subject: The key of the subject numbers, which stays.
    """

    index: Key
    subject: Key

    def __post_init__(self) -> None:
        """Check that they are two.

        Raises:
            SourceError: They are one.
        """
        if self.index == self.subject:
            hint = "subject numbers stay, and the index's key does not"
            raise SourceError("the two keys are one", Locus("--subject-key"), hint)


@dataclass(slots=True)
class Tally:
    """What was read of a kind.

    Attributes:
        held: Values that are in the index now.
        unread: Values that aren't of the kind, and in no index.
        shape: How the canonical forms look.
    """

    held: int = 0
    unread: int = 0
    shape: Shape = field(default=Shape(0, 0, 0, digits=True))

    def add(self, texts: pl.Series) -> None:
        """Count canonical forms, and see how they look."""
        if not len(texts):
            return
        lengths = texts.str.len_chars()
        digits = bool(texts.str.contains("^[0-9]+$").all())
        found = (int(lengths.min()), int(lengths.max()))  # type: ignore[arg-type]
        self.held += len(texts)
        seen = Shape(len(texts), *found, digits)
        self.shape = joined_shape(self.shape, seen)


def joined_shape(one: Shape, other: Shape) -> Shape:
    """Return how the canonical forms of two look."""
    if not one.keys or not other.keys:
        return one if one.keys else other
    return Shape(
        one.keys + other.keys,
        min(one.shortest, other.shortest),
        max(one.longest, other.longest),
        one.digits and other.digits,
    )


class Piece(NamedTuple):
    """What some rows become.

    Attributes:
        pairs: The pairs of each column; some may come twice.
        people: Who has any, row by row.
    """

    pairs: list[Pairs]
    people: Numbers


@dataclass(slots=True)
class Gathering:
    """Makes pairs of rows, and counts what it couldn't read.

    Attributes:
        layout: What the columns are.
        keys: What they are fingerprinted with.
        has_digests: Whether digests of e-mail addresses and phone numbers count, too.
        canonical: Brings identifiers of a kind into their one form.
        rows: Rows read so far.
        tallies: What was read of each kind.
    """

    layout: Layout
    keys: Keys
    has_digests: bool = True
    canonical: Canonical = canonical_forms
    rows: int = 0
    tallies: dict[Kind, Tally] = field(default_factory=dict)

    def pieces(self, population: Population) -> Iterator[Piece]:
        """Yield what rows become, piece by piece.

        Raises:
            SourceError: It can't be read, or a row has no primary id.
        """
        for rows in population.pieces(self.layout.columns):
            subjects = self.people(rows)
            is_held = np.zeros(len(rows), np.bool_)
            pairs: list[Pairs] = []
            for column, kind in self.layout.kinds.items():
                forms = self.canonical(kind, rows[column])
                held = forms.is_not_null()
                which = held.to_numpy()
                is_held |= which
                self._count_unread(kind, rows[column], held)
                given = rows[column].filter(held), forms.filter(held)
                pairs += self._of(kind, *given, subjects[which])
            yield Piece(pairs, subjects[is_held])

    def people(self, piece: pl.DataFrame) -> Numbers:
        """Return the subject numbers of rows.

        Raises:
            SourceError: One has no primary id.
        """
        primary = piece[self.layout.subject]
        lost = primary.is_null() | (primary == "")
        if lost.any():
            row = self.rows + int(lost.arg_max() or 0) + 1
            message = f"row {row:,} has no `{self.layout.subject}`"
            hint = "whose identifiers they are has to be known"
            raise SourceError(message, Locus("the population"), hint)
        self.rows += len(piece)
        return subject_numbers(self.keys.subject, primary)

    def _count_unread(self, kind: Kind, given: pl.Series, held: pl.Series) -> None:
        written = given.is_not_null() & (given.str.strip_chars() != "")
        tally = self.tallies.setdefault(kind, Tally())
        tally.unread += int((written & ~held).sum())

    def _of(
        self, kind: Kind, given: pl.Series, forms: pl.Series, who: Numbers
    ) -> Iterator[Pairs]:
        """Yield the pairs of a column without gaps."""
        self.tallies[kind].add(forms)
        yield Pairs(fingerprints(self.keys.index, kind, forms), who)
        if self.has_digests and kind in digests.DIGESTED:
            yield from self._digested(kind, given, forms, who)

    def _digested(
        self, kind: Kind, given: pl.Series, forms: pl.Series, who: Numbers
    ) -> Iterator[Pairs]:
        """Yield the pairs of what others may have hashed."""
        other = digests.DIGESTED[kind]
        tally = self.tallies.setdefault(other, Tally())
        for texts, which in spellings(kind, given, forms):
            if not len(texts):
                continue
            people = who[which]
            for digest in DIGESTS:
                yield Pairs(
                    fingerprints(self.keys.index, other, texts, digest=digest), people
                )
            count = len(texts) * len(DIGESTS)
            tally.held += count
            seen = Shape(count, 32, 64, digits=False)
            tally.shape = joined_shape(tally.shape, seen)


def spellings(
    kind: Kind, given: pl.Series, forms: pl.Series
) -> Iterator[tuple[pl.Series, NDArray[np.intp]]]:
    """Yield what others make digests of, and of which rows, as `forms.digests` has it.

    Args:
        kind: E-mail addresses or phone numbers.
        given: As they were written.
        forms: Their canonical forms.
    """
    every = np.arange(len(forms), dtype=np.intp)
    if kind is Kind.PHONE:
        yield forms, every
        yield "+" + forms, every
        home = forms.str.contains("^1[0-9]{10}$")
        yield forms.filter(home).str.slice(1), every[home.to_numpy()]
        return
    plain = given.str.contains(r"^[!-~]+$")
    plain &= ~given.str.to_lowercase().str.starts_with("mailto:")
    odd = every[~plain.to_numpy()]
    for row in odd.tolist():
        found = digests.spellings(kind, given[row])
        yield pl.Series(found, dtype=pl.String), np.full(len(found), row, np.intp)
    lowered = given.str.to_lowercase()
    bare = lowered.str.replace(r"^([^+]*)\+.*@([^@]*)$", "${1}@${2}")
    for texts, others in ((forms, ()), (lowered, (forms,)), (bare, (forms, lowered))):
        new = plain
        for other in others:
            new &= texts != other
        yield texts.filter(new), every[new.to_numpy()]
