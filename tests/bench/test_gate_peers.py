"""The engines that the gate is measured beside are asked the same question."""

from __future__ import annotations

import importlib.util

import pytest

from bench import gate_questions as asking
from bench.gate_questions import NOW, facts, questions
from ringfence.boundary.decision.decide import decide

KNOWN = facts(people=300, tables=60)
NEEDS = {"gate_cedar": "cedarpy", "gate_rego": "regopy", "gate_casbin": "casbin"}


@pytest.mark.parametrize("session", [False, True])
@pytest.mark.parametrize("name", NEEDS)
def test_peers_answer_as_decide(name, session):
    """Each engine gives the answers of `decide`, and neither all yes nor all no."""
    if importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed here")
    peer = importlib.import_module(f"bench.peers.{name}")
    asked = questions(KNOWN, 400, session=session)
    scene = asking.scene(KNOWN)
    expected = [decide(scene, asking.request(one), NOW).allowed for one in asked]
    assert min(expected.count(False), expected.count(True)) > 10
    for decided in peer.deciders(KNOWN, asked).values():
        assert decided() == expected
