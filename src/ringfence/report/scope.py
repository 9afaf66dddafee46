"""What a claim asked, in words: a verdict means nothing without its question."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.boundary.model import Claim
from ringfence.claims.outcome import Outcome
from ringfence.report import wording

_REACH = {
    "bare": "bare: controls on the way are ignored",
    "residual": "residual: what controls on the way leave open",
}


@dataclass(frozen=True, slots=True)
class Walk:
    """Which edges a claim's question follows, and to which verbs."""

    reach: str
    grades: tuple[str, ...]
    verbs: tuple[str, ...]


def walk(claim: Claim) -> Walk | None:
    """Return what a claim's question follows; None when it follows no edge.

    Questions about places hold a store and look at its content, so that some of the
    claim's own fields mean nothing to them.
    """
    match claim.kind:
        case "facility" | "revocation" | "log_retention" | "log_continuity":
            return None
        case "no_event" | "some_event":
            return None
        case "residency" | "presence":
            return Walk("bare", ("technical",), ("read",))
        case "jurisdiction":
            grades = dict.fromkeys((*claim.grades, "legal"))
            return Walk(claim.reach, tuple(grades), claim.verbs)
        case _:
            return Walk(claim.reach, claim.grades, claim.verbs)


def scope(claim: Claim, outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """Return what was asked, as pairs of word and answer, none of them empty."""
    pairs = [
        ("form", claim.kind.replace("_", " ")),
        ("excluded", _excluded(claim, outcome)),
        ("places", ", ".join(claim.places)),
        ("copy", claim.copy),
        ("purpose", claim.purpose),
        ("may decide", ", ".join(claim.team)),
        ("exceptions", ", ".join(claim.exceptions)),
        ("period", " to ".join(wording.day(moment) for moment in claim.during)),
        ("logs", ", ".join(claim.logs)),
    ]
    if followed := walk(claim):
        pairs += [
            ("protected", ", ".join(claim.protected) or "all of it"),
            ("reach", _REACH[followed.reach]),
            ("edges", f"{wording.joined(followed.grades)} only"),
            ("verbs", ", ".join(followed.verbs)),
        ]
    if claim.kind == "no_single_principal":
        pairs.append(("everything", f"{claim.share} % of the protected columns"))
    return tuple((word, answer) for word, answer in pairs if answer)


def _excluded(claim: Claim, outcome: Outcome) -> str:
    counts = outcome.excluded.get(claim.excluded)
    if not claim.excluded or counts is None:
        return claim.excluded
    people = wording.counted_kind(counts.get("yes", 0), "person")
    return f"{claim.excluded}: {people}, {counts.get('unknown', 0):,} unknown"
