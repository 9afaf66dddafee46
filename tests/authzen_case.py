"""Two estates that AuthZEN's own scenarios speak of, and how they are asked.

The certification scenario has two records, one of them archived; the interoperability
scenario is a list of things to do, of which editors change only their own.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from msgspec import structs

from ringfence.boundary.decision.scene import Dataset, Grant, Known, Scene
from ringfence.boundary.model import Gate
from ringfence.boundary.order import Naming
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.authzen import ROUTES
from ringfence.guard.tree import Absent, All, AnyOf, Compare, Condition

Value = TypeVar("Value")
Json = dict[str, Any]

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
SEARCH = "/access/v1/search/"
TODO_PEOPLE = {
    "CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "rick@the-citadel.com",
    "CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "morty@the-citadel.com",
    "CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "summer@the-smiths.com",
    "CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "beth@the-smiths.com",
    "CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "jerry@the-smiths.com",
}


# --- how they are asked ---------------------------------------------------------------


def run(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Return what a coroutine returns that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: Value = done.value
        return value
    raise AssertionError("it waits")


def posted(point: Point, caller: Caller, path: str, body: bytes, **more: str) -> Reply:
    """Return the reply to a body; `more` are headers, but for the content type."""
    headers = {"content-type": "application/json"} | more
    call = Call("POST", path, headers, body)
    return run(ROUTES[f"POST {path}"](point, caller, call))


def told(point: Point, caller: Caller, path: str, body: object) -> Any:
    """Return what a sound question is answered."""
    reply = posted(point, caller, path, json.dumps(body).encode())
    assert reply.status == 200, reply
    return json.loads(reply.body)


def question(
    who: str, does: str, what: str, kind: str = "record", **more: Json
) -> Json:
    """Return a question; `more` are the properties of its parts, and the context."""
    asked: Json = {
        "subject": {"type": "user", "id": who},
        "action": {"name": does},
        "resource": {"type": kind, "id": what},
    }
    for name, told_ in more.items():
        if name == "context":
            asked["context"] = told_
        else:
            asked[name]["properties"] = told_
    return asked


def changed(scene: Scene, **more: Any) -> Scene:
    """Return a scene with other parts."""
    return structs.replace(scene, **more)


# --- certification --------------------------------------------------------------------

CERTIFIER = Caller(
    "certifier",
    types={"record": "dataset"},
    actions={"write": "update"},
    trusts=frozenset({"person", "dataset"}),
)


def _is(key: str, value: str) -> Condition:
    return Compare(key, "equals", (value,))


def _as_stored(key: str, value: str) -> Condition:
    """What is stored is so, unless the request says otherwise."""
    return AnyOf((Absent(key), _is(key, value)))


def certification() -> Scene:
    """Return alice and bob, an active record and an archived one."""
    first, second = "dataset:record-1", "dataset:record-2"
    status, alice, bob = "resource.status", ("person:alice",), ("person:bob",)
    admin = AnyOf(
        (
            _is("principal.role", "admin"),
            All((Absent("principal.role"), _is("principal.team", "admin"))),
        )
    )
    archived = All((admin, _as_stored(status, "archived")))
    unarchived = All((admin, _is(status, "archived")))
    soft = _is("action.soft", "true")
    return _scene(
        {"person:alice": Known(), "person:bob": Known({"team": ("admin",)})},
        (first, second),
        Grant((*alice, *bob), ("read",), (first, second)),
        Grant(alice, ("update",), (first,), _as_stored(status, "active")),
        Grant(alice, ("update",), (second,), _is(status, "active")),
        Grant(alice, ("delete",), (first, second), soft),
        Grant(bob, ("update",), (first,), unarchived),
        Grant(bob, ("update",), (second,), archived),
    )


def _scene(
    people: Mapping[str, Known], datasets: tuple[str, ...], *grants: Grant
) -> Scene:
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since="2020-01-01T00:00:00Z",
        until="2999-01-01T00:00:00Z",
        gate=Gate((), mode="grants"),
        selectors=(),
        people={**people},
        entities={},
        datasets={one: Dataset() for one in datasets},
        grants=grants,
    )


ACTIVE, ARCHIVED = {"status": "active"}, {"status": "archived"}
ADMIN = {"role": "admin"}
BASIC: list[tuple[Json, bool]] = [
    (question("alice", "read", "record-1"), True),
    (question("alice", "write", "record-1"), True),
    (question("alice", "write", "record-1", resource=ACTIVE), True),
    (question("alice", "write", "record-1", resource=ARCHIVED), False),
    (question("alice", "write", "record-2"), False),
    (question("alice", "write", "record-2", resource=ARCHIVED), False),
    (question("alice", "delete", "record-1", action={"soft": True}), True),
    (question("alice", "delete", "record-1", action={"soft": False}), False),
    (question("alice", "delete", "record-1"), False),
    (question("bob", "read", "record-1"), True),
    (question("bob", "read", "record-2"), True),
    (question("bob", "write", "record-1"), False),
    (question("bob", "write", "record-1", subject=ADMIN, resource=ACTIVE), False),
    (question("bob", "write", "record-2", subject=ADMIN, resource=ARCHIVED), True),
    (question("bob", "write", "record-2", subject={"role": "guest"}), False),
    (question("bob", "write", "record-2"), True),
    (question("carol", "read", "record-1"), False),
    (question("alice", "read", "record-9"), False),
    (question("alice", "read", "record-1", kind="alien"), False),
    (question("alice", "fly", "record-1"), False),
]
"""Questions of the certification scenario, and whether each is to be allowed."""

# --- things to do ---------------------------------------------------------------------

TODO_CALLER = Caller(
    "todo",
    types={"todo": "dataset"},
    actions={
        "can_read_user": "read",
        "can_read_todos": "read",
        "can_create_todo": "insert",
        "can_update_todo": "update",
        "can_delete_todo": "delete",
    },
    principals=tuple(
        Naming(name, f"person:{mail}") for name, mail in TODO_PEOPLE.items()
    ),
    resources=(
        Naming("user:*", "dataset:todo/people"),
        Naming("todo:*", "dataset:todo/todos"),
    ),
    trusts=frozenset({"dataset"}),
)


def todo() -> Scene:
    """Return an administrator, two editors of what is their own, and two viewers."""
    rick, *editors = list(TODO_PEOPLE.values())[:3]
    everybody = tuple(f"person:{mail}" for mail in TODO_PEOPLE.values())
    people, todos = "dataset:todo/people", "dataset:todo/todos"
    own = (
        Grant(
            (f"person:{mail}",),
            ("update", "delete"),
            (todos,),
            _is("resource.ownerID", mail),
        )
        for mail in editors
    )
    return _scene(
        {one: Known() for one in everybody},
        (people, todos),
        Grant(everybody, ("read",), (people, todos)),
        Grant((f"person:{rick}",), VERBS, (todos,)),
        Grant(everybody[:3], ("insert",), (todos,)),
        *own,
    )
