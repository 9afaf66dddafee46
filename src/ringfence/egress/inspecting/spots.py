"""Places of what was seen in lines of JSON, without looking through every leaf.

A line in which nothing is encoded, split or doubted holds a candidate either in one
leaf or in a key. So a candidate that is there once, and in a leaf, is seen there, and
nobody else is. Where a leaf may say more than its line does (half an address, a float
that is written anew), or a candidate isn't found so, the leaves are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import KINDS
from ringfence.egress.inspection.glancing import Held
from ringfence.egress.inspection.report import Sighting
from ringfence.egress.inspection.scanner import Spotted
from ringfence.egress.inspection.sightings import Place, Seen, Written
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.pointers import parsed, part_of

_SPACE = r"(?:\s|\\[nrtbf]|\\u[0-9a-fA-F]{4})*"
# Half an address, of which the rest may stand in the leaf before or behind; a float
# that reads otherwise once it has been parsed.
_ODD = (
    rf'"{_SPACE}@?(?:[0-9A-Za-z\-]+\.)+[A-Za-z]{{2,}}{_SPACE}"'
    r"|[:,\[]\s*-?(?:[0-9.]+[eE]|[0-9]{15,}\.)"
)
_IS_ODD = re.compile(_ODD)
_PLAIN = {str, int}
_DEEPEST = 16
_REMEMBERED = 64
Path = tuple[str | int, ...]


class Placed(NamedTuple):
    """Sightings that have their leaves.

    Attributes:
        names: Pointers.
        seen: What was seen; its rows are places among the leaves.
        rows: Row of each leaf. `column_of`: its pointer.
        lines: Lines that are done with.
    """

    names: list[str]
    seen: Seen
    rows: NDArray[np.int64]
    column_of: NDArray[np.int64]
    lines: list[int]


class Spots:
    """Finds the leaves of candidates; it remembers where they stood before."""

    def __init__(self) -> None:
        self._paths: dict[int, dict[Path, str]] = {}

    def placed(
        self, texts: pl.Series, rows: NDArray[np.int64], spotted: Spotted
    ) -> Placed:
        """Return the places of candidates that are told by them alone.

        Args:
            texts: Lines.
            rows: Row of each.
            spotted: What was seen in them.
        """
        made = _Made()
        for line, text, raws, kinds, subjects, writtens in _lines(texts, spotted.plain):
            try:
                value = parsed(text)
            except (msgspec.DecodeError, UnicodeError, OverError):
                continue
            told = {*zip(raws, kinds, subjects, strict=True)}
            if len(told) < len(raws):  # one of them is there twice
                continue
            leaves = [
                leaf
                for raw, kind in zip(raws, kinds, strict=True)
                if (leaf := self._leaf(text, value, raw, kind)) is not None
            ]
            if len(leaves) == len(raws):
                made.add(line, leaves, (kinds, writtens, subjects))
        return made.placed(rows)

    def _leaf(
        self, text: str, value: object, raw: str, kind: int
    ) -> tuple[Path, str] | None:
        """Return the leaf in which a candidate stands; None: that isn't sure."""
        bare = _bare(raw)
        known = self._paths.get(kind)
        if known is None:
            known = self._paths[kind] = {}
        for found in known.items():
            if _is_at(value, found[0], bare):
                return found
        if text.count(bare) != 1:
            return None
        path = _path(value, bare, 0)
        if path is None:
            return None
        if len(known) >= _REMEMBERED:
            known.clear()
        known[path] = "".join(
            "/*" if isinstance(step, int) else f"/{part_of(step)}" for step in path
        )
        return path, known[path]


