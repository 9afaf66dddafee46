"""The decision as Cedar: what is joined beforehand, what isn't, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import cedarpy
import msgspec
import pytest

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Known, Leave, Marker, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.errors import ConfigError
from ringfence.gate.compile.cedar import cedar, cedar_request, text

NOW = "2024-03-01T00:00:00Z"
USERS, LOG = "dataset:wh/s.users", "dataset:wh/s.log"
NAMES = [
    "plain",
    'a"b',
    "a\\",
    "${x}",
    "\n\t\x0b\x7f",
    "国é🦊",
    "\u2028",
    "*",
    "' || true",
]
OUT = Request("person:li", "read", USERS)


def scene(name: str = "region", **more: object) -> Scene:
    """Return a scene with a name in every place that has one."""
    made = Scene(
        boundary="",
        estate="",
        since="2024-01-01T00:00:00Z",
        until="2025-01-01T00:00:00Z",
        gate=Gate((name,)),
        selectors=(Selector(name, Attribute("residence", ("CN",)), Owned()),),
        people={
            "person:li": Known({"residence": ("CN",)}),
            f"person:{name}": Known({"residence": ("US",)}),
        },
        entities={name: {"legal_entity:state": Status.YES}},
        datasets={
            USERS: Dataset(
                {"id": Status.NO, name: Status.YES},
                rows=Marker(name, (name,)),
                masks={name: "hash"},
            ),
            LOG: Dataset({"line": Status.NO}),
        },
        stores={
            "store:wh": (USERS, LOG),
            "store:log": (LOG,),
            "store:more": (USERS, "dataset:new"),
            "store:empty": (),
        },
        leaves=(
            Leave(
                name,
                who=("person:li", "person:unheard"),
                columns=(f"wh/s.users.{name}",),
                purpose=name,
                cap=5,
                until="2024-06-01T00:00:00Z",
                since="2024-02-01T00:00:00Z",
            ),
        ),
    )
    return msgspec.structs.replace(made, **more)


def allowed(
    chosen: Scene, request: Request, now: str = NOW, counted: int | None = None
) -> bool:
    """Return whether Cedar allows a request, as the reference has to."""
    counts = {} if counted is None else {chosen.leaves[0].name: counted}
    rules, entities = cedar(chosen)
    told = cedarpy.is_authorized(
        cedar_request(chosen, request, now, counts), rules, entities.decode()
    )
    assert told.diagnostics.errors == []
    assert told.allowed == decide(chosen, request, now, counts).allowed
    return told.allowed


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_escaped(name: str):
    """No name, id, value or key ends the text that it stands in."""
    chosen = scene(name)
    assert allowed(chosen, replace(OUT, principal=f"person:{name}"))
    assert not allowed(chosen, OUT)
    assert not allowed(chosen, replace(OUT, row={name: name}))
    assert allowed(chosen, replace(OUT, row={name: name + "x"}))
    conceded = replace(OUT, purpose=name, subjects=2)
    assert allowed(chosen, conceded)
    assert allowed(chosen, conceded, counted=3)
    assert not allowed(chosen, conceded, counted=4)
    assert not allowed(chosen, replace(conceded, purpose=name + "x"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"principal": "person:nobody"}, False),
        ({"principal": "legal_entity:state"}, False),
        ({"verb": "fly"}, False),
        ({"columns": ("id",)}, True),
        ({"columns": ("id", "region")}, False),
        ({"columns": ("new",)}, False),
        ({"resource": "column:wh/s.users.id"}, True),
        ({"resource": "column:wh/s.users.region"}, False),
        ({"resource": LOG}, True),
        ({"resource": "dataset:new"}, False),
        ({"resource": "store:log"}, True),
        ({"resource": "store:log", "columns": ("new",)}, True),
        ({"resource": "store:wh"}, False),
        ({"resource": "store:empty"}, False),
        ({"resource": "store:wh", "row": {"region": "EU"}}, True),
        ({"resource": "store:more", "row": {"region": "EU"}}, False),
        ({"row": {"region": None}}, False),
        ({"row": {}}, False),
        ({"row": {"region": "EU"}, "resource": LOG}, True),
        ({"principal": "person:unheard", "purpose": "region", "subjects": 1}, True),
        ({"purpose": "region", "subjects": -1}, False),
        ({"purpose": "region"}, False),
    ],
)
def test_what_is_allowed(more: dict[str, object], expected: bool):  # noqa: FBT001
    """Each part of a request counts in Cedar as it does in the reference."""
    assert allowed(scene(), replace(OUT, **more)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"obeys": frozenset({"rows"})}, True),
        ({"obeys": frozenset({"mask"})}, True),
        ({"obeys": frozenset({"mask"}), "columns": ("id", "region")}, True),
        ({"obeys": frozenset({"mask"}), "columns": ("new",)}, False),
        ({"obeys": frozenset({"mask", "rows"}), "verb": "update"}, False),
        ({"obeys": frozenset({"mask"}), "resource": "store:wh"}, True),
        ({"obeys": frozenset({"mask"}), "resource": "store:more"}, False),
    ],
)
def test_what_is_obeyed(more: dict[str, object], expected: bool):  # noqa: FBT001
    """Masks and row filters allow what they cover, and nothing of two datasets."""
    chosen = scene(leaves=())
    assert allowed(chosen, replace(OUT, **more)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "now",
    [
        "2023-12-31T23:59:59Z",
        "2024-01-01T00:00:00Z",
        "2024-01-31T23:59:59Z",
        "2024-02-01T00:00:00Z",
        "2024-05-31T23:59:59Z",
        "2024-06-01T00:00:00Z",
        "2025-01-01T00:00:00Z",
    ],
)
def test_times(now: str):
    """A scene and an exception begin and end in Cedar when they do in the reference."""
    allowed(scene(), replace(OUT, purpose="region", subjects=1), now)
    allowed(scene(), replace(OUT, principal="person:region"), now)


def test_grants_are_joined_beforehand():
    """In the mode `grants`, the request says whether each column is granted."""
    chosen = scene(gate=Gate(("region",), mode="grants"))
    request = replace(OUT, principal="person:region")
    context = cedar_request(chosen, request, NOW, {})["context"]
    assert isinstance(context, dict)
    assert context["granted"] is False
    assert not allowed(chosen, request)
    plain = cedar_request(scene(), request, NOW, {})["context"]
    assert isinstance(plain, dict)
    assert "granted" not in plain


def test_a_gate_that_counts_every_verb_or_one():
    """The verbs that aren't counted pass, if there are any."""
    readers = scene(gate=Gate(("region",), verbs=("read",)))
    assert allowed(readers, replace(OUT, verb="update"))
    assert not allowed(readers, OUT)
    assert not allowed(scene(), replace(OUT, verb="update"))


@pytest.mark.parametrize(
    ("request_", "now", "message"),
    [
        (replace(OUT, stated={"team": ("x",)}), NOW, "can't state attributes"),
        (OUT, "yesterday", "is no instant"),
        (OUT, "2024-03-01T00:00:00.5Z", "is no instant"),
        (replace(OUT, subjects=2**63), NOW, "more than Cedar counts to"),
    ],
)
def test_what_cedar_cannot_be_asked(request_: Request, now: str, message: str):
    """What Cedar would answer in another way is refused, with what to do."""
    with pytest.raises(ConfigError, match=message):
        cedar_request(scene(), request_, now, {})


def test_the_same_scene_gives_the_same_bytes():
    """Two compilers write the same, letter for letter."""
    assert cedar(scene()) == cedar(scene())
    assert text('"\\\n') == '"\\"\\\\\\u{a}"'
