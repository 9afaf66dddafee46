"""AuthZEN's certification scenario, level by level, and its interoperability list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.authzen import WELL_KNOWN, routes
from tests.authzen_case import (
    ARCHIVED,
    BASIC,
    CERTIFIER,
    EVALUATION,
    EVALUATIONS,
    SEARCH,
    TODO_CALLER,
    certification,
    posted,
    question,
    run,
    todo,
    told,
)
from tests.pointing import Pointing

DECISIONS = "authzen/decisions-authorization-api-1_0-02.json"


def ask(path: str, body: object) -> Any:
    return told(Pointing(certification()), CERTIFIER, path, body)


# --- Basic ----------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "expected"), BASIC)
def test_basic_decisions_are_those_of_the_scenario(asked, expected):
    """What a request says of its subject and resource wins, as this caller is trusted."""
    assert ask(EVALUATION, asked)["decision"] is expected


def test_basic_the_same_request_gives_the_same_decision():
    """A decision depends on nothing but the request and the scene."""
    asked = question("alice", "write", "record-1")
    point = Pointing(certification())
    first, second = (told(point, CERTIFIER, EVALUATION, asked) for _ in range(2))
    assert first["decision"] is second["decision"] is True
    assert first["context"]["id"] != second["context"]["id"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", {"name": 123}),
        ("action", {}),
        ("action", "read"),
        ("subject", {"type": "user"}),
        ("subject", {"id": "alice"}),
        ("subject", {"type": "user", "id": 1}),
        ("subject", {"type": None, "id": "alice"}),
        ("subject", {"type": "user", "id": "alice", "properties": "many"}),
        ("resource", None),
        ("resource", []),
        ("context", "now"),
    ],
)
def test_basic_wrong_types_are_refused(name, value):
    """A field that is missing, or has a wrong type, is 400 with a message."""
    body = question("alice", "read", "record-1") | {name: value}
    point = Pointing(certification())
    reply = posted(point, CERTIFIER, EVALUATION, json.dumps(body).encode())
    assert reply.status == 400
    assert reply.content_type == "application/json"
    assert isinstance(json.loads(reply.body), str)
    assert point.logged == []


def test_basic_unknown_fields_are_ignored():
    """Fields that nobody knows change nothing, wherever they stand."""
    asked = question("alice", "read", "record-1") | {"extra": {"deep": [1, None]}}
    asked["subject"]["nick"] = asked["action"]["why"] = 7
    assert ask(EVALUATION, asked)["decision"] is True


# --- Batch ----------------------------------------------------------------------------


def batch(*parts: object, semantic: str | None = None, **defaults: object) -> Any:
    body: dict[str, object] = {**defaults, "evaluations": [*parts]}
    if semantic is not None:
        body["options"] = {"evaluations_semantic": semantic}
    return [one["decision"] for one in ask(EVALUATIONS, body)["evaluations"]]


READ, WRITE = ({"action": {"name": name}} for name in ("read", "write"))
FIRST, SECOND = (
    {"resource": {"type": "record", "id": name}} for name in ("record-1", "record-2")
)
ALICE = {"type": "user", "id": "alice"}


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        (None, [True, False, True]),
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_batch_decisions_come_in_order_up_to_the_deciding_one(semantic, expected):
    """The short-circuiting semantics return the decisions up to the deciding one."""
    parts = [FIRST | READ, SECOND | WRITE, SECOND | READ]
    assert batch(*parts, semantic=semantic, subject=ALICE) == expected


def test_batch_a_part_overrides_a_whole_entity():
    """Properties of a default entity aren't merged into a part's own."""
    default = {"type": "record", "id": "record-1", "properties": ARCHIVED}
    parts = [{}, FIRST, {"resource": {"type": "record", "id": "record-2"}}]
    decided = batch(*parts, subject=ALICE, action={"name": "write"}, resource=default)
    assert decided == [False, True, False]


def test_batch_a_broken_part_is_denied_and_the_others_are_decided():
    """One broken question is answered with an error of its own, in its place."""
    body = {
        "subject": ALICE,
        **READ,
        "evaluations": [FIRST, {"resource": 1}, {}, SECOND, 5],
    }
    found = ask(EVALUATIONS, body)["evaluations"]
    assert [one["decision"] for one in found] == [True, False, False, True, False]
    errors = [found[place]["context"]["error"] for place in (1, 2, 4)]
    assert [one["status"] for one in errors] == [400, 400, 400]
    assert errors[1]["message"] == "missing required field `resource`"


@pytest.mark.parametrize("parts", [{}, {"evaluations": []}, {"evaluations": None}])
def test_batch_without_parts_is_a_single_evaluation(parts):
    """No evaluations, or none in the list: the answer is one decision."""
    found = ask(EVALUATIONS, question("alice", "read", "record-1") | parts)
    assert found["decision"] is True
    assert "evaluations" not in found


# --- Search ---------------------------------------------------------------------------


def hits(what: str, body: object) -> list[str]:
    found = ask(SEARCH + what, body)["results"]
    return [one.get("id") or one["name"] for one in found]


def test_search_finds_who_may():
    """A subject search names everybody who may, by the type that was asked."""
    asked = {"subject": {"type": "user"}, **FIRST, **READ}
    assert hits("subject", asked) == ["alice", "bob"]
    assert hits("subject", asked | WRITE) == ["alice"]
    assert hits("subject", asked | WRITE | SECOND) == ["bob"]
    assert ask(SEARCH + "subject", asked | WRITE)["results"] == [
        {"type": "user", "id": "alice"}
    ]


def test_search_finds_to_what():
    """A resource search names everything to which it may be done."""
    asked = {"subject": ALICE, "resource": {"type": "record"}, **READ}
    assert hits("resource", asked) == ["record-1", "record-2"]
    assert hits("resource", asked | WRITE) == ["record-1"]
    assert hits("resource", asked | {"subject": ALICE | {"id": "bob"}} | WRITE) == [
        "record-2"
    ]


def test_search_finds_what_may_be_done():
    """An action search names actions in the caller's words."""
    assert hits("action", {"subject": ALICE, **FIRST}) == ["read", "write"]
    assert hits("action", {"subject": ALICE, **SECOND}) == ["read"]


