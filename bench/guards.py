"""Figures of guards: how long a condition takes to decide, and to evaluate.

Prints one line a figure and writes `bench/out/guards.json`. What is always measured are
the conjunctions that an engine asks for: what is known of a class of principals, and
the guards along a path. AWS's managed documents come on top where the peer data is
there (RINGFENCE_PEER_DATA).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, told, write
from ringfence.guard.concrete import holds
from ringfence.guard.recheck import recheck
from ringfence.guard.symbolic import Impossible, decide
from ringfence.guard.tree import All, AnyOf, Compare, Condition, Not
from tests.unit.guard.aws import GUARD, READ_BY_EXCLUDED, allowed

HERE = Path(__file__).parent
PEER = Path(os.environ.get("RINGFENCE_PEER_DATA", HERE.parent.parent / "shared/peer"))
DOCUMENTS = PEER / "aws" / "aws_managed_policies.jsonl"
COUNTRIES = ("US", "SG", "IE", "CN", "GB", "DE")
SECONDS = 10.0  # so that every question is seen to its end


PACKAGES = ("ringfence", "z3-solver", "cvc5")


def paths(count: int, seed: int) -> list[list[Condition]]:
    """Return made-up questions: a class's facts, and up to nine guards on its way."""
    chance = random.Random(seed)  # noqa: S311 - two runs must agree
    return [
        [
            Compare("principal.residence", "equals", ("CN",)),
            *(guard(chance) for _ in range(chance.randint(1, 9))),
        ]
        for _ in range(count)
    ]


def guard(chance: random.Random) -> Condition:
    """Return a made-up guard, of one of the kinds that systems have."""
    some = tuple(chance.sample(COUNTRIES, 4))
    hour = chance.randrange(24)
    network = Compare("request.network", "in_network", (f"10.{hour}.0.0/14",))
    kinds: list[Condition] = [
        AnyOf((Compare("principal.residence", "equals", some), network)),
        Not(Compare("principal.residence", "equals", some[:2])),
        network,
        All(
            (
                Compare("request.time", "from", (f"2024-01-01T{hour:02}:00:00Z",)),
                Compare("request.time", "before", ("2024-01-01T23:30:00Z",)),
            )
        ),
        Compare("request.mfa", "equals_ignoring_case", ("true",)),
        AnyOf((Compare("principal.tag/team", "like", (f"team-{hour}*",)), network)),
        Compare("request.purpose", "like", ("audit-*", "support-*")),
    ]
    return chance.choice(kinds)


def documents() -> list[Condition]:
    """Return AWS's managed documents as conditions; none without the peer data."""
    if not DOCUMENTS.is_file():
        return []
    made = []
    for line in DOCUMENTS.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)["document"]["Statement"]
        made.append(allowed(*(found if isinstance(found, list) else [found])))
    return made


def figures(name: str, questions: Sequence[Sequence[Condition]]) -> list[Figure]:
    """Decide every question; return the spread of the time, and of the answers."""
    took: list[float] = []
    answers: Counter[str] = Counter()
    proofs: list[str] = []
    for question in questions:
        began = time.perf_counter()
        answer = decide(question, seconds=SECONDS)
        took.append((time.perf_counter() - began) * 1000)
        answers[type(answer).__name__.lower()] += 1
        if isinstance(answer, Impossible):
            proofs.append(answer.proof)
    took.sort()
    sample = proofs[:: max(1, len(proofs) // 100)]
    return [
        Figure(f"{name}, median", took[len(took) // 2], "ms"),
        Figure(f"{name}, p99", took[len(took) * 99 // 100], "ms"),
        Figure(f"{name}, longest", took[-1], "ms"),
        *(Figure(f"{name}, {one}", n, "answers") for one, n in sorted(answers.items())),
        Figure(
            f"{name}, second solver agrees",
            sum(recheck(one) is True for one in sample),
            f"of {len(sample)} proofs",
        ),
    ]


def concrete() -> list[Figure]:
    """Measure one evaluation on a request."""
    questions = paths(1000, seed=2)
    request = {
        "principal.residence": ("CN",),
        "request.network": ("10.9.0.7",),
        "request.time": ("2024-01-01T12:00:00Z",),
        "request.purpose": ("audit-7",),
    }
    began = time.perf_counter()
    for question in questions:
        holds(All(tuple(question)), request)
    each = (time.perf_counter() - began) / len(questions)
    return [Figure("one evaluation on a request, mean", each * 1e6, "µs")]


def main() -> None:
    """Measure, print, and write the figures down."""
    managed = documents()
    decide([AnyOf((GUARDED, Not(GUARDED)))])  # loads the solver
    measured = [*concrete(), *figures("guards along a path", paths(2000, seed=1))]
    if managed:
        open_ = [(*READ_BY_EXCLUDED, one) for one in managed]
        closed = [(*READ_BY_EXCLUDED, one, GUARDED) for one in managed]
        measured += figures("managed documents, unguarded", open_)
        measured += figures("managed documents, guarded", closed)
    write("guards", told(measured), PACKAGES)


# What an organisation denies beside whatever its documents allow.
GUARDED = allowed({"Effect": "Allow", "Action": "*", "Resource": "*"}, GUARD)


if __name__ == "__main__":
    main()
