"""`revocation`: whoever leaves is shut out within so many days.

Judged by last use: an event by somebody at or after the end of the days given, counted
from when the staff list ends them, refutes. That a login merely still works is a
question of reach, and asked by `no_reach`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ringfence.boundary.model import Claim
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case, listed
from ringfence.claims.crossings import Exhibit
from ringfence.claims.events.completeness import day, log_gaps, window_of
from ringfence.claims.gaps import history_gaps
from ringfence.claims.instants import seconds
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import Basis, Witness, verdict

_EMPLOYED = frozenset({"employer", "employment", "residence", "team"})
_MICRO = 1_000_000
_DAY = 86_400 * _MICRO
Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Left:
    """When somebody left, microseconds; None if nobody says, or not surely."""

    person: str
    at: int | None
    is_sure: bool


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "whoever leaves is shut out in time"."""
    end = seconds(case.boundary.as_of) * _MICRO
    leavers = _leavers(case, window_of(claim))
    left = {one.person: one.at for one in leavers if one.at is not None}
    limits = {person: at + claim.days * _DAY for person, at in left.items()}
    due = {person: limit for person, limit in limits.items() if limit < end}
    window = (min(due.values()), end) if due else None
    gaps = [*_gaps(claim, case, leavers, due), *log_gaps(claim, case, window)]
    # A log that is missing decides before anything that is known of people.
    gaps.sort(key=lambda one: one.code != "needs-logs")
    late: tuple[Exhibit, ...] = ()
    if case.past is not None and window is not None:
        names = case.past.names(claim)
        late = case.past.after(due, names, end)
        if number := case.past.unnamed(names, *window):
            whose = f"of {counted(number, 'event', 'events')} nobody knows whose"
            gaps.append(Reason("unknown-nobody", f"{whose} they were"))
    gaps += case.source_gaps
    found, reasons = verdict(Basis(Witness.CERTAIN if late else Witness.NONE, gaps))
    shown = tuple(
        Reason(
            "late-event",
            f"{one.who} left on {day(left[one.who])} and was seen on {day(one.time)}"
            f" ({one.id}, {one.log})",
        )
        for one in late
    )
    if late:
        summary = f"{counted(len(late), 'person', 'people')} seen after leaving"
    elif found is Verdict.UNPROVEN:
        summary = reasons[0].text
    else:
        summary = f"{counted(len(due), 'person', 'people')} left, none seen later"
    counts = {"left": len(due), "late": len(late)}
    return Judgement(found, (*shown, *reasons), summary=summary, counts=counts)


def _gaps(
    claim: Claim, case: Case, leavers: Sequence[_Left], due: Mapping[str, int]
) -> Iterator[Reason]:
    if undated := [one.person for one in leavers if not one.is_sure]:
        text = f"nobody says for sure when {listed(undated)} left, once and for all"
        yield Reason("undated-leaver", text)
    elif not leavers:
        yield Reason("no-leaver", "nobody is known to have left")
    elif not due:
        yield Reason("no-leaver", "nobody left so long before the date judged")
    if claim.during:
        yield from history_gaps(claim, case)


def _leavers(case: Case, window: tuple[int, int] | None) -> list[_Left]:
    """Return who left, and when, within a window; and who left at an unknown time."""
    until = case.boundary.as_of
    whole = case.over("0001-01-01T00:00:00Z", until)
    people = [node for node in whole.view.ids if kind_of(node) == "person"]
    told: dict[str, list[Fact]] = defaultdict(list)
    for row in whole.view.about(people):
        told[row.id].append(msgspec.json.decode(row.line))
    found = (
        # Who came back was away at a time that isn't judged.
        _Left(person, None, is_sure=False)
        if _came_back(facts, until)
        else _left(person, facts, until)
        for person, facts in told.items()
    )
    return [one for one in found if one is not None and _is_in(one.at, window)]


def _is_in(at: int | None, window: tuple[int, int] | None) -> bool:
    return at is None or window is None or window[0] <= at <= window[1]


def _left(person: str, facts: list[Fact], until: str) -> _Left | None:
    """Return when somebody left; None if they are still there.

    Who is said to be gone and there, or to be gone since different days, left on the
    last of them if at all.
    """
    states = [one for one in facts if one["name"] == "active" and _holds(one, until)]
    gone = [one for one in states if one.get("value") == "no"]
    if gone:
        # Who says since when isn't gainsaid by who only says that it is so by now.
        told = (one.get("since", "") for one in gone if not one.get("unknown"))
        dates = {since for since in told if since}
        if not dates or len(gone) < len(states):
            return _Left(person, None, is_sure=False)
        is_sure = len(dates) == 1 and not any(one.get("unknown") for one in gone)
        return _Left(person, seconds(max(dates)) * _MICRO, is_sure=is_sure)
    if any(one.get("unknown") for one in states):
        return _Left(person, None, is_sure=False)
    rows = [one for one in facts if one["name"] in _EMPLOYED]
    ends = [one.get("until", "") for one in rows]
    if not ends or "" in ends or max(ends) > until:
        return None
    if any(one.get("unknown") for one in rows):
        return _Left(person, None, is_sure=False)
    return _Left(person, seconds(max(ends)) * _MICRO, is_sure=True)


def _came_back(facts: list[Fact], until: str) -> bool:
    """Return whether somebody was away before, and was there again by an instant."""
    ended = [
        one
        for one in facts
        if one["name"] == "active" and one.get("value") == "no" and one.get("until")
    ]
    if any(one["until"] <= until for one in ended):
        return True
    rows = [one for one in facts if one["name"] == "employer"]
    spans = sorted((one.get("since", ""), one.get("until", "")) for one in rows)
    reached = ""
    for place, (since, end) in enumerate(spans):
        if place and reached and since > reached:
            return True
        reached = "9999" if not end else max(reached, end)
    return False


def _holds(fact: Fact, instant: str) -> bool:
    return not fact.get("until") or fact["until"] > instant
