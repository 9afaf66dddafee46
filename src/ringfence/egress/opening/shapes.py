"""Which columns JSON lines have, and of which types, at the speed of one expression.

Whoever parses every line is slower than the search for identifiers. What a line
looks like is learnt from lines that were parsed, and made a regular expression; a line
that it matches has no column and no type that isn't known yet, and every other line is
parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.inspection.report import Coverage, Type
from ringfence.egress.inspection.sightings import Doubt, Place
from ringfence.egress.opening.caps import Caps, OverError
from ringfence.egress.opening.pointers import TIME, leaves, parsed, type_of
from ringfence.egress.opening.portions import Gap, Part, Portions, Shown

_FIRST = 64
_MORE = 16
_ROUNDS = 24
_LONGEST = 100_000  # characters of an expression that is still quick
_STRING = r'"(?:[^"\\]|\\.)*"'
_LEAVES: dict[Type, str] = {
    "text": _STRING,
    "time": f'"{TIME}"',
    "integer": r"-?[0-9]+",
    "number": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "boolean": "(?:true|false)",
    "empty": "null",
}
_PUNCTUATION = re.compile(r"([^\w\s]|_)")
_PLAIN = re.compile(r"[^\x00-\x1f\"\\]+")


@dataclass(slots=True)
class Node:
    """What stands at one place of every line."""

    leaves: set[Type] = field(default_factory=set)
    keys: dict[str, Node] = field(default_factory=dict)
    within: Node | None = None
    objects: bool = False

    def learn(self, value: object) -> None:
        """Take in what stands here in one line."""
        if isinstance(value, dict):
            self.objects = True
            for key, inner in value.items():
                self.keys.setdefault(key, Node()).learn(inner)
        elif isinstance(value, list):
            self.within = self.within or Node()
            for inner in value:
                self.within.learn(inner)
        else:
            self.leaves.add(type_of(value))

    def expression(self) -> str:
        """Return what matches everything that was learnt here."""
        found = [_LEAVES[type_] for type_ in sorted(self.leaves)]
        if self.objects:
            inner = "|".join(
                f'"{_escaped(key)}" *: *{node.expression()}'
                for key, node in self.keys.items()
                if _PLAIN.fullmatch(key)
            )
            found.append(rf"\{{ *(?:(?:{inner}) *,? *)*\}}" if inner else r"\{ *\}")
        if self.within is not None:
            inner = self.within.expression()
            found.append(rf"\[ *(?:{inner} *,? *)*\]" if inner != "(?:)" else r"\[ *\]")
        return f"(?:{'|'.join(found)})"


def _escaped(key: str) -> str:
    return _PUNCTUATION.sub(r"\\\1" if key.isascii() else r"\1", key).replace(
        " ", "[ ]"
    )


class Shapes:
    """The columns of JSON lines; what they hold is looked through by others."""

    def __init__(self, part: Part, caps: Caps) -> None:
        self._part = part
        self._caps = caps
        self._root = Node()
        self._expression = ""
        self._columns: dict[str, tuple[set[Type], int]] = {}
        self._malformed = 0
        self._where = 0

    def read(self, lines: pl.Series, first: int) -> None:
        """Learn what some lines look like; `first`: the number of the first."""
        rows = np.flatnonzero(lines.str.contains(r"\S").to_numpy())
        batch = _FIRST
        for _ in range(_ROUNDS):
            rows = self._unmatched(lines, rows)
            if not len(rows):
                return
            self._learn(lines, rows[:batch], first)
            rows, batch = rows[batch:], _MORE
        self._learn(lines, self._unmatched(lines, rows), first)

    def _unmatched(
        self, lines: pl.Series, rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        if not self._expression or not len(rows):
            return rows
        some = lines if len(rows) == len(lines) else lines.gather(rows)
        matched: NDArray[np.bool_] = some.str.contains(self._expression).to_numpy()
        return rows[~matched]

    def _learn(self, lines: pl.Series, rows: NDArray[np.int64], first: int) -> None:
        """Parse lines one by one."""
        for row, line in zip(rows.tolist(), lines.gather(rows).to_list(), strict=True):
            try:
                value = parsed(line)
            except (msgspec.DecodeError, UnicodeError):
                self._malformed += 1
                self._where = self._where or first + row
                continue
            self._take(value)
        found = self._root.expression()
        if len(found) < _LONGEST:
            self._expression = rf"^[ \t]*{found}[ \t]*$"

    def _take(self, value: object) -> None:
        """Take in the columns of one line."""
        for column, leaf in leaves(value):
            types, count = self._columns.get(column, (set(), 0))
            types.add(type_of(leaf))
            self._columns[column] = types, count + (leaf is not None)
        if len(self._columns) > self._caps.columns:
            raise OverError
        if len(self._expression) < _LONGEST:
            self._root.learn(value)

    def columns(self) -> Portions:
        """Yield the columns, once every line was read, and what wasn't JSON."""
        for column, (types, count) in self._columns.items():
            yield Shown(self._part, column, frozenset(types), count)
        if self._malformed:
            place = Place(self._part, "", self._where)
            yield Gap(place, Doubt.MALFORMED, Coverage.COMPLETE, self._malformed)
