"""The verdict algebra, enumerated: every combination of evidence there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.verdict import (
    CONTESTED,
    Basis,
    Bearing,
    Documents,
    Witness,
    verdict,
)
from ringfence.docket.objects import Scope
from ringfence.docket.words import Dismissal, Known, Rung, Stance

MISSING = ["unread", "stale", "gapped", "unattested", "errored", "vacuous", "uncovered"]
GAPS = [
    (),
    *((Reason(code, code),) for code in MISSING),
    tuple(Reason(code, code) for code in MISSING),
]
# Universal, existential, and a question of law that reads like either.
FORMS = list(product((True, False), (True, False)))
SYSTEMS = [
    Basis(witness, gaps, is_universal=universal, is_law=law)
    for witness, gaps, (universal, law) in product(Witness, GAPS, FORMS)
]
# No dismissal, and each reason with words and without; blanks are no words.
DISMISSALS = [
    (None, ""),
    (None, "words alone dismiss nothing"),
    (Dismissal.JOKE, "  "),
    *product(Dismissal, ("he was joking", "")),
]
SCOPES = [
    Scope(),
    Scope(Known.YES, Known.YES, Known.YES),
    Scope(subject=Known.NO),
    Scope(place=Known.NO),
    Scope(window=Known.NO),
]
BEARINGS = [
    Bearing("S1", "S1 says so", stance, rung, scope, *dismissal)
    for stance, rung, scope, dismissal in product(Stance, Rung, SCOPES, DISMISSALS)
]
UNREAD = [(), (Reason("docket-unread", "the docket doesn't verify"),)]
# Of two statements, one of each sort that could matter to the other.
SORTS = [
    Bearing(number, f"{number} says so", stance, rung, scope, dismissal, rationale)
    for number, stance, rung, scope, (dismissal, rationale) in product(
        ("S1", "S2"),
        (Stance.SUPPORTS, Stance.CONTRADICTS),
        Rung,
        (Scope(), Scope(place=Known.NO)),
        (DISMISSALS[0], (Dismissal.JOKE, ""), (Dismissal.JOKE, "he laughed")),
    )
]


def told(basis: Basis, *bearings: Bearing, unread: tuple[Reason, ...] = ()) -> Basis:
    """Return a basis with what a docket says."""
    return replace(basis, documents=Documents(bearings, unread))


def contests(one: Bearing) -> bool:
    """Return whether a statement counts against a claim, as the reference says it."""
    if one.stance is not Stance.CONTRADICTS or one.rung is Rung.MACHINE:
        return False
    if Known.NO in (one.scope.subject, one.scope.place, one.scope.window):
        return False
    return one.dismissal is None or not one.rationale.strip()


def expected(basis: Basis) -> Verdict:
    """Return the verdict as the design says it, one sentence after the other."""
    documents = basis.documents
    is_contested = any(map(contests, documents.bearings)) or bool(documents.unread)
    if basis.is_law:
        return Verdict.UNPROVEN
    if basis.witness is Witness.CERTAIN:
        if basis.is_universal:
            return Verdict.REFUTED
        return Verdict.UNPROVEN if is_contested else Verdict.UPHELD
    if basis.gaps or basis.witness is Witness.POSSIBLE:
        return Verdict.UNPROVEN
    if not basis.is_universal:
        return Verdict.REFUTED
    return Verdict.UNPROVEN if is_contested else Verdict.UPHELD


def test_the_enumeration_is_whole():
    """108 states of systems, and 900 statements of every sort beside each."""
    assert len(SYSTEMS) == 3 * 9 * 4
    assert len(BEARINGS) == 4 * 3 * 5 * 15
    assert len(SYSTEMS) * (len(BEARINGS) + 1) * len(UNREAD) == 194_616


@pytest.mark.parametrize("unread", UNREAD, ids=["read", "unread"])
def test_the_verdict_is_the_designs(unread):
    """Each combination of evidence gives the verdict that the design prescribes."""
    bearings = [(), *((one,) for one in BEARINGS)]
    for basis, documents in product(SYSTEMS, bearings):
        asked = told(basis, *documents, unread=unread)
        assert expected(asked) == verdict(asked)[0]


def test_of_two_statements_each_counts_for_itself():
    """Two statements give what the design prescribes, and never more than one does."""
    for basis, first, second in product(SYSTEMS, SORTS, SORTS):
        both = told(basis, first, second)
        found = verdict(both)[0]
        assert expected(both) == found
        assert found is not Verdict.UPHELD or verdict(basis)[0] == Verdict.UPHELD


def test_missing_evidence_never_upholds_a_universal_claim():
    """Whatever is missing, stale or undecided, no universal claim is upheld."""
    wanting = [e for e in SYSTEMS if e.gaps or e.witness is not Witness.NONE]
    universal = [verdict(e)[0] for e in wanting if e.is_universal]
    assert Verdict.UPHELD not in universal
    assert len(universal) == 52


def test_absence_refutes_only_when_nothing_is_missing():
    """An existential claim is never refuted over a gap or an undecided path."""
    refuted = [
        e for e in SYSTEMS if not e.is_universal and verdict(e)[0] is Verdict.REFUTED
    ]
    assert all(not e.gaps and e.witness is Witness.NONE for e in refuted)
    assert len(refuted) == 1


def test_a_supporting_statement_changes_nothing():
    """Beside any other statement or none, one that supports changes no verdict."""
    supporting = [one for one in BEARINGS if one.stance is not Stance.CONTRADICTS]
    for basis, one in product(SYSTEMS, supporting):
        assert verdict(told(basis, one)) == verdict(basis)
    against = [one for one in SORTS if one.stance is Stance.CONTRADICTS]
    others = [one for one in SORTS if one.stance is Stance.SUPPORTS]
    for basis, one, other in product(SYSTEMS, against, others):
        assert verdict(told(basis, one, other)) == verdict(told(basis, one))


def test_a_contradicting_statement_never_leaves_a_claim_upheld():
    """Whatever else there is, a contradiction that counts gives no upheld."""
    counting = list(filter(contests, BEARINGS))
    assert counting
    for basis, one in product(SYSTEMS, counting):
        assert verdict(told(basis, one))[0] is not Verdict.UPHELD
    for basis, one, other in product(SYSTEMS, filter(contests, SORTS), SORTS):
        assert verdict(told(basis, other, one))[0] is not Verdict.UPHELD


def test_a_statement_neither_refutes_nor_shields():
    """With any statement a claim is refuted exactly when systems refute it."""
    for basis, one, unread in product(SYSTEMS, BEARINGS, UNREAD):
        found = verdict(told(basis, one, unread=unread))[0]
        assert (found is Verdict.REFUTED) == (verdict(basis)[0] is Verdict.REFUTED)


def test_a_dismissal_without_a_rationale_is_none():
    """A reason code alone leaves the statement as if nobody had dismissed it."""
    silent = [one for one in BEARINGS if one.dismissal and not one.rationale.strip()]
    assert len(silent) == 4 * 3 * 5 * 7
    for basis, one in product(SYSTEMS, silent):
        bare = replace(one, dismissal=None)
        assert verdict(told(basis, one)) == verdict(told(basis, bare))


def test_what_only_a_machine_heard_changes_nothing():
    """A quote that nobody has listened to neither contests nor supports."""
    unheard = [one for one in BEARINGS if one.rung is Rung.MACHINE]
    for basis, one in product(SYSTEMS, unheard):
        assert verdict(told(basis, one)) == verdict(basis)


def test_a_system_witness_always_refutes_a_universal_claim():
    """No document and no gap keeps a certain witness from refuting."""
    certain = [
        e
        for e in SYSTEMS
        if e.witness is Witness.CERTAIN and e.is_universal and not e.is_law
    ]
    for basis, one, unread in product(certain, BEARINGS, UNREAD):
        asked = told(basis, one, unread=unread)
        assert verdict(asked) == (Verdict.REFUTED, basis.gaps)


def test_a_docket_that_nobody_can_read_never_leaves_a_claim_upheld():
    """What the docket may say against a claim keeps it from being upheld."""
    for basis in SYSTEMS:
        found, reasons = verdict(told(basis, unread=UNREAD[1]))
        assert found is not Verdict.UPHELD
        assert (UNREAD[1][0] in reasons) == (found is Verdict.UNPROVEN)


def test_a_refutation_names_what_was_missing_too():
    """One certain witness refutes whatever is missing, and the gaps stay on record."""
    basis = Basis(Witness.CERTAIN, GAPS[-1])
    assert verdict(basis) == (Verdict.REFUTED, GAPS[-1])


def test_every_unproven_verdict_has_a_reason():
    """Nothing is unproven without a named reason."""
    unproven = [
        verdict(told(basis, one, unread=unread))
        for basis, one, unread in product(SYSTEMS, SORTS, UNREAD)
    ]
    assert all(reasons for found, reasons in unproven if found is Verdict.UNPROVEN)


def test_what_decides_stands_first():
    """Where only a statement stands in the way, it is the first reason."""
    against = Bearing("S3", "S3 says otherwise", Stance.CONTRADICTS, Rung.HEARD)
    gap = Reason("stale", "old")
    first = Reason(CONTESTED, "S3 says otherwise")
    upheld = told(Basis(Witness.CERTAIN, (gap,), is_universal=False), against)
    assert verdict(upheld) == (Verdict.UNPROVEN, (first, gap))
    unproven = told(Basis(Witness.NONE, (gap,)), against)
    assert verdict(unproven) == (Verdict.UNPROVEN, (gap, first))


def test_whoever_says_that_one_part_is_out_of_scope_takes_it_out():
    """Of the 27 scopes, a statement is within those of which no part says no."""
    within = [
        Bearing("S1", "", Stance.CONTRADICTS, Rung.HEARD, Scope(*parts)).is_in_scope
        for parts in product(Known, repeat=3)
    ]
    assert within == [Known.NO not in parts for parts in product(Known, repeat=3)]
    assert sum(within) == 8


def test_a_statement_that_two_assess_alike_is_one_reason():
    """Two assessments of one statement that contest a claim are one contradiction."""
    one = Bearing("S3", "S3 says otherwise", Stance.CONTRADICTS, Rung.HEARD)
    two = replace(one, rung=Rung.CONFIRMED)
    other = replace(one, number="S1", text="S1 does too")
    assert [e.number for e in Documents((one, other, two)).against] == ["S3", "S1"]
