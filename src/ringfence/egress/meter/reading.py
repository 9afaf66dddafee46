"""Rows of a payload's tables: by what people are counted, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspection.sightings import Doubt, Place
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.pointers import parsed, part_of
from ringfence.egress.opening.portions import (
    Cells,
    Document,
    Lines,
    Numbers,
    Part,
    Portions,
    Told,
)

Groups = Mapping[str, str | None]
Values = dict[int, str]
"""What stands in a column, by row; a row without is empty there."""


@dataclass(frozen=True, slots=True)
class Named:
    """Columns by what they hold: what is counted by, and how many people."""

    groups: tuple[str, ...]
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One count.

    Attributes:
        part: Names of the containers around it. `column`: the count's.
        number: Its row, from 1.
        groups: What is counted by, as texts.
        count: How many, as a text; None: it isn't told.
    """

    part: Part
    column: str
    number: int
    groups: Groups
    count: str | None


class Unclear(Exception):  # noqa: N818 (it is a doubt, and no fault)
    """What is counted by what can't be told."""

    def __init__(self, why: Doubt, place: Place | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.place = place


def rows_of(portions: Portions, named: Named, most: int) -> Iterator[Row]:
    """Yield the rows of all tables of a payload.

    Args:
        portions: What the opening yields.
        named: The columns that matter.
        most: Rows of a table, more than which aren't kept.

    Raises:
        Unclear: A count stands where it belongs to no row, or there are too many.
    """
    tables: dict[Part, dict[str, Values]] = {}
    wanted = {*named.groups, *named.counts}
    for portion in portions:
        match portion:
            case Cells() | Numbers() if portion.column in wanted:
                if _is_of_rows(portion):
                    columns = tables.setdefault(portion.part, {})
                    _add(columns.setdefault(portion.column, {}), portion, most)
            case Lines() if portion.json:
                yield from _lines(portion, named)
            case Document():
                yield from _document(portion, named)
            case Told() if portion.part in tables:
                yield from _table(portion.part, tables.pop(portion.part), named)
            case _:
                pass
    for part, columns in tables.items():
        yield from _table(part, columns, named)


# --- tables ---------------------------------------------------------------------------


def _is_of_rows(portion: Cells | Numbers) -> bool:
    """Whether these are values of rows, and no metadata (statistics)."""
    if isinstance(portion, Cells):
        return portion.structured
    return not isinstance(portion.rows, int) or portion.rows > 0


def _add(column: Values, portion: Cells | Numbers, most: int) -> None:
    values = portion.values if isinstance(portion, Numbers) else portion.texts
    texts = [*map(_text, values.to_list())]
    if isinstance(portion, Cells) and portion.codes is not None:
        texts = [texts[one] if one >= 0 else None for one in portion.codes.tolist()]
    for row, text in zip(_numbers(portion.rows, len(texts)), texts, strict=True):
        if text is None:
            continue
        if row in column or row < 1:
            place = Place(portion.part, portion.column, max(row, 0))
            raise Unclear(Doubt.MALFORMED, place)  # a list: it belongs to no row
        column[row] = text
    if len(column) > most:
        raise Unclear(Doubt.LIMIT)


def _numbers(rows: NDArray[np.int64] | int, count: int) -> Sequence[int]:
    if isinstance(rows, int):
        return range(rows, rows + count) if rows else [0] * count
    found: list[int] = rows.tolist()
    return found


def _table(part: Part, columns: dict[str, Values], named: Named) -> Iterator[Row]:
    groups = {name: columns[name] for name in named.groups if name in columns}
    for name in named.counts:
        for row, count in columns.get(name, {}).items():
            which = {group: values.get(row) for group, values in groups.items()}
            yield Row(part, name, row, which, count)


# --- JSON -----------------------------------------------------------------------------

_Pointer = tuple[str, tuple[str, ...]]  # its name, and what is left of its parts


def _lines(lines: Lines, named: Named) -> Iterator[Row]:
    texts: pl.Series = lines.texts
    for number, text in enumerate(texts.to_list(), lines.first):
        if not text.strip():
            continue
        try:
            value = parsed(text)
        except (msgspec.DecodeError, UnicodeError, OverError):
            raise Unclear(Doubt.MALFORMED, Place(lines.part, "", number)) from None
        yield from _walked(value, named, lines.part, number)


def _document(document: Document, named: Named) -> Iterator[Row]:
    value, part = document.value, document.part
    if not isinstance(value, list):
        yield from _walked(value, named, part, 1)
        return
    inner = Named(_within(named.groups), _within(named.counts))
    for number, one in enumerate(value, 1):
        for row in _walked(one, inner, part, number):
            told = {f"/*{name}": text for name, text in row.groups.items()}
            yield Row(part, f"/*{row.column}", number, told, row.count)


def _within(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what pointers through the places of a list mean within one place."""
    return tuple(one[2:] for one in names if one == "/*" or one.startswith("/*/"))


def _walked(value: object, named: Named, part: Part, number: int) -> Iterator[Row]:
    groups, counts = map(_pointers, (named.groups, named.counts))
    for which, column, count in _at(value, groups, counts, {}):
        yield Row(part, column, number, which, _text(count))


def _pointers(names: tuple[str, ...]) -> list[_Pointer]:
    return [(one, tuple(one.split("/")[1:])) for one in names if one[:1] in ("", "/")]


def _at(
    value: object,
    groups: list[_Pointer],
    counts: list[_Pointer],
    which: dict[str, str | None],
) -> Iterator[tuple[Groups, str, object]]:
    """Yield the counts below a value, each with the groups that it stands among."""
    which = dict(which)
    below: dict[str, tuple[list[_Pointer], list[_Pointer]]] = {}
    for name, parts in groups:
        if "*" not in parts:
            which[name] = _text(_found(value, parts))
        else:
            _laid(below, parts)[0].append((name, _rest(parts)))
    for name, parts in counts:
        if "*" not in parts:
            yield which, name, _found(value, parts)
        else:
            _laid(below, parts)[1].append((name, _rest(parts)))
    for path, (inner, deeper) in below.items():
        places = _found(value, tuple(path.split("/")[1:]))
        if not deeper or not isinstance(places, list):
            _refuse(places, inner, deeper)
            continue
        for one in places:
            yield from _at(one, inner, deeper, which)


def _laid(
    below: dict[str, tuple[list[_Pointer], list[_Pointer]]],
    parts: tuple[str, ...],
) -> tuple[list[_Pointer], list[_Pointer]]:
    path = "".join(f"/{one}" for one in parts[: parts.index("*")])
    return below.setdefault(path, ([], []))


def _rest(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[parts.index("*") + 1 :]


def _refuse(places: object, groups: list[_Pointer], counts: list[_Pointer]) -> None:
    """Refuse what is there and belongs to no row.

    Raises:
        Unclear: Groups stand in a list without counts, or counts in no list.
    """
    is_listed = isinstance(places, list) and places
    if not is_listed and not (isinstance(places, dict) and _keys(places, "*")):
        return
    name = (counts or groups)[0][0]
    raise Unclear(Doubt.MALFORMED, Place((), name))


def _keys(value: dict[str, object], part: str) -> list[str]:
    return [key for key in value if part_of(key) == part]


def _found(value: object, parts: tuple[str, ...]) -> object:
    """Return what stands at a pointer without `*`; None: nothing."""
    for part in parts:
        if not isinstance(value, dict):
            return None
        keys = _keys(value, part)
        value = value[keys[0]] if keys else None
    return value


def _text(value: object) -> str | None:
    """Return a value as any of the formats may write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode() if value else None
    return str(value)
