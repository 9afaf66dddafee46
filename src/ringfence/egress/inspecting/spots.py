"""Places of what was seen in lines of JSON, without looking through every leaf.

A line in which nothing is encoded, split or doubted holds a candidate either in one
leaf or in a key. So a candidate that is there once, and in a leaf, is seen there, and
nobody else is. Where a leaf may say more than its line does (half an address, a float
that is written anew), or a candidate isn't found so, the leaves are looked through.

Lines are much alike: a candidate of one kind stands where the one before it stood. So
a way that was found once is gone in all lines together.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import KINDS
from ringfence.egress.inspecting.paths import (
    Path,
    Reader,
    document,
    holds,
    is_leaf,
    pointer,
    way,
)
from ringfence.egress.inspection.glancing import Held
from ringfence.egress.inspection.report import Sighting
from ringfence.egress.inspection.scanner import Spotted
from ringfence.egress.inspection.sightings import Place, Seen, Written

_SPACE = r"(?:\s|\\[nrtbf]|\\u[0-9a-fA-F]{4})*"
# Half an address, of which the rest may stand in the leaf before or behind; a float
# that reads otherwise once it has been parsed.
_ODD = (
    rf'"{_SPACE}@?(?:[0-9A-Za-z\-]+\.)+[A-Za-z]{{2,}}{_SPACE}"'
    r"|[:,\[]\s*-?(?:[0-9.]+[eE]|[0-9]{15,}\.)"
)
_IS_ODD = re.compile(_ODD)
_PLAIN = {str, int}
_REMEMBERED = 16
_FIRST = 16  # candidates that are looked for one by one before a way is gone for all
_NOWHERE = -1
_RAW = pl.col("raw")
_BARE = (
    pl.when(_RAW.str.contains("@", literal=True))
    .then(_RAW)
    .otherwise(_RAW.str.strip_chars('\\"'))
    .alias("raw")
)
Candidate = tuple[int, int, str]
"""Number of the kind, line, and text."""


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
    lines: NDArray[np.uint32]


class Spots:
    """Finds the leaves of candidates; it remembers where they stood before."""

    def __init__(self) -> None:
        self._paths: dict[int, dict[Path, None]] = {}
        self._readers: dict[tuple[Path, ...], Reader] = {}

    def placed(
        self, texts: pl.Series, rows: NDArray[np.int64], spotted: Spotted
    ) -> Placed:
        """Return the places of candidates that are told by them alone.

        Args:
            texts: Lines.
            rows: Row of each.
            spotted: What was seen in them.
        """
        lines = _lines(texts, spotted.plain)
        found = spotted.plain.filter(_among(spotted.plain["row"], lines, len(texts)))
        # One of two that are the same may have quotes around it.
        found = found.with_columns(_BARE)
        line_of = np.searchsorted(lines, found["row"].to_numpy())
        candidates = list(
            zip(
                found["kind"].to_list(),
                line_of.tolist(),
                found["raw"].to_list(),
                strict=True,
            )
        )
        ways = self._ways(texts.gather(lines).to_list(), candidates)
        paths: dict[Path, int] = {}
        numbers = [
            _NOWHERE if way is None else paths.setdefault(way, len(paths))
            for way in ways
        ]
        path_of = np.array(numbers, np.int64)
        is_done = np.ones(len(lines), np.bool_)
        is_done[line_of[path_of == _NOWHERE]] = False
        # What is there twice stands in two leaves, or in a key as well.
        twice = found.select("row", "raw", "kind", "subject").is_duplicated()
        is_done[line_of[twice.to_numpy()]] = False
        left = is_done[line_of]
        return _placed(
            found.filter(left),
            (rows[lines[line_of[left]]], path_of[left]),
            list(paths),
            lines[is_done],
        )

    def _ways(self, texts: list[str], candidates: list[Candidate]) -> list[Path | None]:
        """Return the ways to the leaves of candidates; None: none is sure."""
        found: list[Path | None] = [None] * len(candidates)
        left = self._gone(texts, candidates, list(range(len(candidates))), found)
        is_alike = True
        while left and is_alike:
            first, rest = left[:_FIRST], left[_FIRST:]
            for at in first:
                found[at] = self._way(texts, candidates[at])
            left = self._gone(texts, candidates, rest, found)
            is_alike = 2 * len(left) < len(rest)
        for at in left:
            found[at] = self._way(texts, candidates[at])
        return found

    def _gone(
        self,
        texts: list[str],
        candidates: list[Candidate],
        left: list[int],
        found: list[Path | None],
    ) -> list[int]:
        """Go the ways that are known for all that are left; return who is left then."""
        known = tuple(dict.fromkeys(chain.from_iterable(self._paths.values())))
        if not left or not known:
            return left
        if known not in self._readers:
            self._readers = {known: Reader(known)}
        lines = dict.fromkeys(candidates[at][1] for at in left)
        place_of = {line: place for place, line in enumerate(lines)}
        leaves = self._readers[known].leaves([texts[line] for line in lines])
        own = {
            kind: [(path, leaves[path]) for path in paths]
            for kind, paths in self._paths.items()
        }
        behind = []
        for at in left:
            kind, line, bare = candidates[at]
            place = place_of[line]
            for path, column in own.get(kind, ()):
                leaf = column[place]
                if leaf == bare or (
                    leaf is not None and _is_sure(leaf, bare, texts[line])
                ):
                    found[at] = path
                    break
            else:
                behind.append(at)
        return behind

    def _way(self, texts: list[str], candidate: Candidate) -> Path | None:
        """Return the way to the leaf in which one candidate stands."""
        kind, line, bare = candidate
        if texts[line].count(bare) != 1:
            return None
        path = way(document(texts[line]), bare)
        if path is not None:
            known = self._paths.setdefault(kind, {})
            if len(known) >= _REMEMBERED:
                known.clear()
            known[path] = None
        return path


def _is_sure(leaf: object, bare: str, text: str) -> bool:
    """Return whether a candidate stands in a leaf of a text, and nowhere else."""
    return is_leaf(leaf, bare) or (holds(leaf, bare) and text.count(bare) == 1)


def _lines(texts: pl.Series, plain: pl.DataFrame) -> NDArray[np.uint32]:
    """Return the lines that candidates tell all of."""
    lines = plain["row"].unique().sort()
    is_odd = texts.gather(lines).str.contains(_ODD)
    return lines.filter(~is_odd).to_numpy()


def _among(rows: pl.Series, lines: NDArray[np.uint32], count: int) -> NDArray[np.bool_]:
    """Return which rows are among some lines, of so many."""
    is_one = np.zeros(count, np.bool_)
    is_one[lines] = True
    found: NDArray[np.bool_] = is_one[rows.to_numpy()]
    return found


def _placed(
    found: pl.DataFrame,
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    paths: list[Path],
    lines: NDArray[np.uint32],
) -> Placed:
    """Return what was found as sightings, each leaf once.

    Args:
        found: Columns of a probe's sightings.
        at: Row of each, and place of its way in `paths`.
        paths: The ways.
        lines: Lines that are done with.
    """
    rows, path_of = at
    wide = max(len(paths), 1)
    leaves, leaf_of = np.unique(rows * wide + path_of, return_inverse=True)
    names: dict[str, int] = {}
    name_of = [names.setdefault(pointer(path), len(names)) for path in paths]
    columns = np.array(name_of, np.int64)[leaves % wide] if len(leaves) else leaves
    seen = Seen(
        leaf_of.astype(np.uint32),
        found["kind"].to_numpy(),
        found["written"].to_numpy(),
        found["subject"].to_numpy(),
    )
    return Placed(list(names), seen, leaves // wide, columns, lines)


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
