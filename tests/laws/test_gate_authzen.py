"""Whatever is asked in AuthZEN's words is decided as the reference decides it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.countries import is_country
from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS, kind_of
from ringfence.gate.point.asked import Caller
from ringfence.gate.surfaces import naming
from tests.authzen_case import EVALUATION, EVALUATIONS, SEARCH, Json, posted, told
from tests.pointing import Pointing
from tests.scenes import generated, moments, requests, scenes

_CODES = ("residence", "location")
PREFIX = "request."


def entity(node: str, properties: Json | None = None) -> Json:
    type_, _, id_ = node.partition(":")
    found: Json = {"type": type_, "id": id_}
    return found if properties is None else found | {"properties": properties}


def body_of(request: Request) -> Json:
    """Return a request as a caller would send it."""
    context: Json = {
        key.removeprefix(PREFIX): [*values]
        for key, values in request.circumstances.items()
        if key.startswith(PREFIX)
    }
    context |= {"purpose": request.purpose, "subjects": request.subjects}
    told_: Json = {**(request.row or {}), "columns": [*request.columns]}
    stated: Json = {name: [*values] for name, values in request.stated.items()}
    return {
        "subject": entity(request.principal, stated),
        "action": {"name": request.verb},
        "resource": entity(request.resource, told_),
        "context": context,
    }


def caller_of(request: Request) -> Caller:
    """Return a caller that is trusted as a request takes for granted."""
    trusts = {kind_of(request.resource)} if request.row is not None else set()
    trusts |= {"person"} if request.trusted else set()
    return Caller("any", trusts=frozenset(trusts), obeys=request.obeys)


def markers(scene: Scene, resource: str) -> set[str]:
    """Return the columns that tell of whom a row is, of all that is touched."""
    kind, _, name = resource.partition(":")
    wholes = scene.stores.get(resource) or (resource,)
    if kind == "column":
        wholes = (f"dataset:{name.rpartition('.')[0]}",)
    found = (scene.datasets.get(one) for one in wholes)
    return {
        one.rows.column for one in found if one is not None and one.rows is not None
    }


def expected(scene: Scene, request: Request) -> Request:
    """Return what the surface is to make of a request that `body_of` spells."""
    stated: dict[str, tuple[str, ...]] = {}
    for name, values in request.stated.items():
        if values:
            key = name.casefold()
            is_code = key in _CODES
            meant = (
                v.upper() if is_code and is_country(v.upper()) else v for v in values
            )
            stated[key] = (*stated.get(key, ()), *meant)
    asked = markers(scene, request.resource)
    is_named = ":" in request.resource or not request.resource
    row = {name: v for name, v in (request.row or {}).items() if name in asked}
    around = {
        key: values
        for key, values in request.circumstances.items()
        if key.startswith(PREFIX) and values
    }
    around |= {
        f"resource.{name.casefold()}": (value,)
        for name, value in (request.row or {}).items()
        if value is not None and is_named
    }
    return replace(
        request,
        verb=naming.verb(Caller(""), request.verb) or f"?{request.verb}",
        trusted="person" in caller_of(request).trusts,
        columns=tuple(dict.fromkeys(request.columns)),
        row=row or None,
        stated=stated,
        circumstances=around,
    )


def is_refused(request: Request) -> bool:
    """Return whether a request says what can't be so."""
    codes = [
        v for k, vs in request.stated.items() if k.casefold() in _CODES for v in vs
    ]
    is_odd = any(not is_country(code.upper()) for code in codes)
    trusted = "person" in caller_of(request).trusts
    is_column = kind_of(request.resource) == "column"
    own = request.resource.rpartition(".")[2]
    is_beside = is_column and any(one != own for one in request.columns)
    return (request.subjects or 0) < 0 or (trusted and is_odd) or is_beside


@given(st.data())
def test_an_evaluation_is_decided_as_the_reference_decides(data):
    """Reason, selectors, columns, masks and rows are those of the same request."""
    scene = data.draw(scenes())
    request, now = data.draw(requests(scene)), data.draw(moments())
    point = Pointing(scene, now)
    reply = posted(
        point, caller_of(request), EVALUATION, json.dumps(body_of(request)).encode()
    )
    if is_refused(request):
        assert reply.status == 400
        return
    assert reply.status == 200
    [[(logged, decision)]] = point.logged
    asked = expected(scene, request)
    assert decision == decide(scene, asked, now)
    assert json.loads(reply.body)["decision"] is decision.allowed
    assert (logged.request.circumstances, logged.request.stated) == (
        asked.circumstances,
        asked.stated,
    )


