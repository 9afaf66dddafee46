"""The values of column lineage: tables, traces of columns, and what a relation shows.

A trace says that a value comes from a column, and how: *direct*, when the value is made
of it, or *indirect*, when it only decides which rows there are. Sets of traces are
joined and never thinned out, so that an answer may be too wide and never too short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.errors import RingfenceError

MOST_COLUMNS = 5_000
_MOST_TRACES = 2_000_000


class Table(NamedTuple):
    """A table or view, as it is spelled; unknown parts are empty."""

    catalog: str
    schema: str
    name: str

    def __str__(self) -> str:
        """Return its name as SQL writes it, without quotes."""
        return ".".join(part for part in self if part)


class Seal(NamedTuple):
    """Something that a value passed through, and that may declassify it.

    Attributes:
        kind: `aggregate` or `token`.
        least: How many rows, or persons, each cell of an aggregate is made of at least.
        by: The column whose distinct values were counted; of None, rows were.
        function: The function that made a token.
        per: What ties a token to its recipient.
    """

    kind: str
    least: int = 0
    by: tuple[Table, str] | None = None
    function: str = ""
    per: str = ""


class Trace(NamedTuple):
    """One way in which a value depends on a column.

    Attributes:
        table: The table; of None, nobody knows what it depends on.
        column: The column; empty, it may be any of the table.
        direct: Whether the value is made of it, rather than selected by it.
        plain: Whether it is the column's own value, of every row.
        unknown: Why it can't be said whether it does depend on it.
        seals: What the value passed through on its way.
        lack: Why an aggregate on its way is no seal.
    """

    table: Table | None
    column: str
    direct: bool = True
    plain: bool = False
    unknown: str = ""
    seals: frozenset[Seal] = frozenset()
    lack: str = ""


Traces = frozenset[Trace]
NOTHING: Traces = frozenset()


def indirect(traces: Iterable[Trace]) -> Traces:
    """Return the traces of what these only select."""
    return frozenset(one._replace(direct=False, plain=False) for one in traces)


def doubtful(traces: Iterable[Trace], reason: str) -> Traces:
    """Return the traces as ones that nobody is sure of."""
    return frozenset(
        one if one.unknown else one._replace(unknown=reason, plain=False)
        for one in traces
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A column that a relation shows; one without a name of its own has none."""

    name: str
    traces: Traces


@dataclass(frozen=True, slots=True)
class Relation:
    """What a table, a subquery or a whole query shows.

    Attributes:
        columns: Its columns in order, as far as they are known.
        rows: What decides which rows it has: indirect, for every column.
        rest: What further columns are made of, whose names aren't known; of None, there
            are no further columns.
        base: The one table whose own columns those further ones are.
        is_single: Whether its rows are rows of one table, none of them twice.
    """

    columns: tuple[Shown, ...] = ()
    rows: Traces = NOTHING
    rest: Traces | None = None
    base: Table | None = None
    is_single: bool = False

    def named(self, name: str) -> Traces | None:
        """Return the traces of a column; None, when there is no such column."""
        exact = [one for one in self.columns if one.name == name]
        folded = name.casefold()
        found = exact or [c for c in self.columns if c.name.casefold() == folded]
        if found:
            return frozenset().union(*(one.traces for one in found))
        return None

    def may_have(self, name: str) -> Traces | None:
        """Return what a column would be that isn't among the known ones."""
        if self.base is not None:
            return frozenset({Trace(self.base, name, plain=True)})
        return self.rest

    @property
    def everything(self) -> Traces:
        """What any of its columns is made of."""
        found = frozenset[Trace]().union(*(one.traces for one in self.columns))
        return found | (self.rest or NOTHING)

    @property
    def tables(self) -> frozenset[Table]:
        """The tables that it shows anything of."""
        traces = self.everything | self.rows
        return frozenset(one.table for one in traces if one.table is not None)


class TooLargeError(RingfenceError):
    """A query that would take too long to resolve."""


@dataclass(slots=True)
class Budget:
    """How much may still be spent on a query: hostile ones grow without end."""

    left: int = _MOST_TRACES

    def spend(self, count: int) -> None:
        """Count traces.

        Raises:
            TooLargeError: It was too much.
        """
        self.left -= count + 1
        if self.left < 0:
            raise TooLargeError("is too large to be resolved")

    def columns(self, count: int) -> None:
        """Count the columns of a relation.

        Raises:
            TooLargeError: There are too many.
        """
        if count > MOST_COLUMNS:
            message = f"shows more than {MOST_COLUMNS} columns"
            raise TooLargeError(message)
        self.spend(count)


@dataclass(frozen=True, slots=True)
class Answer:
    """The lineage of a query.

    Attributes:
        columns: Its columns in order; their traces say what selects the rows too.
        rest: What further columns are made of, whose names aren't known, or None.
        unresolved: What could not be resolved, each thing once.
        tables: Tables that it reads.
    """

    columns: tuple[Shown, ...] = ()
    rest: Traces | None = None
    unresolved: tuple[str, ...] = ()
    tables: frozenset[Table] = field(default_factory=frozenset)
