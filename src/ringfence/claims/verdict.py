"""The verdict algebra: what evidence makes of a claim. Nothing else decides.

For a universal claim ("nobody can", "all data is"): one verified system witness
refutes, whatever is missing; else anything missing gives unproven; else a contradicting
statement gives unproven; else it is upheld. For an existential claim ("there is a
backup in") a witness upholds, and absence refutes only when nothing is missing.
Documents never uphold, a question of law is never more than unproven, and there is no
probability anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ringfence.claims.outcome import Reason, Verdict


class Witness(StrEnum):
    """What the systems show: nothing, something undecided, or a certain chain."""

    NONE = "none"
    POSSIBLE = "possible"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a verdict may rest on.

    Attributes:
        witness: What the systems show. Only facts collected from systems make a
            witness; a document or a statement never does.
        gaps: What is missing, stale, vacuous, unattested or uncovered, each named.
        is_universal: Whether a witness refutes the claim (else it upholds it).
        is_law: Whether the claim asks a question of law.
        contradiction: An attested, undismissed statement against the claim.
        documents: Whether documents support the claim. They change nothing; the field
            is here so that the enumeration in the tests shows it.
    """

    witness: Witness
    gaps: Sequence[Reason] = ()
    is_universal: bool = True
    is_law: bool = False
    contradiction: Reason | None = None
    documents: bool = False


LAW = Reason("question-of-law", "a question of law; only its proxy is checked")
POSSIBLE = Reason("undecided-path", "a path exists that rests on something undecided")


def verdict(basis: Basis) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return the verdict, and every reason for it, the deciding one first."""
    if basis.is_law:
        return Verdict.UNPROVEN, (LAW,)
    if basis.witness is Witness.CERTAIN:
        decided = Verdict.REFUTED if basis.is_universal else Verdict.UPHELD
        return decided, _limits(basis)
    reasons = _open(basis)
    if reasons:
        return Verdict.UNPROVEN, reasons
    return (Verdict.UPHELD if basis.is_universal else Verdict.REFUTED), ()


def _open(basis: Basis) -> tuple[Reason, ...]:
    undecided = (POSSIBLE,) if basis.witness is Witness.POSSIBLE else ()
    return (*undecided, *_limits(basis))


def _limits(basis: Basis) -> tuple[Reason, ...]:
    contested = () if basis.contradiction is None else (basis.contradiction,)
    return (*basis.gaps, *contested)
