"""`facility`: none of our data centres is in an excluded country.

Decided by the facilities' own facts. A facility without a place leaves it open, and an
estate without facilities upholds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.boundary.countries import country_of
from ringfence.boundary.model import Claim
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status, among
from ringfence.claims.case import Case, listed
from ringfence.claims.judgement import Judgement, counted, proof_of
from ringfence.claims.outcome import Path, Reason, Verdict
from ringfence.claims.question import Question
from ringfence.claims.show import origin_facts
from ringfence.claims.verdict import Basis, Witness, verdict
from ringfence.reach.isolation import Part


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "none of our facilities is in"."""
    selector = case.boundary.selector(claim.excluded)
    facilities = case.view.holders("facility")
    meant = {
        node: status
        for node, holder in facilities.items()
        if (status := _is_meant(claim, holder)) is not Status.NO
    }
    placed = {
        node: min(status, _is_inside(facilities[node], selector.countries))
        for node, status in meant.items()
    }
    offending = {node: one for node, one in placed.items() if one is not Status.NO}
    found, reasons = verdict(_basis(case, meant, offending))
    question = Question(
        claim,
        case,
        case.graph_of(claim),
        targets=meant,
        parts=[Part(offending, meant)],
        verbs=0,
    )
    if found is Verdict.REFUTED:
        paths = tuple(
            Path(node, node, "", (), origin_facts(case, node, ""))
            for node in sorted(offending)
            if offending[node] is Status.YES
        )
        summary = counted(len(paths), "facility", "facilities") + " inside"
        proof = proof_of(question, found, paths=paths[:1])
        return Judgement(found, reasons, summary, paths=paths, proof=proof)
    if found is Verdict.UPHELD:
        summary = counted(len(meant), "facility", "facilities")
        return Judgement(found, (), summary, proof=proof_of(question, found, parts=[]))
    return Judgement(found, reasons, reasons[0].text)


def _is_meant(claim: Claim, facility: Holder) -> Status:
    if not claim.purpose:
        return Status.YES
    return among(
        facility.attributes.get("purpose", ()),
        [claim.purpose],
        absent=Status.UNKNOWN,
        is_unknown="purpose" in facility.unknown,
    )


def _is_inside(facility: Holder, countries: tuple[str, ...]) -> Status:
    places = facility.attributes.get("place", frozenset())
    return among(
        places,
        [place for place in places if country_of(place) in countries],
        absent=Status.UNKNOWN,
        is_unknown="place" in facility.unknown,
    )


def _basis(
    case: Case, meant: Mapping[str, Status], offending: Mapping[str, Status]
) -> Basis:
    if Status.YES in offending.values():
        return Basis(Witness.CERTAIN, case.source_gaps)
    gaps: list[Reason] = []
    if Status.YES not in meant.values():
        gaps.append(Reason("no-facility", "the estate holds no such facility"))
    if offending:
        text = f"nobody says where {listed(sorted(offending))} is"
        gaps.append(Reason("no-place", text))
    return Basis(Witness.NONE, (*gaps, *case.source_gaps))
