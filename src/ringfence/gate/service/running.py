"""The server: one process, one event loop, one thread for the ledger."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
import uvloop

from ringfence.errors import ConfigError, Locus
from ringfence.gate.bundles import Seen
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.book import Book
from ringfence.gate.point.live import LivePoint
from ringfence.gate.point.recording import Pace, Recorder
from ringfence.gate.point.shadow import PATIENCE, ShadowPoint
from ringfence.gate.service.app import Service
from ringfence.gate.service.callers import Callers, Known, digest_of
from ringfence.gate.service.config import Config
from ringfence.gate.service.direct import Desk, direct
from ringfence.gate.service.oidc import Issuer, is_loopback
from ringfence.gate.service.speaking import HEADER, prompts, surfaces
from ringfence.gate.service.watching import Bundles, Changed, Conceding, Source, Watch
from ringfence.gate.service.wire import Tls, context, load
from ringfence.gate.wording import Label
from ringfence.ledger.faults import within
from ringfence.ledger.witness.service import listening
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import PRIVATE, RealDisk

SEEN = f"{PRIVATE}/bundle"  # in the ledger: which bundle was in force
DRAIN = 30  # seconds that answers may take once the service is told to end
SHADOWED = "SHADOW MODE: nothing is enforced, whatever is asked is allowed"
IDLE = 75  # seconds that a connection may be idle
# Of what a request leaves nearly nothing is left to the collector: a scene needn't be
# looked through whenever some hundred requests are under way.
_COLLECT = (20_000, 20, 20)
_SWITCH = 0.001  # seconds: the ledger's thread needn't wait long for its turn
Ready = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is served.

    Attributes:
        config: What the configuration says.
        ledger: The ledger that takes the decisions.
        source: Where scenes come from; None: from the configuration's bundle.
        label: Turns an id into the name that people use.
        tell: What is told of trouble, a line each.
        ready: Is told the address, and the token if one was drawn, once anybody can
            ask.
    """

    config: Config
    ledger: Path
    source: Source | None = None
    label: Label = str
    tell: Callable[[str], None] = lambda _: None
    ready: Ready = lambda _, __: None


def serve(order: Order) -> None:
    """Answer until the process is told to end (SIGINT, SIGTERM).

    Raises:
        ConfigError: It can't be done as it is configured.
        RingfenceError: There is no ledger, or a file isn't what it should be.
        OSError: A file can't be read.
    """
    with within(order.ledger):
        read_charter(RealDisk(order.ledger))
    token, config = _with_caller(order.config)
    _check_reach(config)
    running = _Running(replace(order, config=config))
    shielded = None if config.tls is None else context(config.tls)
    sys.setswitchinterval(_SWITCH)
    gc.set_threshold(*_COLLECT)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    with listening(config.host, config.port) as opened_socket:
        host, port = opened_socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        scheme = "http" if shielded is None else "https"
        running.begun = lambda: order.ready(f"{scheme}://{shown}:{port}", token)
        server = _Server(running.configured(shielded))
        running.server = server
        uvloop.run(server.serve(sockets=[opened_socket]))


class _Server(uvicorn.Server):
    """A server for which being told to end is no failure."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals, and don't raise again what has been obeyed."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


class _Running:
    """All parts of a service, put together."""

    def __init__(self, order: Order) -> None:
        config = order.config
        self._config = config
        self._tell = order.tell
        self.begun: Callable[[], None] = lambda: None
        self.server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        pace = Pace(publish=config.publish, window=config.window / 1_000)
        recorder = Recorder(Book(order.ledger), pace=pace, tell=order.tell)
        point = _point(order, recorder)
        issuer = None if config.oidc is None else Issuer(config.oidc)
        self._callers = Callers(config.callers, issuer)
        self.service = Service(
            point,
            self._callers,
            surfaces(config.base_url, shadow=config.shadow),
            limits=config.limits,
            tell=order.tell,
            begin=self._begin,
            end=self._end,
        )
        self._watch = Watch(
            point,
            self._source(order),
            metrics=self.service.metrics,
            tell=order.tell,
        )

    def _source(self, order: Order) -> Source:
        config = order.config
        source = order.source or _bundles(config, order.ledger)
        if config.exceptions is None:
            return source
        return Conceding(source, config.exceptions, order.tell)

    def configured(self, shielded: ssl.SSLContext | None) -> uvicorn.Config:
        """Return how the server runs: it writes no log, and trusts no header."""
        made = uvicorn.Config(
            self.service,
            http=direct(Desk(self.service, prompts(self._config.base_url))),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[HEADER] if self._config.shadow else [],
            limit_concurrency=self._config.limits.connections,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=DRAIN,
        )
        made.load()
        made.ssl = shielded
        files = [file for one in self._config.callers for file in one.files]
        if self._config.oidc is not None and self._config.oidc.keys is not None:
            files.append(self._config.oidc.keys)
        beside = [Changed(files, self._callers.refresh)]
        tls = self._config.tls
        if shielded is not None and tls is not None:
            beside.append(Changed(tls.files, lambda: self._renew(shielded, tls)))
        self._watch.beside = beside
        return made

    async def _begin(self) -> None:
        # First: a scene may take its time, and nobody who rings meanwhile ends it all.
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGHUP, self._watch.ring)
        await self.service.point.recorder.start()
        await self._watch.start()
        if self._config.shadow:
            self._tell(SHADOWED)
        self.begun()

    async def _end(self) -> None:
        await self._watch.close()
        await self.service.point.recorder.close()

    def _renew(self, shielded: ssl.SSLContext, tls: Tls) -> None:
        """Read certificates again; who is connected has to show who he is anew."""
        load(shielded, tls)
        if self.server is not None and self._loop is not None:
            for one in [*self.server.server_state.connections]:
                self._loop.call_soon_threadsafe(one.shutdown)


def _point(order: Order, recorder: Recorder) -> LivePoint:
    if not order.config.shadow:
        return LivePoint(recorder, label=order.label, tell=order.tell)
    # It allows before the service itself gives up.
    config = order.config
    patience = min(PATIENCE + config.window / 1_000, config.limits.seconds / 2)
    return ShadowPoint(recorder, label=order.label, tell=order.tell, patience=patience)


def _bundles(config: Config, ledger: Path) -> Source:
    if config.bundle is None:
        hint = "name a case, or `--bundle FILE`"
        raise ConfigError("nothing says what is decided by", None, hint)
    if not config.keys:
        hint = "`keys:` in the configuration: the public keys that sign bundles"
        raise ConfigError("nobody says whose bundles are good", None, hint)
    return Bundles(config.bundle, config.keys, Seen(ledger / SEEN))


def _check_reach(config: Config) -> None:
    if config.tls is None and not is_loopback(config.host):
        hint = "give it `tls`, or have a proxy on this machine end TLS"
        at = Locus(f"{config.host}:{config.port}")
        raise ConfigError("without `tls`, only this machine may ask", at, hint)


def _with_caller(config: Config) -> tuple[str, Config]:
    """Return a token that was drawn, if nobody else may ask, and the configuration."""
    if config.callers:
        return "", config
    if not is_loopback(config.host):
        hint = "a configuration with `callers` and `tls`: `--config serve.yaml`"
        at = Locus(f"{config.host}:{config.port}")
        raise ConfigError("without callers, only this machine may ask", at, hint)
    token = secrets.token_urlsafe(32)
    caller = Known(Caller("local"), tokens=(digest_of(token),))
    return token, replace(config, callers=(caller,))
