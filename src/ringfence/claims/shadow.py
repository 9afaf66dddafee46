"""What a gate would have decided of what was done: the answer of shadow mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ringfence.boundary.model import Gate
from ringfence.claims.crossings import Class


class Outcome(StrEnum):
    """What the gate would have made of an event, the worst last."""

    ALLOWED = "allowed"
    LESS = "less"  # allowed with masks, or without some rows
    PURPOSE = "purpose"  # an exception fits whoever states its purpose, and counts
    PERHAPS = "perhaps"  # the log doesn't tell enough
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Line:
    """Events that are alike.

    Attributes:
        who: Id of the person behind them, else whom the log names; may be empty.
        tool: What they went through; may be empty.
        what: The dataset or store that decides; empty when nothing was touched.
        verb: What was done.
        outcome: What the gate would have made of them.
        reason: Why, as a stable code.
        kind: What the audit calls them.
        events: How many they are.
        first: Time of the first, in microseconds. `last`: of the last.
    """

    who: str
    tool: str
    what: str
    verb: str
    outcome: Outcome
    reason: str
    kind: Class
    events: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a gate would have decided over some days.

    Attributes:
        boundary: Name of the boundary.
        gate: What it enforces.
        first: First microsecond that was replayed. `after`: the first one after.
        scenes: How many scenes the days took.
        lines: The events in sums, the most frequent first.
        labels: Names that people use, by node id.
    """

    boundary: str
    gate: Gate
    first: int
    after: int
    scenes: int
    lines: tuple[Line, ...]
    labels: Mapping[str, str]

    def total(self, outcome: Outcome | None = None, kind: Class | None = None) -> int:
        """Return how many events have an outcome, and are of a kind."""
        return sum(
            one.events
            for one in self.lines
            if outcome in (None, one.outcome) and kind in (None, one.kind)
        )
