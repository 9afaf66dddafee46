"""`presence`: there is a copy of the data in a place ("with a backup in Singapore").

Existential: one store of that role and place that certainly holds protected data
upholds it. Absence refutes only when the place and role of every store are known and
nothing undecided could make a store hold the data.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.boundary.countries import is_permitted
from ringfence.boundary.model import Claim
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status, among
from ringfence.claims.case import Case, listed
from ringfence.claims.gaps import gaps_of
from ringfence.claims.guarded import Asked
from ringfence.claims.judgement import Judgement, closed_of, proof_of, witness_of
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.question import Question
from ringfence.claims.verdict import Basis, Witness, verdict
from ringfence.reach.isolation import Isolation, Part, Result
from ringfence.reach.masks import READ


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "there is a copy in"."""
    origins = _candidates(claim, case.view.holders("store"))
    targets = case.targets(claim.protected)
    graph = case.graph(("technical",), bare=True)
    part = Part(origins, targets)
    gaps = _not_placed(case.view.holders("store"))
    question = Question(
        claim,
        case,
        graph,
        targets=targets,
        parts=[part],
        verbs=READ,
        gaps=gaps,
        asks_who=False,
    )
    asked = Isolation(graph, part, READ)
    found, reasons = verdict(
        Basis(_WITNESS[asked.result], gaps_of(question), is_universal=False)
    )
    if found is Verdict.UPHELD:
        paths = witness_of(question, Asked(asked))
        summary = f"{paths[0].origin.partition(':')[2]} holds it"
        return Judgement(
            found,
            (),
            summary,
            paths=paths,
            proof=proof_of(question, found, paths=paths),
        )
    if found is Verdict.REFUTED:
        proof = proof_of(question, found, parts=[closed_of(asked)])
        return Judgement(found, reasons, "no such copy", proof=proof)
    return Judgement(found, reasons)


def _not_placed(stores: Mapping[str, Holder]) -> tuple[Reason, ...]:
    """Return a gap when some store may be of any place or role."""
    open_stores = [
        node
        for node, store in stores.items()
        if {"place", "copy"} & store.unknown
        or len(store.attributes.get("place", ())) != 1
        or len(store.attributes.get("copy", ())) > 1
    ]
    if not open_stores:
        return ()
    text = f"the place or role of {listed(sorted(open_stores))} is not known"
    return (Reason("no-place", text),)


_WITNESS = {
    Result.REACHED: Witness.CERTAIN,
    Result.POSSIBLE: Witness.POSSIBLE,
    Result.ISOLATED: Witness.NONE,
}


def _candidates(claim: Claim, stores: Mapping[str, Holder]) -> dict[str, Status]:
    judged = {node: _matches(claim, store) for node, store in stores.items()}
    return {node: status for node, status in judged.items() if status is not Status.NO}


def _matches(claim: Claim, store: Holder) -> Status:
    """Return whether a store is one that the claim speaks of."""
    places = store.attributes.get("place", frozenset())
    in_place = among(
        places,
        [place for place in places if is_permitted(place, claim.places)],
        absent=Status.UNKNOWN,
        is_unknown="place" in store.unknown,
    )
    if not claim.copy:
        return in_place
    in_role = among(
        store.attributes.get("copy", frozenset({"primary"})),
        [claim.copy],
        absent=Status.NO,
        is_unknown="copy" in store.unknown,
    )
    return min(in_place, in_role)
