"""What every answer about reach has: what it rests on, and whether anybody crosses.

Two sweeps each: over the edges that are certain, and over all that are possible. What
only the second one finds may be reached, and nobody can say that it isn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ringfence.boundary.model import digest
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.claims.asking import Asking
from ringfence.claims.ways import Way
from ringfence.reach.graph import Graph


class Crossing(IntEnum):
    """Whether somebody excluded reaches something protected."""

    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2

    def __str__(self) -> str:
        """Return the word that answers use."""
        return self.name.lower()


def crossing(excluded: Status | None, *, certain: bool, possible: bool) -> Crossing:
    """Return whether it is a crossing that somebody reaches what is protected.

    Args:
        excluded: Whether it is excluded; None where that isn't asked.
        certain: Whether it certainly reaches something certainly protected.
        possible: Whether it may reach something that may be protected.
    """
    if excluded is Status.YES and certain:
        return Crossing.CERTAIN
    is_possible = excluded not in (None, Status.NO) and (certain or possible)
    return Crossing.POSSIBLE if is_possible else Crossing.NONE


@dataclass(frozen=True, slots=True)
class How:
    """What an answer rests on, so that it can be verified.

    Attributes:
        estate: SHA-256 of the facts in canonical order: of `facts.jsonl`.
        boundary: SHA-256 of the resolved boundary: of `boundary.json`.
        facts: The facts file that was read, empty when the facts were collected.
        as_of: The instant that was asked about.
        during: The period instead: its first instant, and the first one after it.
        reach: `bare` or `residual`.
        grades: Grades of the edges that were walked.
        verbs: Verbs on data that count.
        excluded: The selector that says who is excluded.
        nodes: How many nodes there were, and `edges` between them.
        undecided: How many of the edges are not certain.
        unread: The sources that could not be read: what they know is missing.
    """

    estate: str
    boundary: str
    facts: str
    as_of: str
    during: tuple[str, ...]
    reach: str
    grades: tuple[str, ...]
    verbs: tuple[str, ...]
    excluded: str
    nodes: int
    edges: int
    undecided: int
    unread: tuple[str, ...]


def how(asking: Asking) -> How:
    """Return what the answers to these questions rest on."""
    opened, chosen, graph = asking.opened, asking.filters, asking.graph
    return How(
        estate=opened.estate.digest(),
        boundary=digest(opened.boundary),
        facts=opened.facts,
        as_of=opened.boundary.as_of,
        during=chosen.during or (),
        reach=chosen.reach,
        grades=chosen.grades,
        verbs=chosen.verbs,
        excluded=asking.selector,
        nodes=len(graph.ids),
        edges=len(graph),
        undecided=int(graph.is_open.sum()),
        unread=tuple(one.name for one in asking.case.sources if one.unknown),
    )


def through(graph: Graph, way: Way) -> str:
    """Return the last tool on a way, or else the last node on it that isn't data."""
    heads = [graph.ids[graph.head[edge]] for edge in way.walk.edges[::-1]]
    tools = [node for node in heads if kind_of(node) == "tool"]
    others = (node for node in heads if kind_of(node) not in DATA_KINDS)
    return tools[0] if tools else next(others, "")
