"""One exchange with Envoy, message by message: nothing goes on before its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ringfence.egress.proxies import messages
from ringfence.egress.proxies.exchange import Rules
from ringfence.egress.proxies.figures import Figures
from ringfence.egress.proxies.front import Means
from ringfence.egress.proxies.judging import Judge
from ringfence.egress.proxies.limits import Limits
from ringfence.egress.proxies.serving import Processor
from tests.proxied import SECRET, exit_in

RULES = Rules({"/": "partner"})


def begun(
    mode: int = messages.DUPLEX,
    target: str = "/x",
    method: str = "GET",
    **headers: str,
) -> Any:
    """Return the first message of a stream."""
    made = messages.ProcessingRequest()
    pairs = {":method": method, ":path": target, **headers}
    put(made.request_headers.headers, pairs)
    made.protocol_config.response_body_mode = mode
    return made


def put(into: Any, pairs: dict[str, str]) -> None:
    """Put headers into a message."""
    into.SetInParent()
    for key, value in pairs.items():
        into.headers.add(key=key.replace("_", "-"), raw_value=value.encode())


def headed(*, end: bool = False, status: str = "200", **headers: str) -> Any:
    """Return the headers of an answer."""
    made = messages.ProcessingRequest()
    put(made.response_headers.headers, {":status": status, **headers})
    made.response_headers.end_of_stream = end
    return made


def body(content: bytes, *, end: bool = True) -> Any:
    """Return a piece of a body."""
    made = messages.ProcessingRequest()
    made.response_body.body, made.response_body.end_of_stream = content, end
    return made


def behind(**trailers: str) -> Any:
    """Return trailers."""
    made = messages.ProcessingRequest()
    put(made.response_trailers.trailers, trailers)
    return made


class AbortedError(Exception):
    """The stream ended with an error."""


class Context:
    """What gRPC gives a handler."""

    def __init__(self, metadata: Sequence[tuple[str, str]] = ()) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        """Return what came with the stream."""
        return self._metadata

    async def abort(self, *_: object) -> None:
        """End the stream with an error."""
        raise AbortedError


@pytest.fixture
def talk(tmp_path: Path):
    """Return what has a processor answer messages; each answer with its message."""
    told: list[str] = []
    figures = Figures()
    judge = Judge(exit_in(tmp_path / "exit").exit, figures, told.append)

    def talked(*said: Any, rules: Rules = RULES, metadata: Any = ()) -> list[list[Any]]:
        async def run(pool: ThreadPoolExecutor) -> None:
            limits = Limits(body=1_000_000, memory=100)
            means = Means(judge, pool, tmp_path, limits, figures, told.append)

            async def requests() -> AsyncIterator[Any]:
                for one in said:
                    got.append([])
                    yield one

            processor = Processor(rules, means)
            async for one in processor.process(requests(), Context(metadata)):
                got[-1].append(one)

        got: list[list[Any]] = []
        try:
            with ThreadPoolExecutor(1) as pool:
                asyncio.run(run(pool))
        except AbortedError:
            got.append(["aborted"])
        return got

    talked.told = told  # type: ignore[attr-defined]
    return talked


def kinds(got: list[list[Any]]) -> list[list[str]]:
    """Return what kinds of answers were given."""
    return [
        [one if isinstance(one, str) else one.WhichOneof("kind") for one in each]
        for each in got
    ]


def code(got: list[list[Any]]) -> int:
    """Return the status of the immediate answer."""
    (found,) = (
        one.immediate_response.status.code
        for each in got
        for one in each
        if one != "aborted" and one.WhichOneof("kind") == "immediate_response"
    )
    return int(found)


def test_nothing_goes_on_before_the_last_byte(talk):
    """Full duplex: headers and pieces are kept until all of the body is judged."""
    got = talk(begun(), headed(etag="1"), body(b"city=", end=False), body(b"Rome"))
    assert kinds(got) == [
        ["request_headers"],
        [],
        [],
        ["response_headers", "response_body"],
    ]
    first, last = got[-1]
    mutation = first.response_headers.response.header_mutation
    assert mutation.remove_headers == ["etag"]
    streamed = last.response_body.response.body_mutation.streamed_response
    assert (streamed.body, streamed.end_of_stream) == (b"city=Rome", True)


def test_trailers_are_judged_with_the_body(talk):
    """Full duplex: the trailers' message brings the verdict over all of it."""
    got = talk(begun(), headed(), body(b"city=Rome", end=False), behind(x_a="1"))
    assert kinds(got)[2:] == [
        [],
        ["response_headers", "response_body", "response_trailers"],
    ]
    streamed = got[-1][1].response_body.response.body_mutation.streamed_response
    assert not streamed.end_of_stream
    got = talk(begun(), headed(), body(b"city=Rome", end=False), behind(x_a="a=p77777"))
    assert kinds(got)[2:] == [[], ["immediate_response"]]
    assert code(got) == 403


def test_a_large_body_comes_in_pieces(talk):
    """A body over the bound of memory is streamed back from its file, whole."""
    content = b"city=" + b"x" * 600_000
    got = talk(begun(), headed(), body(content))
    pieces = [
        one.response_body.response.body_mutation.streamed_response
        for one in got[-1][1:]
    ]
    assert len(pieces) > 1
    assert b"".join(one.body for one in pieces) == content
    assert [one.end_of_stream for one in pieces] == [False] * (len(pieces) - 1) + [True]


