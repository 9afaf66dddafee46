"""What keeps logs from showing that nothing happened: all that nobody can have seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from ringfence.boundary.model import Claim
from ringfence.boundary.status import Status
from ringfence.claims.case import Case, listed
from ringfence.claims.crossings import Crossings, Gap, LogSeen, Past
from ringfence.claims.gaps import history_gaps
from ringfence.claims.instants import moment, seconds
from ringfence.claims.outcome import Reason

_MICRO = 1_000_000
_GAP = "log-gap"
Window = tuple[int, int]
_UNKNOWN = {
    "nobody": "nobody is known to have been behind {}",
    "person": "of {} nobody knows whether the person was excluded",
    "data": "of {} nobody knows whether the data was protected",
    "abroad": "{} came from an address of a country that counts",
    "address": "{} came from an address that can't be placed",
}


def log_gaps(
    claim: Claim, case: Case, window: Window | None = None
) -> tuple[Reason, ...]:
    """Return what is missing of the logs that a claim is judged by.

    Args:
        claim: The claim.
        case: The case.
        window: What they have to tell of, in microseconds, if not of the claim's own
            period; without either, of what the boundary orders them for.
    """
    past = case.past
    window = window or window_of(claim)
    if past is None:
        logs = claim.logs or ("a log of every store that holds protected data",)
        return tuple(Reason("needs-logs", f"needs {log}") for log in logs)
    names = past.names(claim)
    gaps = [Reason("needs-logs", f"needs {log}") for log in past.missing(claim)]
    for log in past.seen(names):
        gaps += doubts(log, window)
    # A silence says most: it comes first.
    gaps.sort(key=lambda one: one.code != _GAP)
    return tuple(dict.fromkeys(gaps))


def window_of(claim: Claim) -> Window | None:
    """Return the period of a claim in microseconds, None if it names none."""
    if not claim.during:
        return None
    first, last = (seconds(end) * _MICRO for end in claim.during)
    return first, last


def doubts(log: LogSeen, window: Window | None) -> Iterator[Reason]:
    """Yield why a log may not tell of all of a window; without one, of its period."""
    told = [Reason(code, text) for code, text in log.reasons]
    if window is None:
        yield from told
        return
    yield from (one for one in told if one.code != _GAP)
    yield from (Reason(_GAP, text) for text in gap_texts(log, window))
    # Who doesn't say from when to when the log tells is told of that already.
    if log.since is None or log.until is None:
        return
    if log.since > window[0] or log.until < window[1]:
        told_of = f"{day(log.since)} to {day(log.until)}"
        yield Reason("log-period", f"{log.name} only has to tell of {told_of}")


def event_gaps(
    claim: Claim, case: Case, past: Past, found: Crossings
) -> Iterator[Reason]:
    """Yield what keeps events from upholding a claim about what nobody did."""
    period = moment(found.first // _MICRO), moment(found.after // _MICRO - 1)
    yield from _vacuous(claim, case)
    # What held protected data at any time of it needs a log.
    yield from _unlogged(claim, case.over(*period), past)
    for reason, text in _UNKNOWN.items():
        if number := found.reasons.get(reason, 0):
            events = f"{number:,} event{'s' * (number > 1)}"
            yield Reason(f"unknown-{reason}", text.format(events))
    if found.malformed:
        lines = f"{found.malformed:,} line{'s' * (found.malformed > 1)}"
        yield Reason("malformed", f"{lines} of the logs can't be read")
    # Without a period, the claim speaks of all that the logs tell of.
    last = min(period[1], max(period[0], case.boundary.as_of))
    during = claim.during or (period[0], last)
    yield from history_gaps(msgspec.structs.replace(claim, during=during), case)


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


def gap_texts(log: LogSeen, window: Window | None = None) -> list[str]:
    """Return the gaps of a log in words, as far as a window shows them."""
    gaps = log.gaps if window is None else _within(log.gaps, window)
    return [
        f"{log.name} has nothing from {minute(gap.since)} to {minute(gap.until)} UTC"
        for gap in gaps
    ]


def _within(gaps: Iterable[Gap], window: Window) -> Iterator[Gap]:
    """Yield the gaps that a window sees something of, each as long as it is.

    A silence too long to be normal hides as much in an hour of it as in all of it.
    """
    for gap in gaps:
        if gap.since < window[1] and window[0] < gap.until:
            yield gap


def minute(time: int) -> str:
    """Return an instant to the minute: `2021-11-14 02:10`."""
    return str(np.datetime64(time // _MICRO, "s"))[:-3].replace("T", " ")


def day(time: int) -> str:
    """Return the day of an instant: `2021-11-14`."""
    return minute(time).partition(" ")[0]
