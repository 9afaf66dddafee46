"""The reverse proxy: what an internal tool answers leaves by a channel, or not at all.

Requests go inside, and their bodies are not judged. Answers are read whole, judged
with their status, headers, URL and trailers, and sent only when the ledger holds the
verdict.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    MutableMapping,
    Sequence,
)
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringfence.egress.proxies import heads
from ringfence.egress.proxies.figures import Figures
from ringfence.egress.proxies.heads import Pair
from ringfence.egress.proxies.judging import Answer, Judge, Reply, drop, problem
from ringfence.egress.proxies.limits import Limits
from ringfence.egress.proxies.problems import Closed
from ringfence.egress.proxies.spool import Spool
from ringfence.egress.proxies.upstream import Asked, Told, Upstream, fetch
from ringfence.egress.proxies.wire import ABORT

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_PIECE = 1 << 16
_BODILESS = frozenset({204, 304})
_LEAST, _MOST = 200, 599


@dataclass(frozen=True, slots=True)
class Way:
    """One listener: where its answers come from, and by what channels they leave.

    Attributes:
        upstream: Where they come from.
        channels: Channels by prefix of the path.
    """

    upstream: Upstream
    channels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Means:
    """What all listeners of a process share.

    Attributes:
        judge: Judges answers.
        pool: Its threads.
        folder: Where large bodies wait.
        limits: Bounds.
        figures: What counts.
        tell: What is told of trouble, a line each.
    """

    judge: Judge
    pool: Executor
    folder: Path
    limits: Limits
    figures: Figures
    tell: Callable[[str], None]


class GoneError(Exception):
    """Nobody waits for an answer."""


class Front:
    """An ASGI application that is a reverse proxy.

    Args:
        way: Whence, and by what channels.
        means: What it is done with.
    """

    def __init__(self, way: Way, means: Means) -> None:
        self._way, self._means = way, means
        self._context = way.upstream.context()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        limits = self._means.limits
        spool = Spool(self._means.folder, limits.memory, limits.body)
        body: bytes | Path | None = None
        try:
            reply = await self._safe(scope, receive, spool)
            body = reply.body
            self._means.figures.replied(reply.status)
            await self._sent(reply, scope, send)
        except (GoneError, TimeoutError):
            self._means.figures.closed("client gone")
            scope[ABORT]()
        finally:
            spool.drop()
            drop(body)

    async def _safe(self, scope: Message, receive: Receive, spool: Spool) -> Reply:
        try:
            return await self._answered(scope, receive, spool)
        except Closed as closed:
            self._means.figures.closed(closed.why)
            return problem(closed)
        except GoneError:
            raise
        except Exception as error:  # noqa: BLE001 - it may say nothing to a stranger
            self._means.tell(f"an answer failed: {type(error).__name__}")
            self._means.figures.closed("failed")
            return problem(Closed(500, "failed", "the proxy failed"))

    async def _answered(self, scope: Message, receive: Receive, spool: Spool) -> Reply:
        path, target, channel = self._asked(scope)
        asked = Asked(
            scope["method"],
            target,
            _inward(scope, self._way.upstream),
            _body(scope, receive, self._means.limits),
        )
        told = await fetch(
            self._way.upstream, self._context, asked, spool, self._means.limits
        )
        answer = _answer(told, path, target, spool)
        return await self._judged(channel, answer)

    def _asked(self, scope: Message) -> tuple[str, str, str]:
        """Return path, target and channel of a request that can be passed on."""
        headers: Sequence[Pair] = scope["headers"]
        names = [name for name, _ in headers]
        if b"transfer-encoding" in names and b"content-length" in names:
            raise Closed(400, "ambiguous", "the request has two lengths")
        if heads.size_of(headers) > self._means.limits.headers:
            raise Closed(431, "too large", "the request's headers are too long")
        if scope["method"] not in METHODS or b"upgrade" in names:
            raise Closed(501, "method", "what isn't asked and answered isn't passed on")
        raw: bytes = scope["raw_path"]
        query: bytes = scope["query_string"]
        target = (raw + (b"?" + query if query else b"")).decode("latin-1")
        path = heads.plain_path(target)
        if path is None:
            raise Closed(400, "path", "servers read that path in different ways")
        channel = heads.channel_of(path, self._way.channels)
        if channel is None:
            raise Closed(404, "no channel", "no channel is declared for that path")
        return path, target, channel

    async def _judged(self, channel: str, answer: Answer) -> Reply:
        """Have a thread judge; one that takes too long ends its work for nothing."""
        means = self._means
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(means.pool, means.judge.judge, channel, answer)
        done, _ = await asyncio.wait({work}, timeout=means.limits.judging)
        if not done:
            work.add_done_callback(_forget)
            raise Closed(504, "unjudged in time", "there is no verdict in time")
        return work.result()

    async def _sent(self, reply: Reply, scope: Message, send: Send) -> None:
        patience = self._means.limits.sending
        size = reply.size
        headers = list(reply.headers)
        is_bodiless = scope["method"] == "HEAD" or reply.status in _BODILESS
        if not is_bodiless:
            headers.append((b"content-length", b"%d" % size))
        if reply.verdict is None:
            headers.append((b"connection", b"close"))
        start = {
            "type": "http.response.start",
            "status": reply.status,
            "headers": headers,
        }
        await asyncio.wait_for(send(start), patience)
        if not is_bodiless:
            async for piece in _pieces(reply.body):
                more = {"type": "http.response.body", "body": piece, "more_body": True}
                await asyncio.wait_for(send(more), patience)
        last = {"type": "http.response.body", "body": b"", "more_body": False}
        await asyncio.wait_for(send(last), patience)


def _answer(told: Told, path: str, target: str, spool: Spool) -> Answer:
    if not _LEAST <= told.status <= _MOST:
        raise Closed(502, "broken", "the upstream's answer is broken")
    headers = heads.leaving(told.headers)
    return Answer(told.status, headers, spool.whole(), path, target, told.trailers)


def _forget(work: asyncio.Future[Reply]) -> None:
    if not work.cancelled() and work.exception() is None:
        drop(work.result().body)


def _inward(scope: Message, upstream: Upstream) -> list[Pair]:
    headers: Sequence[Pair] = scope["headers"]
    client = scope.get("client") or ("unknown", 0)
    added = {
        b"host": upstream.authority.encode(),
        b"connection": b"close",
        b"x-forwarded-for": str(client[0]).encode(),
        b"x-forwarded-proto": scope["scheme"].encode(),
    }
    for name, value in headers:
        if name == b"host":
            added[b"x-forwarded-host"] = value
        elif name in {b"content-length", b"transfer-encoding"}:
            added[name] = value
    return heads.inward(headers, added)


async def _body(
    scope: Message, receive: Receive, limits: Limits
) -> AsyncIterator[bytes]:
    """Yield a request's body as it arrives: it goes inside, and isn't judged."""
    names = {name for name, _ in scope["headers"]}
    if not names & {b"content-length", b"transfer-encoding"}:
        return
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise GoneError
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limits.request:
            raise Closed(413, "too large", "the request is too large")
        yield piece
        if not message.get("more_body"):
            return


async def _pieces(body: bytes | Path) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        for at in range(0, len(body), _PIECE):
            yield body[at : at + _PIECE]
        return
    with body.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
