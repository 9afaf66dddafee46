"""Places of what was seen in lines of JSON, without looking through every leaf.

A line in which nothing is encoded, split or doubted holds a candidate either in one leaf
or in a key. So a candidate that is there once, and in a leaf, is seen in that leaf, and
nobody else is. Where a leaf may say more than its line does (half an address, a float
that is written anew), and where a candidate isn't found so, the leaves are looked through.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspection.scanner import Spotted
from ringfence.egress.inspection.sightings import Seen
from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.pointers import parsed, part_of

_SPACE = r"(?:\s|\\[nrtbf]|\\u[0-9a-fA-F]{4})*"
# Half an address, of which the rest may stand in the leaf before or behind; a float that
# reads otherwise once it has been parsed.
_ODD = (
    rf'"{_SPACE}@?(?:[0-9A-Za-z\-]+\.)+[A-Za-z]{{2,}}{_SPACE}"'
    r"|[:,\[]\s*-?(?:[0-9.]+[eE]|[0-9]{15,}\.)"
)
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
            texts: Lines. `rows`: row of each.
            spotted: What was seen in them.
        """
        made = _Made()
        for line, text, raws, kinds, writtens, subjects in _lines(texts, spotted.plain):
            try:
                value = parsed(text)
            except (msgspec.DecodeError, UnicodeError, OverError):
                continue
            found: list[tuple[Path, str]] = []
            for raw, kind in zip(raws, kinds, strict=True):
                one = self._leaf(text, value, raw, kind)
                if one is None:
                    break
                found.append(one)
            else:
                row = int(rows[line])
                sightings = zip(kinds, writtens, subjects, strict=True)
                made.add(line, row, found, list(sightings))
        return made.placed()

    def _leaf(
        self, text: str, value: object, raw: str, kind: int
    ) -> tuple[Path, str] | None:
        """Return the leaf in which a candidate stands; None: that isn't sure."""
        bare = raw if "@" in raw else raw.strip('\\"')
        if text.count(bare) != 1:
            return None
        known = self._paths.setdefault(kind, {})
        for path, pointer in known.items():
            if _is_at(value, path, bare):
                return path, pointer
        path_of = _path(value, bare, 0)
        if path_of is None:
            return None
        if len(known) >= _REMEMBERED:
            known.clear()
        pointer = "".join(
            "/*" if isinstance(step, int) else f"/{part_of(step)}" for step in path_of
        )
        known[path_of] = pointer
        return path_of, pointer


class _Made:
    """What is placed, as it goes."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.rows: list[int] = []
        self.column_of: list[int] = []
        self.lines: list[int] = []
        self.seen: dict[tuple[int, int, int], int] = {}

    def add(
        self,
        line: int,
        row: int,
        leaves: list[tuple[Path, str]],
        sightings: list[tuple[int, int, int]],
    ) -> None:
        """Take in what was seen in one line."""
        self.lines.append(line)
        places: dict[Path, int] = {}
        for (path, pointer), one in zip(leaves, sightings, strict=True):
            kind, written, subject = one
            at = places.get(path)
            if at is None:
                at = places[path] = len(self.rows)
                self.rows.append(row)
                self.column_of.append(self.names.setdefault(pointer, len(self.names)))
            key = at, kind, subject
            self.seen[key] = min(written, self.seen.get(key, written))

    def placed(self) -> Placed:
        """Return it as arrays."""
        keys = list(self.seen)
        seen = Seen(
            np.array([at for at, _, _ in keys], np.uint32),
            np.array([kind for _, kind, _ in keys], np.uint8),
            np.array(list(self.seen.values()), np.uint8),
            np.array([subject for _, _, subject in keys], np.uint64),
        )
        rows = np.array(self.rows, np.int64)
        column_of = np.array(self.column_of, np.int64)
        return Placed(list(self.names), seen, rows, column_of, self.lines)


def _lines(
    texts: pl.Series, plain: pl.DataFrame
) -> list[tuple[int, str, list[str], list[int], list[int], list[int]]]:
    """Return the lines that candidates tell all of, with the candidates."""
    if plain.is_empty():
        return []
    lines = plain.group_by("row", maintain_order=True).agg(
        "raw", "kind", "written", "subject"
    )
    lines = lines.select(
        "row", texts.gather(lines["row"]).alias("text"), pl.exclude("row")
    )
    return lines.filter(~pl.col("text").str.contains(_ODD)).rows()


def _is_at(value: object, path: Path, bare: str) -> bool:
    try:
        for step in path:
            value = value[step]  # type: ignore[index]
    except (LookupError, TypeError):
        return False
    return _holds(value, bare)


def _holds(leaf: object, bare: str) -> bool:
    if isinstance(leaf, str):
        return bare in leaf
    is_number = isinstance(leaf, (int, float)) and not isinstance(leaf, bool)
    return is_number and bare in str(leaf)


def _path(value: object, bare: str, depth: int) -> Path | None:
    """Return the way to a leaf that holds a candidate."""
    if depth > _DEEPEST:
        return None
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
