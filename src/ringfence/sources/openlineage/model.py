"""What is read of events, before datasets have their ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.errors import Locus
from ringfence.sources.openlineage.naming import Name


class Input(NamedTuple):
    """A column, or a whole dataset, that an output column depends on.

    Attributes:
        name: The dataset; of None, the producer didn't say which.
        field: The column; empty, it may be any.
        is_direct: Whether the value is made of it.
        is_masked: Whether the producer says that it is masked on the way.
        unknown: Why it isn't certain.
    """

    name: Name | None
    field: str
    is_direct: bool
    is_masked: bool
    unknown: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A column facet: inputs by output column, and those of every row."""

    fields: dict[str, tuple[Input, ...]]
    rows: tuple[Input, ...]
    at: Locus
    since: str


@dataclass(slots=True)
class Output:
    """What the events of one run say of a dataset that it writes."""

    at: Locus
    columns: dict[str, Locus] = field(default_factory=dict)
    facets: list[Facet] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """What the events of one run, or of one job, say together.

    Attributes:
        inputs: What it reads, with the place that says so.
        outputs: What it writes.
        since: Times of its events; an empty one is of an event without a time.
        sql: The job's SQL, with its dialect and place.
        columns: Columns of its datasets, as their schema facets list them.
    """

    inputs: dict[Name, Locus] = field(default_factory=dict)
    outputs: dict[Name, Output] = field(default_factory=dict)
    since: list[str] = field(default_factory=list)
    sql: dict[str, tuple[str, Locus]] = field(default_factory=dict)
    columns: dict[Name, tuple[str, ...]] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """When its first event was; empty when one of them doesn't say."""
        return min(self.since, default="")
