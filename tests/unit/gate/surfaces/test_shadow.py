"""Every protocol in shadow mode: an allowance, with nothing to carry out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.gate.point.asked import Caller
from ringfence.gate.point.book import Book
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.point.recording import Pace, Recorder
from ringfence.gate.point.shadow import ShadowPoint
from ringfence.gate.service.callers import Callers, Known, digest_of
from ringfence.gate.service.speaking import MODE, surfaces
from tests import trinoing
from tests.serving import WORD, decisions, ledger, request, service

WEI = "person:wei"
KIND = {"content-type": "application/json"}
HIDDEN = "dataset:warehouse/public.secret"
SCHEMA = {"catalogName": "warehouse", "schemaName": "public"}
PERSON = {"table": trinoing.table("person")}
CALLERS = Callers(
    [Known(Caller("tests", obeys=frozenset({"mask", "rows"})), (digest_of(WORD),))]
)
QUESTION = {
    "subject": {"type": "person", "id": "wei"},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "warehouse/public.person"},
}
INPUT = {"input": {"principal": WEI, "verb": "read", "resource": HIDDEN}}


def held() -> Held:
    """Return a scene in which Wei may read nothing of what is protected."""
    return Held(trinoing.scene(), "9")


def trino(operation: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    """Return a question of Trino's about Wei."""
    action = {"operation": operation, "resource": resource or {}, **more}
    return trinoing.told("wei", action)


def replies(
    folder: Path, *asked: tuple[str, str, Any, dict[str, str]], in_force: bool
) -> list[tuple[int, Any]]:
    """Return what a service in shadow mode replies, with a scene or without one."""

    async def ask() -> list[tuple[int, Any]]:
        point = ShadowPoint(Recorder(Book(folder), pace=Pace(publish=60.0)))
        await point.recorder.start()
        if in_force:
            point.install(held())
        app = service(
            point,
            callers=CALLERS,
            surfaces=surfaces("https://gate.example", shadow=True),
        )
        found = []
        for method, path, body, headers in asked:
            content = b"" if body is None else json.dumps(body).encode()
            status, _, told = await request(app, method, path, content, KIND | headers)
            found.append((status, json.loads(told) if told else None))
        await point.recorder.close()
        return found

    return asyncio.run(ask())


ALLOWED: list[tuple[str, Any, Any]] = [
    ("/v1/data/trino/allow", trino("SelectFromColumns", PERSON), {"result": True}),
    (
        "/v1/data/trino/allow",
        trino("CreateSchema", {"schema": SCHEMA}),
        {"result": True},
    ),
    ("/v1/data/trino/allow", trino("WhateverComesLater"), {"result": True}),
    (
        "/v1/data/trino/batch",
        trinoing.told(
            "wei",
            {
                "operation": "FilterTables",
                "filterResources": [PERSON, {"table": trinoing.table("secret")}],
            },
        ),
        {"result": [0, 1]},
    ),
    (
        "/v1/data/trino/rowFilters",
        trino("GetRowFilters", {"table": trinoing.table("visit")}),
        {"result": []},
    ),
    (
        "/v1/data/trino/rowFilters",
        trino("GetRowFilters", {"table": trinoing.table("secret")}),
        {"result": []},
    ),
    (
        "/v1/data/trino/columnMask",
        trino("GetColumnMask", trinoing.column("person", "ssn")),
        {},
    ),
    (
        "/v1/data/trino/batchColumnMasks",
        trinoing.told(
            "wei",
            {
                "operation": "GetColumnMask",
                "filterResources": [
                    trinoing.column("person", "ssn"),
                    trinoing.column("person", "email"),
                ],
            },
        ),
        {"result": []},
    ),
    ("/v0/data/ringfence/allow", INPUT["input"], True),
]


@pytest.mark.parametrize("in_force", [True, False])
@pytest.mark.parametrize(("path", "body", "result"), ALLOWED)
def test_trino_and_opa_are_allowed(
    path: str, body: Any, result: Any, *, in_force: bool, tmp_path: Path
):
    """Whatever would be denied, filtered or masked is as if nobody had asked."""
    folder = ledger(tmp_path / "l")
    [(status, told)] = replies(folder, ("POST", path, body, {}), in_force=in_force)
    assert (status, told) == (200, result)


@pytest.mark.parametrize("in_force", [True, False])
def test_every_other_protocol_allows(*, in_force: bool, tmp_path: Path):
    """AuthZEN, OPA's own documents, its conditions on rows, Envoy."""
    folder = ledger(tmp_path / "l")
    several = {**QUESTION, "evaluations": [{}, {"action": {"name": "delete"}}]}
    envoy = {"x-ringfence-principal": WEI, "x-ringfence-resource": HIDDEN}
    found = replies(
        folder,
        ("POST", "/access/v1/evaluation", QUESTION, {}),
        ("POST", "/access/v1/evaluations", several, {}),
        ("POST", "/v1/data/ringfence/allow", INPUT, {}),
        ("POST", "/v1/data/ringfence/decision", INPUT, {}),
        (
            "POST",
            "/v1/compile/ringfence/allow",
            INPUT,
            {"accept": "application/vnd.opa.sql.duckdb+json"},
        ),
        ("GET", "/envoy/x", None, envoy),
        ("GET", "/envoy/x", None, {}),
        in_force=in_force,
    )
    assert [status for status, _ in found] == [200] * len(found)
    one, all_, allow, decision, rows, *_ = (told for _, told in found)
    assert one["decision"] is True
    assert one["context"].get("obligations") is None
    assert "shadow mode allows everything" in one["context"]["reasons"][0]
    assert [told["decision"] for told in all_["evaluations"]] == [True, True]
    assert allow["result"] is True
    said = decision["result"]
    assert (said["allow"], said["masks"], said.get("rows")) == (True, {}, None)
    assert rows["result"] == {"query": "WHERE TRUE"}


