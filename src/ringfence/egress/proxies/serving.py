"""The server that Envoy asks: `envoy.service.ext_proc.v3.ExternalProcessor/Process`.

A stream that is closed as if all were well has Envoy go on without a verdict. So this
server never closes one: Envoy does, or the stream ends with an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc import aio

from ringfence.egress.proxies import messages
from ringfence.egress.proxies.config import Processing
from ringfence.egress.proxies.exchange import (
    Exchange,
    MisconfiguredError,
    Rules,
    closed,
)
from ringfence.egress.proxies.front import Means
from ringfence.egress.proxies.judging import Answer, Reply, drop
from ringfence.egress.proxies.problems import Closed
from ringfence.egress.proxies.spool import Spool
from ringfence.errors import ConfigError, Locus

CHANNEL = "x-ringfence-channel"  # in the metadata of a stream: which channel
_ROOM = 1 << 20  # bytes of a message beside a body
_WORDS = "the proxy is configured so that something would leave unjudged"


class Processor:
    """Answers Envoy, one stream for each of its requests.

    Args:
        rules: How channels are found, and which modes are taken.
        means: What it is done with.
    """

    def __init__(self, rules: Rules, means: Means) -> None:
        self._rules, self._means = rules, means
        self._told: set[str] = set()

    async def process(self, requests: Any, context: Any) -> AsyncIterator[Any]:  # noqa: ANN401
        """Yield what Envoy is told; Envoy ends the stream."""
        limits = self._means.limits
        spool = Spool(self._means.folder, limits.memory, limits.body)
        named = dict(context.invocation_metadata() or ()).get(CHANNEL, "")
        exchange = Exchange(self._rules, self._judged, spool, str(named))
        try:
            async for request in requests:
                async for one in self._said(exchange, request):
                    is_last = one.WhichOneof("kind") == "immediate_response"
                    if is_last:
                        self._means.figures.replied(one.immediate_response.status.code)
                    yield one
                    if is_last:
                        await self._await_end(requests)
                        return
            if exchange.is_open:
                await context.abort(grpc.StatusCode.ABORTED, "no verdict")
        except aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - it may say nothing to a stranger
            self._means.tell(f"an exchange failed: {type(error).__name__}")
            self._means.figures.closed("failed")
            await context.abort(grpc.StatusCode.INTERNAL, "no verdict")
        finally:
            spool.drop()

    async def _said(self, exchange: Exchange, request: Any) -> AsyncIterator[Any]:  # noqa: ANN401
        try:
            async for one in exchange.answers(request):
                yield one
        except MisconfiguredError as error:
            self._means.figures.closed("misconfigured")
            if str(error) not in self._told:
                self._told.add(str(error))
                self._means.tell(f"Envoy's configuration: {error}")
            yield closed(Closed(500, "misconfigured", _WORDS))
        except Closed as why:
            self._means.figures.closed(why.why)
            yield closed(why)

    async def _await_end(self, requests: Any) -> None:  # noqa: ANN401
        """Wait until Envoy ends the stream: whatever else it sends isn't answered."""
        async for _ in requests:
            pass

    async def _judged(self, channel: str, answer: Answer) -> Reply:
        means = self._means
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(means.pool, means.judge.judge, channel, answer)
        done, _ = await asyncio.wait({work}, timeout=means.limits.judging)
        if not done:
            work.add_done_callback(_forget)
            raise Closed(504, "unjudged in time", "there is no verdict in time")
        return work.result()


def _forget(work: asyncio.Future[Reply]) -> None:
    if not work.cancelled() and work.exception() is None:
        drop(work.result().body)


@asynccontextmanager
async def served(processing: Processing, means: Means) -> AsyncIterator[str]:
    """Give the address at which Envoy is answered, and drain it at the end.

    Raises:
        ConfigError: It can't listen there.
    """
    rules = Rules(processing.channels, processing.header, processing.is_buffered)
    server = aio.server(
        maximum_concurrent_rpcs=means.limits.connections,
        options=[
            ("grpc.max_receive_message_length", means.limits.body + _ROOM),
            ("grpc.max_send_message_length", means.limits.body + _ROOM),
            ("grpc.so_reuseport", 0),
        ],
    )
    handler = grpc.stream_stream_rpc_method_handler(
        Processor(rules, means).process,
        request_deserializer=messages.ProcessingRequest.FromString,
        response_serializer=messages.ProcessingResponse.SerializeToString,
    )
    handlers = {messages.METHOD: handler}
    generic = grpc.method_handlers_generic_handler(messages.SERVICE, handlers)
    server.add_generic_rpc_handlers((generic,))
    try:
        port = server.add_insecure_port(processing.listen)
    except RuntimeError:
        port = 0
    if not port:
        hint = "choose another address or port"
        raise ConfigError("can't be listened at", Locus(processing.listen), hint)
    await server.start()
    host, colon, _ = processing.listen.rpartition(":")
    is_unix = processing.listen.startswith("unix:")
    try:
        yield processing.listen if is_unix else f"{host}{colon}{port}"
    finally:
        await server.stop(means.limits.drain)
