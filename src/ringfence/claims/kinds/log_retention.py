"""`log_retention`: logs reach back for so many months.

A log whose first sign of life is later refutes, if a manifest lists its files: they are
then all there is. Without one, older files may lie elsewhere, and nobody knows.
"""

from __future__ import annotations

from datetime import datetime

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.crossings import LogSeen
from ringfence.claims.events.completeness import day, log_gaps
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason
from ringfence.claims.verdict import Basis, Witness, verdict

_YEAR = 12
_MICRO = 1_000_000


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "logs are kept for so many months"."""
    logs = () if case.past is None else case.past.seen(case.past.names(claim))
    begin = _months_before(case.boundary.as_of, claim.months)
    short = [log for log in logs if log.first is None or log.first > begin]
    listed = [log for log in short if log.is_listed and log.first is not None]
    gaps = [
        *log_gaps(claim, case),
        *(_too_short(log, begin) for log in short if log not in listed),
    ]
    if not logs and not gaps:
        gaps = [Reason("no-log", "no log is ordered")]
    witness = Witness.CERTAIN if listed else Witness.NONE
    found, reasons = verdict(Basis(witness, gaps))
    shown = tuple(_too_short(log, begin) for log in listed)
    told = (*shown, *reasons)
    summary = (
        told[0].text if told else f"{counted(len(logs), 'log', 'logs')} reach back"
    )
    return Judgement(found, told, summary=summary, counts={"logs": len(logs)})


def _too_short(log: LogSeen, begin: int) -> Reason:
    first = "has nothing" if log.first is None else f"begins on {day(log.first)}"
    return Reason("log-too-short", f"{log.name} {first}, not on {day(begin)}")


def _months_before(instant: str, months: int) -> int:
    """Return the same day so many months earlier, or the last one of that month."""
    at = datetime.fromisoformat(instant)
    month = at.year * _YEAR + at.month - 1 - months
    year, number = divmod(month, _YEAR)
    for last in range(at.day, 0, -1):
        try:
            moved = at.replace(year=year, month=number + 1, day=last)
        except ValueError:
            continue
        return int(moved.timestamp()) * _MICRO
    raise AssertionError  # every month has a first day
