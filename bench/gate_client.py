"""A client that is cheaper than any server: raw sockets, kept alive, one at a time.

Each of its connections sends one request, waits for the whole reply, and sends the
next: nothing is pipelined.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import NamedTuple

import uvloop

CONNECTIONS = 32
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Loaded(NamedTuple):
    """What a load came to.

    Attributes:
        rate: Replies a second.
        statuses: How many replies there were, by status.
        median: Seconds from a request to its reply.
        late: The same, of the slowest in a hundred.
    """

    rate: float
    statuses: Counter[int]
    median: float
    late: float


class _Asking(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_END)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        length = int(head[at:].split(b"\r", 1)[0])
        if len(self._buffer) < end + len(_END) + length:
            return
        status = int(self._buffer[9:12])
        self._buffer = b""
        self._load.replied(status, time.perf_counter() - self._began)
        self._load.paced(self._ask)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._load.lost()

    def _ask(self) -> None:
        if self._transport.is_closing():
            return
        self._began = time.perf_counter()
        self._transport.write(self._load.request)  # type: ignore[attr-defined]


class _Load:
    def __init__(self, request: bytes, rate: float, connections: int) -> None:
        self.request = request
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []
        self._pause = connections / rate if rate else 0.0
        self._is_over = False
        self._loop = asyncio.get_running_loop()

    def replied(self, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self.times.append(seconds)

    def paced(self, ask: asyncio.Task[None] | object) -> None:
        if self._is_over:
            return
        if self._pause:
            self._loop.call_later(self._pause, ask)  # type: ignore[arg-type]
        else:
            ask()  # type: ignore[operator]

    def lost(self) -> None:
        self.statuses[0] += not self._is_over

    def end(self) -> None:
        self._is_over = True


def post(path: str, body: bytes, token: str) -> bytes:
    """Return a request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def loaded(
    port: int,
    request: bytes,
    seconds: float,
    *,
    warm: float = 1.0,
    rate: float = 0.0,
    connections: int = CONNECTIONS,
) -> Loaded:
    """Load a server on this machine for some time.

    Args:
        port: Its port.
        request: What every connection sends, again and again.
        seconds: How long.
        warm: Seconds before, which aren't counted.
        rate: Requests a second at most; 0: as many as it takes.
        connections: Connections that are open.
    """

    async def run() -> Loaded:
        loop = asyncio.get_running_loop()
        load = _Load(request, rate, connections)
        links = [
            await loop.create_connection(lambda: _Asking(load), "127.0.0.1", port)
            for _ in range(connections)
        ]
        await asyncio.sleep(warm)
        load.statuses.clear()
        load.times.clear()
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        load.end()
        statuses, times = load.statuses.copy(), sorted(load.times)
        for transport, _ in links:
            transport.close()
        rate_ = sum(statuses.values()) / took
        middle, last = len(times) // 2, len(times) * 99 // 100
        return Loaded(rate_, statuses, times[middle], times[last])

    return uvloop.run(run())
