"""Reach over a period: for each pair, exactly when it was in reach.

Most edges hold throughout. What they give is answered once, for the whole period, by
rows of bits: from the origins, and from the head of every edge that changes, to the
targets and to the tail of every edge that changes. What is left is a small graph whose
nodes are the changing edges. It is swept from change to change; only the changing edges
that lead to what changed, and the origins that reach those, are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ringfence.reach.arcs import grouped, runs
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Flags, Ints
from ringfence.reach.matrix import Pairs, core_of, pairs, rules_of
from ringfence.reach.rows import WORD, Words, mark, pairs_of, width


@dataclass(frozen=True, slots=True)
class Period:
    """When edges hold, in a period `[begin, end)`.

    Attributes:
        begin: The first instant of the period, in seconds since 1970.
        end: The first instant after it.
        since: By edge: the first instant at which it holds.
        until: By edge: the first instant at which it no longer holds.
    """

    begin: int
    end: int
    since: Ints
    until: Ints

    @property
    def throughout(self) -> Flags:
        """By edge: whether it holds in the whole period."""
        flags: Flags = (self.since <= self.begin) & (self.end <= self.until)
        return flags

    @property
    def ever(self) -> Flags:
        """By edge: whether it holds at some instant of the period."""
        flags: Flags = (self.since < self.end) & (self.begin < self.until)
        return flags & (self.since < self.until)

    def at(self, instant: int) -> Flags:
        """By edge: whether it holds at an instant."""
        flags: Flags = (self.since <= instant) & (instant < self.until)
        return flags

    def changes(self, edges: Ints) -> Ints:
        """Return the instants inside the period at which some of the edges change."""
        found = np.unique(np.concatenate((self.since[edges], self.until[edges])))
        return found[(self.begin < found) & (found < self.end)]


@dataclass(frozen=True, slots=True)
class Timeline:
    """When each pair was in reach.

    Attributes:
        always: The pairs in reach throughout the period.
        origin: Of each further interval: the row of its origin.
        target: The column of its target.
        since: The first instant of reach.
        until: The first instant after it; intervals of one pair don't touch.
    """

    always: Pairs
    origin: Ints
    target: Ints
    since: Ints
    until: Ints

    def ever(self) -> Pairs:
        """Return the pairs that were in reach at some instant of the period."""
        words = self.always.words.copy()
        mark(words, self.origin, self.target)
        return Pairs(self.always.origins, self.always.targets, words)

    def of(self, row: int, column: int) -> list[tuple[int, int]] | None:
        """Return the intervals of a pair in order; None stands for throughout."""
        if self.always.words[row, column // 64] >> np.uint64(column % 64) & 1:
            return None
        chosen = np.flatnonzero((self.origin == row) & (self.target == column))
        return [(int(self.since[one]), int(self.until[one])) for one in chosen]


def timeline(
    graph: Graph,
    period: Period,
    *,
    origins: Ints,
    targets: Ints,
    verbs: int,
    sure: bool = False,
) -> Timeline:
    """Return when each origin reached each target.

    Args:
        graph: The graph of all edges in force at some instant of the period.
        period: When each of them holds.
        origins: Numbers of nodes.
        targets: Numbers of nodes.
        verbs: Mask of the states of a target that count.
        sure: Whether to walk certain edges only.
    """
    states, starts, marks = core_of(graph, origins, targets, verbs, sure=sure)
    if rules_of(graph, states, sure=sure):
        nothing = np.zeros((len(origins), width(len(targets))), np.uint64)
        always = Pairs(origins, targets, nothing)
        return _replayed(graph, period, always, (verbs, sure))
    fixed = period.throughout[states.edge]
    moving = np.flatnonzero(~fixed)
    tails, column = np.unique(states.tail[moving], return_inverse=True)
    # Targets fill whole words, so that the tails' bits lie apart from theirs.
    words = width(len(targets))
    places = np.concatenate((marks[0], tails))
    columns = np.concatenate((marks[1], words * WORD + np.arange(len(tails))))
    reached = states.chosen(np.flatnonzero(fixed)).reached(
        (places, columns), words * WORD + len(tails)
    )
    known, numbers = starts
    of_origin = np.zeros((len(origins), reached.words.shape[1]), np.uint64)
    of_origin[known] = reached.of(numbers)
    of_head = reached.of(states.head[moving])
    sweep = _Sweep(
        by_column=_Lists.of(column, np.arange(len(moving)), len(tails)),
        onward=_Lists.of(*pairs_of(of_head[:, words:], len(tails)), len(moving)),
        gives=of_head[:, :words],
        column=column,
        origins=_Lists.of(*pairs_of(of_origin[:, words:], len(tails)), len(origins)),
    )
    always = Pairs(origins, targets, of_origin[:, :words])
    edges = states.edge[moving]
    return _intervals(always, sweep.run(period, edges, always.words))


@dataclass(frozen=True, slots=True)
class _Change:
    """What turns on or off at an instant: bits of some words of some rows."""

    instant: int
    rows: Ints
    words: Ints
    bits: Words

    @classmethod
    def whole(cls, instant: int, bits: Words) -> _Change:
        """Return a change of whole rows, of all of them."""
        rows, words = bits.shape
        return cls(instant, np.arange(rows), np.arange(words), bits)


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists of numbers, one for each of some keys, in two arrays."""

    first: Ints
    values: Ints

    @classmethod
    def of(cls, keys: Ints, values: Ints, count: int) -> _Lists:
        first, order = grouped(keys, count)
        return cls(first, values[order])

    def each(self, keys: Ints) -> tuple[Ints, Ints]:
        """Return the values of some keys one after another, and where each begins."""
        places, begins = runs(self.first, keys)
        return self.values[places], begins

    def turned(self, count: int) -> _Lists:
        """Return, for each of so many values, the keys in whose lists it is."""
        keys = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return _Lists.of(self.values, keys, count)


