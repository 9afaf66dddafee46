"""`revocation`: whoever leaves is shut out within so many days.

Judged by last use: an event by somebody at or after the end of the days given, counted
from when the staff list ends them, refutes. That a login merely still works is a
question of reach, and asked by `no_reach`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ringfence.boundary.model import Claim
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case, listed
from ringfence.claims.crossings import Exhibit
from ringfence.claims.events.completeness import day, log_gaps
from ringfence.claims.gaps import history_gaps
from ringfence.claims.judgement import Judgement, counted
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import Basis, Witness, verdict

_EMPLOYED = frozenset({"employer", "employment", "residence", "team"})
_MICRO = 1_000_000
_DAY = 86_400 * _MICRO
Fact = Mapping[str, Any]


def judge(claim: Claim, case: Case) -> Judgement:
    """Return the verdict on "whoever leaves is shut out in time"."""
    left, undated = _leavers(case)
    gaps = [*log_gaps(claim, case), *_gaps(claim, case, left, undated)]
    late: tuple[Exhibit, ...] = ()
    if case.past is not None:
        limits = {person: at + claim.days * _DAY for person, at in left.items()}
        end = _micros(case.boundary.as_of)
        late = case.past.after(limits, case.past.names(claim), end)
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
        summary = f"{counted(len(left), 'person', 'people')} left, none seen later"
    counts = {"left": len(left), "late": len(late)}
    return Judgement(found, (*shown, *reasons), summary=summary, counts=counts)


def _gaps(
    claim: Claim, case: Case, left: Mapping[str, int], undated: list[str]
) -> list[Reason]:
    gaps: list[Reason] = []
    if undated:
        text = f"nobody says when {listed(undated)} left"
        gaps.append(Reason("undated-leaver", text))
    if not left and not undated:
        gaps.append(Reason("no-leaver", "nobody is known to have left"))
    if claim.during:
        gaps += history_gaps(claim, case)
    return [*gaps, *case.source_gaps]


def _leavers(case: Case) -> tuple[dict[str, int], list[str]]:
    """Return who left, and when; and who left at a time that nobody states."""
    until = case.boundary.as_of
    whole = case.over("0001-01-01T00:00:00Z", until)
    people = [node for node in whole.view.ids if kind_of(node) == "person"]
    told: dict[str, list[Fact]] = defaultdict(list)
    for row in whole.view.about(people):
        told[row.id].append(msgspec.json.decode(row.line))
    left: dict[str, int] = {}
    undated: list[str] = []
    for person, facts in told.items():
        at = _left(facts, until)
        if at == "":
            undated.append(person)
        elif at is not None:
            left[person] = _micros(at)
    return left, undated


def _left(facts: list[Fact], until: str) -> str | None:
    """Return when somebody left; nothing if nobody says when, None if they didn't."""
    gone = [
        one.get("since", "")
        for one in facts
        if (one["name"], one.get("value")) == ("active", "no")
        and not one.get("unknown")
    ]
    if dated := [since for since in gone if since]:
        return str(min(dated))
    ends = [one.get("until", "") for one in facts if one["name"] in _EMPLOYED]
    if ends and "" not in ends and max(ends) <= until:
        return str(max(ends))
    return "" if gone else None


def _micros(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp()) * _MICRO
