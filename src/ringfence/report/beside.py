"""Statements in words: what each says, where, by whom, and why it may not count.

A report, a claim's page and an interview file say the same of a statement, since all
of them say it in the words that are put together here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.claims.outcome import Outcome
from ringfence.claims.testimony import Beside, Denial, Testimony
from ringfence.docket.words import Known, Rung, Stance
from ringfence.report.wording import counted, joined

CAVEAT = (
    "Of a recording it is proved that it hasn't changed since it was logged: not when "
    "it was made, nor that the meeting took place. No voice is authenticated: a "
    "speaker is who a reviewer took them to be. A statement neither upholds nor "
    "refutes a claim: one that contradicts it keeps it from being upheld, and what "
    "systems show decides."
)
UNHEARD = "nobody has listened to it yet; the text of a machine is no quote"
ERASED = "erased: what it said and who heard it isn't told any more"
_GONE = "erased"  # where a statement was that is erased
_RUNGS = {
    Rung.MACHINE: "found by a machine",
    Rung.HEARD: "heard by one reviewer",
    Rung.CONFIRMED: "confirmed by a second one, blind",
}
_STANCES = {
    Stance.CONTRADICTS: ("contradicts", "contradict"),
    Stance.SUPPORTS: ("supports", "support"),
    Stance.CONTEXT: ("is context", "are context"),
}
_FIRST_HAND = {Known.YES: "first-hand", Known.NO: "from hearsay", Known.UNKNOWN: ""}


def seen(outcome: Outcome) -> str:
    """Return which docket was read, and how much stands beside the claims."""
    docket = outcome.docket
    if docket is None:
        return ""
    if docket.fault:
        return f"{docket.name} could not be read: {docket.fault}"
    shown = {one.number for part in outcome.findings for one in part.beside.statements}
    claims = sum(bool(part.beside.statements) for part in outcome.findings)
    return (
        f"{docket.name}, {counted(docket.entries, 'entry', 'entries')}: "
        f"{counted(len(shown), 'statement', 'statements')} beside "
        f"{counted(claims, 'claim', 'claims')}"
    )


def heading(one: Testimony) -> str:
    """Return a statement's number and stance: `S3 contradicts`."""
    return f"{one.number} {_STANCES[one.stance][0]}"


def quoted(one: Testimony | Denial) -> str:
    """Return the quote of a statement, or that there is none."""
    if not one.quote:
        return ERASED if one.at == _GONE else UNHEARD
    return f"“{one.quote}”"


def about(one: Testimony) -> str:
    """Return where a statement is heard, who speaks, when, and how it is known."""
    assessed = f"assessed by {one.reviewer or 'somebody erased'} ({one.assessment})"
    if one.at == _GONE:
        return assessed
    parts = (
        one.at,
        speaker(one.speaker, one.role),
        f"met {one.met}" if one.met else "date of the meeting unknown",
        _FIRST_HAND[one.first_hand],
        "hedged" if one.hedged is Known.YES else "",
        _RUNGS[one.rung],
        assessed,
        f"confidence: {one.confidence}" if one.confidence else "",
    )
    return ", ".join(filter(None, parts))


def speaker(name: str, role: str) -> str:
    """Return a pseudonym with a coarse role."""
    if not name:
        return "nobody knows who speaks"
    return f"{name} ({role})" if role else name


def remarks(one: Testimony) -> Iterator[str]:
    """Yield why a statement doesn't count, and what else stands beside it."""
    if one.dismissal:
        reason = one.dismissal.replace("_", " ")
        yield f"dismissed as {reason}: {one.rationale}"
    elif one.rationale:
        yield f"why: {one.rationale}"
    if not one.counts and not one.dismissal and one.rung is not Rung.MACHINE:
        yield "out of the scope of the claim, so it doesn't count"
    if one.wording:
        yield f"set beside other words than the boundary's: “{one.wording}”"
    if one.translation:
        yield f"in translation: “{one.translation}”"
    if one.corrected:
        yield f"corrects {joined(one.corrected)}"
    for denial in one.denied:
        who = speaker(denial.speaker, "")
        yield f"denied in {denial.number} ({denial.at}, {who}): {quoted(denial)}"


def counts(shown: Beside) -> Iterator[str]:
    """Yield a line for each stance that counts: how many there are behind it."""
    for stance, found in shown.behind.items():
        does = _STANCES[stance][found.statements != 1]
        unknown = f", {found.unnamed:,} by nobody knows whom" if found.unnamed else ""
        yield (
            f"{counted(found.statements, 'statement', 'statements')} {does}: "
            f"{counted(found.recordings, 'recording', 'recordings')}, "
            f"{counted(found.speakers, 'speaker', 'speakers')}{unknown}, "
            f"{counted(found.hands, 'hand', 'hands')}, "
            f"{found.first_hand:,} first-hand, {found.hedged:,} hedged"
        )
    if shown.aside:
        does = "doesn't count" if shown.aside == 1 else "don't count"
        yield f"{counted(shown.aside, 'statement', 'statements')} beside them {does}"
