"""The way inside: one request, one connection, one answer that is read to its end.

No connection carries a second request, so nothing that an upstream says too late, or
too much, can be taken for the answer to somebody else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import h11

from ringfence.egress.proxies.heads import Pair, size_of, values
from ringfence.egress.proxies.judging import STREAM
from ringfence.egress.proxies.limits import Limits
from ringfence.egress.proxies.problems import Closed
from ringfence.egress.proxies.spool import OverError, Spool

_CHUNK = 1 << 16


class Upstream(NamedTuple):
    """Where answers come from.

    Attributes:
        host: Name or address.
        port: The port.
        authority: What it is called in requests: `tools.internal:8080`.
        is_tls: It speaks TLS.
        trust: Certificates of whoever certifies it; None: those of this machine.
    """

    host: str
    port: int
    authority: str
    is_tls: bool = False
    trust: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        """Return how connections are protected.

        Raises:
            OSError: A file isn't what it should be.
        """
        if not self.is_tls:
            return None
        return ssl.create_default_context(cafile=self.trust)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes inside.

    Attributes:
        method: The method.
        target: Path and query.
        headers: The headers, with what says how long the body is.
        body: The body, piece by piece.
    """

    method: str
    target: str
    headers: Sequence[Pair]
    body: AsyncIterator[bytes]


class Told(NamedTuple):
    """What an upstream answered, beside the body.

    Attributes:
        status: The status.
        headers: Every header.
        trailers: What came behind the body.
    """

    status: int
    headers: list[Pair]
    trailers: list[Pair]


async def fetch(
    upstream: Upstream,
    context: ssl.SSLContext | None,
    asked: Asked,
    spool: Spool,
    limits: Limits,
) -> Told:
    """Ask, and read the whole answer.

    Raises:
        Closed: There is no answer, or it is none that could be judged.
    """
    try:
        async with asyncio.timeout(limits.upstream):
            return await _fetched(upstream, context, asked, spool, limits)
    except TimeoutError:
        raise Closed(504, "timeout", "the upstream took too long") from None
    except OverError:
        raise Closed(502, "too large", "the answer is too large") from None
    except (h11.ProtocolError, ssl.SSLError, EOFError):
        raise Closed(502, "broken", "the upstream's answer is broken") from None
    except OSError:
        raise Closed(502, "unreachable", "the upstream doesn't answer") from None


async def _fetched(
    upstream: Upstream,
    context: ssl.SSLContext | None,
    asked: Asked,
    spool: Spool,
    limits: Limits,
) -> Told:
    reader, writer = await asyncio.open_connection(
        upstream.host,
        upstream.port,
        ssl=context,
        server_hostname=upstream.host if context else None,
    )
    protocol = h11.Connection(h11.CLIENT, limits.headers)
    link = _Link(protocol, reader, writer, limits.headers)
    # Both at once: an upstream may answer before it has read all.
    sending = asyncio.ensure_future(link.send(asked))
    receiving = asyncio.ensure_future(link.receive(spool, asked))
    try:
        await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        if not receiving.done():
            await sending  # what breaks a request off breaks its answer off
        return await receiving
    finally:
        writer.transport.abort()
        for one in (sending, receiving):
            one.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)


@dataclass(slots=True)
class _Link:
    protocol: h11.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    most: int

    async def send(self, asked: Asked) -> None:
        """Send a request."""
        request = h11.Request(
            method=asked.method, target=asked.target, headers=list(asked.headers)
        )
        await self._write(request)
        async for piece in asked.body:
            if piece:
                await self._write(h11.Data(data=piece))
        await self._write(h11.EndOfMessage())

    async def _write(self, what: h11.Request | h11.Data | h11.EndOfMessage) -> None:
        data = self.protocol.send(what)
        if data:
            self.writer.write(data)
            with suppress(ConnectionError):
                # Whoever has answered needn't read the rest.
                await self.writer.drain()

    async def receive(self, spool: Spool, asked: Asked) -> Told:
        """Read an answer; what comes before the final one is dropped."""
        status, headers = 0, list[Pair]()
        while True:
            one = await self._next()
            if isinstance(one, h11.Response):
                status, headers = one.status_code, list(one.headers.raw_items())
                _check(headers, asked, self.most)
            elif isinstance(one, h11.Data):
                spool.write(bytes(one.data))
            elif isinstance(one, h11.EndOfMessage):
                return Told(status, headers, list(one.headers.raw_items()))

    async def _next(self) -> h11.Event:
        while True:
            one = self.protocol.next_event()
            if one is h11.PAUSED or isinstance(one, h11.ConnectionClosed):
                raise EOFError
            if isinstance(one, h11.Event) and not _is_early(one):
                return one
            if one is h11.NEED_DATA:
                self.protocol.receive_data(await self.reader.read(_CHUNK))


def _is_early(one: h11.Event) -> bool:
    return isinstance(one, h11.InformationalResponse)


def _check(headers: Sequence[Pair], asked: Asked, most: int) -> None:
    """Refuse what two readers may read in two ways, and what never ends."""
    if size_of(headers) > most:
        raise Closed(502, "too large", "the answer's headers are too long")
    names = [name.lower() for name, _ in headers]
    if b"transfer-encoding" in names and b"content-length" in names:
        raise Closed(502, "ambiguous", "the upstream's answer is ambiguous")
    if asked.method != "HEAD" and STREAM in values(headers, b"content-type"):
        raise Closed(502, "stream", "streams without an end are not released")
