"""A small scene behind Trino, and questions as its OPA plugin sends them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ringfence.boundary.decision.scene import (
    Dataset,
    Grant,
    Known,
    Leave,
    Marker,
    Scene,
)
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.guarding import Handler
from ringfence.gate.surfaces.trino import ROUTES

ANN, WEI, MAX = "ann", "wei", "max"  # inside, excluded, perhaps
CALLER = Caller("trino", obeys=frozenset({"mask", "rows"}))
ADDRESSES = ("allow", "batch", "rowFilters", "columnMask", "batchColumnMasks")
_NO, _YES = Status.NO, Status.YES
DATASETS = {
    "dataset:warehouse/public.shop": Dataset({"id": _NO, "name": _NO}),
    "dataset:warehouse/public.person": Dataset(
        {"id": _NO, "email": _YES, "ssn": _YES, "born": _YES},
        masks={"email": "last4", "born": "year"},
    ),
    "dataset:warehouse/public.visit": Dataset(
        {"id": _NO, "note": _YES, "region": _NO},
        rows=Marker("region", ("US", "O'R", "São")),
    ),
    "dataset:warehouse/public.secret": Dataset({"x": _YES}),
    "dataset:warehouse/public.odd": Dataset({}, status=Status.UNKNOWN),
}


def scene(
    *,
    mode: Any = "fence",
    granted: tuple[str, ...] = (),
    with_leave: bool = False,
    verbs: tuple[str, ...] = ("any",),
) -> Scene:
    """Return a scene: a warehouse, somebody inside, some who aren't, or may not be."""
    leave = Leave(
        "repair", ("person:liu",), ("warehouse/public.secret.x",), "r", 1, "9"
    )
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since="2026-01-01T00:00:00Z",
        until="2027-01-01T00:00:00Z",
        gate=Gate(("abroad",), mode=mode, verbs=verbs),
        selectors=(Selector("abroad", Attribute("residence", ("CN",)), Owned("50")),),
        people={
            "person:ann": Known({"residence": ("US",)}),
            "person:eve": Known({"residence": ("US",)}),
            "person:wei": Known({"residence": ("CN",)}),
            "person:liu": Known({"residence": ("CN",)}),
            "person:max": Known({}),
        },
        entities={"abroad": {}},
        datasets=DATASETS,
        stores={"store:warehouse": tuple(DATASETS)},
        leaves=(leave,) if with_leave else (),
        grants=(Grant(granted, VERBS, tuple(DATASETS)),) if granted else (),
    )


def table(
    name: str, schema: str = "public", catalog: str = "warehouse"
) -> dict[str, Any]:
    """Return a table as Trino names it."""
    return {"catalogName": catalog, "schemaName": schema, "tableName": name}


def column(name: str, column: str, type_: str = "varchar") -> dict[str, Any]:
    """Return a column as Trino names it."""
    return {"column": {**table(name), "columnName": column, "columnType": type_}}


def told(who: str, action: dict[str, Any]) -> dict[str, Any]:
    """Return a question of Trino's."""
    identity = {"user": who, "groups": []}
    context = {
        "identity": identity,
        "queryId": "q1",
        "softwareStack": {"trinoVersion": "476"},
    }
    return {"input": {"context": context, "action": action}}


def replied(handler: Handler, point: Point, caller: Caller, call: Call) -> Reply:
    """Return the reply of a handler."""

    async def reply() -> Reply:
        return await handler(point, caller, call)

    return asyncio.run(reply())


def ask(address: str, body: object, point: Point, caller: Caller = CALLER) -> Reply:
    """Return the reply of one of Trino's addresses to a body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    call = Call(
        "POST",
        f"/v1/data/trino/{address}",
        {"content-type": "application/json"},
        content,
    )
    return replied(ROUTES[f"POST /v1/data/trino/{address}"], point, caller, call)


def result(address: str, who: str, action: dict[str, Any], point: Point) -> Any:
    """Return the result of a question that is answered; None: there is none."""
    reply = ask(address, told(who, action), point)
    assert reply.status == 200, reply.body
    return json.loads(reply.body).get("result")
