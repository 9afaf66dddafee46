"""`residency`: the data is stored in permitted places only.

The origins are the stores whose place the boundary doesn't permit for their role
(primary, backup, replica, cache), or that don't say where they are; whoever holds such
a store must not hold protected data by holding it, directly, as a copy, or derived.

About a period, the claim is refuted by any single instant at which a fact begins or
ends. It is upheld only by one closed set that serves all of them, over the edges of the
whole period, and only where every source vouches for its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS
from ringfence.claims.case import Case
from ringfence.claims.gaps import data_gaps, history_gaps
from ringfence.claims.judgement import Judgement, counted, isolate
from ringfence.claims.kinds.people_found import told
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.placed import outside
from ringfence.claims.question import Question
from ringfence.reach.isolation import Part
from ringfence.reach.masks import READ


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "stored in permitted places only"."""
    if not claim.during:
        return _counted(isolate(ask(claim, case)), claim, case)
    first, last = claim.during
    # Nothing but data facts can change where the data is.
    changes = case.estate.changes(first, last, kinds=DATA_KINDS)
    instants = [case.at(instant) for instant in (first, *changes)]
    for one in instants:
        judged = isolate(ask(claim, one))
        if judged.verdict is Verdict.REFUTED:
            return told(judged, claim, one)
    return _over_period(claim, case, instants)


def _over_period(claim: Claim, case: Case, instants: Sequence[Case]) -> Judgement:
    """Return the verdict on a period that no single instant refutes.

    One closed set has to serve the whole period: it begins at every store that is
    outside at some instant, and is closed under every edge that is in force at one.
    """
    whole = case.over(*claim.during)
    origins = _ever(_outside(claim, one) for one in instants)
    targets = _ever(one.targets(claim.protected) for one in instants)
    # What some instant shows is refuted there; over all of them, a way is a maybe.
    maybe = Part(_doubted(origins), _doubted(targets))
    at_instants = (gap for one in (*instants, case) for gap in gaps_at(claim, one))
    question = replace(
        ask(claim, whole),
        targets=targets,
        parts=[maybe],
        gaps=(*history_gaps(claim, case), *dict.fromkeys(at_instants)),
        stated=ask(claim, case),
    )
    return _counted(isolate(question), claim, whole)


def _doubted(statuses: Mapping[str, Status]) -> dict[str, Status]:
    return dict.fromkeys(statuses, Status.UNKNOWN)


def gaps_at(claim: Claim, case: Case) -> tuple[Reason, ...]:
    """Return the gaps of one instant, those of the sources apart."""
    return data_gaps(ask(claim, case))


def _ever(found: Iterable[Mapping[str, Status]]) -> dict[str, Status]:
    """Return the strongest status that each node has at some instant."""
    strongest: dict[str, Status] = {}
    for statuses in found:
        for node, status in statuses.items():
            strongest[node] = max(status, strongest.get(node, Status.NO))
    return strongest


def _counted(judgement: Judgement, claim: Claim, case: Case) -> Judgement:
    if judgement.verdict is Verdict.UPHELD:
        holding = case.stores_of(case.targets(claim.protected))
        stated = counted(len(holding), "store", "stores")
        return replace(judgement, summary=f"{stated}, 0 copies elsewhere")
    if judgement.verdict is Verdict.REFUTED:
        return told(judgement, claim, case)
    if not judgement.summary:
        return replace(judgement, summary=judgement.reasons[0].text)
    return judgement


def ask(claim: Claim, case: Case) -> Question:
    """Return the claim as a question of isolation."""
    targets = case.targets(claim.protected)
    return Question(
        claim,
        case,
        case.graph(("technical",), bare=True),
        targets=targets,
        parts=[Part(_outside(claim, case), targets)],
        verbs=READ,
        asks_who=False,
    )


def _outside(claim: Claim, case: Case) -> dict[str, Status]:
    judged = {
        node: outside(claim, case, store)
        for node, store in case.view.holders("store").items()
    }
    return {node: status for node, status in judged.items() if status is not Status.NO}