class _Made:
    """What is placed, as it goes."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._column_of: list[int] = []
        self._lines: list[int] = []
        self._line_of: list[int] = []
        self._at: list[int] = []
        self._columns: tuple[list[int], list[int], list[int]] = [], [], []

    def add(
        self,
        line: int,
        leaves: list[tuple[Path, str]],
        sightings: tuple[list[int], list[int], list[int]],
    ) -> None:
        """Take in what was seen in one line: kinds, writings, subjects."""
        self._lines.append(line)
        names = self._names
        places: dict[Path, int] = {}
        for path, pointer in leaves:
            at = places.get(path)
            if at is None:
                at = places[path] = len(self._column_of)
                self._column_of.append(names.setdefault(pointer, len(names)))
            self._at.append(at)
        self._line_of += [line] * len(places)
        for column, values in zip(self._columns, sightings, strict=True):
            column.extend(values)

    def placed(self, rows: NDArray[np.int64]) -> Placed:
        """Return it as arrays; `rows`: row of each line."""
        kinds, writtens, subjects = self._columns
        seen = Seen(
            np.array(self._at, np.uint32),
            np.array(kinds, np.uint8),
            np.array(writtens, np.uint8),
            np.array(subjects, np.uint64),
        )
        places = rows[np.array(self._line_of, np.int64)]
        column_of = np.array(self._column_of, np.int64)
        return Placed(list(self._names), seen, places, column_of, self._lines)


def sighted(
    held: Held, leaves: list[tuple[str, Any]], text: str
) -> tuple[Sighting, ...] | None:
    """Return what was seen in one document; None: its leaves have to be looked through.

    Args:
        held: Whose candidates of its text are.
        leaves: Its leaves, with their pointers.
        text: Its text, in which nothing is hidden.
    """
    if not held:
        return ()
    if _IS_ODD.search(text):
        return None
    pointers = {str(leaf): pointer for pointer, leaf in leaves if type(leaf) in _PLAIN}
    groups: dict[tuple[str, str, Written], dict[str, set[int]]] = {}
    for (raw, kind, subject), written in held.items():
        bare = _bare(raw)
        pointer = pointers.get(bare)
        if pointer is None or text.count(bare) != 1:
            return None
        key = pointer, KINDS[kind].tag, Written(written)
        groups.setdefault(key, {}).setdefault(bare, set()).add(subject)
    found = []
    for (pointer, tag, written), by_leaf in sorted(groups.items()):
        subjects = np.array(sorted(set[int]().union(*by_leaf.values())), np.uint64)
        place = Place((), pointer, 1)
        found.append(Sighting(place, tag, written, len(by_leaf), subjects))
    return tuple(found)


def _bare(raw: str) -> str:
    """Return a candidate without the quotes that came along."""
    return raw if "@" in raw else raw.strip('\\"')


def _lines(
    texts: pl.Series, plain: pl.DataFrame
) -> list[tuple[int, str, list[str], list[int], list[int], list[int]]]:
    """Return the lines that candidates tell all of, with the candidates."""
    if plain.is_empty():
        return []
    lines = plain.group_by("row", maintain_order=True).agg(
        "raw", "kind", "subject", "written"
    )
    lines = lines.select(
        "row", texts.gather(lines["row"]).alias("text"), pl.exclude("row")
    )
    return lines.filter(~pl.col("text").str.contains(_ODD)).rows()


def _is_at(value: object, path: Path, bare: str) -> bool:
    """Return whether a leaf is a candidate as it stands."""
    try:
        for step in path:
            value = value[step]  # type: ignore[index]
    except (LookupError, TypeError):
        return False
    return value == bare or (type(value) is int and str(value) == bare)


def _holds(leaf: object, bare: str) -> bool:
    if isinstance(leaf, str):
        return bare in leaf
    is_number = isinstance(leaf, (int, float)) and not isinstance(leaf, bool)
    return is_number and bare in str(leaf)


def _path(value: object, bare: str, depth: int) -> Path | None:
    """Return the way to a leaf that holds a candidate."""
    if depth > _DEEPEST:
        return None
    steps: Iterable[tuple[str | int, object]]
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return () if _holds(value, bare) else None
    for step, inner in steps:
        found = _path(inner, bare, depth + 1)
        if found is not None:
            return (step, *found)
    return None