def test_what_is_no_question_is_refused_as_ever(tmp_path: Path):
    """A body that can't be understood, a caller that nobody knows, no such path."""
    found = replies(
        ledger(tmp_path / "l"),
        ("POST", "/access/v1/evaluation", {"subject": 1}, {}),
        ("POST", "/v1/data/trino/allow", {}, {}),
        ("POST", "/access/v1/evaluation", QUESTION, {"authorization": "Bearer no"}),
        ("POST", "/nothing", None, {}),
        in_force=True,
    )
    assert [status for status, _ in found] == [400, 400, 401, 404]


def test_the_log_says_what_trino_would_be_refused(tmp_path: Path):
    """Also where no decision denies, and the operation alone is for insiders."""
    folder = ledger(tmp_path / "l")
    [(status, told)] = replies(
        folder,
        ("POST", "/v1/data/trino/allow", trino("CreateSchema", {"schema": SCHEMA}), {}),
        in_force=True,
    )
    assert (status, told) == (200, {"result": True})
    lines = [*decisions(folder).values()]
    assert any(not one["allowed"] for one in lines)
    assert all(one["shadow"] for one in lines)


def test_what_is_refused_beside_allowing_decisions_is_logged_once(tmp_path: Path):
    """A plain table's columns may be altered by decision, and granted by insiders."""
    folder = ledger(tmp_path / "l")
    plain = {"table": trinoing.table("shop")}
    grantee = {"name": "eve", "type": "USER"}
    body = trino("GrantTablePrivilege", plain, grantee=grantee)
    once = trino("SetTableAuthorization", plain, grantee=grantee)
    for one in (body, once):
        [(status, told)] = replies(
            folder, ("POST", "/v1/data/trino/allow", one, {}), in_force=True
        )
        assert (status, told) == (200, {"result": True})
    denied = [one["verb"] for one in decisions(folder).values() if not one["allowed"]]
    assert "trino:SetTableAuthorization" in denied


def test_metadata_and_health_say_so(tmp_path: Path):
    """AuthZEN's metadata have a member of ours; without an address there are none."""
    metadata = "/.well-known/authzen-configuration"
    found = replies(
        ledger(tmp_path / "l"),
        ("GET", metadata, None, {}),
        ("GET", "/health", None, {}),
        in_force=True,
    )
    assert found[0][0] == 200
    assert found[0][1][MODE] == "shadow"
    assert found[0][1]["policy_decision_point"] == "https://gate.example"
    assert found[1] == (
        200,
        {"ledger": True, "mode": "shadow", "ready": True, "version": 0},
    )

    async def bare(point: LivePoint) -> tuple[int, dict[str, str], bytes]:
        app = service(point, surfaces=surfaces("", shadow=True))
        return await request(app, "GET", metadata)

    point = ShadowPoint(Recorder(Book(tmp_path / "l")))
    status, _, body = asyncio.run(bare(point))
    assert (status, json.loads(body)) == (
        404,
        "nobody has said where the gate is found",
    )


def test_an_enforcing_service_says_nothing_of_shadow(tmp_path: Path):
    """Its metadata have no member of ours, and its health says that it enforces."""

    async def ask(path: str) -> Any:
        app = service(point, surfaces=surfaces("https://gate.example"))
        return json.loads((await request(app, "GET", path))[2])

    point = LivePoint(Recorder(Book(tmp_path / "l")))
    assert MODE not in asyncio.run(ask("/.well-known/authzen-configuration"))
    assert asyncio.run(ask("/health"))["mode"] == "enforce"


def test_figures_can_not_be_taken_for_those_of_enforcement(tmp_path: Path):
    """Decisions have another name, and a gauge says that nothing is enforced."""
    folder = ledger(tmp_path / "l")

    async def figures(kind: type[LivePoint]) -> str:
        point = kind(Recorder(Book(folder), pace=Pace(publish=60.0)))
        await point.recorder.start()
        point.install(held())
        app = service(point, callers=CALLERS, surfaces=surfaces(""))
        content = json.dumps(QUESTION).encode()
        await request(app, "POST", "/access/v1/evaluation", content, KIND)
        _, _, body = await request(app, "GET", "/metrics")
        await point.recorder.close()
        return body.decode()

    text = asyncio.run(figures(ShadowPoint))
    assert 'ringfence_shadow_decisions_total{surface="authzen",reason="' in text
    assert "\nringfence_decisions_total" not in text
    assert "\nringfence_shadow 1\n" in text
    assert "\nringfence_shadow_unlogged_total 0\n" in text
    text = asyncio.run(figures(LivePoint))
    assert "ringfence_decisions_total{" in text
    assert "\nringfence_shadow 0\n" in text
    assert "unlogged" not in text
