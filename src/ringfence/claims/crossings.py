"""What the logs come to, as plain values; renderers read them and compute nothing.

Times are microseconds since 1970, days the first microsecond of a day, both UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ringfence.boundary.model import Claim


class Class(StrEnum):
    """What an event is in the eyes of the boundary."""

    CROSSING = "crossing"
    PERMITTED = "permitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One event, with the bytes that say so.

    Attributes:
        id: What `ringfence audit show` takes.
        time: When.
        kind: What it is.
        reason: Why, as a stable code.
        who: Id of the person behind it, else of whom the log names; may be empty.
        actor: Whom the log itself names.
        suspect: Who may have been behind it, by a sign that is too weak to say so.
        grade: How the person was found: `named`, `request`, `session`, ...
        tool: Tool or application that it went through; may be empty.
        verb: What was done.
        touched: Ids of what was touched; of a crossing, the protected columns.
        rows: How many rows; None when the log doesn't say.
        address: Where it came from, as the log writes it; may be empty.
        basis: What is known of that address: `registration country CN, iptocc 3.3`.
        log: Name of the log.
        file: Its file, from the folder of the boundary file.
        digest: SHA-256 of that file as delivered.
        offset: First byte of the line in the unpacked content.
        length: How many bytes it has.
        line: Its number, from 1.
    """

    id: str
    time: int
    kind: Class
    reason: str
    who: str
    actor: str
    suspect: str
    grade: str
    tool: str
    verb: str
    touched: tuple[str, ...]
    rows: int | None
    address: str
    basis: str
    log: str
    file: str
    digest: str
    offset: int
    length: int
    line: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many crossings somebody made, or went through something, and when."""

    id: str
    events: int
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Cell:
    """How many events of a kind somebody has on one day, through one tool."""

    day: int
    who: str
    tool: str
    kind: Class
    events: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a log says nothing, longer than is normal; half-open."""

    log: str
    since: int
    until: int
    cadence: int  # seconds


@dataclass(frozen=True, slots=True)
class Meter:
    """Distinct people whose data one counterparty got, in any twelve months.

    Attributes:
        who: The counterparty.
        category: Category of the boundary.
        subjects: Most distinct subjects in any twelve months, as far as named.
        unnamed: How many crossings don't name their subjects.
        rows: How many rows those have, as far as they say.
        more_than: The regime's threshold; None when it has none.
        cite: Where that stands.
        passed: When it was first exceeded; None when it never was.
    """

    who: str
    category: str
    subjects: int
    unnamed: int
    rows: int
    more_than: int | None = None
    cite: str = ""
    passed: int | None = None


@dataclass(frozen=True, slots=True)
class LogSeen:
    """A log as this run found it.

    Attributes:
        first: Its first sign of life; None when it has none.
        last: Its last one.
        reasons: What is missing of it, as pairs of a stable code and a sentence.
        is_listed: A manifest lists its files, and they are all there.
        since: First instant that it has to cover; None when nobody says.
        until: First instant that it needn't cover any more, or that its files were
            taken at; None when nobody says.
        cadence: Longest silence that is normal, in seconds; 0 when nobody says.
    """

    name: str
    kind: str
    files: int
    events: int
    asides: int
    malformed: int
    duplicates: int
    first: int | None
    last: int | None
    gaps: tuple[Gap, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    is_listed: bool = False
    since: int | None = None
    until: int | None = None
    cadence: int = 0


@dataclass(frozen=True, slots=True)
class Crossings:
    """How the events of a window were judged, for one selector and some protections.

    `events` is always the sum of `crossing`, `permitted`, `unknown` and `malformed`.

    Attributes:
        selector: Who was excluded.
        protected: Which protections; empty stands for all.
        first: First instant of the window.
        after: First instant after it.
        events: What was read: events, and what was malformed.
        reasons: How many events for each reason.
        people: Who crossed, most events first.
        tools: Through what, most events first.
        unknown_by: Of the unknown: whom the log names, and the reason.
        cells: Crossings and unknowns by day, person and tool.
        exhibits: Crossings one by one, the first of each person first.
        meters: Distinct subjects by counterparty and category.
        digest: Digest of the table of events.
        engine: What judged.
    """

    selector: str
    protected: tuple[str, ...]
    first: int
    after: int
    events: int
    crossing: int
    permitted: int
    unknown: int
    malformed: int
    reasons: Mapping[str, int]
    people: tuple[Share, ...] = ()
    tools: tuple[Share, ...] = ()
    unknown_by: tuple[tuple[str, str, int], ...] = ()
    cells: tuple[Cell, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    meters: tuple[Meter, ...] = ()
    logs: tuple[LogSeen, ...] = ()
    digest: str = ""
    engine: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class Past(Protocol):
    """What the logs that a boundary orders tell; see `ringfence.claims.events.past`."""

    def names(self, claim: Claim) -> tuple[str, ...]:
        """Return the logs that a claim names, or all that are ordered."""
        ...

    def missing(self, claim: Claim) -> tuple[str, ...]:
        """Return what a claim calls a log and the boundary doesn't order."""
        ...

    def crossings(self, claim: Claim) -> Crossings:
        """Return how the events that a claim speaks of were judged."""
        ...

    def seen(self, names: Sequence[str]) -> tuple[LogSeen, ...]:
        """Return some logs as this run found them."""
        ...

    def stores(self, names: Sequence[str]) -> frozenset[str]:
        """Return the ids of the stores whose own log is among some logs."""
        ...

    def unnamed(self, names: Sequence[str], first: int, after: int) -> int:
        """Return of how many events of some logs nobody knows whose they were.

        Args:
            names: The logs.
            first: First microsecond.
            after: First microsecond that doesn't count any more.
        """
        ...

    def after(
        self, limits: Mapping[str, int], names: Sequence[str], end: int
    ) -> tuple[Exhibit, ...]:
        """Return for each person the first event at or after a limit of its own.

        Args:
            limits: Microseconds by person.
            names: The logs.
            end: Events from here on don't count.
        """
        ...
