"""A scene says what its case says: the fence keeps out what reach may cross, exactly."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.boundary.decision.decide import decide, standing
from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene, canonical, parse_scene
from ringfence.boundary.model import AnyOf, Attribute, Employer, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERBS, kind_of
from ringfence.claims.case import ALTER, Case
from ringfence.claims.gating import scene_of
from ringfence.estate.facts import Fact
from ringfence.guard.concrete import holds
from ringfence.guard.tree import Compare, Condition, parse
from ringfence.reach.closure import forward
from ringfence.reach.masks import READ, VERB_BIT
from tests.estates import AS_OF, attribute, boundary, edge, estate
from tests.strategies import ruled_estates

PEOPLE = [f"person:p{n}" for n in range(3)]
COLUMNS = [f"column:a/s.t.c{n}" for n in range(3)]
DATASETS = ["dataset:a/s.t", "dataset:a/s.u"]
COMPANIES = ["legal_entity:x", "legal_entity:y"]
TESTED = VERBS[:3]
OUT = Selector(
    "out",
    people=AnyOf((Attribute("residence", ("CN",)), Employer(absent="no"))),
    entities=AnyOf((Attribute("organised_in", ("CN",)), Owned())),
)
GUARDS: list[Condition] = [
    Compare("request.mfa", "equals", ("yes",)),
    Compare("request.network", "equals", ("office",)),
    Compare("principal.residence", "equals", ("US",)),
]
CIRCUMSTANCES = [
    {"request.mfa": (mfa,), "request.network": (network,)}
    for mfa in ("yes", "no")
    for network in ("office", "home")
]

residences = st.sampled_from([(), ("US",), ("CN",), ("CN", "US"), ("?",)])
tags = st.sampled_from([(), ("EMAIL",), ("none",), ("?",)])


def _attributes(node: str, name: str, values: Sequence[str]) -> list[Fact]:
    """Return what is stated of a node; `?` stands for what can't be relied on."""
    return [
        replace(attribute(node, name, "CN"), unknown="somebody says otherwise")
        if one == "?"
        else attribute(node, name, one)
        for one in values
    ]


@st.composite
def surroundings(draw: st.DrawFn) -> list[Fact]:
    """Draw where people live and work, who owns whom, and what data is tagged."""
    facts: list[Fact] = []
    for person in PEOPLE:
        facts += _attributes(person, "residence", draw(residences))
        for company in draw(st.sets(st.sampled_from(COMPANIES), max_size=1)):
            facts += _attributes(person, "employer", [company])
    for company in draw(st.sets(st.sampled_from(COMPANIES))):
        place = draw(st.sampled_from([("US",), ("CN",), ("?",)]))
        facts += _attributes(company, "organised_in", place)
    for data in [*COLUMNS, *DATASETS]:
        facts += _attributes(data, "tag", draw(tags))
    if draw(st.booleans()):
        share = {"low": "60", "high": "60", "interest": "shareholding"}
        owner = draw(st.sampled_from([*PEOPLE, "person:owner", *COMPANIES]))
        facts.append(edge(owner, "owns", "legal_entity:x", detail=share))
    return facts


def _case(folder: Path, facts: Sequence[Fact], gate: Gate, **more: Any) -> Case:
    fence = boundary(**({"excluded": (OUT,), "unclassified": "unknown"} | more))
    fence = replace(fence, gate=gate)
    return Case(estate(folder, facts), fence, AS_OF)


def _told(scene: Scene, person: str, verb: str, what: str, **more: Any) -> Decision:
    return decide(scene, Request(person, verb, what, **more), AS_OF)


@settings(max_examples=40)
@given(ruled_estates, surroundings(), st.sampled_from(["unknown", "no"]))
def test_the_fence_is_the_case_exactly(
    edges: list[Fact], around: list[Fact], unclassified: str
):
    """Denied is who is excluded, or may be, from what is protected, or may be.

    A dataset that its columns don't tell all of makes all of it doubtful. Whatever
    reach calls a possible crossing is denied, in both modes.
    """
    with tempfile.TemporaryDirectory() as folder:
        facts = [*edges, *around]
        case = _case(Path(folder), facts, Gate(("out",)), unclassified=unclassified)
        scene = scene_of(case)
        assert parse_scene(canonical(scene)) == scene
        statuses = case.statuses("out")
        people = {one for one in statuses if kind_of(one) == "person"}
        assert {*scene.people} == people
        for person in people:
            asked = Request(person, "read", "column:a/s.t.c0")
            assert standing(scene, "out", asked) is statuses[person]
            _require_fenced(scene, case, person, out=bool(statuses[person]))
        _require_no_crossing(scene, case)
        grants = replace(scene.gate, mode="grants")
        _require_no_crossing(replace(scene, gate=grants), case)