def _united(lists: _Lists, keys: Ints, rows: Words) -> Words:
    """Return for each key the union of the rows that its list names."""
    united = np.zeros((len(keys), rows.shape[1]), np.uint64)
    values, begins = lists.each(keys)
    filled = np.flatnonzero(np.diff(begins, append=len(values)))
    if len(filled):
        starts = begins[filled]
        united[filled] = np.bitwise_or.reduceat(rows[values], starts, axis=0)
    return united


@dataclass(frozen=True, slots=True)
class _Sweep:
    """The small graph of changing edges, by the columns of their tails.

    Attributes:
        by_column: For each column, the changing edges that start there.
        onward: For each changing edge, the columns that its head reaches throughout.
        gives: For each changing edge, the row of targets that its head reaches so.
        column: For each changing edge, its own column.
        origins: For each origin, the columns that it reaches throughout.
    """

    by_column: _Lists
    onward: _Lists
    gives: Words
    column: Ints
    origins: _Lists

    def run(self, period: Period, edges: Ints, always: Words) -> Iterator[_Change]:
        """Yield what changes from instant to instant.

        Before the first one only what is always in reach was, and after the last one.
        """
        since, until = period.since[edges], period.until[edges]
        count = len(self.by_column.first) - 1
        rows = np.zeros((count, self.gives.shape[1]), np.uint64)
        shown = always.copy()
        before = _columns_before(self, count)
        readers = self.origins.turned(count)
        instants = [period.begin, *period.changes(edges).tolist()]
        for instant in instants:
            alive = (since <= instant) & (instant < until)
            first = instant == period.begin
            touched = self.column[(since == instant) | (until == instant) | first]
            stale = _upstream(np.unique(touched), before, count)
            fresh = self._settled(stale, alive, rows)
            differs = fresh != rows[stale]
            rows[stale] = fresh
            # Only where some row changed can an origin's row do so.
            words = np.flatnonzero(differs.any(axis=0))
            changed = stale[differs.any(axis=1)]
            who = np.unique(readers.each(changed)[0])
            place = np.ix_(who, words)
            now = always[place] | _united(self.origins, who, rows[:, words])
            yield _Change(instant, who, words, now ^ shown[place])
            shown[place] = now
        yield _Change.whole(period.end, shown ^ always)

    def _settled(self, stale: Ints, alive: Flags, rows: Words) -> Words:
        """Return the rows of stale columns, given those of all others: a fixpoint."""
        edges, begins = self.by_column.each(stale)
        gives = np.where(alive[edges][:, None], self.gives[edges], 0)
        working = rows.copy()
        working[stale] = 0
        while True:
            ahead = _united(self.onward, edges, working)
            offered = gives | np.where(alive[edges][:, None], ahead, 0)
            # Every column has an edge that starts there: no list is empty.
            fresh = np.bitwise_or.reduceat(offered, begins, axis=0)
            if (fresh == working[stale]).all():
                return fresh
            working[stale] = fresh


def _columns_before(sweep: _Sweep, count: int) -> _Lists:
    """Return for each column the columns with an edge whose head reaches it."""
    edge = np.repeat(np.arange(len(sweep.column)), np.diff(sweep.onward.first))
    codes = np.unique(sweep.onward.values * np.int64(count) + sweep.column[edge])
    ahead, behind = np.divmod(codes, max(count, 1))
    return _Lists.of(ahead, behind, count)


def _upstream(columns: Ints, before: _Lists, count: int) -> Ints:
    """Return some columns and all that lead to them, through whatever edges."""
    found = np.zeros(count, bool)
    while len(columns):
        found[columns] = True
        columns = np.unique(before.each(columns)[0])
        columns = columns[~found[columns]]
    return np.flatnonzero(found)


def _intervals(always: Pairs, changes: Iterator[_Change]) -> Timeline:
    """Return the timeline of changes: what turns on, and later off again."""
    rows, columns, instants = [], [], []
    for change in changes:
        row, bit = pairs_of(change.bits, change.bits.shape[1] * WORD)
        rows.append(change.rows[row])
        columns.append(change.words[bit // WORD] * WORD + bit % WORD)
        instants.append(np.full(len(row), change.instant))
    every = [np.concatenate(parts) for parts in (instants, columns, rows)]
    when, target, origin = (part[np.lexsort(every)] for part in every)
    # By turns on and off, and off at the end.
    return Timeline(always, origin[::2], target[::2], when[::2], when[1::2])


def _replayed(
    graph: Graph, period: Period, always: Pairs, how: tuple[int, bool]
) -> Timeline:
    """Return the timeline instant by instant, where rules with premises take part."""
    verbs, sure = how
    origins, targets = always.origins, always.targets
    every = np.arange(len(graph))

    def changes() -> Iterator[_Change]:
        shown = always.words
        for instant in [period.begin, *period.changes(every).tolist()]:
            chosen = graph.chosen(np.flatnonzero(period.at(instant)))
            now = pairs(chosen, origins, targets, verbs, sure=sure).words
            yield _Change.whole(instant, now ^ shown)
            shown = now
        yield _Change.whole(period.end, shown ^ always.words)

    return _intervals(always, changes())
