"""Can any request pass? The symbolic reading of conditions.

Impossible comes with a proof that another solver re-checks (`recheck`), possible with a
request that the concrete reading has replayed. Everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.errors import RingfenceError
from ringfence.guard.clock import Clock, OutOfTimeError
from ringfence.guard.concrete import Request, holds
from ringfence.guard.formula import Formula, Test, formula, replaced
from ringfence.guard.smt import proof
from ringfence.guard.solver import NoSolverError, Refuted, find
from ringfence.guard.tree import (
    Absent,
    Compare,
    Condition,
    Undecided,
    canonical,
    keys,
    leaves,
)
from ringfence.guard.words import UnsureError

MOST_TESTS = 5_000
MOST_CHARACTERS = 60_000  # of the values of one comparison
MOST_CHARACTERS_IN_ALL = 300_000


@dataclass(frozen=True, slots=True)
class Impossible:
    """No request passes; `proof` is SMT-LIB 2 text, which says `unsat`."""

    proof: str


@dataclass(frozen=True, slots=True)
class Possible:
    """This request passes."""

    request: Request


@dataclass(frozen=True, slots=True)
class Unknown:
    """It wasn't decided, for a reason."""

    reason: str


class ReplayError(RingfenceError):
    """A request that the symbolic reading found doesn't pass the concrete one.

    The two readings disagree, which is a defect of Ringfence: no answer can be given.
    """


def decide(
    conditions: Sequence[Condition], *, seconds: float = 1.0
) -> Impossible | Possible | Unknown:
    """Return whether there is one request that meets all conditions together.

    Args:
        conditions: The conditions; of none, every request meets them.
        seconds: How long it may take. What isn't decided by then is unknown.

    Raises:
        ReplayError: The two readings disagree.
    """
    clock = Clock.of(seconds)
    tests = [leaf for one in conditions for leaf in leaves(one)]
    if _is_too_large(tests):
        return Unknown("the conditions are too large to decide")
    try:
        return _decide(conditions, tests, clock)
    except OutOfTimeError:
        return Unknown(f"it was not decided within {seconds:g} s")
    except NoSolverError:
        return Unknown("no solver is installed: the extra `guards` brings one")
    except UnsureError:
        return Unknown(
            "a key is compared as values of several kinds, and none was found"
        )


def _is_too_large(tests: Sequence[Absent | Compare | Undecided]) -> bool:
    lengths = [
        sum(map(len, one.values)) + len(one.values)
        for one in tests
        if isinstance(one, Compare)
    ]
    return (
        len(tests) > MOST_TESTS
        or max(lengths, default=0) > MOST_CHARACTERS
        or sum(lengths) > MOST_CHARACTERS_IN_ALL
    )


def _decide(
    conditions: Sequence[Condition],
    tests: Sequence[Absent | Compare | Undecided],
    clock: Clock,
) -> Impossible | Possible | Unknown:
    at_best = [formula(one, undecided=True) for one in conditions]
    found = find(at_best, clock)
    if isinstance(found, Refuted):
        if unsteady := _passing_if_several(at_best, tests, clock):
            told = ", ".join(f"`{key}`" for key in unsteady)
            return Unknown(f"{told}: compared as one value here, as several there")
        return Impossible(proof(conditions, at_best, found.lemmas, found.names))
    reasons = {one.reason: None for one in tests if isinstance(one, Undecided)}
    if reasons:
        found = find([formula(one, undecided=False) for one in conditions], clock)
        if isinstance(found, Refuted):
            return Unknown(f"a condition is not understood: {'; '.join(reasons)}")
    return _replayed(conditions, found)


def _passing_if_several(
    formulas: Sequence[Formula],
    tests: Sequence[Absent | Compare | Undecided],
    clock: Clock,
) -> list[str]:
    """Return keys compared as one value and as several, if that is why none passes.

    Whoever wrote one of the two took the key for another; which, can't be known.
    """
    single, several = (
        {
            one.key.casefold()
            for one in tests
            if isinstance(one, Compare) and (one.each == "one") is lone
        }
        for lone in (True, False)
    )
    unsteady = single & several
    if not unsteady:
        return []

    def loosened(test: Test) -> Test:
        if isinstance(test, Absent) or test.each != "one" or test.key not in unsteady:
            return test
        return Compare(test.key, test.op, test.values, "any")

    found = find([replaced(one, loosened) for one in formulas], clock)
    return [] if isinstance(found, Refuted) else sorted(unsteady)


def _replayed(conditions: Sequence[Condition], found: Request) -> Possible:
    spelt: dict[str, str] = {}
    for one in conditions:
        for key in keys(one):
            spelt.setdefault(key.casefold(), key)
    request = {spelt[key]: values for key, values in sorted(found.items())}
    for one in conditions:
        if holds(one, request) is not True:
            raise ReplayError(
                f"the request {request} was found, but does not meet {canonical(one)}",
                hint="this is a defect of Ringfence; please report it",
            )
    return Possible(request)
