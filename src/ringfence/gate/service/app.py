"""The service as an ASGI application: it admits, bounds, asks a surface, and counts.

Whatever goes wrong is a status of HTTP and one sentence; nothing of how it went wrong
is told to a stranger, and nothing that went wrong is an allowance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from time import perf_counter
from typing import Any

import msgspec

from ringfence.gate.point.asked import Caller, UnansweredError
from ringfence.gate.point.http import JSON, Call, Reply
from ringfence.gate.point.live import LivePoint
from ringfence.gate.point.point import Point
from ringfence.gate.service.callers import OWN, Callers
from ringfence.gate.service.limits import Bucket, Limits
from ringfence.gate.service.metrics import TYPE, Metrics
from ringfence.gate.service.table import ANY, Handler, Table
from ringfence.gate.service.wire import NAMES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

OPEN = ("/health", "/openapi.json", "/.well-known/")  # anybody may ask
DATA = ("/v1/data", "/v0/data")
REFERENCE = b"x-request-id"
LONGEST = 256  # bytes of a reference that is sent back
_CHALLENGE = (("www-authenticate", 'Bearer realm="ringfence"'),)
_NOBODY = Caller("")
ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class RefusedError(Exception):
    """A request is refused before any surface sees it."""

    def __init__(
        self, status: int, message: str, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.reply = told(status, message, headers)


class GoneError(Exception):
    """Nobody waits for an answer."""


def told(status: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """Return a reply that says what went wrong, as a string of JSON."""
    return Reply(status, msgspec.json.encode(message), JSON, tuple(headers))


_NO_BODY = told(408, "the body didn't arrive in time")
NO_ANSWER = told(503, "there was no answer in time")


@dataclass(slots=True)
class _Spell:
    """How long a request has waited, for its body and then for its answer.

    Attributes:
        since: When it began to wait.
        reply: What is replied if it waits too long.
        is_late: It has.
    """

    since: float
    reply: Reply = _NO_BODY
    is_late: bool = False


@dataclass(slots=True)
class Service:
    """The application.

    Attributes:
        point: What decides.
        callers: Who may ask.
        surfaces: The handlers of every protocol.
        limits: How much is taken.
        metrics: What it counts.
        tell: What is told of trouble, a line each.
        begin: What is done before the first request.
        end: What is done after the last one.
    """

    point: LivePoint
    callers: Callers
    surfaces: Sequence[Mapping[str, Handler]] = ()
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    tell: Callable[[str], None] = lambda _: None
    begin: Callable[[], Awaitable[None]] | None = None
    end: Callable[[], Awaitable[None]] | None = None
    _table: Table = field(init=False)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _running: dict[asyncio.Task[Any], _Spell] = field(default_factory=dict)
    _sweeper: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self._table = Table(self._own(), *self.surfaces)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            raise NotImplementedError("the gate speaks HTTP alone")
        began = perf_counter()
        try:
            reply = await self._reply(scope, receive)
        except GoneError:
            return
        self.metrics.replied(reply.status, perf_counter() - began)
        await _sent(reply, scope, send)

    async def _reply(self, scope: Message, receive: Receive) -> Reply:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered in a task of its own")
        spell = self._running[task] = _Spell(perf_counter())
        if self._sweeper is None:
            self._sweep()
        try:
            return await self._safe(scope, receive, spell)
        except asyncio.CancelledError:
            if not spell.is_late:
                raise
            task.uncancel()
            return spell.reply
        finally:
            del self._running[task]

    async def _safe(self, scope: Message, receive: Receive, spell: _Spell) -> Reply:
        try:
            return await self._answered(scope, receive, spell)
        except RefusedError as refused:
            return refused.reply
        except UnansweredError as error:
            return told(503, str(error) or "there is no answer")
        except GoneError:
            raise
        except Exception as error:  # noqa: BLE001 - it may say nothing to a stranger
            self.tell(f"{scope['path']!r} failed: {type(error).__name__}: {error}")
            return told(500, "the gate failed")

    def _sweep(self) -> None:
        """Give up what takes too long: one timer looks after all requests."""
        now, most = perf_counter(), self.limits.seconds
        for task, spell in self._running.items():
            if now - spell.since > most and not spell.is_late:
                spell.is_late = True
                task.cancel()
        self._sweeper = None
        if self._running:
            loop = asyncio.get_running_loop()
            self._sweeper = loop.call_later(most / 8, self._sweep)

    async def _answered(self, scope: Message, receive: Receive, spell: _Spell) -> Reply:
        path, method = scope["path"], scope["method"]
        headers = _headers(scope["headers"], self.limits.headers)
        caller = await self._caller(scope, headers)
        methods = self._table.methods(path)
        handler = methods.get(method) or methods.get(ANY)
        if handler is None:
            if not methods:
                raise RefusedError(404, "there is nothing here")
            allow = (("allow", ", ".join(sorted(methods))),)
            raise RefusedError(405, "that method is not for this path", allow)
        most = self.limits.data if path.startswith(DATA) else self.limits.body
        body = await _body(headers, receive, most)
        spell.since, spell.reply = perf_counter(), NO_ANSWER
        query = scope["query_string"].decode("latin-1")
        return await handler(
            self.point, caller, Call(method, path, headers, body, query)
        )

    async def _caller(self, scope: Message, headers: dict[str, str]) -> Caller:
        """Return who asks, and take the token out of the headers."""
        if scope["path"].startswith(OPEN):
            return _NOBODY
        shown = scope.get("extensions", {}).get(NAMES)
        admission = await self.callers.admitted(
            headers, shown["names"] if shown else ()
        )
        caller = admission.caller
        if caller is None and admission.is_shown:
            raise RefusedError(403, "whoever that is may not ask")
        if caller is None:
            raise RefusedError(401, "nobody knows who asks", _CHALLENGE)
        if headers.pop(OWN, None) is None:
            headers.pop("authorization", None)
        self._take(caller)
        return caller

    def bucket(self, caller: Caller, now: float) -> Bucket:
        """Return what counts a caller's requests."""
        found = self._buckets.get(caller.name)
        if found is None:
            found = Bucket(self.limits.rate, self.limits.burst, now)
            self._buckets[caller.name] = found
        return found

    def _take(self, caller: Caller) -> None:
        now = perf_counter()
        wait = self.bucket(caller, now).take(now)
        if wait:
            later = (("retry-after", str(int(wait) + 1)),)
            raise RefusedError(429, "too many requests", later)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self.begin is not None:
                    await self.begin()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self.end is not None:
                    await self.end()
                await send({"type": "lifespan.shutdown.complete"})
                return

    # --- what the service itself answers ----------------------------------------------

    def _own(self) -> Mapping[str, Handler]:
        described = Reply(200, description())

        async def health(_: Point, __: Caller, ___: Call) -> Reply:
            return self._health()

        async def metrics(_: Point, __: Caller, ___: Call) -> Reply:
            return Reply(200, self.metrics.text(self.point), TYPE)

        async def openapi(_: Point, __: Caller, ___: Call) -> Reply:
            return described

        return {
            "GET /health": health,
            "GET /metrics": metrics,
            "GET /openapi.json": openapi,
        }

    def _health(self) -> Reply:
        state = {
            "ledger": self.point.recorder.is_up,
            "mode": "shadow" if self.point.shadow else "enforce",
            "ready": self.point.is_ready,
            "version": self.point.held.version if self.point.held else 0,
        }
        status = 200 if self.point.is_ready else 503
        return Reply(status, msgspec.json.encode(state))


