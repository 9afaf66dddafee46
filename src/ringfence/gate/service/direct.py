"""The direct way: a question that is whole and plain is answered without a task.

What comes often comes in one piece: `POST`, a token, a small body of JSON. It is
decided where it arrives, and its reply is written where the ledger's thread has said
that the decision is there: no coroutine in between. Whatever isn't as plain as that is
left to the application, which would have given the same answer, byte for byte: errors
and refusals, too.

Who keeps a connection says nearly always the same before a body. What a head came to
is kept with its connection, and a request that begins with the very same bytes, and is
whole, isn't parsed again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from ringfence.gate.point.http import Call, Reply
from ringfence.gate.service.app import ALWAYS, LONGEST, NO_ANSWER, REFERENCE, Service
from ringfence.gate.service.callers import BEARER, OWN
from ringfence.gate.service.heads import END, Head, Heads
from ringfence.gate.service.table import Prompting
from ringfence.gate.service.wire import Connection

SMALL = 1 << 13  # bytes of a request; all of its line in the ledger is shorter, then
_TOKEN, _TYPE = b"authorization", b"content-type"
_LOOKED_AT = frozenset({_TOKEN, _TYPE, REFERENCE})
_UNUSUAL = frozenset(
    {b"expect", b"transfer-encoding", b"content-encoding", OWN.encode()}
)
_BEARER = BEARER.encode()
_Headers = list[tuple[bytes, bytes]]


class _Deaf:
    """Stands for an event that nobody waits for."""

    def set(self) -> None:
        """Do nothing."""


class Turn:
    """A reply that is awaited; to uvicorn it is a cycle of request and response.

    Attributes:
        connection: Where it goes to.
        reference: What the caller calls the request, if anything.
        since: When the request was whole.
        response_complete: Nothing more will be written.
        disconnected: Nobody is there any more.
        keep_alive: The connection lasts.
        message_event: What uvicorn would wake a coroutine by.
    """

    __slots__ = (
        "connection",
        "disconnected",
        "keep_alive",
        "reference",
        "response_complete",
        "since",
    )
    message_event = _Deaf()

    def __init__(
        self, connection: Direct, reference: bytes | None, since: float
    ) -> None:
        self.connection = connection
        self.reference = reference
        self.since = since
        self.response_complete = self.disconnected = False
        self.keep_alive = True

    def told(self, reply: Reply) -> None:
        """Write the reply, unless there was one: that it comes too late."""
        if not self.response_complete:
            self.response_complete = True
            self.connection.reply(self, reply)


class Desk:
    """What all connections of a service share.

    Args:
        service: The service.
        prompts: What answers at once, by path.
    """

    def __init__(self, service: Service, prompts: Mapping[str, Prompting]) -> None:
        self.service = service
        self.prompts = {path.encode(): one for path, one in prompts.items()}
        self._turns: dict[Turn, None] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._defaults: Sequence[tuple[bytes, bytes]] = ()
        self._told = b""

    def await_(self, turn: Turn) -> None:
        """See to it that a reply doesn't take for ever."""
        self._turns[turn] = None
        if self._sweeper is None:
            self._sweep()

    def done(self, turn: Turn, status: int) -> None:
        """Count a reply."""
        del self._turns[turn]
        self.service.metrics.replied(status, perf_counter() - turn.since)

    def written(self, turn: Turn, reply: Reply, defaults: _Headers) -> bytes:
        """Return a reply as it goes over the wire.

        Args:
            turn: Whose reply it is.
            reply: The reply.
            defaults: What stands in every reply of the server; another list whenever
                they change.
        """
        if defaults is not self._defaults:
            self._defaults, self._told = defaults, _lines(defaults)
        before, after = _around(reply.status, reply.content_type, reply.headers)
        end = b""
        if turn.reference is not None:
            end = b"%b: %b\r\n" % (REFERENCE, turn.reference)
        if not turn.keep_alive:
            end += b"connection: close\r\n"
        length, body = len(reply.body), reply.body
        return b"%b%b%b%d%b%b\r\n%b" % (
            STATUS_LINE[reply.status],
            self._told,
            before,
            length,
            after,
            end,
            body,
        )

    def _sweep(self) -> None:
        """Give up what takes too long: one timer looks after all of them."""
        now, most = perf_counter(), self.service.limits.seconds
        for turn in [*self._turns]:
            if now - turn.since > most:
                turn.told(NO_ANSWER)
        self._sweeper = None
        if self._turns:
            loop = asyncio.get_running_loop()
            self._sweeper = loop.call_later(most / 8, self._sweep)


