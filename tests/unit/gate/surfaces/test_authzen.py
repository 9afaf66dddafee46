"""AuthZEN's answers: what they tell, and how failure is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ringfence.boundary.decision.scene import Dataset, Known, Marker, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.errors import ConfigError
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.authzen import MOST_EVALUATIONS, ROUTES, WELL_KNOWN, routes
from tests.authzen_case import (
    CERTIFIER,
    EVALUATION,
    EVALUATIONS,
    SEARCH,
    certification,
    changed,
    posted,
    question,
    run,
    told,
)
from tests.pointing import NOW, Pointing

CALLER = Caller("app", obeys=frozenset({"mask", "rows"}))


def fenced() -> Scene:
    """Return a table that holds people of the US, and somebody in CN."""
    gate = Gate(("abroad",))
    people = Attribute("residence", ("CN",))
    return changed(
        certification(),
        gate=gate,
        selectors=(Selector("abroad", people, Owned("50")),),
        people={
            "person:li": Known({"residence": ("CN",)}),
            "person:ann": Known({"residence": ("US",)}),
        },
        entities={"abroad": {}},
        datasets={
            "dataset:db/t": Dataset({"mail": Status.YES, "n": Status.NO}, masks={"mail": "hash"}),
            "dataset:db/u": Dataset({"mail": Status.YES}, rows=Marker("region", ("US",))),
        },
    )  # fmt: skip


def asked(what: str, who: str = "li", caller: Caller = CALLER) -> Any:
    body = question(who, "read", what, "table")
    return told(Pointing(fenced()), caller, EVALUATION, body)


def test_a_decision_says_why_and_where_it_is_logged():
    """The context carries the ledger's id, the reason, the path and both digests."""
    assert asked("db/u", caller=Caller("plain")) == {
        "decision": False,
        "context": {
            "id": "1.0",
            "reason": "excluded",
            "reasons": ["because: excluded"],
            "boundary": "b" * 64,
            "estate": "e" * 64,
            "time": NOW,
            "path": ["abroad"],
        },
    }


def test_an_allowance_without_more_has_no_path_and_no_obligation():
    """What is empty isn't sent."""
    found = asked("db/u", who="ann")
    assert found["decision"] is True
    assert {"path", "obligations"}.isdisjoint(found["context"])


def test_masks_are_obligations():
    """Each column that is masked is an obligation, with its mask."""
    found = asked("db/t")
    assert found["decision"] is True
    assert found["context"]["reason"] == "masked"
    assert found["context"]["obligations"] == [
        {
            "id": "mask:mail",
            "type": "mask",
            "properties": {"column": "mail", "mask": "hash"},
        }
    ]


def test_a_row_filter_is_an_obligation():
    """The rows that may be of the population are left out, those of nobody known too."""
    [one] = asked("db/u")["context"]["obligations"]
    told_ = {"column": "region", "without": ["US"], "nulls": False}
    assert one == {"id": "row_filter:region", "type": "row_filter", "properties": told_}


def test_whoever_carries_out_nothing_is_denied_instead():
    """An obligation is told only to a caller that obeys it."""
    plain = Caller("plain")
    assert asked("db/t", caller=plain)["decision"] is False
    assert asked("db/u", caller=plain)["decision"] is False


def test_questions_together_are_logged_together():
    """A batch is one group of the log; a short circuit asks one after the other."""
    body = {
        **question("alice", "read", "record-1"),
        "evaluations": [{}, {"resource": None}, {"action": 1}],
    }
    point = Pointing(certification())
    told(point, CERTIFIER, EVALUATIONS, body)
    assert [len(one) for one in point.logged] == [2]
    semantic = {"options": {"evaluations_semantic": "deny_on_first_deny"}}
    told(point, CERTIFIER, EVALUATIONS, body | semantic)
    assert [len(one) for one in point.logged] == [2, 1, 1]


def test_what_comes_after_the_deciding_question_is_never_asked():
    """What isn't answered isn't decided, logged or counted."""
    body = question("alice", "read", "record-1") | {
        "evaluations": [{"action": {"name": "fly"}}, {}],
        "options": {"evaluations_semantic": "deny_on_first_deny"},
    }
    point = Pointing(certification())
    assert len(told(point, CERTIFIER, EVALUATIONS, body)["evaluations"]) == 1
    assert len(point.logged) == 1


def test_a_batch_of_broken_questions_asks_nothing():
    """Where no question can be understood, all are denied."""
    point = Pointing(certification())
    found = told(point, CERTIFIER, EVALUATIONS, {"evaluations": [{}, 1, None]})
    assert [one["decision"] for one in found["evaluations"]] == [False] * 3
    assert point.logged == []


@pytest.mark.parametrize("semantic", ["deny_on_first_deny", "permit_on_first_permit"])
def test_a_broken_question_is_a_denial_to_a_short_circuit(semantic):
    """It stops at the first denial, and never at a permit."""
    body = question("alice", "read", "record-1") | {
        "evaluations": [{"action": 1}, {}],
        "options": {"evaluations_semantic": semantic},
    }
    found = told(Pointing(certification()), CERTIFIER, EVALUATIONS, body)
    expected = [False] if semantic == "deny_on_first_deny" else [False, True]
    assert [one["decision"] for one in found["evaluations"]] == expected


