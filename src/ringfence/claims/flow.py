"""Flows: by what door protected data goes where it may not without the exit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ringfence.boundary.status import Status


class Door(StrEnum):
    """How data goes."""

    COPIED = "copied"  # a copy says what it is a copy of
    LIES = "lies there"  # nobody says how it came there
    READ = "read from there"  # whoever reads it is there
    CARRIED = "may be carried"  # an account may read it here, and write there
    LOGGED = "exported"  # a log says so
    SENT = "bytes went"  # a network's log says so, and not what they were


class Finding(StrEnum):
    """What a flow comes to."""

    UNDECLARED = "undeclared"
    ROUND = "goes round the exit"
    UNTOLD = "can't be told"
    EXPLAINED = "declared, and seen at the exit"


@dataclass(frozen=True, slots=True)
class Flow:
    """Protected data that goes by one door to one end.

    Attributes:
        door: How it goes.
        by: Id of what it goes by: the copy, the tool, the account; or the end itself.
        end: Id of where it goes.
        data: Ids of the datasets it comes from, or that lie there.
        kind: The kind of the edge that says so; empty where none does.
        status: Whether it surely goes, and surely where it may not.
        why: Why it may not, or why that isn't known.
        channel: Name of the channel that declares it; empty: none does.
        finding: What it comes to.
        releases: How many verdicts let something leave by that channel; of an export in
            a log, how many channels judged something not long after.
        events: Of exports in a log, how many.
        example: Id of the first of them, for `ringfence audit show`.
        bytes: Of what a network's log tells, how many bytes. `lines`: in how many
            lines.
        first: When the first of them went. `last`: the last; empty: nobody says.
        registered: Where the address is registered, and who says so; empty: unknown. It
            doesn't say where anybody sits.
    """

    door: Door
    by: str
    end: str
    data: tuple[str, ...]
    kind: str = ""
    status: Status = Status.YES
    why: str = ""
    channel: str = ""
    finding: Finding = Finding.UNDECLARED
    releases: int = 0
    events: int = 0
    example: str = ""
    bytes: int = 0
    lines: int = 0
    first: str = ""
    last: str = ""
    registered: str = ""


@dataclass(frozen=True, slots=True)
class Passing:
    """What became of each line of a network's logs: `read` is all others together.

    Attributes:
        files: How many files were opened.
        read: How many lines they have.
        refused: Flows that were refused.
        empty: Lines that say that there was no flow.
        skipped: Lines that say that flows weren't logged.
        malformed: Lines that can't be read.
        others: Flows from addresses that hold and read nothing protected, or nobody's.
        gateway: Flows to and from the gateway.
        inside: Flows that stay inside.
        out: Flows to outside, and to where nobody says what it is.
    """

    files: int = 0
    read: int = 0
    refused: int = 0
    empty: int = 0
    skipped: int = 0
    malformed: int = 0
    others: int = 0
    gateway: int = 0
    inside: int = 0
    out: int = 0


@dataclass(frozen=True, slots=True)
class Flows:
    """Every flow of a case, and what it comes to.

    Attributes:
        boundary: Name of the boundary.
        as_of: The instant.
        estate: Digest of the estate.
        channels: How many channels are in force then.
        verdicts: How many verdicts the ledger tells of; None where none was given.
        lost: How many of its entries say no more of which channel they are.
        protected: How many protected resources there are.
        gaps: What isn't known of the whole, a sentence each.
        found: The flows: what is wrong first.
        labels: Names that people use, by node id.
        passing: What became of the lines of a network's logs; None: none were read.
    """

    boundary: str
    as_of: str
    estate: str
    channels: int
    verdicts: int | None
    lost: int
    protected: int
    gaps: tuple[str, ...]
    found: tuple[Flow, ...]
    labels: Mapping[str, str]
    passing: Passing | None = None

    def of(self, *findings: Finding) -> tuple[Flow, ...]:
        """Return the flows that come to one of these."""
        return tuple(one for one in self.found if one.finding in findings)
