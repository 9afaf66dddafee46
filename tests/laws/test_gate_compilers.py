"""What is compiled from a scene decides as `decide` does, for any scene."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ringfence.boundary.decision.decide import decide, standing
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Known, Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.compile.batch import Batch, Coded
from ringfence.gate.compile.closure import Closure
from ringfence.gate.compile.columns import Cell, Column, standing_columns
from tests.scenes import (
    DATASETS,
    ENTITIES,
    PEOPLE,
    STRANGERS,
    counted_of,
    counts,
    moments,
    request_of,
    requests,
    scene_of,
    scenes,
)

chances = st.randoms(use_true_random=False)


@given(st.data())
def test_a_closure_is_decide(data):
    """Whatever is asked, a closure gives the decision of `decide`, field by field."""
    scene = data.draw(scenes())
    closure = Closure(scene)
    for _ in range(5):
        request, now = data.draw(requests(scene)), data.draw(moments())
        counted = data.draw(counts(scene))
        answer = decide(scene, request, now, counted)
        assert closure.decide(request, now, counted) == answer


@given(chances)
def test_a_closure_remembers_nothing_that_changes_an_answer(chance):
    """Asked again, in another order, after others, it answers the same."""
    scene = scene_of(chance)
    asked = [request_of(chance, scene) for _ in range(20)]
    now = scene.since
    closure = Closure(scene)
    first = [closure.decide(one, now) for one in asked]
    chance.shuffle(asked)
    again = [closure.decide(one, now) for one in asked]
    assert again == [decide(scene, one, now) for one in asked]
    assert len(first) == len(again)


@given(chances)
def test_conceding_is_a_closure_of_the_scene_with_other_leaves(chance):
    """New leaves decide as if the scene had always had them, and the old ones go."""
    scene, other = scene_of(chance), scene_of(chance)
    there = structs.replace(scene, leaves=other.leaves)
    closure = Closure(scene)
    conceding = closure.conceding(other.leaves)
    for _ in range(5):
        request = request_of(chance, there)
        now = chance.choice((scene.since, "2024-06-30T23:59:59Z"))
        assert conceding.decide(request, now) == decide(there, request, now)
        assert closure.decide(request, now) == decide(scene, request, now)


@given(st.data())
def test_a_search_finds_everybody_who_may_and_nobody_else(data):
    """Those found are those whom `decide` allows of all whom the scene knows."""
    scene = data.draw(scenes())
    request, now = data.draw(requests(scene)), data.draw(moments())
    counted = data.draw(counts(scene))
    many = Batch(scene)
    everybody = {*scene.people}.union(*scene.entities.values())
    for kind in ("person", "legal_entity", "robot"):
        assert many.whoever(request, now, counted, kind) == [
            one
            for one in sorted(everybody)
            if kind_of(one) == kind
            and decide(scene, replace(request, principal=one), now, counted).allowed
        ]


@given(chances)
def test_a_search_with_other_leaves_finds_whom_they_let(chance):
    """A search after an exception was approved finds those whom it concerns."""
    scene, other = scene_of(chance), scene_of(chance)
    there = structs.replace(scene, leaves=other.leaves)
    many = Batch(scene)
    request = request_of(chance, there)
    now = "2024-06-30T23:59:59Z"
    before = many.whoever(request, now)
    after = many.conceding(other.leaves).whoever(request, now)
    assert before == Batch(scene).whoever(request, now)
    assert after == Batch(there).whoever(request, now)


@given(st.data())
def test_a_search_finds_all_data_that_somebody_may_see(data):
    """Resources found are those that `decide` allows of all that the scene has."""
    scene = data.draw(scenes())
    request, now = data.draw(requests(scene)), data.draw(moments())
    columns = [
        f"column:{whole.partition(':')[2]}.{name}"
        for whole, dataset in scene.datasets.items()
        for name in dataset.columns
    ]
    many = Batch(scene)
    for kind in ("dataset", "store", "column", "planet"):
        assert many.whatever(request, now, kind=kind) == [
            one
            for one in sorted({*scene.datasets, *scene.stores, *columns})
            if kind_of(one) == kind
            and decide(scene, replace(request, resource=one), now).allowed
        ]


@given(chances)
def test_columns_of_questions_are_decided_row_by_row(chance):
    """Each row of two coded columns has the answer of `decide` to that question."""
    scene = scene_of(chance)
    request, counted = request_of(chance, scene), counted_of(chance, scene)
    who = (*PEOPLE, *ENTITIES, *STRANGERS, PEOPLE[0])
    what = (*DATASETS, "store:wh", "column:wh/s.users.id", "")
    rows = [(chance.randrange(len(who)), chance.randrange(len(what))) for _ in who]
    first, second = (np.array(one) for one in zip(*rows, strict=True))
    now = "2024-06-30T23:59:59Z"
    found = Batch(scene).crossing(
        request, Coded(first, who), Coded(second, what), now, counted
    )
    assert found.tolist() == [
        decide(
            scene,
            replace(request, principal=who[one], resource=what[other]),
            now,
            counted,
        ).allowed
        for one, other in rows
    ]


def coded(people: list[Known]) -> dict[str, Column]:
    """Return the attributes of people as columns of codes."""
    names = {name for one in people for name in (*one.attributes, *one.unknown)}
    columns = {}
    for name in names | {"team"}:
        cells = [
            Cell(one.attributes.get(name, ()), name in one.unknown) for one in people
        ]
        distinct = [*dict.fromkeys(cells)]
        codes = np.array([distinct.index(cell) for cell in cells])
        columns[name] = Column(codes, distinct)
    return columns


@given(chances, st.booleans())
def test_a_test_over_columns_is_the_test_of_each_row(chance: Random, whole: bool):  # noqa: FBT001
    """A selector's test over columns says of each row what `standing` says of it."""
    scene: Scene = scene_of(chance)
    people = [one for _ in range(2) for one in scene_of(chance).people.values()] or [
        Known()
    ]
    columns = coded(people)
    if not whole:  # of an attribute without a column, nothing is stated
        columns.pop("residence", None)
        people = [
            Known(
                {k: v for k, v in one.attributes.items() if k != "residence"},
                tuple(name for name in one.unknown if name != "residence"),
            )
            for one in people
        ]
    names = [f"person:{place}" for place, _ in enumerate(people)]
    there = structs.replace(scene, people=dict(zip(names, people, strict=True)))
    for one in scene.selectors:
        found = standing_columns(one.people, columns, scene.entities[one.name])
        assert found.tolist() == [
            standing(there, one.name, Request(name, "read", "")) for name in names
        ]
