"""The service: whom it admits, how much it takes, and what it says when it can't."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ringfence.gate.point.asked import Caller, UnansweredError
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.live import LivePoint
from ringfence.gate.point.point import Point
from ringfence.gate.service.app import description
from ringfence.gate.service.limits import Bucket, Limits
from ringfence.gate.service.speaking import surfaces
from ringfence.gate.service.table import Table
from ringfence.gate.service.wire import NAMES
from tests.serving import ledger, request, service, standing, within

Asking = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]


async def shown(_: Point, caller: Caller, call: Call) -> Reply:
    """Tell what was asked."""
    said = [caller.name, call.method, call.path, call.body.decode(), call.query]
    return Reply(200, json.dumps([*said, sorted(call.headers)]).encode())


async def failing(_: Point, __: Caller, ___: Call) -> Reply:
    raise KeyError("secret")


async def unanswered(_: Point, __: Caller, ___: Call) -> Reply:
    raise UnansweredError("no scene is in force")


async def slow(_: Point, __: Caller, ___: Call) -> Reply:
    await asyncio.Event().wait()
    return Reply(200)


async def adorned(_: Point, __: Caller, ___: Call) -> Reply:
    return Reply(403, b"no", "text/plain", (("x-envoy-auth", "a"),))


ROUTES = {
    "POST /ask": shown,
    "* /below/*": shown,
    "POST /failing": failing,
    "POST /unanswered": unanswered,
    "POST /slow": slow,
    "GET /adorned": adorned,
    "POST /v1/data/*": shown,
}


@pytest.fixture
def asks(tmp_path: Path) -> Callable[..., Any]:
    """Return what asks a service of these routes one question."""
    folder = ledger(tmp_path / "l")

    def ask(*told: Any, parts: dict[str, Any] | None = None, **more: Any) -> Any:
        async def once(point: LivePoint) -> Any:
            app = service(point, surfaces=[ROUTES], **(parts or {}))
            return await request(app, *told, **more)

        return within(standing(folder), once)

    return ask


def test_a_handler_is_asked_with_what_came(asks: Any):
    """Handlers see method, path, query, body and headers, and not the token."""
    status, headers, body = asks(
        "POST", "/ask", b"{}", query_string=b"a=1", headers={"x-request-id": "r-9"}
    )
    assert status == 200
    told = json.loads(body)
    assert told[:5] == ["tests", "POST", "/ask", "{}", "a=1"]
    assert "authorization" not in told[5]
    assert headers["x-request-id"] == "r-9"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/ask", {"authorization": "Bearer wrong"}, 401),
        ("POST", "/ask", {"authorization": ""}, 401),
        ("POST", "/ask", {"authorization": "Basic YTpi"}, 401),
        ("POST", "/ask", {"x-ringfence-token": "wrong"}, 401),
        ("GET", "/metrics", {"authorization": ""}, 401),
        ("GET", "/nothing", {"authorization": ""}, 401),
        ("GET", "/nothing", {}, 404),
        ("GET", "/below", {}, 404),
        ("GET", "/askk", {}, 404),
        ("GET", "/ask", {}, 405),
        ("HEAD", "/health", {}, 405),
        ("POST", "/ask", {"content-length": "65537"}, 413),
        ("POST", "/v1/data/x", {"content-length": "1048577"}, 413),
        ("POST", "/ask", {"content-encoding": "gzip", "content-length": "1"}, 415),
        ("POST", "/ask", {"x-a": "y" * 17_000}, 431),
        ("POST", "/failing", {}, 500),
        ("POST", "/unanswered", {}, 503),
    ],
)
def test_what_is_refused(
    asks: Any, method: str, path: str, headers: dict[str, str], status: int
):
    """Each refusal has its status and one sentence, and tells nothing else."""
    found, told, body = asks(method, path, b"", headers)
    assert found == status
    assert isinstance(json.loads(body), str)
    assert b"secret" not in body
    assert ("www-authenticate" in told) is (status == 401)
    assert ("allow" in told) is (status == 405)


def test_any_method_and_any_path_below(asks: Any):
    """A key with a star takes every method, and every path below its own."""
    for method, path in (("PUT", "/below/a/b"), ("GET", "/below/")):
        status, _, body = asks(method, path)
        assert (status, json.loads(body)[2]) == (200, path)


def test_a_token_may_come_in_a_header_of_its_own(asks: Any):
    """Where `authorization` is of somebody else it stays for the handler to see."""
    headers = {"x-ringfence-token": "a token that nobody guesses"}
    headers["authorization"] = "Bearer of somebody else"
    status, _, body = asks("POST", "/ask", b"", headers)
    assert status == 200
    assert "authorization" in json.loads(body)[5]
    assert "x-ringfence-token" not in json.loads(body)[5]


def test_a_body_in_pieces_is_bounded(asks: Any):
    """A body whose length nobody says is counted as it comes."""
    assert asks("POST", "/ask", [b"a", b"b"])[0] == 200
    assert asks("POST", "/ask", [b"a" * 40_000, b"b" * 40_000])[0] == 413
    assert asks("POST", "/ask", [b"a" * 65_537])[0] == 413
    assert asks("POST", "/v1/data/x", [b"a" * 40_000, b"b" * 40_000])[0] == 200


def test_who_goes_before_all_is_said_has_no_answer(asks: Any):
    """A connection that ends in the middle of a body is given up."""
    assert asks("POST", "/ask", [], headers={"content-length": "5"})[0] == 0


def test_what_takes_too_long_is_given_up(asks: Any):
    """A handler that hangs is an error in the end."""
    status, _, body = asks("POST", "/slow", parts={"limits": Limits(seconds=0.05)})
    assert (status, json.loads(body)) == (503, "there was no answer in time")


def test_a_body_that_does_not_arrive_is_given_up(tmp_path: Path):
    """A body that stops in the middle is 408 in the end."""

    async def ask(point: LivePoint) -> int:
        app = service(point, surfaces=[ROUTES], limits=Limits(seconds=0.05))
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/ask",
            "query_string": b"",
            "headers": [
                (b"authorization", b"bearer a token that nobody guesses"),
                (b"content-length", b"5"),
            ],
        }
        await app(scope, receive, send)
        return int(sent[0]["status"])

    assert within(standing(ledger(tmp_path / "l")), ask) == 408


def test_a_caller_who_asks_too_often_is_told_when(tmp_path: Path):
    """Beyond its burst a caller gets 429 and when to come again; others don't."""

    async def ask(point: LivePoint) -> list[int]:
        app = service(point, surfaces=[ROUTES], limits=Limits(rate=1, burst=2))
        found = [await request(app, "POST", "/ask") for _ in range(3)]
        assert found[2][1]["retry-after"] == "1"
        assert (await request(app, "GET", "/health"))[0] == 200
        return [one[0] for one in found]

    assert within(standing(ledger(tmp_path / "l")), ask) == [200, 200, 429]


