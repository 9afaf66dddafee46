"""The processes: they listen, drain at the end, and leave nothing behind."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from ringfence.egress.exit.made import exit_of
from ringfence.egress.exit.passage import Exit
from ringfence.egress.proxies import spool
from ringfence.egress.proxies.config import Config, Listener
from ringfence.egress.proxies.figures import Figures
from ringfence.egress.proxies.front import Front, Means, Way
from ringfence.egress.proxies.judging import Judge
from ringfence.egress.proxies.limits import Limits
from ringfence.egress.proxies.status import Status
from ringfence.egress.proxies.wire import Connection
from ringfence.errors import ConfigError, Locus, RingfenceError
from ringfence.ledger.witness.service import listening

IDLE = 75  # seconds that a connection may be idle
PUBLISHED = 60.0  # seconds from one publication to the next
_BACKLOG = 16  # connections to the status listener


@dataclass(frozen=True, slots=True)
class Order:
    """What is run.

    Attributes:
        config: What the configuration says.
        tell: What is told of trouble, a line each.
        ready: Is told what is ready, and where, a line each.
        opened: Opens the exit; by default, as the configuration says.
    """

    config: Config
    tell: Callable[[str], None] = lambda _: None
    ready: Callable[[str], None] = lambda _: None
    opened: Callable[[], Exit] | None = None


def proxy(order: Order) -> None:
    """Run the reverse proxies until the process is told to end (SIGINT, SIGTERM).

    Raises:
        ConfigError: It can't be done as it is configured.
        RingfenceError: The exit can't be opened.
        OSError: A file can't be read.
    """
    if not order.config.listeners:
        hint = "`proxy`: a list of `listen`, `upstream` and `channels`"
        raise ConfigError("no listener is configured", Locus("proxy"), hint)
    with _means(order) as means:
        asyncio.run(_proxied(order, means))


def ext_proc(order: Order) -> None:
    """Answer Envoy until the process is told to end (SIGINT, SIGTERM).

    Raises:
        ConfigError: It can't be done as it is configured.
        RingfenceError: The exit can't be opened.
        OSError: A file can't be read.
    """
    if order.config.processing is None:
        hint = "`ext_proc`: `listen` and `channels`"
        raise ConfigError("nothing for Envoy is configured", Locus("ext_proc"), hint)
    with _means(order) as means:
        asyncio.run(_processed(order, means))


@contextmanager
def _means(order: Order) -> Iterator[Means]:
    """Give what answers are judged with; at the end every verdict is finished."""
    limits, figures = order.config.limits, Figures()
    Connection.seconds = limits.seconds
    for name in ("uvicorn.error", "asyncio"):
        # Neither says anything that isn't told here, and both might quote a request.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        folder = stack.enter_context(spool.folder(order.config.staging))
        opened = (order.opened or (lambda: exit_of(order.config.exit)))()
        close = getattr(opened, "close", None)
        if close is not None:
            stack.callback(close)
        publish = getattr(opened, "publish", None)
        if publish is not None:
            stack.enter_context(_published(publish, order.tell))
        pool = stack.enter_context(ThreadPoolExecutor(limits.judges, "judging"))
        judge = Judge(opened, figures, order.tell)
        yield Means(judge, pool, folder, limits, figures, order.tell)


@contextmanager
def _published(
    publish: Callable[[], None], tell: Callable[[str], None]
) -> Iterator[None]:
    """Publish what is logged each minute, and let whoever waits have the ledger."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(PUBLISHED):
            try:
                publish()
            except (RingfenceError, OSError) as error:
                tell(f"not published: {error}")

    thread = threading.Thread(target=run, name="publishing")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def _proxied(order: Order, means: Means) -> None:
    async with AsyncExitStack() as stack:
        over = _told_to_end()
        await stack.enter_async_context(_standing(order, means, over))
        for one in order.config.listeners:
            front = _front(one, means)
            where = await stack.enter_async_context(
                _served(_configured(front, means.limits, one), one.host, one.port)
            )
            scheme = "http" if one.certificate is None else "https"
            order.ready(f"proxy at {scheme}://{where}")
        order.ready("ready")
        await over.wait()


def _front(listener: Listener, means: Means) -> Front:
    try:
        return Front(Way(listener.upstream, listener.channels), means)
    except OSError as error:
        raise _useless(error, str(listener.upstream.trust)) from None


def _useless(error: OSError, file: str) -> ConfigError:
    reason = (error.strerror or type(error).__name__).lower()
    hint = "PEM, and the key that of the certificate"
    return ConfigError(f"is of no use to TLS: {reason}", Locus(file), hint)


async def _processed(order: Order, means: Means) -> None:
    # Only who answers Envoy needs gRPC.
    from ringfence.egress.proxies.serving import served  # noqa: PLC0415

    processing = order.config.processing
    if processing is None:
        return
    over = _told_to_end()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_standing(order, means, over))
        where = await stack.enter_async_context(served(processing, means))
        order.ready(f"ext_proc at {where}")
        order.ready("ready")
        await over.wait()


@asynccontextmanager
async def _standing(
    order: Order, means: Means, over: asyncio.Event
) -> AsyncIterator[None]:
    """Answer whoever asks how the process does."""
    status = Status(means.figures, lambda: not over.is_set())
    limits = Limits(connections=_BACKLOG, drain=1)
    host, port = order.config.status
    async with _served(_configured(status, limits), host, port) as where:
        order.ready(f"status at http://{where}")
        yield


def _told_to_end() -> asyncio.Event:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, over.set)
    return over


def _configured(
    app: Any,  # noqa: ANN401 - an ASGI application
    limits: Limits,
    listener: Listener | None = None,
) -> uvicorn.Config:
    """Return how a server runs: it writes no log, and trusts no header."""
    files = (listener.certificate, listener.key) if listener else (None, None)
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limits.connections,
        h11_max_incomplete_event_size=limits.headers,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=limits.drain,
        ssl_certfile=files[0],
        ssl_keyfile=files[1],
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


@asynccontextmanager
async def _served(config: uvicorn.Config, host: str, port: int) -> AsyncIterator[str]:
    """Give the address at which a server answers, and drain it at the end."""
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise _useless(error, str(config.ssl_certfile)) from None
    with listening(host, port) as opened_socket:
        found, taken = opened_socket.getsockname()[:2]
        server = _Server(config)
        running = asyncio.ensure_future(server.serve(sockets=[opened_socket]))
        try:
            yield f"[{found}]:{taken}" if ":" in found else f"{found}:{taken}"
        finally:
            server.should_exit = True
            await running
