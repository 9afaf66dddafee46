"""One module for each kind of claim, and the table that finds it."""

from collections.abc import Callable

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement, beside
from ringfence.claims.kinds import (
    control_operates,
    facility,
    jurisdiction,
    log_continuity,
    log_retention,
    no_event,
    no_reach,
    no_single_principal,
    presence,
    residency,
    revocation,
)
from ringfence.claims.question import Question
from ringfence.claims.verdict import Documents

KINDS: dict[str, Callable[[Claim, Case], Judgement]] = {
    "residency": residency.judge,
    "presence": presence.judge,
    "facility": facility.judge,
    "jurisdiction": jurisdiction.judge,
    "no_reach": no_reach.judge,
    "no_single_principal": no_single_principal.judge,
    "control_operates": control_operates.judge,
    "no_event": no_event.judge,
    "some_event": no_event.judge_some,
    "revocation": revocation.judge,
    "log_retention": log_retention.judge,
    "log_continuity": log_continuity.judge,
}


# Kinds that come down to who reaches what, and so have a witness for each pair.
QUESTIONS: dict[str, Callable[[Claim, Case], Question]] = {
    "residency": residency.ask,
    "jurisdiction": jurisdiction.ask,
    "no_reach": no_reach.ask,
}


def judge(claim: Claim, case: Case) -> Judgement:
    """Return what the claim's kind makes of the case, beside what a docket says.

    INVARIANT: Every kind is weighed against documents here and nowhere else, so that a
    kind can't forget it.
    """
    documents = case.docket.get(claim.id, Documents())
    return beside(KINDS[claim.kind](claim, case), documents)
