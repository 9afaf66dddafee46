"""What no logged decision explains: the answer to who went round the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.claims.crossings import Class


@dataclass(frozen=True, slots=True)
class Bypass:
    """Events that no decision explains, and that came by one door.

    Attributes:
        who: Id of the person behind them.
        tool: What they went through; may be empty.
        account: Whom the log itself names.
        address: Where they came from; may be empty.
        what: What of protected data no decision explains.
        verb: What was done.
        kind: What the audit calls them.
        was_denied: The gate had been asked, and denied it.
        was_spared: The gate had been asked, and would have denied it, or a part of it,
            were it enforced: it was in shadow mode.
        events: How many they are.
        first: Time of the first, in microseconds. `last`: of the last.
        example: Id of the first, for `ringfence audit show`.
        log: Name of the log that tells of it.
        file: Its file.
        line: Its number, from 1.
    """

    who: str
    tool: str
    account: str
    address: str
    what: tuple[str, ...]
    verb: str
    kind: Class
    was_denied: bool
    events: int = 0
    first: int = 0
    last: int = 0
    example: str = ""
    log: str = ""
    file: str = ""
    line: int = 0
    was_spared: bool = False


@dataclass(frozen=True, slots=True)
class Bypasses:
    """What was done to protected data, matched with what the gate answered.

    Attributes:
        boundary: Name of the boundary.
        first: First microsecond that was matched. `after`: the first one after.
        window: For how many seconds a decision may be acted upon.
        decisions: How many decisions there are, and `allowed`, of these.
        lost: How many entries have lost what they tell of.
        unread: How many decisions can't be understood.
        explained: How many events a decision explains.
        unknown: Of how many it can't be told.
        found: The others, by door, the most frequent first.
        labels: Names that people use, by node id.
        shadow: How many of the decisions nobody enforced.
    """

    boundary: str
    first: int
    after: int
    window: int
    decisions: int
    allowed: int
    lost: int
    unread: int
    explained: int
    unknown: int
    found: tuple[Bypass, ...]
    labels: Mapping[str, str]
    shadow: int = 0

    @property
    def unexplained(self) -> int:
        """How many events no decision explains."""
        return sum(one.events for one in self.found)

    @property
    def events(self) -> int:
        """How many events on protected data were matched."""
        return self.explained + self.unexplained + self.unknown
