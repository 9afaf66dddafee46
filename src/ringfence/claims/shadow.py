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
class Spared:
    """Requests that are alike, and were allowed in shadow mode, and that alone.

    Attributes:
        who: Id of whoever it was asked for.
        what: Id of the resource.
        verb: The verb.
        caller: Name of whoever asked.
        outcome: What the gate decided: `DENIED` or `LESS`.
        reason: Why, as a stable code.
        requests: How many they are.
        first: When the first was decided. `last`: the last.
    """

    who: str
    what: str
    verb: str
    caller: str
    outcome: Outcome
    reason: str
    requests: int = 0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Lived:
    """What a service in shadow mode decided over some days, and allowed.

    Attributes:
        first: When the first of its decisions was made; empty: there is none.
        last: The last.
        requests: How many decisions they are.
        enforced: How many decisions of the same days were enforced.
        unlogged: How many answers the ledger may not hold, whenever they were given.
        lost: How many entries have lost what they tell of.
        unread: How many decisions can't be understood.
        spared: What was answered otherwise than decided, the most frequent first.
    """

    first: str
    last: str
    requests: int
    enforced: int
    unlogged: int
    lost: int
    unread: int
    spared: tuple[Spared, ...]

    def total(self, outcome: Outcome) -> int:
        """Return how many decisions have an outcome."""
        if outcome is Outcome.ALLOWED:
            return self.requests - sum(one.requests for one in self.spared)
        return sum(one.requests for one in self.spared if one.outcome is outcome)


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
        lived: What a service in shadow mode decided; None if nobody asked.
        is_replayed: The boundary orders logs, and they were replayed.
    """

    boundary: str
    gate: Gate
    first: int
    after: int
    scenes: int
    lines: tuple[Line, ...]
    labels: Mapping[str, str]
    lived: Lived | None = None
    is_replayed: bool = True

    def total(self, outcome: Outcome | None = None, kind: Class | None = None) -> int:
        """Return how many events have an outcome, and are of a kind."""
        return sum(
            one.events
            for one in self.lines
            if outcome in (None, one.outcome) and kind in (None, one.kind)
        )
