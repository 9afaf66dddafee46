"""The verdict algebra, enumerated: every combination of evidence there is."""

from __future__ import annotations

from itertools import product

import pytest

from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import Basis, Witness, verdict

MISSING = ["unread", "stale", "gapped", "unattested", "errored", "vacuous", "uncovered"]
GAPS = [
    (),
    *((Reason(code, code),) for code in MISSING),
    tuple(Reason(code, code) for code in MISSING),
]
STATEMENT = Reason("contradicting-statement", "a witness says otherwise")
EVERY = [
    Basis(
        witness,
        gaps,
        is_universal=universal,
        is_law=law,
        contradiction=statement,
        documents=documents,
    )
    for witness, gaps, universal, law, statement, documents in product(
        Witness, GAPS, (True, False), (True, False), (None, STATEMENT), (True, False)
    )
]


def expected(basis: Basis) -> Verdict:
    """Return the verdict as DESIGN 4.9 says it, one sentence after the other."""
    if basis.is_law:
        return Verdict.UNPROVEN
    if basis.witness is Witness.CERTAIN:
        return Verdict.REFUTED if basis.is_universal else Verdict.UPHELD
    if basis.gaps or basis.witness is Witness.POSSIBLE:
        return Verdict.UNPROVEN
    if basis.contradiction is not None:
        return Verdict.UNPROVEN
    return Verdict.UPHELD if basis.is_universal else Verdict.REFUTED


def test_the_enumeration_is_whole():
    """Three witnesses, nine kinds of gap and four flags make 432 cases."""
    assert len(EVERY) == 3 * 9 * 2**4


@pytest.mark.parametrize("basis", EVERY, ids=str)
def test_the_verdict_is_the_designs(basis):
    """Each combination of evidence gives the verdict that the design prescribes."""
    assert expected(basis) == verdict(basis)[0]


def test_missing_evidence_never_upholds_a_universal_claim():
    """Whatever is missing, stale or undecided, no universal claim is upheld."""
    wanting = [e for e in EVERY if e.gaps or e.witness is not Witness.NONE]
    universal = [verdict(e)[0] for e in wanting if e.is_universal]
    assert Verdict.UPHELD not in universal
    assert len(universal) == 416 // 2


def test_absence_refutes_only_when_nothing_is_missing():
    """An existential claim is never refuted over a gap or an undecided path."""
    refuted = [
        e for e in EVERY if not e.is_universal and verdict(e)[0] is Verdict.REFUTED
    ]
    assert all(not e.gaps and e.witness is Witness.NONE for e in refuted)
    assert len(refuted) == 2


def test_documents_change_nothing():
    """A document neither upholds nor refutes: without it the verdict is the same."""
    for basis in EVERY:
        other = Basis(
            basis.witness,
            basis.gaps,
            is_universal=basis.is_universal,
            is_law=basis.is_law,
            contradiction=basis.contradiction,
            documents=not basis.documents,
        )
        assert verdict(basis) == verdict(other)


def test_a_refutation_names_what_was_missing_too():
    """One certain witness refutes whatever is missing, and the gaps stay on record."""
    basis = Basis(Witness.CERTAIN, GAPS[-1])
    assert verdict(basis) == (Verdict.REFUTED, GAPS[-1])


def test_every_unproven_verdict_has_a_reason():
    """Nothing is unproven without a named reason."""
    unproven = [verdict(e) for e in EVERY if verdict(e)[0] is Verdict.UNPROVEN]
    assert all(reasons for _, reasons in unproven)
