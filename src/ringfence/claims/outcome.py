"""What a check comes to: a finding for each claim, and what the run looked at.

These are plain values; renderers read them and compute nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ringfence.boundary.model import Boundary, Claim
from ringfence.claims.crossings import Crossings, LogSeen
from ringfence.claims.testimony import Beside, DocketSeen
from ringfence.errors import Problem


class Verdict(StrEnum):
    """The three verdicts. There is no fourth, and no probability."""

    UPHELD = "upheld"
    UNPROVEN = "unproven"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a claim is not upheld, or what limits it: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path, tied to the fact that makes it.

    Attributes:
        tail: Id of the node it starts from; `head` of the node it leads to.
        phrase: How it reads: `is a member of`, `may read`.
        at: Where the source says so.
        source: Name of the source.
        line: The canonical line of the fact, as it stands in `facts.jsonl`.
        open: Why the step is not certain; empty when it is.
        dispute: Who disputes the fact, empty when nobody does.
    """

    tail: str
    head: str
    phrase: str
    at: str
    source: str
    line: str
    open: str = ""
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A chain of facts from an origin to a protected resource, shortest first.

    Attributes:
        origin_facts: Why the origin counts: `resides in CN`.
        request: One request that meets every guard on the way; empty without guards.
    """

    origin: str
    target: str
    verb: str
    hops: tuple[Hop, ...]
    origin_facts: tuple[Hop, ...] = ()
    request: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_certain(self) -> bool:
        """Whether every step is."""
        return not any(hop.open for hop in self.hops)


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A node that witnesses pass, and how many origins (excluded people) do so."""

    id: str
    kind: str
    label: str
    people: int


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """An edge that witnesses pass, and how many origins (excluded people) do so."""

    tail: str
    head: str
    people: int


@dataclass(frozen=True, slots=True)
class FlowMap:
    """All witnesses of a claim at once; columns are folded into their datasets.

    Of very many crossing origins only the first ones are `followed`.
    """

    nodes: tuple[FlowNode, ...] = ()
    edges: tuple[FlowEdge, ...] = ()
    followed: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one claim.

    Attributes:
        number: Place of the claim in the boundary, from 1.
        reasons: Every reason for the verdict, first the one that decides it.
        summary: One short line: `54 people, 298 columns, 11 tools`.
        counts: The same as numbers, by name.
        paths: Witnesses, the one to show first.
        assumptions: What the verdict takes for granted.
        proxy: For a question of law: the finding on its checkable stand-in.
        proof: Name of the proof file in the output folder, if there is one.
        crossings: For a claim about events: how they were judged.
        contested: Whether a statement that counts keeps it from being upheld.
        beside: What a docket holds beside the claim.
    """

    number: int
    claim: Claim
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    summary: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    flows: FlowMap = field(default_factory=FlowMap)
    assumptions: tuple[str, ...] = ()
    proxy: Finding | None = None
    proof: str | None = None
    crossings: Crossings | None = None
    contested: bool = False
    beside: Beside = field(default_factory=Beside)


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as this run found it."""

    name: str
    kind: str
    collected: str
    facts: int
    problems: tuple[Problem, ...] = ()  # not empty: the source is unread
    notes: tuple[str, ...] = ()
    history: str = ""  # since when it tells its history, empty when it doesn't

    @property
    def is_read(self) -> bool:
        """Whether all of it was read."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a check came to.

    Attributes:
        as_of: The instant that the verdicts speak of.
        sources: Every source that the boundary orders, read or not.
        nodes: How many nodes of each kind the estate holds.
        excluded: For each selector, how many people are excluded and how many may be,
            and by which test: `{"in-china": {"yes": 57, "unknown": 3, ...}}`.
        protected: Counts: `columns`, `datasets`, `unclassified`.
        labels: Display names by node id, for every node that a finding mentions.
        logs: Every log that the boundary orders.
        docket: The docket that was read, if one was.
    """

    version: str
    boundary: Boundary
    boundary_digest: str
    estate_digest: str
    as_of: str
    sources: tuple[SourceState, ...]
    nodes: Mapping[str, int]
    facts: int
    excluded: Mapping[str, Mapping[str, int]]
    protected: Mapping[str, int]
    findings: tuple[Finding, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    logs: tuple[LogSeen, ...] = ()
    notes: tuple[Reason, ...] = ()
    docket: DocketSeen | None = None
