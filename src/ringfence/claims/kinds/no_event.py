"""`no_event`: nobody excluded did what they could have. Only logs can tell.

Each event is judged as of its own time. One crossing refutes. An event of which nobody
knows who did it or what it touched, a line that can't be read, a silence longer than is
normal, or a store without a log leaves the claim unproven.
"""

from __future__ import annotations

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.crossings import Crossings, Past
from ringfence.claims.events.completeness import day, event_gaps, log_gaps
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import POSSIBLE, Basis, Witness, verdict


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "nobody excluded did"."""
    return from_events(claim, case, is_universal=True)


def judge_some(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "somebody excluded did" (`some_event`).

    One crossing upholds it; that there is none refutes it only where nothing at all is
    missing.
    """
    return from_events(claim, case, is_universal=False)


def from_events(claim: Claim, case: Case, *, is_universal: bool) -> Judgement:
    """Return the verdict on a claim about what was, or was not, done."""
    gaps = log_gaps(claim, case)
    if case.past is None:
        found, reasons = verdict(Basis(Witness.NONE, gaps, is_universal))
        return Judgement(found, reasons, summary=gaps[0].text)
    crossings = case.past.crossings(claim)
    gaps = (*gaps, *missing(claim, case, case.past, crossings))
    found, reasons = verdict(Basis(_witness(crossings), gaps, is_universal))
    # What is undecided stands among the gaps, event by event.
    reasons = tuple(one for one in reasons if one != POSSIBLE)
    return Judgement(
        found,
        reasons,
        summary=_summary(crossings, found, reasons),
        counts={
            "events": crossings.events,
            "crossings": crossings.crossing,
            "unknown": crossings.unknown,
        },
        crossings=crossings,
    )


def missing(
    claim: Claim, case: Case, past: Past, crossings: Crossings
) -> tuple[Reason, ...]:
    """Return what keeps the logs, and the estate of that time, from being all."""
    return (
        *dict.fromkeys(event_gaps(claim, case, past, crossings)),
        *case.source_gaps,
    )


def _witness(crossings: Crossings) -> Witness:
    if crossings.crossing:
        return Witness.CERTAIN
    return Witness.POSSIBLE if crossings.unknown else Witness.NONE


def _summary(crossings: Crossings, found: Verdict, reasons: tuple[Reason, ...]) -> str:
    if crossings.crossing:
        people = counted(len(crossings.people), "person", "people")
        first = min(share.first for share in crossings.people)
        last = max(share.last for share in crossings.people)
        number = counted(crossings.crossing, "crossing", "crossings")
        return f"{number} by {people}, {day(first)} to {day(last)}"
    if found is Verdict.UNPROVEN:
        return reasons[0].text
    return f"{counted(crossings.events, 'event', 'events')} judged, no crossing"
