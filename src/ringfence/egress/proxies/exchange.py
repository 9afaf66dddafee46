"""One request through Envoy, and its answer: what is said to each of Envoy's messages.

Envoy lets go what it was told to go on with. So it is told so of an answer's headers
only when nothing of them can leave before the body's verdict, and where its
configuration would let something out first, it is told to answer with an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ringfence.egress.proxies import heads, messages
from ringfence.egress.proxies.front import METHODS
from ringfence.egress.proxies.heads import Pair
from ringfence.egress.proxies.judging import STREAM as EVENTS
from ringfence.egress.proxies.judging import Answer, Reply, drop, problem
from ringfence.egress.proxies.problems import Closed
from ringfence.egress.proxies.spool import OverError, Spool

_PIECE = 1 << 18
_FIRST_FINAL = 200
_MODES = {
    messages.NONE: "NONE",
    messages.STREAMED: "STREAMED",
    messages.PARTIAL: "BUFFERED_PARTIAL",
}
_UNASKED = (
    *(b"range", b"request-range"),
    *(b"if-modified-since", b"if-none-match", b"if-range"),
    *(b"x-http-method", b"x-http-method-override", b"x-method-override"),
    *(b"x-original-uri", b"x-original-url", b"x-rewrite-url"),
)
Response = Any
Judged = Callable[[str, Answer], Awaitable[Reply]]


class MisconfiguredError(Exception):
    """Envoy is configured so that something would leave before its verdict."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a channel is found, and which of Envoy's modes are taken.

    Attributes:
        channels: Channels by prefix of the path.
        header: The request's header that Envoy sets to name the channel; empty: none.
        is_buffered: Bodies may come buffered; Envoy then has to send trailers.
    """

    channels: Mapping[str, str]
    header: str = ""
    is_buffered: bool = False


@dataclass(slots=True)
class Exchange:
    """The state of one of Envoy's streams.

    Attributes:
        rules: What holds for every exchange.
        judged: Judges an answer; the ledger holds the verdict by then.
        spool: Takes the body.
        named: The channel that Envoy's configuration names; empty: none.
    """

    rules: Rules
    judged: Judged
    spool: Spool
    named: str = ""
    _mode: int = messages.NONE
    _asked: tuple[str, str, str] | None = None  # path, target, channel
    _headers: list[Pair] | None = None
    _status: int = 0
    _is_over: bool = False
    _trailers: list[Pair] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Return whether an answer was begun that has no verdict."""
        return not self._is_over

    async def answers(self, request: Any) -> AsyncIterator[Response]:  # noqa: ANN401
        """Yield what Envoy is told upon a message; nothing while a body is collected.

        Raises:
            MisconfiguredError: Envoy would let go what has no verdict.
            Closed: The answer stays inside.
        """
        kind = request.WhichOneof("kind") or ""
        if request.observability_mode:
            raise MisconfiguredError("observability_mode lets everything pass")
        if kind == "request_headers":
            yield self._request(request)
            return
        if self._asked is None:
            # Or Envoy itself refused the request, before anybody was asked.
            raise MisconfiguredError(
                "an answer without its request: request_header_mode has to be SEND"
            )
        if kind in ("request_body", "request_trailers"):
            yield self._onward(kind)
            return
        if self._headers is None and kind != "response_headers":
            raise MisconfiguredError("response_header_mode has to be SEND")
        steps = {
            "response_headers": self._begun,
            "response_body": self._body,
            "response_trailers": self._behind,
        }
        if kind not in steps:
            raise MisconfiguredError("Envoy sent a message that isn't known")
        async for one in steps[kind](getattr(request, kind)):
            yield one

    # --- the request ------------------------------------------------------------------

    def _request(self, request: Any) -> Response:  # noqa: ANN401
        self._check(request)
        pairs = pairs_of(request.request_headers.headers)
        said = dict(reversed(pairs))
        method, target = (said.get(one, b"") for one in (b":method", b":path"))
        if method.decode("latin-1") not in METHODS or b"upgrade" in said:
            raise Closed(501, "method", "what isn't asked and answered isn't passed on")
        text = target.decode("latin-1")
        path = heads.plain_path(text)
        if path is None:
            raise Closed(400, "path", "servers read that path in different ways")
        self._asked = (path, text, self._channel(path, pairs))
        made = messages.ProcessingResponse()
        told = made.request_headers.response
        ours = self.rules.header.encode()
        out = [n for n, _ in pairs if n in _UNASKED or n.startswith(heads.OURS)]
        told.header_mutation.remove_headers.extend(
            sorted({one.decode("latin-1") for one in [*out, *([ours] if ours else [])]})
        )
        _put(told.header_mutation, b"accept-encoding", b"identity")
        if self._mode == messages.BUFFERED:
            # Never relied upon: Envoy may ignore it, and doesn't say so.
            made.mode_override.response_header_mode = messages.SEND
            made.mode_override.response_body_mode = messages.BUFFERED
            made.mode_override.response_trailer_mode = messages.SEND
        return made

    def _check(self, request: Any) -> None:  # noqa: ANN401
        if self._asked is not None:
            raise MisconfiguredError("Envoy sent two requests in one stream")
        if not request.HasField("protocol_config"):
            raise MisconfiguredError("this Envoy doesn't say how it sends bodies")
        config = request.protocol_config
        if config.request_body_mode != messages.NONE:
            raise MisconfiguredError("request_body_mode has to be NONE")
        self._mode = config.response_body_mode
        if self._mode == messages.DUPLEX:
            return
        if self._mode != messages.BUFFERED:
            told = _MODES.get(self._mode, "unknown")
            raise MisconfiguredError(
                f"response_body_mode is {told}: it has to be FULL_DUPLEX_STREAMED"
            )
        if not self.rules.is_buffered:
            raise MisconfiguredError(
                "response_body_mode is BUFFERED: make sure that response_trailer_mode "
                "is SEND, then say `buffered: true`"
            )

    def _channel(self, path: str, pairs: Sequence[Pair]) -> str:
        if self.named:
            return self.named
        if self.rules.header:
            name = self.rules.header.encode()
            found = {value for key, value in pairs if key == name}
            if len(found) == 1:
                return found.pop().decode("latin-1")
            raise Closed(404, "no channel", "nothing names the channel")
        channel = heads.channel_of(path, self.rules.channels)
        if channel is None:
            raise Closed(404, "no channel", "no channel is declared for that path")
        return channel

    def _onward(self, kind: str) -> Response:
        made = messages.ProcessingResponse()
        getattr(made, kind).SetInParent()
        return made

    # --- the answer -------------------------------------------------------------------

    async def _begun(self, said: Any) -> AsyncIterator[Response]:  # noqa: ANN401
        if self._headers is not None:
            raise MisconfiguredError("Envoy sent an answer's headers twice")
        self._headers = pairs_of(said.headers)
        status = dict(self._headers).get(b":status", b"")
        self._status = int(status) if status.isdigit() else 0
        if self._status < _FIRST_FINAL:
            raise Closed(502, "broken", "the upstream's answer is broken")
        if EVENTS in heads.values(self._headers, b"content-type"):
            raise Closed(502, "stream", "streams without an end are not released")
        if said.end_of_stream:
            async for one in self._whole(is_bodiless=True):
                yield one
        elif self._mode == messages.BUFFERED:
            made = messages.ProcessingResponse()
            made.response_headers.SetInParent()  # they stay where they are
            yield made

    async def _body(self, said: Any) -> AsyncIterator[Response]:  # noqa: ANN401
        if self._is_over:
            raise MisconfiguredError("Envoy sent more behind a body's end")
        try:
            self.spool.write(said.body)
        except OverError:
            raise Closed(502, "too large", "the answer is too large") from None
        if self._mode == messages.BUFFERED or said.end_of_stream:
            async for one in self._whole():
                yield one

    async def _behind(self, said: Any) -> AsyncIterator[Response]:  # noqa: ANN401
        trailers = pairs_of(said.trailers)
        if not self._is_over:
            if self._mode != messages.DUPLEX:
                raise Closed(502, "trailers", "trailers without a body stay inside")
            self._trailers = trailers
            async for one in self._whole():
                yield one
            return  # told with the rest
        # The body has left, or there is none: what comes behind it stays.
        made = messages.ProcessingResponse()
        names = sorted({name.decode("latin-1") for name, _ in trailers})
        made.response_trailers.header_mutation.remove_headers.extend(names)
        yield made

    async def _whole(self, *, is_bodiless: bool = False) -> AsyncIterator[Response]:
        """Have all of an answer judged, and tell Envoy what becomes of it."""
        self._is_over = True
        path, target, channel = self._asked or ("", "", "")
        headers = self._headers or []
        plain = [pair for pair in headers if not pair[0].startswith(b":")]
        answer = Answer(
            self._status,
            heads.leaving(plain),
            self.spool.whole(),
            path,
            target,
            self._trailers,
        )
        reply = await self.judged(channel, answer)
        try:
            if reply.verdict is None:
                yield immediate(reply)
            elif self._mode == messages.DUPLEX and not is_bodiless:
                async for one in self._streamed(plain, reply):
                    yield one
            else:
                yield self._buffered(plain, reply, is_bodiless=is_bodiless)
        finally:
            drop(reply.body)

    def _buffered(
        self, plain: Sequence[Pair], reply: Reply, *, is_bodiless: bool
    ) -> Response:
        made = messages.ProcessingResponse()
        if is_bodiless:
            mutate(made.response_headers.response, plain, reply)
            return made
        told = made.response_body.response
        mutate(told, plain, reply)
        if reply.is_masked:
            body = reply.body
            whole = body if isinstance(body, bytes) else body.read_bytes()
            told.body_mutation.body = whole
            _put(told.header_mutation, b"content-length", b"%d" % len(whole))
        return made

    async def _streamed(
        self, plain: Sequence[Pair], reply: Reply
    ) -> AsyncIterator[Response]:
        made = messages.ProcessingResponse()
        told = made.response_headers.response
        mutate(told, plain, reply)
        yield made
        last = not self._trailers
        left = reply.size
        for piece in _pieces(reply.body):
            left -= len(piece)
            made = messages.ProcessingResponse()
            streamed = made.response_body.response.body_mutation.streamed_response
            streamed.body, streamed.end_of_stream = piece, last and not left
            yield made
        if self._trailers:
            made = messages.ProcessingResponse()
            made.response_trailers.SetInParent()
            yield made


