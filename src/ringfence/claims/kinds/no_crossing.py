"""`no_crossing`: nobody excluded did read the data. Only logs can tell.

Reach says who could. Until the logs that the claim names are judged event by event, the
claim stays unproven, and the reasons say which logs those are.
"""

from __future__ import annotations

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement
from ringfence.claims.outcome import Reason, Verdict


def judge(claim: Claim, _case: Case) -> Judgement:
    """Return unproven, with every log that would have to be judged."""
    logs = claim.logs or ("an access log of every store that holds protected data",)
    reasons = tuple(Reason("needs-logs", f"needs {log}") for log in logs)
    return Judgement(Verdict.UNPROVEN, reasons, summary=f"needs {logs[0]}")
