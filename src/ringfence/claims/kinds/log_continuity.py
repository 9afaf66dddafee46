"""`log_continuity`: no log is silent for longer than is normal for it.

A silence beyond the log's own cadence refutes. A log that doesn't say what is normal,
or that could not be read whole, leaves the claim unproven.
"""

from __future__ import annotations

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.crossings import LogSeen
from ringfence.claims.events.completeness import gap_texts, log_gaps, window_of
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import Basis, Witness, verdict

GAP = "log-gap"


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "no log has a gap"."""
    logs = () if case.past is None else case.past.seen(case.past.names(claim))
    gaps = [one for one in log_gaps(claim, case) if one.code != GAP]
    window = window_of(claim)
    silences = [text for log in logs for text in gap_texts(log, window)]
    if not logs and not gaps:
        gaps = [Reason("no-log", "no log is named")]
    witness = Witness.CERTAIN if silences else Witness.NONE
    found, reasons = verdict(Basis(witness, gaps))
    shown = tuple(Reason(GAP, text) for text in silences)
    return Judgement(
        found,
        (*shown, *reasons),
        summary=_summary(found, silences, reasons, logs),
        counts={"logs": len(logs), "gaps": len(silences)},
    )


def _summary(
    found: Verdict,
    silences: list[str],
    reasons: tuple[Reason, ...],
    logs: tuple[LogSeen, ...],
) -> str:
    if silences:
        return silences[0]
    if found is Verdict.UNPROVEN:
        return reasons[0].text
    return f"{counted(len(logs), 'log', 'logs')}, no gap"
