"""A claim as a question of isolation: does anything lead from these to those?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.outcome import Reason
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Part


@dataclass(frozen=True, slots=True)
class Question:
    """A claim as a question of isolation.

    Attributes:
        claim: The claim.
        case: The case.
        graph: The graph to walk.
        targets: Every target, conceded by an exception or not.
        parts: Origins and targets; more than one when exceptions tell origins apart.
        verbs: Mask of the states of a target that count.
        gaps: What is missing, beyond what every claim needs.
        assumptions: What the answer takes for granted.
        asks_who: Whether it turns on who can reach, rather than on where data is.
        as_proxy: Whether it stands in for a question of law.
        stated: The question as of the date judged, whose counts the proof states;
            None where it is this one.
    """

    claim: Claim
    case: Case
    graph: Graph
    targets: Mapping[str, Status]
    parts: Sequence[Part]
    verbs: int
    gaps: tuple[Reason, ...] = ()
    assumptions: tuple[str, ...] = ()
    asks_who: bool = True
    as_proxy: bool = False
    stated: Question | None = None