def test_a_buffered_body_is_replaced(talk):
    """Buffered: headers wait for the body; a mask brings body and length."""
    rules = Rules({"/": "partner"}, is_buffered=True)
    got = talk(
        begun(messages.BUFFERED), headed(), body(b"mail=p1 city=Rome"), rules=rules
    )
    assert kinds(got) == [["request_headers"], ["response_headers"], ["response_body"]]
    assert got[0][0].mode_override.response_trailer_mode == messages.SEND
    assert not got[1][0].response_headers.response.HasField("header_mutation")
    common = got[2][0].response_body.response
    assert common.body_mutation.body == b"mail=rf_ city=Rome"
    sent = {
        one.header.key: one.header.raw_value
        for one in common.header_mutation.set_headers
    }
    assert sent == {"cache-control": b"no-store", "content-length": b"18"}


def test_buffered_trailers_stay(talk):
    """Buffered: trailers behind a body that has left stay; without a body, all stays."""
    rules = Rules({"/": "partner"}, is_buffered=True)
    opening = [begun(messages.BUFFERED), headed()]
    got = talk(
        *opening, body(b"city=a", end=False), behind(x_a="a=p77777"), rules=rules
    )
    removed = got[-1][0].response_trailers.header_mutation.remove_headers
    assert removed == ["x-a"]
    assert code(talk(*opening, behind(x_a="a=p77777"), rules=rules)) == 502


def test_headers_alone_are_judged_alone(talk):
    """An answer without a body goes on only by a verdict over its headers."""
    assert kinds(talk(begun(), headed(end=True)))[-1] == ["response_headers"]
    assert code(talk(begun(), headed(end=True, location="/?a=p77777"))) == 403


@pytest.mark.parametrize(
    "mode",
    [messages.NONE, messages.STREAMED, messages.BUFFERED, messages.PARTIAL, 5, 9],
)
def test_modes_that_let_bytes_out(talk, mode):
    """Every other mode is refused at the request, once in words for the operator."""
    for _ in range(2):
        got = talk(begun(mode))
        assert kinds(got) == [["immediate_response"]]
        assert code(got) == 500
    assert all("response_body_mode" in one for one in talk.told)


def test_messages_out_of_order(talk):
    """Answers without headers, without a request, twice, or merely watched: refused."""
    watched = begun()
    watched.observability_mode = True
    mute = begun()
    mute.ClearField("protocol_config")
    eager = begun()
    eager.protocol_config.request_body_mode = messages.BUFFERED
    for said in (
        [headed()],
        [begun(), body(b"city=a")],
        [begun(), behind()],
        [begun(), begun()],
        [begun(), headed(), headed()],
        [begun(), messages.ProcessingRequest()],
        [begun(), headed(), body(b"city=a"), body(b"city=b")],
        [watched],
        [mute],
        [eager],
    ):
        assert code(talk(*said)) == 500


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (begun(target="/a/../b"), 400),
        (begun(target="*", method="OPTIONS"), 400),
        (begun(method="CONNECT"), 501),
        (begun(upgrade="websocket"), 501),
    ],
    ids=["dots", "star", "connect", "upgrade"],
)
def test_requests_that_stay_outside(talk, request_, status):
    """What isn't one request on a plain path is answered at once."""
    assert code(talk(request_)) == status


def test_answers_that_stay_inside(talk):
    """Streams, answers before the final one, and bodies over the bound stay inside."""
    events = headed(content_type="text/event-stream")
    assert code(talk(begun(), events)) == 502
    assert code(talk(begun(), headed(status="101"))) == 502
    assert code(talk(begun(), headed(), body(b"x" * 1_000_001, end=False))) == 502
    got = talk(begun(), headed(), body(b"city=! 77777"))
    assert code(got) == 503
    assert SECRET not in got[-1][0].immediate_response.body


@pytest.mark.parametrize(
    "said",
    [
        [begun()],
        [begun(), headed()],
        [begun(), headed(), body(b"city=a", end=False)],
    ],
    ids=["request", "headers", "body"],
)
def test_a_stream_without_a_verdict_never_ends_well(talk, said):
    """A stream that ends before its verdict ends with an error: a clean end fails open."""
    assert kinds(talk(*said))[-1] == ["aborted"]


def test_how_a_channel_is_found(talk):
    """The stream's metadata names it, else the header that Envoy sets, else the path."""
    ended = headed(end=True)
    assert kinds(talk(begun(), ended, rules=Rules({"/other": "partner"})))[0] == [
        "immediate_response"
    ]
    named = [("x-ringfence-channel", "partner")]
    assert kinds(talk(begun(), ended, rules=Rules({}), metadata=named))[-1] == [
        "response_headers"
    ]
    by_header = Rules({"/": "partner"}, "x-channel")
    got = talk(begun(x_channel="nobody"), ended, rules=by_header)
    assert code(got) == 403
    removed = got[0][0].request_headers.response.header_mutation.remove_headers
    assert "x-channel" in removed
    assert code(talk(begun(), ended, rules=by_header)) == 404
