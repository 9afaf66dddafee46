"""`jurisdiction`: the data isn't subject to some state's law.

A question of law, which no system can answer: the claim itself stays unproven. What can
be checked is a proxy, under assumptions that are printed: no excluded legal entity
operates or holds a store from which protected data can be had.
"""

from __future__ import annotations

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.gaps import EMPTY_ORIGINS
from ringfence.claims.judgement import Judgement, isolate
from ringfence.claims.outcome import Reason
from ringfence.claims.question import Question
from ringfence.claims.verdict import Basis, Witness, verdict
from ringfence.reach.graph import verb_mask
from ringfence.reach.isolation import Part

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
        gaps=(*(() if origins else (empty,)),),
        assumptions=(ASSUMPTION, *selector.assumptions),
        as_proxy=True,
    )