def test_a_bucket_fills_at_its_rate():
    """A bucket gives its burst, then one token each time there is one again."""
    bucket = Bucket(2, 3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(0.5) == 0
    assert bucket.take(0.4) == 0.5
    assert [bucket.take(100.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_handler_chooses_its_reply(asks: Any):
    """Status, type and headers are the handler's."""
    status, headers, body = asks("GET", "/adorned")
    assert (status, headers["content-type"], body) == (403, "text/plain", b"no")
    assert headers["x-envoy-auth"] == "a"


def test_a_certificate_names_its_caller(tmp_path: Path):
    """Who shows a certificate is the caller of its name, or may not ask."""
    from ringfence.gate.service.callers import Callers, Known  # noqa: PLC0415

    callers = Callers([Known(Caller("trino"), names=("DNS:trino.example",))])

    async def ask(point: LivePoint) -> list[int]:
        app = service(point, surfaces=[ROUTES], callers=callers)
        found = []
        for names in (("DNS:trino.example", "CN=x"), ("CN=other",), ()):
            extensions = {NAMES: {"names": names}} if names else {}
            status, _, _ = await request(
                app, "POST", "/ask", b"", {"authorization": ""}, extensions=extensions
            )
            found.append(status)
        return found

    assert within(standing(ledger(tmp_path / "l")), ask) == [200, 403, 401]


def test_health_tells_what_is_missing(tmp_path: Path):
    """The service is healthy with a scene in force and a ledger, and else not."""
    folder = ledger(tmp_path / "l")

    async def ask(point: LivePoint) -> tuple[int, Any]:
        status, _, body = await request(
            service(point), "GET", "/health", headers={"authorization": ""}
        )
        return status, json.loads(body)

    assert within(standing(folder), ask) == (
        200,
        {"ledger": True, "mode": "enforce", "ready": True, "version": 0},
    )
    status, told = asyncio.run(ask(standing(folder)))
    assert (status, told["ready"], told["ledger"]) == (503, False, False)


def test_metrics_count_what_was_answered(tmp_path: Path):
    """The figures are text of Prometheus: answers by reason, replies by status."""

    async def ask(point: LivePoint) -> str:
        app = service(point, surfaces=[{"POST /failing": failing}, *surfaces("")])
        body = json.dumps(
            {
                "subject": {"type": "person", "id": "li"},
                "action": {"name": "read"},
                "resource": {"type": "column", "id": "wh/s.people.email"},
            }
        ).encode()
        kind = {"content-type": "application/json"}
        status, _, found = await request(
            app, "POST", "/access/v1/evaluation", body, kind
        )
        assert status == 200, found
        assert (await request(app, "POST", "/failing"))[0] == 500
        return (await request(app, "GET", "/metrics"))[2].decode()

    text = within(standing(ledger(tmp_path / "l")), ask)
    assert 'ringfence_decisions_total{surface="authzen",reason="' in text
    assert 'ringfence_replies_total{status="500"} 1' in text
    assert "ringfence_ready 1" in text
    assert 'ringfence_reply_seconds_bucket{le="+Inf"} 2' in text
    assert "ringfence_scene_until_seconds 32472144000" in text


def test_a_failure_is_told_to_whoever_runs_the_service(tmp_path: Path):
    """What went wrong is a line on standard error, and no line of the reply."""
    told: list[str] = []

    async def ask(point: LivePoint) -> None:
        app = service(point, surfaces=[ROUTES], tell=told.append)
        await request(app, "POST", "/failing")

    within(standing(ledger(tmp_path / "l")), ask)
    assert told == ["'/failing' failed: KeyError: 'secret'"]


def test_only_http_is_spoken(tmp_path: Path):
    """A connection that is no HTTP is refused; begin and end are done once each."""
    done: list[str] = []

    async def live() -> None:
        done.append("x")

    async def ask(point: LivePoint) -> None:
        app = service(point, begin=live, end=live)
        with pytest.raises(NotImplementedError):
            await app({"type": "websocket"}, None, None)  # type: ignore[arg-type]
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent: list[str] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    within(standing(ledger(tmp_path / "l")), ask)
    assert done == ["x", "x"]


@pytest.mark.parametrize("key", ["POST", "POST ask", " /ask"])
def test_a_key_that_is_none_is_refused(key: str):
    """A table is told its keys by programs, and says what is wrong with one."""
    with pytest.raises(ValueError, match="is no method and path"):
        Table({key: shown})


def test_no_key_has_two_handlers():
    """Two surfaces can't take the same path."""
    with pytest.raises(ValueError, match="two handlers"):
        Table({"GET /a": shown}, {"GET /a": shown})


def test_the_longest_prefix_wins():
    """Of two prefixes the longer one, and of all an exact path."""
    table = Table({"* /a/*": shown, "* /a/b/*": failing, "GET /a/b/c": slow})
    assert table.methods("/a/x")["*"] is shown
    assert table.methods("/a/b/x")["*"] is failing
    assert table.methods("/a/b/c") == {"GET": slow}
    assert table.methods("/b") == {}


# --- the description ------------------------------------------------------------------


def test_the_description_has_every_path():
    """Each route of the service is described, and nothing that isn't one."""
    described = json.loads(description())
    paths = {
        f"{method.upper()} {path}"
        for path, one in described["paths"].items()
        for method in one
        if method != "parameters"
    }
    exact = {
        key
        for routes in surfaces("https://gate.example")
        for key in routes
        if not key.endswith("/*") and not key.startswith("*")
    }
    own = {"GET /health", "GET /metrics", "GET /openapi.json"}
    assert paths >= exact | own
    table = Table(*surfaces("https://gate.example"), dict.fromkeys(own, shown))
    for key in paths:
        method, _, path = key.partition(" ")
        methods = table.methods(path.replace("{path}", "x"))
        assert method in methods or "*" in methods, key


def test_the_description_is_openapi():
    """It says which version of OpenAPI it is, and resolves every reference."""
    described = json.loads(description())
    assert described["openapi"].startswith("3.1.")
    found = [*references(described)]
    assert found
    for one in found:
        at: Any = described
        for part in one.removeprefix("#/").split("/"):
            at = at[part]


def references(value: Any) -> Iterator[str]:
    """Yield every reference in a description."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
