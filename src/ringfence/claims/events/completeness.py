"""What keeps logs from showing that nothing happened: all that nobody can have seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.claims.case import Case, listed
from ringfence.claims.crossings import Crossings, LogSeen, Past
from ringfence.claims.outcome import Reason

_UNKNOWN = {
    "nobody": "nobody is known to have been behind {}",
    "person": "of {} nobody knows whether the person was excluded",
    "data": "of {} nobody knows whether the data was protected",
    "abroad": "{} came from an address of a country that counts",
    "address": "{} came from an address that can't be placed",
}


def log_gaps(claim: Claim, case: Case) -> tuple[Reason, ...]:
    """Return what is missing of the logs that a claim is judged by."""
    past = case.past
    if past is None:
        logs = claim.logs or ("a log of every store that holds protected data",)
        return tuple(Reason("needs-logs", f"needs {log}") for log in logs)
    names = past.names(claim)
    gaps = [Reason("needs-logs", f"needs {log}") for log in past.missing(claim)]
    for log in past.seen(names):
        gaps += [Reason(code, text) for code, text in log.reasons]
    # A silence says most: it comes first.
    gaps.sort(key=lambda one: one.code != "log-gap")
    return tuple(dict.fromkeys(gaps))


def event_gaps(
    claim: Claim, case: Case, past: Past, found: Crossings
) -> Iterator[Reason]:
    """Yield what keeps events from upholding a claim about what nobody did."""
    yield from _vacuous(claim, case)
    yield from _unlogged(claim, case, past)
    for reason, text in _UNKNOWN.items():
        if number := found.reasons.get(reason, 0):
            events = f"{number:,} event{'s' * (number > 1)}"
            yield Reason(f"unknown-{reason}", text.format(events))
    if found.malformed:
        lines = f"{found.malformed:,} line{'s' * (found.malformed > 1)}"
        yield Reason("malformed", f"{lines} of the logs can't be read")


def _vacuous(claim: Claim, case: Case) -> Iterator[Reason]:
    if Status.YES not in case.targets(claim.protected).values():
        yield Reason("no-target", "nothing is known to be protected")
    if not case.excluded(claim.excluded, ("person",)):
        yield Reason("no-origin", "nobody is excluded")


def _unlogged(claim: Claim, case: Case, past: Past) -> Iterator[Reason]:
    logged = past.stores(past.names(claim))
    stores = case.stores_of(case.targets(claim.protected))
    if missing := [store for store in stores if store not in logged]:
        yield Reason("unlogged-store", f"no log tells of {listed(missing)}")


def gap_texts(log: LogSeen) -> list[str]:
    """Return the gaps of a log in words."""
    return [
        f"{log.name} has nothing from {minute(gap.since)} to {minute(gap.until)} UTC"
        for gap in log.gaps
    ]


def minute(time: int) -> str:
    """Return an instant to the minute: `2021-11-14 02:10`."""
    return f"{datetime.fromtimestamp(time // 1_000_000, UTC):%Y-%m-%d %H:%M}"


def day(time: int) -> str:
    """Return the day of an instant: `2021-11-14`."""
    return minute(time)[:10]
