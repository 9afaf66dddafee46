"""The verdict algebra: what evidence makes of a claim. Nothing else decides.

For a universal claim ("nobody can", "all data is"): one verified system witness
refutes, whatever is missing; else anything missing gives unproven; else a statement
that contradicts gives unproven, contested; else it is upheld. For an existential claim
("there is a backup in") a witness upholds unless a statement contradicts it, and
absence refutes only when nothing is missing. Documents never uphold and never refute:
all that one can do is to keep a claim from being upheld. A question of law is never
more than unproven, and there is no probability anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ringfence.claims.outcome import Reason, Verdict
from ringfence.docket.objects import Scope
from ringfence.docket.words import Dismissal, Known, Rung, Stance


class Witness(StrEnum):
    """What the systems show: nothing, something undecided, or a certain chain."""

    NONE = "none"
    POSSIBLE = "possible"
    CERTAIN = "certain"


ANY = Scope()
"""Of which nobody says that it is another one than the claim's."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """How a statement bears on a claim, as one assessment that stands has it.

    Attributes:
        number: What the statement is called: `S3`.
        text: The sentence that says so, should it count.
        rung: How far its quote has come.
        dismissal: Why it isn't to count. Without a rationale it counts all the same.
    """

    number: str
    text: str
    stance: Stance
    rung: Rung
    scope: Scope = ANY
    dismissal: Dismissal | None = None
    rationale: str = ""

    @property
    def is_dismissed(self) -> bool:
        """Whether it is dismissed, with a reason and a rationale."""
        return self.dismissal is not None and bool(self.rationale.strip())

    @property
    def is_in_scope(self) -> bool:
        """Whether nobody says that it speaks of something else than the claim."""
        scope = self.scope
        return Known.NO not in (scope.subject, scope.place, scope.window)

    @property
    def counts(self) -> bool:
        """Whether it is in scope, not dismissed, and heard by somebody at least.

        What a machine alone has heard is an index for finding, never a quote.
        """
        is_heard = self.rung is not Rung.MACHINE
        return is_heard and self.is_in_scope and not self.is_dismissed

    @property
    def contests(self) -> bool:
        """Whether it keeps the claim from being upheld."""
        return self.counts and self.stance is Stance.CONTRADICTS


@dataclass(frozen=True, slots=True)
class Documents:
    """What a docket says of a claim.

    Attributes:
        bearings: How each of its statements bears on it.
        unread: What of the docket nobody could read, each named.
    """

    bearings: Sequence[Bearing] = ()
    unread: Sequence[Reason] = ()

    @property
    def against(self) -> tuple[Bearing, ...]:
        """What contests the claim; each statement once."""
        found: dict[str, Bearing] = {}
        for one in self.bearings:
            if one.contests:
                found.setdefault(one.number, one)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a verdict may rest on.

    Attributes:
        witness: What the systems show. Only facts collected from systems make a
            witness; a document or a statement never does.
        gaps: What is missing, stale, vacuous, unattested or uncovered, each named.
        is_universal: Whether a witness refutes the claim (else it upholds it).
        is_law: Whether the claim asks a question of law.
        documents: What a docket says of it.
    """

    witness: Witness
    gaps: Sequence[Reason] = ()
    is_universal: bool = True
    is_law: bool = False
    documents: Documents = field(default_factory=Documents)


CONTESTED = "contested"
LAW = Reason("question-of-law", "a question of law; only its proxy is checked")
POSSIBLE = Reason("undecided-path", "a path exists that rests on something undecided")


def verdict(basis: Basis) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return the verdict, and every reason for it, the deciding one first."""
    return weighed(*_shown(basis), basis.documents)


def weighed(
    shown: Verdict, reasons: Sequence[Reason], documents: Documents
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return what documents leave of a verdict that systems alone have shown.

    They take upheld away, and nothing else: what systems refute stays refuted, and no
    statement shields a claim. So every kind of claim can be weighed behind its own
    judgement, at one place.
    """
    if shown is Verdict.REFUTED:
        return shown, tuple(reasons)
    contested = [Reason(CONTESTED, one.text) for one in documents.against]
    against = (*contested, *documents.unread)
    if not against:
        return shown, tuple(reasons)
    if shown is Verdict.UPHELD:
        return Verdict.UNPROVEN, (*against, *reasons)
    return Verdict.UNPROVEN, (*reasons, *against)


def _shown(basis: Basis) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return what the systems show, without any document."""
    if basis.is_law:
        return Verdict.UNPROVEN, (LAW,)
    if basis.witness is Witness.CERTAIN:
        decided = Verdict.REFUTED if basis.is_universal else Verdict.UPHELD
        return decided, tuple(basis.gaps)
    undecided = (POSSIBLE,) if basis.witness is Witness.POSSIBLE else ()
    if missing := (*undecided, *basis.gaps):
        return Verdict.UNPROVEN, missing
    return (Verdict.UPHELD if basis.is_universal else Verdict.REFUTED), ()
