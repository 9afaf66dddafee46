"""What identifiers may be that stand alone: each kind with what to ask the index for.

It is what `readings.readings` says of them, told by their length and without a search;
a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl

from ringfence.egress.forms import figures
from ringfence.egress.forms.bytewise import turned
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Shape
from ringfence.egress.inspection.readings import (
    DIGESTS,
    HEXES,
    HOME_DIGITS,
    LOOSE,
    NUMERIC,
    Reading,
    addresses,
    forms,
)
from ringfence.egress.inspection.sightings import Written

TEXT = pl.col("text")
LONGEST = 64  # signs of a number; a longer one goes the way of any text
LABEL = r"[a-z0-9]+(?:\-[a-z0-9]+)*"
SIMPLE = rf"^[a-z0-9_\-]+@{LABEL}\.[a-z]+$"
"""An address that is read in one way: nothing is cut off it, and nothing turned."""
DEEP = r"@[^.]+\.[a-z]{2,}\.[a-z]+$"
"""One that may have swallowed the next sentence's first word."""
TURNED = r"^[^@]*[a-z]{2}\.[^@]*@"
"""One that may stand back to front: what is before the @ may be a domain."""
EASY = r"^[a-z]{2,}\.[a-z0-9]+@"
"""One that is an address back to front too, all of it."""
_WORDS = frozenset({*LOOSE, Kind.ACCOUNT_NAME})
_NAMES = frozenset({Kind.ACCOUNT_NAME, Kind.COOKIE})
Shapes = Mapping[Kind, Shape]


class Asked(NamedTuple):
    """Canonical forms to ask the index for.

    Attributes:
        kind: What they are.
        frame: Columns `row` and `text`.
        written: How they are written.
    """

    kind: Kind
    frame: pl.DataFrame
    written: Written = Written.PLAIN


def of_figures(frame: pl.DataFrame, shapes: Shapes) -> Iterator[Asked]:
    """Yield what numbers may be: `readings.readings` of them, without a search."""
    sizes = frame["text"].str.len_bytes()
    sized = _Sized(frame, sizes)
    for kind, shape in shapes.items():
        if kind in NUMERIC:
            yield from _numeric(kind, sized, shape)
        elif kind is Kind.ACCOUNT_ID:
            some = sized.short_of(shape.longest).between(shape.shortest, LONGEST)
            yield _fitting(kind, some, shape)
        elif kind in _NAMES:
            yield _fitting(kind, sized.between(shape.shortest, shape.longest), shape)
        elif kind is Kind.PHONE:
            some = sized.between(shape.shortest - 1, shape.longest + 3)
            yield _fitting(kind, some, shape)
            if shape.shortest <= HOME_DIGITS <= shape.longest:
                home = sized.between(HOME_DIGITS, HOME_DIGITS)
                yield Asked(kind, home.filter(TEXT.str.contains("^[2-9]")))


def of_abroad(frame: pl.DataFrame, shapes: Shapes) -> Iterator[Asked]:
    """Yield what digits behind a plus sign may be."""
    sized = _Sized(frame, frame["text"].str.len_bytes())
    for kind, shape in shapes.items():
        if kind is Kind.PHONE:
            yield Asked(kind, sized.between(shape.shortest, shape.longest))
        elif kind in NUMERIC:
            yield from _numeric(kind, sized, shape)


def _numeric(kind: Kind, sized: _Sized, shape: Shape) -> Iterator[Asked]:
    """Yield what digits may be that are of a kind by how many they are."""
    if kind is not Kind.DEVICE_ID:
        some = sized.between(shape.shortest, shape.longest)
        yield _fitting(kind, some, shape)
        return
    yield _fitting(kind, sized.between(shape.shortest, shape.longest + 1), shape)
    # A 15th digit checks the others, a 16th and 15th are the software's version.
    cut = sized.between(15, 16).with_columns(TEXT.str.slice(0, 14))
    yield _fitting(kind, cut, shape)