@pytest.mark.parametrize("id", ["bob", "nobody", 7, None])
def test_search_ignores_the_id_of_what_is_searched(id):  # noqa: A002
    """An id that is there all the same changes nothing."""
    asked = {"subject": {"type": "user", "id": id}, **FIRST, **READ}
    assert hits("subject", asked) == ["alice", "bob"]
    what = {"subject": ALICE, "resource": {"type": "record", "id": id}, **READ}
    assert hits("resource", what) == ["record-1", "record-2"]


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("subject", {"subject": {"type": "alien"}, **FIRST, **READ}),
        ("subject", {"subject": {"type": "user"}, **READ, "resource": {"type": "record", "id": "no"}}),
        ("subject", {"subject": {"type": "user"}, **FIRST, "action": {"name": "fly"}}),
        ("resource", {"subject": ALICE | {"id": "carol"}, "resource": {"type": "record"}, **READ}),
        ("resource", {"subject": ALICE, "resource": {"type": "alien"}, **READ}),
        ("resource", {"subject": ALICE, "resource": {"type": "record"}, "action": {"name": "fly"}}),
        ("action", {"subject": ALICE | {"type": "alien"}, **FIRST}),
        ("action", {"subject": ALICE, "resource": {"type": "alien", "id": "x"}}),
    ],
)  # fmt: skip
def test_search_of_what_nobody_knows_finds_nothing(what, asked):
    """An unknown type, id or action is no error: nothing is found."""
    assert ask(SEARCH + what, asked) == {"results": []}


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("subject", {"subject": {}, **FIRST, **READ}),
        ("subject", {"subject": {"type": "user"}, "resource": {"type": "record"}, **READ}),
        ("subject", {"subject": {"type": "user"}, **FIRST}),
        ("resource", {"subject": {"type": "user"}, "resource": {"type": "record"}, **READ}),
        ("resource", {"subject": ALICE, **READ}),
        ("action", {"subject": ALICE, "resource": {"type": "record"}}),
        ("action", {"subject": {"type": "user"}, **FIRST}),
    ],
)  # fmt: skip
def test_search_needs_whole_entities_but_for_what_is_searched(what, asked):
    """The entities that aren't searched need their type and id."""
    body = json.dumps(asked).encode()
    reply = posted(Pointing(certification()), CERTIFIER, SEARCH + what, body)
    assert reply.status == 400


# --- Discovery ------------------------------------------------------------------------


def test_discovery_names_every_endpoint_where_the_gate_is():
    """The metadata name the gate as callers reach it, and each endpoint that answers."""
    base = "https://gate.example"
    handler = routes(base)[f"GET {WELL_KNOWN}"]
    reply = run(handler(Pointing(None), CERTIFIER, Call("GET", WELL_KNOWN)))
    found = json.loads(reply.body)
    assert reply.status == 200
    assert reply.content_type == "application/json"
    assert found.pop("policy_decision_point") == base
    assert found["access_evaluation_endpoint"] == f"{base}{EVALUATION}"
    assert {f"POST {url.removeprefix(base)}" for url in found.values()} == {
        one for one in routes(base) if one.startswith("POST")
    }


# --- the interoperability list --------------------------------------------------------


@pytest.mark.peer
def test_every_decision_of_the_interoperability_list_is_as_expected(peer_data: Path):
    """The forty decisions and the batches of the todo scenario are the list's."""
    listed = json.loads((peer_data / DECISIONS).read_text("utf-8"))
    assert len(listed["evaluation"]) == 40
    point = Pointing(todo())
    for one in listed["evaluation"]:
        found = told(point, TODO_CALLER, EVALUATION, one["request"])
        assert found["decision"] is one["expected"], one
    for one in listed["evaluations"]:
        found = told(point, TODO_CALLER, EVALUATIONS, one["request"])
        decided = [{"decision": each["decision"]} for each in found["evaluations"]]
        assert decided == one["expected"], one


@pytest.mark.peer
def test_requests_and_answers_fit_the_published_schemas(peer_data: Path):
    """What is answered fits the response schema; what fits no request schema is 400."""
    request, response = (
        Draft202012Validator(
            json.loads(
                (peer_data / f"authzen/evaluation-{name}.schema.json").read_text()
            )
        )
        for name in ("request", "response")
    )
    point = Pointing(certification())
    for asked in (question("alice", "read", "record-1"), question("x", "y", "z")):
        request.validate(asked)
        response.validate(told(point, CERTIFIER, EVALUATION, asked))
        for broken in ({**asked, "action": {}}, {**asked, "context": []}):
            assert not request.is_valid(broken)
            body = json.dumps(broken).encode()
            assert posted(point, CERTIFIER, EVALUATION, body).status == 400
