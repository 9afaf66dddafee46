"""Rules: a pattern that finds, and a check that makes sure.

Patterns are of Rust's regex, which is linear in the text. Most texts meet one pattern
alone: the gate of a room, which says that some rule of it may match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.detectors.checks import Check

TEXT = pl.col("text")
EDGE = r"(?-u:\b)"
"""An edge of an ASCII word."""

LEAD = r"(?:^|[^0-9A-Za-z_.\-+/#$€£¥])"
"""What may stand before a number that is no piece of a longer one."""

OVER = r"(?:[.\-/:_+]?[0-9A-Za-z])*"
"""What a longer number goes on with: it comes along, and fails the check."""

BARE = r"^\s*[0-9]+\s*$"
ALONE = 0.5
"""Share of the bare numbers of a series that must satisfy a check for any to count."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which something is written.

    Attributes:
        tag: What it is.
        find: Finds it.
        take: Its first group is what is checked, of what was found; empty: all.
        check: Makes sure; None: the pattern is sure.
        is_numeric: A text that is nothing but digits is a value of a column of numbers:
            one of them says nothing, if most of the others fail.
    """

    tag: str
    find: str
    take: str = ""
    check: Check | None = None
    is_numeric: bool = False

    def rows(self, frame: pl.DataFrame) -> NDArray[np.uint32]:
        """Return the rows of `frame` (row, text) that it holds for."""
        hit = frame.filter(TEXT.str.contains(self.find))
        if self.check is None or not len(hit):
            return hit["row"].to_numpy()
        spans = hit.select("row", TEXT.str.extract_all(self.find)).explode("text")
        if self.take:
            spans = spans.with_columns(TEXT.str.extract(self.take))
        spans = spans.drop_nulls()
        held = spans["row"].to_numpy()[self.check(spans["text"])]
        return self._settled(np.unique(held), frame) if self.is_numeric else held

    def _settled(
        self, held: NDArray[np.uint32], frame: pl.DataFrame
    ) -> NDArray[np.uint32]:
        bare = frame.filter(TEXT.str.contains(BARE))["row"].to_numpy()
        alone = np.isin(held, bare)
        return held if alone.sum() >= ALONE * len(bare) else held[~alone]


@dataclass(frozen=True, slots=True)
class Room:
    """Rules, and rooms of more, that one gate opens.

    Attributes:
        gate: Found in every text that any of the rules finds something in.
        rules: The rules.
    """

    gate: str
    rules: Sequence[Rule | Room]

    def found(self, frame: pl.DataFrame) -> Iterator[tuple[str, NDArray[np.uint32]]]:
        """Yield tags and the rows that they were found in."""
        open_to = frame.filter(TEXT.str.contains(self.gate))
        for rule in self.rules if len(open_to) else ():
            if isinstance(rule, Room):
                yield from rule.found(open_to)
            elif len(rows := rule.rows(open_to)):
                yield rule.tag, rows

    def tags(self) -> Iterator[str]:
        """Yield every tag that it may find."""
        for rule in self.rules:
            if isinstance(rule, Room):
                yield from rule.tags()
            else:
                yield rule.tag


def words(text: str) -> str:
    """Return what finds any of some words, however they are joined and capitalised.

    Args:
        text: Words with `|` between them; a space stands for what joins two words.
    """
    parts = text.replace(".", r"\.").replace(" ", r"[ _.\-]?")
    return f"(?i:{parts})"


LINK = (
    r"[^0-9A-Za-z\n]{0,6}"
    r"(?:(?i:is|was|are|number|no|nr|num|code|id|of|the|my|value|at|ist|est|es|lautet)"
    r"[^0-9A-Za-z\n]{1,6}){0,3}"
)
"""What stands between a word and its value: `: `, ` is `, `":"`, ` number: `."""

SAYS = r"(?:[\\\"']{0,3}\s?[:=\u{ff1a}]\s?[\\\"']{0,3}|\t)"
"""What stands between a key and its value, and nothing else: `: `, `":"`, `=`."""


def said(text: str, value: str, link: str = LINK) -> str:
    """Return what finds a value that words stand before."""
    return rf"(?:^|[^A-Za-z]){words(text)}{link}{value}"