def description() -> bytes:
    """Return the description of the service (OpenAPI 3.1)."""
    return resources.files(__package__).joinpath("openapi.json").read_bytes()


def _headers(pairs: Sequence[tuple[bytes, bytes]], most: int) -> dict[str, str]:
    found: dict[str, str] = {}
    size = 0
    for name, value in pairs:
        size += len(name) + len(value) + 4
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    if size > most:
        raise RefusedError(431, "the headers are too long")
    return found


async def _body(headers: Mapping[str, str], receive: Receive, most: int) -> bytes:
    length = headers.get("content-length")
    if length in (None, "0") and "transfer-encoding" not in headers:
        return b""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "bodies are not taken compressed")
    if length is not None and int(length) > most:
        raise RefusedError(413, f"a body has at most {most:,} bytes")
    return await _received(receive, most)


async def _received(receive: Receive, most: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")  # the body in one piece
        if len(body) <= most:
            return body
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise RefusedError(413, f"a body has at most {most:,} bytes")
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


@cache
def _encoded(kind: str) -> bytes:
    return kind.encode("latin-1")


async def _sent(reply: Reply, scope: Message, send: Send) -> None:
    headers = [
        (b"content-type", _encoded(reply.content_type)),
        (b"content-length", b"%d" % len(reply.body)),
        *ALWAYS,
        *((n.encode("latin-1"), v.encode("latin-1")) for n, v in reply.headers),
    ]
    for name, value in scope["headers"]:
        if name == REFERENCE and len(value) <= LONGEST:
            headers.append((REFERENCE, value))
            break
    await send(
        {"type": "http.response.start", "status": reply.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": reply.body})
