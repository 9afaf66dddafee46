"""Which guards one request can meet together: the consistent sets, and the conflicts.

A path works only if one request (one person, one moment, one network) meets every guard
on it. Reach therefore walks the graph once for each largest set of guards that can be
met together, and leaves out the edges of the other guards. Such a set is the complement
of one that hits every conflict, a least set of guards that exclude each other; sets
and conflicts are found by turns (Reiter, A theory of diagnosis from first principles,
1987).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ringfence.guard.concrete import Request
from ringfence.guard.symbolic import Impossible, Possible, Unknown

Guards = frozenset[int]
Decide = Callable[[Guards], Impossible | Possible | Unknown]

# Beyond so many sets or questions, all guards count as met, and none surely.
MOST_SETS = 64
MOST_QUESTIONS = 2_000


@dataclass(frozen=True, slots=True)
class Conflict:
    """Guards that no request meets together, none of them spare, and the proof."""

    guards: Guards
    proof: str


@dataclass(frozen=True, slots=True)
class GuardSet:
    """A largest set of guards that may be met together.

    Attributes:
        barred: The guards left out.
        met: Those of the others that some request surely meets together.
        request: That request, if there is one.
    """

    barred: Guards
    met: Guards
    request: Request = field(default_factory=dict)


@dataclass(slots=True)
class GuardSets:
    """Every largest set of guards that may be met together, and why no larger one."""

    sets: list[GuardSet] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


class _TooManyError(Exception):
    """There are more sets or questions than can be gone through."""


def guard_sets(guards: Iterable[int], decide: Decide) -> GuardSets:
    """Return the largest sets of guards that may be met together.

    Args:
        guards: Numbers of the guards in question.
        decide: Whether one request can meet some guards together.
    """
    every = frozenset(guards)
    search = _Search(decide)
    try:
        # What is impossible by itself is told first, each with its own short proof.
        for guard in sorted(every):
            search.refuted(frozenset({guard}))
        search.explore(every)
    except _TooManyError:
        return GuardSets([GuardSet(frozenset(), frozenset())])
    found = [
        GuardSet(every - one, *search.met(one))
        for one in search.found
        if not any(one < other for other in search.found)
    ]
    return GuardSets(found, search.conflicts)


class _Search:
    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._answers: dict[Guards, Impossible | Possible | Unknown] = {}
        self._seen: set[Guards] = set()
        self.found: list[Guards] = []
        self.conflicts: list[Conflict] = []

    def _ask(self, guards: Guards) -> Impossible | Possible | Unknown:
        if guards not in self._answers:
            if len(self._answers) >= MOST_QUESTIONS:
                raise _TooManyError
            self._answers[guards] = self._decide(guards)
        return self._answers[guards]

    def refuted(self, guards: Guards) -> Conflict | None:
        """Return a conflict among some guards, or None if they may be met together."""
        for known in self.conflicts:
            if known.guards <= guards:
                return known
        answer = self._ask(guards)
        if not isinstance(answer, Impossible):
            return None
        least, proof = guards, answer.proof
        for guard in sorted(guards):
            fewer = self._ask(least - {guard}) if len(least) > 1 else None
            if isinstance(fewer, Impossible):
                least, proof = least - {guard}, fewer.proof
        self.conflicts.append(Conflict(least, proof))
        return self.conflicts[-1]

    def explore(self, guards: Guards) -> None:
        """Find the largest sets among some guards."""
        if guards in self._seen or any(guards <= one for one in self.found):
            return
        self._seen.add(guards)
        conflict = self.refuted(guards)
        if conflict is None:
            if len(self.found) >= MOST_SETS:
                raise _TooManyError
            self.found.append(guards)
            return
        for guard in sorted(conflict.guards):
            self.explore(guards - {guard})

    def met(self, guards: Guards) -> tuple[Guards, Request]:
        """Return as many of some guards as a request surely meets, and the request."""
        whole = self._ask(guards)
        if isinstance(whole, Possible):
            return guards, whole.request
        surely: Guards = frozenset()
        request: Request = {}
        for guard in sorted(guards):
            answer = self._ask(surely | {guard})
            if isinstance(answer, Possible):
                surely, request = surely | {guard}, answer.request
        return surely, request
