"""The decision in Rego and in Cedar, run by engines that others wrote, is the decision.

The engines are rego-cpp and Cedar's own, in process. Each mutant is a wrong compiler:
the same comparison has to catch it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

import cedarpy
import pytest
from regopy import Interpreter

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import ALLOWING, Reason
from ringfence.boundary.decision.scene import Scene
from ringfence.gate.compile.cedar import cedar, cedar_request
from ringfence.gate.compile.rego import rego, rego_input
from tests.scenes import Case, generated

COUNT = 5_000
Change = tuple[str, str]
"""What a wrong compiler writes in the place of what."""

SAME = ("permit", "permit")
Compared = tuple[Case, str, str]
"""A case, what is decided, and what the engine says."""


def by_scene(cases: Iterable[Case]) -> Iterator[tuple[Scene, list[Case]]]:
    """Yield each scene with its cases."""
    for _, found in groupby(cases, key=lambda case: id(case[0])):
        alike = list(found)
        yield alike[0][0], alike


def in_rego(cases: Iterable[Case], change: Change = SAME) -> Iterator[Compared]:
    """Yield what is decided, and what Rego says."""
    for scene, alike in by_scene(cases):
        rules, data = rego(scene)
        engine = Interpreter()
        engine.add_module("ringfence.rego", rules.replace(*change))
        engine.add_data_json(data.decode())
        bundle = None
        for case in alike:
            asked = rego_input(*case[1:])
            engine.set_input_term(json.dumps(asked, ensure_ascii=False))
            bundle = bundle or engine.build("answer = data.ringfence.decision")
            told = json.loads(str(engine.query_bundle(bundle)))["bindings"]["answer"]
            assert told["allowed"] == (told["reason"] in ALLOWING)
            yield case, decide(*case).reason, told["reason"]


def in_cedar(cases: Iterable[Case], change: Change = SAME) -> Iterator[Compared]:
    """Yield what is decided, and what Cedar says: no more than yes or no."""
    for scene, alike in by_scene(cases):
        rules, entities = cedar(scene)
        told = cedarpy.is_authorized_batch(
            [cedar_request(*case) for case in alike],
            cedarpy.PolicySet.from_str(rules.replace(*change)),
            cedarpy.Entities.from_json_str(entities.decode()),
        )
        for case, one in zip(alike, told, strict=True):
            assert one.diagnostics.errors == []
            yield case, str(decide(*case).allowed), str(one.allowed)


def unstated(count: int, *, each: int = 500) -> Iterator[Case]:
    """Yield cases in which the caller states nothing of the principal."""
    found = (c for c in generated(5, 2 * count, each=each) if not c[1].stated)
    yield from (case for case, _ in zip(found, range(count), strict=False))


def plain(count: int, *, each: int = 500) -> Iterator[Case]:
    """Yield cases whose guards Rego can say."""
    return generated(5, count, each=each, operators=("equals",))


def wrong(found: Iterable[Compared]) -> Compared | None:
    """Return the first disagreement."""
    return next((one for one in found if one[1] != one[2]), None)


def test_the_cases_reach_every_reason():
    """Neither comparison leaves a reason out."""
    for cases in (plain(COUNT), unstated(COUNT)):
        found = Counter(decide(*case).reason for case in cases)
        assert set(found) == set(Reason)
        assert found.total() == COUNT


def test_rego_decides_the_same():
    """Rego gives every generated request the decision and its reason."""
    assert wrong(in_rego(plain(COUNT))) is None


def test_cedar_decides_the_same():
    """Cedar allows exactly the generated requests that are allowed."""
    assert wrong(in_cedar(unstated(COUNT))) is None


@pytest.mark.parametrize(
    "change",
    [
        ("r.subjects <= leave.cap", "r.subjects < leave.cap"),
        ("r.now < leave.until", "r.now <= leave.until"),
        ("grant.since <= r.now", "true"),
        ("value != null", "true"),
        ("object.get(judged, id, 1)", "object.get(judged, id, 0)"),
        ("stand == 0", "stand != 2"),
        ('conceded(r, touched) == "leave"', "false"),
        ("name in unknown", "false"),
        ("worse := max(", "worse := min("),
        ("(2 - ", "(0 + "),
    ],
)
def test_a_wrong_rego_is_caught(change: Change):
    """One rule that is wrong makes for another decision, or another reason."""
    assert wrong(in_rego(plain(COUNT, each=100), change))


@pytest.mark.parametrize(
    "change",
    [
        ("+ context.subjects <= ", "+ context.subjects < "),
        ("context.now < ", "context.now <= "),
        ("context.now >= ", "context.now > "),
        ("&&\n  principal.standing", "||\n  principal.standing"),
        ("context.granted", "true"),
        ("&& !(context has row)", ""),
        ("resource.open &&", ""),
        ("resource.all_marked", "true"),
        ("context.purpose == ", "context.purpose != "),
    ],
)
def test_a_wrong_cedar_is_caught(change: Change):
    """One rule that is wrong allows what is denied, or denies what is allowed."""
    assert wrong(in_cedar(unstated(COUNT, each=200), change))
