"""`log_retention`: logs reach back for so many months.

A log whose first sign of life is later refutes, if a manifest lists its files: they are
then all there is. Without one, older files may lie elsewhere, and nobody knows; nor if
the log isn't asked for that far back, or has lines that can't be read. A silence that
is normal for the log is no late beginning.
"""

from __future__ import annotations

import numpy as np

from ringfence.boundary.model import Claim
from ringfence.claims.case import Case
from ringfence.claims.crossings import LogSeen
from ringfence.claims.events.completeness import day, log_gaps
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason
from ringfence.claims.verdict import Basis, Witness, verdict

_MICRO = 1_000_000


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "logs are kept for so many months"."""
    logs = () if case.past is None else case.past.seen(case.past.names(claim))
    begin = _months_before(case.boundary.as_of, claim.months)
    short = [log for log in logs if _is_short(log, begin)]
    listed = [log for log in short if _is_all(log, begin)]
    gaps = [
        *(_too_short(log, begin) for log in short if log not in listed),
        *log_gaps(claim, case),
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


def _is_short(log: LogSeen, begin: int) -> bool:
    return log.first is None or log.first - log.cadence * _MICRO > begin


def _is_all(log: LogSeen, begin: int) -> bool:
    """Return whether there is surely no older sign of life of a log."""
    is_asked = log.since is None or log.since <= begin
    is_read = log.is_listed and log.first is not None and not log.malformed
    return is_asked and is_read and log.cadence > 0


def _months_before(instant: str, months: int) -> int:
    """Return the same day so many months earlier, or the last one of that month."""
    at = np.datetime64(instant.removesuffix("Z"), "s")
    day, month = at.astype("datetime64[D]"), at.astype("datetime64[M]")
    before = month - months
    length = (before + 1).astype("datetime64[D]") - before.astype("datetime64[D]")
    place = min(day - month.astype("datetime64[D]"), length - 1)
    moved = before.astype("datetime64[D]") + place + (at - day)
    return int(moved.astype("datetime64[s]").astype(np.int64)) * _MICRO
