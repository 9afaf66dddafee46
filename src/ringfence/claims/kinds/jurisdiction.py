"""`jurisdiction`: the data isn't subject to some state's law.

A question of law, which no system can answer: the claim itself stays unproven. What can
be checked is a proxy, under assumptions that are printed: no excluded legal entity
operates or holds a store from which protected data can be had.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case, listed
from ringfence.claims.gaps import EMPTY_ORIGINS
from ringfence.claims.judgement import Judgement, isolate
from ringfence.claims.outcome import Reason
from ringfence.claims.question import Question
from ringfence.claims.verdict import Basis, Witness, verdict
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Part
from ringfence.reach.masks import verb_mask

GRADES = ("legal", "technical")
ASSUMPTION = (
    "an entity that is excluded by ownership, place of organisation or place of "
    "business can be made to hand over what its stores contain"
)


def judge(claim: Claim, case: Case) -> Judgement:
    """Return unproven, with the finding on the proxy beside it."""
    question = ask(claim, case)
    proxy = isolate(question)
    found, reasons = verdict(Basis(Witness.NONE, is_law=True))
    return Judgement(
        found,
        reasons,
        summary=f"a question of law; its proxy is {proxy.verdict.value}",
        assumptions=question.assumptions,
        proxy=proxy,
        proof=proxy.proof,
    )


def ask(claim: Claim, case: Case) -> Question:
    """Return the claim's proxy as a question of isolation."""
    selector = case.boundary.selector(claim.excluded)
    origins = case.excluded(claim.excluded, ("legal_entity",))
    targets = case.targets(claim.protected)
    empty = Reason(EMPTY_ORIGINS, "no legal entity in the estate is excluded")
    graph = case.graph(GRADES, bare=claim.reach == "bare")
    return Question(
        claim,
        case,
        graph,
        targets=targets,
        parts=[Part(origins, targets)],
        verbs=verb_mask(claim.verbs),
        gaps=(*(() if origins else (empty,)), *_unowned(case, graph, targets)),
        assumptions=(ASSUMPTION, *selector.assumptions),
        as_proxy=True,
    )


def _unowned(case: Case, graph: Graph, targets: Mapping[str, Status]) -> list[Reason]:
    """Return a gap when nobody says who operates or holds a store with the data."""
    controlled = {
        graph.ids[head]
        for tail, head in zip(graph.tail, graph.head, strict=True)
        if kind_of(graph.ids[tail]) == "legal_entity"
    }
    silent = [store for store in case.stores_of(targets) if store not in controlled]
    if not silent:
        return []
    text = f"nobody says who operates or holds {listed(silent)}"
    return [Reason("unowned-store", text)]