def _require_fenced(scene: Scene, case: Case, person: str, *, out: bool) -> None:
    targets = case.targets(())
    exposing = case.exposing(targets)
    number = case.view.number
    for column in case.view.holders("column"):
        whole = f"dataset:{column.partition(':')[2].rpartition('.')[0]}"
        beyond = scene.datasets[whole].status is not Status.NO
        shows = bool(exposing[number[column]] & READ)
        denied = out and (column in targets or shows or beyond)
        assert _told(scene, person, "read", column).allowed is not denied


def _require_no_crossing(scene: Scene, case: Case) -> None:
    """Require that no column, dataset or store is allowed that may cross.

    A dataset or store crosses if it holds a protected column, however it is called.
    """
    graph = case.graph(("technical",), bare=True)
    columns = [one for one in case.targets(()) if kind_of(one) == "column"]
    nodes = {*columns, *_holding(case, columns)}
    for person in {*case.excluded("out", ("person",))} & graph.number.keys():
        held = forward(graph.possible, graph.seeds([graph.number[person]]))
        for node in nodes:
            for verb in TESTED:
                if held[graph.number[node]] & VERB_BIT[verb]:
                    assert not _told(scene, person, verb, node).allowed


def _holding(case: Case, columns: list[str]) -> list[str]:
    graph = case.graph(("technical",), bare=True)
    found = []
    for node in [*case.view.holders("dataset"), *case.view.holders("store")]:
        inside = forward(graph.possible, graph.at([graph.number[node]], ALTER))
        if any(inside[graph.number[one]] & ALTER for one in columns):
            found.append(node)
    return found


@st.composite
def guarded(draw: st.DrawFn) -> list[Fact]:
    """Draw an estate of which some edges work under a condition alone."""
    return [
        replace(one, guard=draw(st.sampled_from(GUARDS)))
        if draw(st.integers(0, 3)) == 0
        else one
        for one in draw(ruled_estates)
    ]


@settings(max_examples=25)
@given(guarded(), st.lists(residences, min_size=3, max_size=3))
def test_what_is_granted_is_surely_reached(
    edges: list[Fact], places: list[tuple[str, ...]]
):
    """Allowed is what somebody surely reaches by the guards that the request meets."""
    around = [
        fact
        for person, place in zip(PEOPLE, places, strict=True)
        for fact in _attributes(person, "residence", place)
    ]
    nobody = Selector("nobody", Attribute("team", ("x",), "no"), AnyOf(()))
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(("nobody",), mode="grants")
        case = _case(Path(folder), [*edges, *around], gate, excluded=(nobody,))
        scene = scene_of(case)
        graph = case.graph(("technical",), bare=False)
        for person in case.view.holders("person"):
            for around_it in CIRCUMSTANCES:
                known = scene.people[person]
                own = (
                    ()
                    if "residence" in known.unknown
                    else known.attributes.get("residence", ())
                )
                meets = {**around_it, "principal.residence": own}
                met = [
                    number
                    for number, text in enumerate(graph.guards)
                    if holds(parse(text), meets)
                ]
                held = forward(
                    graph.under((), met).definite,
                    graph.seeds([graph.number[person]]),
                )
                _require_same(scene, person, around_it, held, graph.number)


def _require_same(
    scene: Scene, person: str, around: Any, held: Any, number: Any
) -> None:
    for column in COLUMNS:
        mask = int(held[number[column]]) if column in number else 0
        for verb in TESTED:
            told = _told(scene, person, verb, column, circumstances=around)
            surely = bool(mask & VERB_BIT[verb])
            # A dataset that is granted whole grants columns that nobody has named.
            if column in number:
                assert told.allowed is surely
