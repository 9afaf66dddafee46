"""`some_event`: somebody excluded did. One crossing upholds it.

That there is none refutes it only where nothing at all is missing.
"""

from __future__ import annotations

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement
from ringfence.claims.kinds.no_event import from_events


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "somebody excluded did"."""
    return from_events(claim, case, is_universal=False)
