"""The search for a request: a solver for the logic, our own searches for the values.

The solver proposes which tests are so. For each key, values are looked for that make
them so; where there are none, the fewest tests that contradict each other become a
lemma, and the solver proposes anew, until a request stands or no proposal is left.
The solver (Z3) is an extra, loaded at the first question that needs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ringfence.guard import keyed
from ringfence.guard.clock import Clock, OutOfTimeError
from ringfence.guard.formula import (
    And,
    Formula,
    Literal,
    conjunction,
    implicant,
    literals,
)
from ringfence.guard.smt import Lemma, Names
from ringfence.guard.words import UnsureError

_LONGEST = 2**31 - 1  # milliseconds


class NoSolverError(Exception):
    """The solver isn't installed."""


@dataclass(frozen=True, slots=True)
class Refuted:
    """No request makes the formulas true together.

    Attributes:
        lemmas: What had to be known of keys and values.
        names: The name of each test.
    """

    lemmas: tuple[Lemma, ...]
    names: Names


@dataclass(slots=True)
class Proposal:
    """What came of a proposal: values for some keys, contradictions at others.

    Attributes:
        values: The values found, by key; an absent key has none.
        lemmas: A contradiction for each key that can't have values.
        unsure: Literals for which no values were found, though there may be some.
    """

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lemmas: list[Lemma] = field(default_factory=list)
    unsure: list[Lemma] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        """Whether every key has values, so that they make a request."""
        return not self.lemmas and not self.unsure


def find(
    formulas: Sequence[Formula], clock: Clock
) -> Mapping[str, tuple[str, ...]] | Refuted:
    """Return the values of a request that makes all formulas true, or that none does.

    Raises:
        NoSolverError: That takes a solver, and none is installed.
        OutOfTimeError: The time is over.
        UnsureError: No request was found, but there may be one.
    """
    clock.left()
    names = Names.in_formulas(formulas)
    whole = conjunction(formulas)
    if not isinstance(whole, Literal) and not whole.parts:
        return {} if isinstance(whole, And) else Refuted((), names)
    parts = whole.parts if isinstance(whole, And) else (whole,)
    alone = [part for part in parts if isinstance(part, Literal)]
    settled = _tried(alone, clock)  # whatever is chosen elsewhere, these have to be so
    if len(alone) == len(parts) and settled.stands:
        return settled.values
    solver = _Solver(names, formulas)
    solver.learn(settled.lemmas or _forced(whole, alone, clock), clock)
    return _search(whole, solver, names, clock)


def _search(
    whole: Formula, solver: _Solver, names: Names, clock: Clock
) -> Mapping[str, tuple[str, ...]] | Refuted:
    unsure = False
    while solver.proposes(clock):
        # A proposal makes what was asserted true; if not, the replay would be loud.
        needed = implicant(whole, lambda test: names.of[test] in solver.true) or {}
        proposal = _tried(needed, clock)
        if proposal.stands:
            return proposal.values
        # Contradictions are certain, so what is unsure can wait.
        unsure = unsure or not proposal.lemmas
        solver.learn(proposal.lemmas or proposal.unsure, clock)
    if unsure:
        raise UnsureError
    return Refuted(solver.used, names)


def _forced(whole: Formula, alone: Sequence[Literal], clock: Clock) -> list[Lemma]:
    """Return a lemma for each literal that contradicts those which stand alone.

    One request's action, resource and principal stand alone; most of what a long list
    of conditions says of them is settled so, without a proposal.
    """
    by_key: dict[str, list[Literal]] = {}
    for one in alone:
        by_key.setdefault(one.test.key, []).append(one)
    lemmas: list[Lemma] = []
    for one in dict.fromkeys(literals(whole)):
        if (about := by_key.get(one.test.key)) and one not in about:
            lemmas += _tried([*about, one], clock).lemmas
    return lemmas


def _tried(needed: Iterable[Literal], clock: Clock) -> Proposal:
    by_key: dict[str, list[Literal]] = {}
    for one in needed:
        by_key.setdefault(one.test.key, []).append(one)
    proposal = Proposal()
    for key, about in by_key.items():
        try:
            values = keyed.values(about, clock)
        except UnsureError:
            proposal.unsure.append(Lemma(tuple(about)))
            continue
        if values is None:
            proposal.lemmas.append(Lemma(tuple(keyed.core(about, clock))))
        elif values:
            proposal.values[key] = values
    return proposal


class _Solver:
    """Z3, which reads the text that the proof will hold.

    Each lemma stands behind a switch of its own, so that Z3 can tell which it needed.
    A context of its own makes it safe in threads, and its answers the same every time.
    """

    def __init__(self, names: Names, formulas: Sequence[Formula]) -> None:
        try:
            self._z3: Any = import_module("z3")
        except ImportError:
            raise NoSolverError from None
        self._names = names
        self._solver = self._z3.SimpleSolver(ctx=self._z3.Context())
        self._lemmas: dict[str, Lemma] = {}
        self.true: frozenset[str] = frozenset()
        asserted = "".join(f"(assert {names.term(one)})" for one in formulas)
        self._solver.from_string(names.declarations(told=False) + asserted)

    def proposes(self, clock: Clock) -> bool:
        """Return whether some tests could be so; `true` are then the names of those."""
        self._solver.set("timeout", min(math.ceil(clock.left() * 1000), _LONGEST))
        switches = [self._z3.Bool(name, self._solver.ctx) for name in self._lemmas]
        answer = self._solver.check(*switches)
        if answer == self._z3.unsat:
            return False
        if answer != self._z3.sat:
            raise OutOfTimeError
        model = self._solver.model()
        self.true = frozenset(
            one.name() for one in model.decls() if self._z3.is_true(model[one])
        )
        return True

    def learn(self, lemmas: Iterable[Lemma], clock: Clock) -> None:
        """Add lemmas to what proposals have to obey."""
        for lemma in lemmas:
            clock.left()
            switch = f"l{len(self._lemmas) + 1}"
            clause = self._names.clause(lemma)
            self._lemmas[switch] = lemma
            self._solver.from_string(
                f"(declare-const {switch} Bool)(assert (=> {switch} {clause}))"
            )

    @property
    def used(self) -> tuple[Lemma, ...]:
        """The lemmas without which there would be proposals."""
        needed = {str(one) for one in self._solver.unsat_core()}
        return tuple(v for name, v in self._lemmas.items() if name in needed)