def test_the_number_of_questions_is_bounded():
    """As many as are allowed are answered, one more is refused whole."""
    body = question("alice", "read", "record-1") | {
        "evaluations": [{}] * MOST_EVALUATIONS
    }
    point = Pointing(certification())
    found = told(point, CERTIFIER, EVALUATIONS, body)
    assert len(found["evaluations"]) == MOST_EVALUATIONS
    body["evaluations"].append({})
    reply = posted(point, CERTIFIER, EVALUATIONS, json.dumps(body).encode())
    assert (reply.status, reply.body) == (400, b'"more than 1000 evaluations"')


@pytest.mark.parametrize(
    "more",
    [
        {"evaluations": {}},
        {"evaluations": "all"},
        {"options": []},
        {"options": {"evaluations_semantic": "any"}},
        {"subject": {"type": "user"}},
        {"context": 1},
        {"action": None, "evaluations": []},
    ],
)
def test_a_broken_batch_is_refused_whole(more):
    """What is wrong with the payload itself is an error of HTTP."""
    body = question("alice", "read", "record-1") | {"evaluations": [{}]} | more
    point = Pointing(certification())
    reply = posted(point, CERTIFIER, EVALUATIONS, json.dumps(body).encode())
    assert reply.status == 400
    assert point.logged == []


BODIES = {
    EVALUATION: question("alice", "read", "record-1"),
    EVALUATIONS: question("alice", "read", "record-1") | {"evaluations": [{}]},
    f"{SEARCH}subject": question("alice", "read", "record-1"),
    f"{SEARCH}resource": question("alice", "read", "record-1"),
    f"{SEARCH}action": question("alice", "read", "record-1"),
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "point", [Pointing(None), Pointing(certification(), broken=True)]
)
def test_a_gate_that_cannot_answer_says_so(path, point):
    """Without a scene or a log there is no answer that could be taken for one."""
    reply = posted(point, CERTIFIER, path, json.dumps(BODIES[path]).encode())
    assert (reply.status, reply.body) == (503, b'"the gate can\'t answer now: deny"')


class Unlogged(Pointing):
    """A point that decides, and can't log."""

    async def answers(self, asked: Any) -> Any:
        self.broken = True
        return await super().answers(asked)


@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
def test_what_cannot_be_logged_is_not_answered(path):
    """A decision that isn't in the log is no decision."""
    point = Unlogged(certification())
    reply = posted(point, CERTIFIER, path, json.dumps(BODIES[path]).encode())
    assert reply.status == 503


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1,"a":1}', b"\xff", b"null"])
def test_every_endpoint_refuses_a_body_that_is_no_sound_object(path, body):
    """The error's body is a message, itself JSON."""
    reply = posted(Pointing(certification()), CERTIFIER, path, body)
    assert reply.status == 400
    assert isinstance(json.loads(reply.body), str)


@pytest.mark.parametrize("path", BODIES)
def test_every_endpoint_refuses_another_content_type(path):
    """JSON that comes as something else isn't read."""
    body = json.dumps(BODIES[path]).encode()
    kind = {"content-type": "text/plain"}
    reply = posted(Pointing(certification()), CERTIFIER, path, body, **kind)
    assert reply.status == 400


# --- metadata -------------------------------------------------------------------------


def metadata(base: str, path: str = WELL_KNOWN) -> Any:
    reply = run(routes(base)[f"GET {path}"](Pointing(None), CALLER, Call("GET", path)))
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    "base",
    [
        "https://gate.example",
        "https://gate.example/",
        "https://GATE.example:8443",
        "https://[2001:db8::1]:8443",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:1",
    ],
)
def test_metadata_say_where_the_gate_is(base):
    """The identifier is the configured URL, and each endpoint is below it."""
    status, found = metadata(base)
    assert status == 200
    assert found["policy_decision_point"] == base.rstrip("/")
    assert all(url.startswith(base.rstrip("/")) for url in found.values())


def test_a_tenants_path_comes_after_the_well_known_part():
    """A base URL with a path is found as the specification says, and answers there."""
    status, found = metadata("https://gate.example/a%20b/c", f"{WELL_KNOWN}/a b/c")
    assert status == 200
    assert found["policy_decision_point"] == "https://gate.example/a%20b/c"
    assert f"POST /a b/c{EVALUATION}" in routes("https://gate.example/a%20b/c")
    assert f"POST {EVALUATION}" in routes("https://gate.example/a%20b/c")


def test_nobody_is_told_where_the_gate_is_unless_it_is_known():
    """Without a base URL there are no metadata: a request's own host isn't believed."""
    assert metadata("") == (404, "nobody has said where the gate is found")
    assert routes("").keys() == ROUTES.keys()


@pytest.mark.parametrize(
    "base",
    [
        "gate.example",
        "http://gate.example",
        "http://localhost.gate.example",
        "https://",
        "https:///x",
        "https://gate.example?x",
        "https://gate.example/#x",
        "https://me@gate.example",
        "https://gate.example/a b",
        "https://gate.example/*",
        "https://gate.example\n",
        "https://gate.example:x",
        "ftp://gate.example",
    ],
)
def test_a_base_url_that_cannot_be_is_refused(base):
    """The specification asks for https, without query and fragment."""
    with pytest.raises(ConfigError, match="the gate can't be at"):
        routes(base)


def test_the_reference_of_a_request_is_logged():
    """The caller's own id of the request stands beside the decision."""
    point = Pointing(certification())
    body = json.dumps(BODIES[EVALUATION]).encode()
    posted(
        point, replace(CERTIFIER, name="x"), EVALUATION, body, **{"x-request-id": "r"}
    )
    [[(logged, _)]] = point.logged
    assert (logged.reference, logged.caller, logged.surface) == ("r", "x", "authzen")