@given(st.data())
def test_several_questions_are_answered_as_each_alone(data):
    """A batch gives what single evaluations give, up to the deciding one."""
    scene = data.draw(scenes())
    asked = data.draw(st.lists(requests(scene), min_size=1, max_size=4))
    semantic, stop = data.draw(
        st.sampled_from(
            [
                ("execute_all", None),
                ("deny_on_first_deny", False),
                ("permit_on_first_permit", True),
            ]
        )
    )
    point, caller = Pointing(scene, "2024-07-01T00:00:00Z"), caller_of(asked[0])
    bodies = [body_of(one) for one in asked]
    alone = [posted(point, caller, EVALUATION, json.dumps(b).encode()) for b in bodies]
    singly = [one.status == 200 and json.loads(one.body)["decision"] for one in alone]
    body = {"evaluations": bodies, "options": {"evaluations_semantic": semantic}}
    found = [
        one["decision"] for one in told(point, caller, EVALUATIONS, body)["evaluations"]
    ]
    cut = singly.index(stop) + 1 if stop in singly else len(singly)
    assert found == singly[:cut]


def found_by(point: Pointing, caller: Caller, what: str, body: Json) -> list[Any]:
    """Return what a search finds; nothing of what can't be so."""
    reply = posted(point, caller, SEARCH + what, json.dumps(body).encode())
    assert reply.status in {200, 400}
    return json.loads(reply.body)["results"] if reply.status == 200 else []


def is_allowed(point: Pointing, caller: Caller, body: Json) -> bool:
    allowed: bool = told(point, caller, EVALUATION, body)["decision"]
    return allowed


@given(st.data())
def test_every_hit_evaluates_to_true_and_nobody_known_is_missed(data):
    """A search finds whom, what and which actions an evaluation allows, and no others."""
    scene = data.draw(scenes())
    request = data.draw(requests(scene))
    point, caller = Pointing(scene, "2024-07-01T00:00:00Z"), caller_of(request)
    check_search(point, caller, request)


def check_search(point: Pointing, caller: Caller, request: Request) -> int:
    """Hold the three searches about a request against evaluations; count the hits."""
    scene, body = point.scene, body_of(request)
    if is_refused(request):
        return 0
    hits = 0
    properties = body["subject"]["properties"]
    sought = body | {"subject": {"type": "person", "properties": properties}}
    found = {
        f"person:{one['id']}" for one in found_by(point, caller, "subject", sought)
    }
    hits += len(found)
    is_known = found or request.resource in scene.datasets
    known = {*scene.people} if is_known else set()
    for who in known:
        asked = body | {"subject": entity(who, properties)}
        assert is_allowed(point, caller, asked) == (who in found)
    kind = kind_of(request.resource)
    told_ = body["resource"]["properties"]
    sought = body | {"resource": {"type": kind, "properties": told_}}
    found = {
        f"{kind}:{one['id']}" for one in found_by(point, caller, "resource", sought)
    }
    hits += len(found)
    for what in (
        found if request.row else (*scene.datasets,) if kind == "dataset" else found
    ):
        is_hit = is_allowed(point, caller, body | {"resource": entity(what, told_)})
        assert is_hit == (what in found) or request.principal not in scene.people
    found = {one["name"] for one in found_by(point, caller, "action", body)}
    hits += len(found)
    for verb in VERBS if found else ():
        plain = {k: v for k, v in body.items() if k != "action"}
        asked = plain | {"action": {"name": verb}}
        assert is_allowed(point, caller, asked) == (verb in found)
    return hits


def test_the_searches_that_are_tried_find_something():
    """The law of searches isn't kept for want of hits."""
    hits = 0
    for scene, request, now, _ in generated(7, 60, each=10):
        caller = caller_of(request)
        hits += check_search(Pointing(scene, now), caller, request)
    assert hits > 60
