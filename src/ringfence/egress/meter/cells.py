"""Counts of people that tell too much: small ones, and what others leave of them.

A count is told of everybody who meets some conditions (`region=US`, `age=20-29`). Two
counts tell a third one: of those who meet the conditions of the one and not the further
conditions of the other. So no count may be small, nor what a part leaves of its whole,
nor what all the parts by one column leave of it, nor what changed since it was told
last. Whatever the same receiver was told before counts as told (complement and
differencing attacks: D. E. Denning, "Cryptography and Data Security", 1982, chapter 6).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ringfence.egress.channels.judge import Reason

Conditions = frozenset[str]
"""Conditions that people meet who are counted, each by its digest; none: everybody."""

MARGINS = frozenset({"", "*", "all", "total"})
"""What stands in a column, in any case of letters, where no condition is on it."""
MOST_CONDITIONS = 12
_SHOWN = 16  # hexadecimal digits of a digest: 64 bits


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a count may not be told.

    Attributes:
        reason: `SMALL_CELL`, `COMPLEMENT` or `DIFFERENCE`.
        row: Row of the count, from 1.
    """

    reason: Reason
    row: int


def conditions(row: Mapping[str, str | None]) -> Conditions:
    """Return the conditions of a row, by the columns that it is grouped by.

    They are digests, so that nobody reads in the meter what was told; two columns of
    one name are one, whatever the channel.
    """
    return frozenset(
        _digest(column, value)
        for column, value in row.items()
        if value is not None and value.strip().casefold() not in MARGINS
    )


def _digest(column: str, value: str) -> str:
    told = f"{len(column)} {column}{value.strip()}"
    return f"{_digest_of(column)}{_digest_of(told)}"


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_SHOWN]


def flaws(
    rows: Iterable[tuple[int, Conditions, int]],
    before: Mapping[Conditions, frozenset[int]],
    least: int,
) -> Iterator[Flaw]:
    """Yield why counts may not be told, a reason and a row at most once.

    Args:
        rows: Row number, conditions and count of each row.
        before: Every count that the receiver was told before, by its conditions.
        least: The smallest count that may be told. None at all tells of nobody.
    """
    told = _Told(before, least)
    new = list(rows)
    every: dict[Conditions, set[int]] = defaultdict(set)
    for _, which, count in new:
        every[which].add(count)
    counts = {
        which: sorted(here.union(before.get(which, ())))
        for which, here in every.items()
    }
    for row, which, count in new:
        if 0 < count < least:
            yield Flaw(Reason.SMALL_CELL, row)
        if _is_near(count, counts[which], least):
            yield Flaw(Reason.DIFFERENCE, row)
    for _, which, count in new:
        told.add(which, count)
    telling = told.telling()
    yield from (
        Flaw(Reason.COMPLEMENT, row) for row, which, _ in new if which in telling
    )


def _is_near(count: int, counts: Sequence[int], least: int) -> bool:
    """Return whether one of other counts, which are in order, differs by a few."""
    at = bisect_left(counts, count)
    beside = (*counts[max(at - 1, 0) : at], *counts[at + 1 : at + 2])
    return any(abs(count - other) < least for other in beside)


class _Told:
    """All that a receiver knows, when it is told some more."""

    def __init__(self, before: Mapping[Conditions, frozenset[int]], least: int) -> None:
        self._least = least
        self._counts: dict[Conditions, set[int]] = defaultdict(set)
        # By whole and column: the parts of the whole by that column, and their counts.
        self._parts: dict[tuple[Conditions, str], dict[str, int]] = defaultdict(dict)
        for which, counts in before.items():
            for count in sorted(counts):
                self.add(which, count)

    def add(self, which: Conditions, count: int) -> None:
        """Take a count as told; of its conditions it is the latest."""
        self._counts[which].add(count)
        for one in which:
            self._parts[which - {one}, one[:_SHOWN]][one] = count

    def telling(self) -> set[Conditions]:
        """Return the conditions of counts that together tell of a few people."""
        found: set[Conditions] = set()
        for which, counts in self._counts.items():
            for whole in _wholes(which):
                others = self._counts.get(whole, ())
                if any(self._is_few(n - one) for n in others for one in counts):
                    found |= {which, whole}
        for (whole, _), parts in self._parts.items():
            rest = sum(parts.values())
            if any(self._is_few(n - rest) for n in self._counts.get(whole, ())):
                found |= {whole, *(whole | {one} for one in parts)}
        return found

    def _is_few(self, count: int) -> bool:
        return 0 < count < self._least


def _wholes(which: Conditions) -> Iterator[Conditions]:
    """Yield what conditions are a part of: fewer of the same conditions."""
    named = sorted(which)
    for size in range(len(named)):
        yield from map(frozenset, combinations(named, size))
