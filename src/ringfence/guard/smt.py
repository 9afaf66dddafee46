"""Formulas as SMT-LIB 2: one text for the solver, for the proof, and for its re-check.

A test is a Boolean constant, and what is known of keys and their values comes as
lemmas: clauses that say which tests of a key can't be so together. So the logic is the
plainest there is, and any solver can re-check the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ringfence.guard.formula import And, Formula, Literal, Test, literals
from ringfence.guard.tree import Condition, canonical

HEADER = """\
; No request meets these conditions together: the check below says unsat.
; Each test of a key is a constant. A lemma says which tests of one key no value
; of it, several values or its absence can make so.
"""


@dataclass(frozen=True, slots=True)
class Lemma:
    """Literals of one key that contradict each other."""

    literals: tuple[Literal, ...]


@dataclass(slots=True)
class Names:
    """The constant that stands for each test, numbered in the order they are met."""

    of: dict[Test, str] = field(default_factory=dict)

    @classmethod
    def in_formulas(cls, formulas: Iterable[Formula]) -> Names:
        """Return names for every test in some formulas."""
        names = cls()
        for one in formulas:
            for literal in literals(one):
                names.of.setdefault(literal.test, f"t{len(names.of) + 1}")
        return names

    def declarations(self, *, told: bool) -> str:
        """Return each constant's declaration, with what it stands for if told."""
        return "".join(
            f"(declare-const {name} Bool)" + (f" ; {canonical(test)}\n" if told else "")
            for test, name in self.of.items()
        )

    def term(self, of: Formula) -> str:
        """Return a formula as a term."""
        if isinstance(of, Literal):
            name = self.of[of.test]
            return name if of.true else f"(not {name})"
        if not of.parts:
            return "true" if isinstance(of, And) else "false"
        word = "and" if isinstance(of, And) else "or"
        return f"({word} {' '.join(self.term(part) for part in of.parts)})"

    def clause(self, lemma: Lemma) -> str:
        """Return a lemma as a term: some of its literals isn't so."""
        terms = (self.term(Literal(one.test, not one.true)) for one in lemma.literals)
        return f"(or {' '.join(terms)})"


def proof(
    conditions: Sequence[Condition],
    formulas: Sequence[Formula],
    lemmas: Iterable[Lemma],
    names: Names,
) -> str:
    """Return the text that proves, being unsatisfiable, that no request passes."""
    lines = [HEADER, "(set-logic QF_UF)\n", names.declarations(told=True)]
    for number, (condition, one) in enumerate(
        zip(conditions, formulas, strict=True), start=1
    ):
        lines.append(f"; condition {number}: {canonical(condition)}\n")
        lines.append(f"(assert {names.term(one)})\n")
    for lemma in lemmas:
        lines.append(f"; lemma on the key {_in_comment(lemma)}\n")
        lines.append(f"(assert {names.clause(lemma)})\n")
    lines.append("(check-sat)\n")
    return "".join(lines)


def _in_comment(lemma: Lemma) -> str:
    key = lemma.literals[0].test.key
    return key if key.isprintable() else ascii(key)
