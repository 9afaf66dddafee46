"""pycasbin: a matcher over attributes, with companies as roles of one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import casbin

from bench.gate_questions import LISTED, NOW, Facts, Question

NAME = "pycasbin"
_TEXT = """
[request_definition]
r = person, table, session, now

[policy_definition]
p = eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = not r.table.guarded or r.now < r.table.until or \
 (not (r.person.residence in listed()) and not (r.session in listed()) \
 and not g(r.person.employer, "hostile"))
"""


@dataclass(frozen=True, slots=True)
class _Person:
    residence: str
    employer: str


@dataclass(frozen=True, slots=True)
class _Table:
    guarded: bool
    until: str


def deciders(
    known: Facts, asked: Sequence[Question]
) -> dict[str, Callable[[], list[bool]]]:
    """Return what decides all questions; an approval's end is joined on."""
    model = casbin.Enforcer.new_model(text=_TEXT)
    enforcer = casbin.Enforcer(model)
    enforcer.add_policy("allow")
    enforcer.add_function("listed", lambda: LISTED)
    for company, owner in known.owner.items():
        enforcer.add_role_for_user(company, owner)
    for company in known.listed:
        enforcer.add_role_for_user(company, "hostile")
    bodies = [
        (
            _Person(known.residence[one.person], known.employer[one.person]),
            _Table(
                known.protected[one.table],
                known.approved.get((one.person, one.table), ""),
            ),
            one.session,
            NOW,
        )
        for one in asked
    ]

    def single() -> list[bool]:
        return [enforcer.enforce(*one) for one in bodies]

    return {NAME: single}