class Direct(Connection):
    """A connection that answers what is plain itself, and leaves all else.

    Attributes:
        desk: What it shares with the others of its service.
    """

    desk: Desk

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._data = b""  # what arrived last
        self._size = 0
        self._is_begun = False  # the request began with it
        self._is_settled = False  # the last request is whole, and nothing follows it
        self._heads = Heads()
        self._plain: dict[bytes, bytes] = {}  # the headers that are looked at
        self._parts: list[bytes] | None = None  # of a body; None: the application's
        self._idler: asyncio.TimerHandle | None = None
        self._quiet = 0.0  # since when nothing is asked

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        if self._idler is not None:
            self._idler.cancel()
            self._idler = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived; what isn't whole with it is the application's."""
        if self._is_settled and self._is_known(data):
            return
        self._data, self._size, self._is_begun = data, len(data), False
        super().data_received(data)
        self._data = b""
        if self._parts is not None:
            self._leave()

    # --- what the parser calls

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_begun, self._is_settled = True, False
        self.url, self.headers = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Look whether it is plain."""
        if self.url in self.desk.prompts and self._is_free() and self._is_plain():
            self._rest()
            self._parts = []
        else:
            self._leave()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if self._parts is None:
            super().on_body(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Answer, if it can be done at once."""
        parts = self._parts
        self._is_settled = self.parser.should_keep_alive()
        if parts is not None:
            if len(parts) == 1 and self._answers(parts[0]):
                self._parts = None
                return
            self._leave()
        super().on_message_complete()

    # --- how it is answered

    def reply(self, turn: Turn, reply: Reply) -> None:
        """Write a reply, and go on with what waits behind it."""
        desk, transport = self.desk, self.transport
        desk.done(turn, reply.status)
        if not transport.is_closing():
            defaults = self.server_state.default_headers
            transport.write(desk.written(turn, reply, defaults))
            if not turn.keep_alive:
                transport.close()
        if self.pipeline or transport.is_closing():
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self._quiet = self.loop.time()
        if self._idler is None:
            self._idle_for(self.timeout_keep_alive)

    def _is_free(self) -> bool:
        """Return whether nothing is under way, and there is room for an answer."""
        return (
            self._is_begun
            and self._size <= SMALL
            and self._is_between()
            and not self.pipeline
            and not self.flow.write_paused
            and len(self.connections) < (self.limit_concurrency or 1 << 30)
        )

    def _is_plain(self) -> bool:
        """Return whether a request is like most of them."""
        found: dict[bytes, bytes] = {}
        for name, value in self.headers:
            if name in _LOOKED_AT:
                if name in found:
                    return False
                found[name] = value
            elif name in _UNUSUAL:
                return False
        self._plain = found
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and parser.should_keep_alive()
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
        )

    def _is_known(self, data: bytes) -> bool:
        """Answer what begins as a request did before, unless something is under way."""
        end = data.find(END) + len(END)
        head = self._heads.get(data[:end])
        if head is None or head.length != len(data) - end or self._timer is not None:
            return False
        self._size, self._is_begun = len(data), True
        if not self._is_free():
            return False
        self._unset_keepalive_if_required()
        return self._decides(head, data[end:])

    def _answers(self, body: bytes) -> bool:
        """Return whether a request will be answered; else nothing was done about it."""
        head = self._read(len(body))
        if head is None or not self._decides(head, body):
            return False
        self._heads.keep(self._data, head)
        return True

    def _read(self, length: int) -> Head | None:
        """Return what stands before a body, if the direct way takes it."""
        found, limits = self._plain, self.desk.service.limits
        token, reference = found.get(_TOKEN, b""), found.get(REFERENCE)
        if token[:7].lower() != _BEARER or not token.isascii():
            return None
        if length > limits.body or self._size > limits.headers:
            return None
        headers = {"content-type": found.get(_TYPE, b"").decode("latin-1")}
        if reference is not None:
            if len(reference) > LONGEST or not _is_printable(reference):
                return None
            headers["x-request-id"] = reference.decode()
        return Head(self.url, token[7:].strip(), headers, reference, length)

    def _decides(self, head: Head, body: bytes) -> bool:
        """Return whether it will be answered; else nothing was done about it."""
        desk = self.desk
        service, prompt = desk.service, desk.prompts.get(head.url)
        caller = service.callers.of_token(head.token)
        if caller is None or prompt is None:
            return False
        turn = Turn(self, head.reference, perf_counter())
        bucket = service.bucket(caller, turn.since)
        if bucket.take(turn.since):
            return False
        call = Call("POST", head.path, head.headers, body)
        try:
            prompt(service.point, caller, call, turn.told)
        except Exception:  # noqa: BLE001 - the application tells what is wrong
            bucket.give()
            return False
        self.cycle = turn  # type: ignore[assignment]
        desk.await_(turn)
        return True

    def _leave(self) -> None:
        """Leave a request, as far as it has come, to the application."""
        url, headers, parts = self.url, self.headers, self._parts
        self._parts = None
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()
        for one in parts or ():
            super().on_body(one)

    def _idle_for(self, seconds: float) -> None:
        self._idler = self.loop.call_later(seconds, self._idle)

    def _idle(self) -> None:
        """Close the connection if nothing was asked for long."""
        self._idler = None
        if self._timer is not None or not self._is_between():
            return  # something is under way, and has timers of its own
        if self.timeout_keep_alive_task is not None or self.transport.is_closing():
            return
        left = self._quiet + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle_for(left)
        else:
            self.transport.close()


def direct(desk: Desk) -> type[Direct]:
    """Return connections of one service."""
    return type("Connected", (Direct,), {"desk": desk, "limits": desk.service.limits})


@lru_cache(maxsize=64)
def _around(
    status: int, kind: str, headers: tuple[tuple[str, str], ...]
) -> tuple[bytes, bytes]:
    """Return the headers of a reply before its length, and those behind it."""
    del status
    own = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    before = _lines([(_TYPE, kind.encode("latin-1"))]) + b"content-length: "
    return before, b"\r\n" + _lines([*ALWAYS, *own])


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % one for one in headers])


def _is_printable(value: bytes) -> bool:
    return value.isascii() and value.decode().isprintable()
