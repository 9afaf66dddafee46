"""The second opinion: cvc5 reads a proof that Z3 had a part in."""

from __future__ import annotations

from importlib import import_module
from typing import Any

SECONDS = 10.0


def recheck(proof: str) -> bool | None:
    """Return whether cvc5 finds a proof's text unsatisfiable, as the proof says.

    None means that there is no second opinion: cvc5 isn't installed (the extra `deep`
    brings it), or gave no answer within ten seconds.
    """
    try:
        cvc5: Any = import_module("cvc5")
    except ImportError:
        return None
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(int(SECONDS * 1000)))
    reader = cvc5.InputParser(solver)
    reader.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, proof, "proof")
    answers: list[str] = []
    try:
        while not (command := reader.nextCommand()).isNull():
            answers += command.invoke(solver, reader.getSymbolManager()).split("\n")
    except RuntimeError:  # not SMT-LIB
        return False
    told = [answer for answer in answers if answer]
    if len(told) == 1 and told[0].startswith("unknown"):
        return None
    return told == ["unsat"]