class _Sized:
    """Numbers, by how long they are."""

    def __init__(self, frame: pl.DataFrame, sizes: pl.Series) -> None:
        self._frame = frame
        self._sizes = sizes
        self._least = int(sizes.min() or 0)  # type: ignore[arg-type]
        self._most = int(sizes.max() or 0)  # type: ignore[arg-type]

    def short_of(self, most: int) -> _Sized:
        """Return those that may have so many digits, but for zeros before them."""
        if self._least <= most:
            return self
        zeros = self._frame["text"].str.starts_with("0" * (self._least - most))
        some = self._frame.filter(zeros)
        return _Sized(some, some["text"].str.len_bytes())

    def between(self, least: int, most: int) -> pl.DataFrame:
        """Return those that have so many digits."""
        if least <= self._least and self._most <= most:
            return self._frame
        if most < self._least or self._most < least:
            return self._frame.clear()
        return self._frame.filter(self._sizes.is_between(least, most))


def _fitting(kind: Kind, frame: pl.DataFrame, shape: Shape) -> Asked:
    """Return numbers in their canonical form, if the index may hold it."""
    if frame.is_empty():
        return Asked(kind, frame)
    form = figures.canonical(kind, frame["text"])
    frame = frame.with_columns(form.alias("text"))
    sizes = form.str.len_bytes()
    fits = sizes.is_between(shape.shortest, shape.longest)
    return Asked(kind, frame if fits.all() else frame.filter(fits))


def of_letters(frame: pl.DataFrame, shapes: Shapes) -> Iterator[Asked]:
    """Yield what hexadecimal digits with letters among them may be."""
    dashed = frame["text"].str.contains("-", literal=True)
    undivided, bare = frame, frame
    if dashed.any():
        undivided = frame.filter(~dashed)
        dashless = TEXT.str.replace_all("-", "", literal=True)
        bare = frame.with_columns(dashless)
    for kind, shape in shapes.items():
        if kind in DIGESTS:
            yield _form(kind, undivided, shape)
        elif not shape.digits and kind in HEXES:
            yield _form(kind, bare, shape)
        elif not shape.digits and kind in _WORDS:
            yield _form(kind, frame, shape)


def _form(
    kind: Kind, frame: pl.DataFrame, shape: Shape, written: Written = Written.PLAIN
) -> Asked:
    return Asked(kind, forms(Reading(kind, frame), shape), written)


def of_addresses(frame: pl.DataFrame, shape: Shape) -> Iterator[Asked]:
    """Yield what plain addresses in small letters may be: `readings.addresses`."""
    text = frame["text"]
    is_turned = text.str.contains(TURNED)
    is_plain = text.str.contains(SIMPLE)
    rest = is_turned & ~text.str.contains(EASY)
    if rest.any():
        for reading in addresses(frame.filter(rest)):
            found = forms(reading, shape)
            yield Asked(reading.kind, found, reading.written)
        frame, is_plain = frame.filter(~rest), is_plain.filter(~rest)
        is_turned = is_turned.filter(~rest)
    yield from _addressed(frame, shape)
    if not is_plain.all():
        deep = frame.filter(TEXT.str.contains(DEEP))
        last = TEXT.str.replace(r"\.[a-z]+$", "")
        yield from _addressed(deep.with_columns(last), shape)
    if is_turned.any():
        some = frame.filter(is_turned)
        back = some.with_columns(turned(some["text"]))
        yield from _addressed(back, shape, Written.SPELLED)


def _addressed(
    frame: pl.DataFrame, shape: Shape, written: Written = Written.PLAIN
) -> Iterator[Asked]:
    """Yield plain addresses; most are their own canonical form."""
    special = frame["text"].str.contains("mail.com", literal=True)
    if special.any():
        yield _form(Kind.EMAIL, frame.filter(special), shape, written)
        frame = frame.filter(~special)
    fits = frame["text"].str.len_bytes().is_between(shape.shortest, shape.longest)
    found = frame if fits.all() else frame.filter(fits)
    yield Asked(Kind.EMAIL, found, written)
