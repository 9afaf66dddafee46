"""Rego engines in process: regopy (rego-cpp), and regorus (Rust) if it is there.

Regorus comes under several names (`celine-regorus`, `gordon-to-regorus`); of those the
newest compiles to a program of its own, and is by far the fastest. OPA's own engine
comes to Python as WebAssembly, which `opa build` has to make first; no package brings
that program.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import regopy

from bench.gate_questions import LISTED, NOW, Facts, Question

RULE = "data.gate.allow"
_TEXT = """
package gate

default allow := false

allow if not data.tables[input.table]

allow if not excluded

allow if input.now < data.approvals[input.person][input.table]

excluded if data.listed[data.people[input.person].residence]

excluded if data.listed[input.session]

excluded if data.hostile[data.people[input.person].employer]
"""
Decide = Callable[[], list[bool]]


def documents(known: Facts) -> dict[str, object]:
    """Return the facts, with the chains of companies walked beforehand."""
    companies = {*known.owner, *known.owner.values(), *known.employer.values()}
    return {
        "people": {
            one: {"residence": residence, "employer": known.employer[one]}
            for one, residence in known.residence.items()
        },
        "tables": known.protected,
        "listed": dict.fromkeys(LISTED, True),
        "hostile": {one: True for one in sorted(companies) if known.is_hostile(one)},
        "approvals": known.approvals(),
    }


def inputs(asked: Sequence[Question]) -> list[dict[str, str]]:
    """Return the questions."""
    return [
        {
            "person": one.person,
            "table": one.table,
            "session": one.session,
            "now": NOW,
        }
        for one in asked
    ]


def deciders(known: Facts, asked: Sequence[Question]) -> dict[str, Decide]:
    """Return what decides all questions: each engine, in each way that it offers."""
    found = _regopy(known, asked)
    if find_spec("regorus"):
        found |= _regorus(known, asked)
    return found


def _regopy(known: Facts, asked: Sequence[Question]) -> dict[str, Decide]:
    interpreter = regopy.Interpreter()
    interpreter.add_module("gate.rego", _TEXT)
    interpreter.add_data(documents(known))
    bundle = interpreter.build("data.gate.allow", ["gate/allow"])
    bodies = inputs(asked)

    def single() -> list[bool]:
        answers = []
        for one in bodies:
            interpreter.set_input(one)
            output = interpreter.query_bundle_entrypoint(bundle, "gate/allow")
            answers.append(json.loads(str(output))["expressions"][0] is True)
        return answers

    return {"regopy, compiled beforehand": single}


def _regorus(known: Facts, asked: Sequence[Question]) -> dict[str, Decide]:
    import regorus  # noqa: PLC0415 - it is there, or it isn't

    engine = regorus.Engine()
    engine.add_policy("gate.rego", _TEXT)
    engine.add_data(documents(known))
    bodies = inputs(asked)
    texts = [json.dumps(one) for one in bodies]

    def single() -> list[bool]:
        answers = []
        for one in texts:
            engine.set_input_json(one)
            answers.append(engine.eval_rule(RULE) is True)
        return answers

    def compiled() -> list[bool]:
        answers = []
        for one in texts:
            machine.set_input_json(one)
            answers.append(machine.execute() == "true")
        return answers

    found = {"regorus, parsed beforehand": single}
    if hasattr(regorus, "Rvm"):
        machine = regorus.Rvm()
        machine.load_program(
            regorus.Program.compile_from_modules(
                json.dumps(documents(known)), [("gate.rego", _TEXT)], [RULE]
            )
        )
        machine.set_data_json(json.dumps(documents(known)))
        found["regorus, compiled beforehand"] = compiled
    return found
