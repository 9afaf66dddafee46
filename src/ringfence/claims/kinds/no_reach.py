"""`no_reach`: nobody excluded can get at protected data.

The origins are the people and legal entities that are, or may be, excluded. An
exception counts only when the claim's own words concede it, and then only for those it
names, for the columns it names, while it is in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from ringfence.boundary.model import BoundaryException, Claim
from ringfence.boundary.protection import patterns
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.gaps import EMPTY_ORIGINS
from ringfence.claims.judgement import Judgement, isolate
from ringfence.claims.outcome import Reason
from ringfence.claims.question import Question
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Part
from ringfence.reach.masks import verb_mask

Names = tuple[str, ...]


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "nobody excluded can"."""
    return isolate(ask(claim, case))


def ask(claim: Claim, case: Case) -> Question:
    """Return the claim as a question of isolation."""
    origins = case.excluded(claim.excluded, ("person", "legal_entity"))
    targets = case.targets(claim.protected)
    return Question(
        claim,
        case,
        case.graph_of(claim),
        targets=targets,
        parts=_parts(claim, case, origins, targets),
        verbs=verb_mask(claim.verbs),
        gaps=(*_vacuous(origins),),
        assumptions=case.boundary.selector(claim.excluded).assumptions,
    )


def _vacuous(origins: Mapping[str, Status]) -> tuple[Reason, ...]:
    if any(kind_of(node) == "person" for node in origins):
        return ()
    return (Reason(EMPTY_ORIGINS, "nobody in the estate is excluded"),)


def _parts(
    claim: Claim,
    case: Case,
    origins: Mapping[str, Status],
    targets: Mapping[str, Status],
) -> list[Part]:
    """Return one part for each set of exceptions that applies to some origin."""
    conceded = [
        exception
        for exception in case.boundary.exceptions
        if exception.name in claim.exceptions and _in_force(exception, case)
    ]
    if not conceded:
        return [Part(origins, targets)]
    graph = case.graph(("technical",), bare=claim.reach == "bare")
    sure, maybe = (memberships(graph, sure=sure) for sure in (True, False))
    together: dict[tuple[Names, Names], dict[str, Status]] = defaultdict(dict)
    for origin, status in origins.items():
        names = tuple(
            _applying(conceded, groups.get(origin, frozenset()) | {origin})
            for groups in (sure, maybe)
        )
        together[names[0], names[1]][origin] = status
    by_name = {exception.name: exception for exception in conceded}
    return [
        Part(
            members,
            _left(targets, *([by_name[name] for name in names] for names in applying)),
            applying[0],
        )
        for applying, members in sorted(together.items())
    ]


def _applying(conceded: list[BoundaryException], belongs: frozenset[str]) -> Names:
    return tuple(sorted(one.name for one in conceded if belongs & set(one.who)))


def _in_force(exception: BoundaryException, case: Case) -> bool:
    return exception.since <= case.view.instant < exception.until


def _left(
    targets: Mapping[str, Status],
    sure: list[BoundaryException],
    maybe: list[BoundaryException],
) -> dict[str, Status]:
    """Return the targets that aren't conceded; those that may be are in doubt."""
    conceded, doubted = (
        patterns(column for one in exceptions for column in one.columns)
        for exceptions in (sure, maybe)
    )
    names = {node: node.partition(":")[2] for node in targets}
    return {
        node: Status.UNKNOWN if doubted.match(names[node]) else status
        for node, status in targets.items()
        if not conceded.match(names[node])
    }


def memberships(graph: Graph, *, sure: bool) -> Mapping[str, frozenset[str]]:
    """Return the groups that each node belongs to, through other groups too.

    Args:
        graph: The graph.
        sure: Whether to count only certain memberships.
    """
    direct: dict[str, set[str]] = defaultdict(set)
    for edge in np.flatnonzero(graph.is_membership).tolist():
        # Who belongs only together with something else doesn't surely belong.
        if not (sure and (graph.is_open[edge] or edge in graph.needs)):
            tail, head = graph.ids[graph.tail[edge]], graph.ids[graph.head[edge]]
            direct[tail].add(head)
    return {node: _closure(node, direct) for node in direct}


def _closure(node: str, direct: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for group in direct.get(waiting.pop(), ()):
            if group not in found:
                found.add(group)
                waiting.append(group)
    return frozenset(found)