def pairs_of(headers: Any) -> list[Pair]:  # noqa: ANN401
    """Return the headers of a message, in small letters."""
    return [
        (one.key.lower().encode("latin-1"), one.raw_value or one.value.encode())
        for one in headers.headers
    ]


def mutate(told: Any, plain: Sequence[Pair], reply: Reply) -> None:  # noqa: ANN401
    """Have Envoy remove the headers that weren't judged, and set ours."""
    kept = {name for name, _ in reply.headers}
    gone = sorted({name for name, _ in plain} - kept)
    told.header_mutation.remove_headers.extend(one.decode("latin-1") for one in gone)
    judged = {name for name, _ in plain}
    for name, value in reply.headers:
        if name not in judged or name == b"cache-control":
            _put(told.header_mutation, name, value)


def immediate(reply: Reply) -> Response:
    """Return what has Envoy answer by itself."""
    made = messages.ProcessingResponse()
    answer = made.immediate_response
    answer.status.code = reply.status
    answer.body = reply.body if isinstance(reply.body, bytes) else b""
    for name, value in reply.headers:
        _put(answer.headers, name, value)
    return made


def closed(why: Closed) -> Response:
    """Return what has Envoy say that an answer stays inside."""
    return immediate(problem(why))


def _put(mutation: Any, name: bytes, value: bytes) -> None:  # noqa: ANN401
    made = mutation.set_headers.add(append_action=messages.OVERWRITE)
    made.header.key = name.decode("latin-1")
    made.header.raw_value = value


def _pieces(body: bytes | Path) -> Sequence[bytes] | Any:  # noqa: ANN401
    if isinstance(body, bytes):
        yield from (body[at : at + _PIECE] for at in range(0, len(body), _PIECE))
        if not body:
            yield b""
        return
    with body.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
