"""Whatever is sent, there is an answer or a refusal, and never a failure."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ringfence.gate.point.live import LivePoint
from ringfence.gate.service.app import Service
from ringfence.gate.service.callers import Callers, Known, digest_of
from ringfence.gate.service.limits import Limits
from ringfence.gate.service.speaking import surfaces
from tests.authzen_case import (
    CERTIFIER,
    EVALUATION,
    EVALUATIONS,
    SEARCH,
    certification,
    posted,
    question,
    todo,
)
from tests.pointing import Pointing

SEARCHES = [f"{SEARCH}{what}" for what in ("subject", "resource", "action")]
PATHS = [EVALUATION, EVALUATIONS, *SEARCHES]
SEMANTICS = ["execute_all", "deny_on_first_deny", "permit_on_first_permit"]

# --- bodies ---------------------------------------------------------------------------

words = st.sampled_from(
    ["user", "record", "todo", "alice", "bob", "record-1", "read", "write", "", "x:y"]
) | st.text(max_size=4)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
    ),
    max_leaves=6,
)
names = words | st.sampled_from(["status", "role", "soft", "columns", "residence"])
properties = st.dictionaries(names, values, max_size=3) | values
context = st.dictionaries(
    st.sampled_from(["purpose", "subjects", "time"]) | words, values, max_size=3
)
entities = st.fixed_dictionaries(
    {"type": words | values, "id": words | values}, optional={"properties": properties}
)
actions = st.fixed_dictionaries(
    {"name": words | values}, optional={"properties": properties}
)
pages = st.fixed_dictionaries(
    {}, optional={"token": words | values, "limit": st.integers(-2, 9) | values}
)
parts: dict[str, st.SearchStrategy[Any]] = {
    "subject": entities | values,
    "resource": entities | values,
    "action": actions | values,
    "context": context | values,
}
bodies = st.fixed_dictionaries(
    {},
    optional=parts
    | {
        "page": pages | values,
        "options": st.fixed_dictionaries(
            {}, optional={"evaluations_semantic": st.sampled_from(SEMANTICS) | values}
        )
        | values,
        "evaluations": st.lists(
            st.fixed_dictionaries({}, optional=parts) | values, max_size=3
        )
        | values,
        "unheard": values,
    },
)
scenes = st.sampled_from([certification(), todo()])


def any_null(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return value is None or (
        isinstance(value, dict | list) and any(any_null(one) for one in inner)
    )


def answered(path: str, body: bytes, point: Pointing | None = None) -> int:
    """Return the status of a reply, which is an answer or says what is wrong."""
    point = point or Pointing(certification())
    reply = posted(point, CERTIFIER, path, body)
    found = json.loads(reply.body)
    assert reply.status in {200, 400}
    assert isinstance(found, dict if reply.status == 200 else str)
    assert not any_null(found)
    return reply.status


@given(st.sampled_from(PATHS), bodies | values, scenes)
def test_any_json_is_answered_or_refused(path, body, scene):
    """Whatever the fields hold, there is a decision or a message."""
    answered(path, json.dumps(body).encode(), Pointing(scene))


@given(st.sampled_from(PATHS), st.data())
def test_any_bytes_are_answered_or_refused(path, data):
    """A sound body with pieces cut out, doubled or put in is answered or refused."""
    sound = json.dumps(
        question("alice", "read", "record-1", resource={"status": "active"})
        | {"evaluations": [{}], "page": {"limit": 1}}
    ).encode()
    start = data.draw(st.integers(0, len(sound)))
    end = data.draw(st.integers(start, min(start + 20, len(sound))))
    odd = data.draw(
        st.binary(max_size=4)
        | st.just(sound[start:end] * 2)
        | st.sampled_from(
            [
                b"[" * 1_000,
                b'{"a":' * 70,
                b'"\\ud800"',
                b"1e999999",
                b"9" * 5_000,
                b"\\",
            ]
        )
    )
    answered(path, sound[:start] + odd + sound[end:])


@given(
    st.sampled_from(PATHS),
    st.sampled_from(["subject", "action", "resource", "context"]),
    values,
)
def test_a_member_that_comes_twice_is_always_refused(path, name, value):
    """Two readers may take one or the other: neither is taken."""
    sound = json.dumps(question("alice", "read", "record-1", context={}))
    doubled = f'{sound[:-1]}, "{name}": {json.dumps(value)}}}'
    assert answered(path, doubled.encode()) == 400


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "number", ["9" * 4_000, "-1e9999999", "1" + "0" * 400 + ".5", "-0", "1E-400"]
)
def test_huge_numbers_are_values_like_others(path, number):
    """A number beyond every machine's is a value, or is refused."""
    body = json.dumps(
        question("alice", "read", "record-1", context={"n": 0, "subjects": 0})
    )
    answered(path, body.replace('"n": 0', f'"n": {number}').encode())
    answered(path, body.replace('"subjects": 0', f'"subjects": {number}').encode())
    limit = body[:-1] + f', "page": {{"limit": {number}}}}}'
    answered(path, limit.encode())


# --- by the description of the interface ----------------------------------------------

TOKEN = "a-token-for-tests-alone"  # noqa: S105 - opens nothing
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def service() -> Service:
    """Return the service over a point that keeps its log to itself."""
    return Service(
        cast("LivePoint", Pointing(certification())),
        Callers([Known(CERTIFIER, tokens=(digest_of(TOKEN),))]),
        surfaces(""),
        limits=Limits(rate=1_000_000, burst=1_000_000),
    )


# What the service tells of itself; how it fares takes no words of a caller's.
schema = schemathesis.openapi.from_asgi("/openapi.json", service()).exclude(
    path=["/health", "/metrics"]
)


@schema.parametrize()
@settings(max_examples=25)
def test_the_service_keeps_to_its_description(case):
    """By every endpoint: no failure, a status that is described, and its shape."""
    case.call_and_validate(
        headers=HEADERS,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
