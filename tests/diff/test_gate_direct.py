"""The direct way and the application give the same bytes, whatever is asked and how."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec
import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from ringfence.gate.point.asked import Caller
from ringfence.gate.point.book import Window
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.point.recording import Pace, Recorder
from ringfence.gate.service.app import Service
from ringfence.gate.service.callers import Callers, Known, digest_of
from ringfence.gate.service.direct import Desk, Direct, direct
from ringfence.gate.service.limits import Limits
from ringfence.gate.service.speaking import prompts, surfaces
from ringfence.gate.service.wire import Connection
from tests.serving import NOW, UNTIL, scene

T = TypeVar("T")
PATH = "/access/v1/evaluation"
TOKEN = "a token, nobody guesses"  # noqa: S105 - opens nothing
ROUNDS = 60  # of the event loop, for each request
LEAVE = {"purpose": "repair", "subjects": 1}


class Memory:
    """A ledger in memory, which fails for good from some window on."""

    def __init__(self, fails: int) -> None:
        self.lines: list[bytes] = []
        self.entries = 0
        self.fails = fails

    def open(self) -> dict[str, int]:
        if self.entries >= self.fails:
            raise OSError
        return {}

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        del counted
        if self.entries >= self.fails:
            raise OSError
        first, self.entries = self.entries, self.entries + len(windows)
        self.lines += [line for one in windows for line in one.lines]
        return [*range(first, self.entries)]

    def publish(self) -> None:
        pass

    def close(self) -> None:
        pass


class Inline(Recorder):
    """A recorder without a thread: the loop's turns are all that passes."""

    async def _call(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(0)
        return work()


class Wire:
    """The other end of a connection."""

    def __init__(self) -> None:
        self.sent = b""
        self.closed = False

    def get_extra_info(self, _: str) -> None:
        return None

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        if not self.closed:
            self.sent += data

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Found(NamedTuple):
    """What came of a connection: over the wire, in the ledger, and in the figures."""

    sent: bytes
    closed: bool
    lines: list[dict[str, Any]]
    replies: Mapping[int, int]
    tally: Mapping[tuple[str, str], int]
    unanswered: int
    counted: Mapping[str, int]


async def spoken(
    kind: Callable[[Service], type[Connection]],
    pieces: Sequence[bytes],
    *,
    burst: int = 100,
    fails: int = 100,
    until: str = UNTIL,
) -> Found:
    """Say something to a service over one connection, and return what came of it."""
    keeper = Memory(fails)
    pace = Pace(first=60)
    point = LivePoint(Inline(keeper, pace), now=lambda: NOW)
    await point.recorder.start()
    point.install(Held(scene(), until))
    limits = Limits(rate=1, burst=burst)
    known = Known(Caller("c", obeys=frozenset({"mask"})), (digest_of(TOKEN),))
    service = Service(point, Callers([known]), surfaces(""), limits=limits)
    config = uvicorn.Config(service, log_config=None, access_log=False, lifespan="off")
    state = ServerState()
    state.default_headers = [(b"date", b"now")]
    wire = Wire()
    link = kind(service)(config, state, {}, asyncio.get_running_loop())
    link.connection_made(wire)  # type: ignore[arg-type]
    for piece in pieces:
        if wire.closed:
            break
        link.data_received(piece)
        for _ in range(ROUNDS * (1 + piece.count(b" HTTP/"))):
            await asyncio.sleep(0)
    found = re.sub(rb"retry-after: \d+", b"", wire.sent)
    link.connection_lost(None)
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
    assert not state.tasks
    await point.recorder.close()
    salted = ("salt", "circumstances", "stated", "row")
    lines = [msgspec.json.decode(line) for line in keeper.lines]
    told = [{k: v for k, v in one.items() if k not in salted} for one in lines]
    counted = point.recorder.counted
    replies = service.metrics.replies
    return Found(
        found, wire.closed, told, replies, point.tally, point.unanswered, counted
    )


def straight(service: Service) -> type[Direct]:
    return direct(Desk(service, prompts("")))


def around(service: Service) -> type[Connection]:
    return type("Plain", (Connection,), {"limits": service.limits})


def question(principal: str, context: object = None) -> dict[str, object]:
    """Return a question of AuthZEN."""
    return {
        "subject": {"type": "user", "id": principal},
        "action": {"name": "read"},
        "resource": {"type": "column", "id": "wh/s.people.email"},
        "context": context,
    }


def said(body: bytes, *headers: str, line: str = f"POST {PATH} HTTP/1.1") -> bytes:
    """Return a request as it goes over the wire."""
    told = [line, "host: gate", *headers, f"content-length: {len(body)}", "", ""]
    return "\r\n".join(told).encode("latin-1") + body


GOOD = (f"authorization: Bearer {TOKEN}", "content-type: application/json")
PLAIN = said(json.dumps(question("li")).encode(), *GOOD)
WIDE = {"a" * 2_000: {f"x{n}": 1 for n in range(500)}}  # a line longer than any may be
BODIES = (
    *(json.dumps(question(one)).encode() for one in ("li", "ann", "nobody", "LI ")),
    json.dumps(question("mei", LEAVE)).encode(),
    json.dumps(question("mei", {**LEAVE, **WIDE})).encode(),
    json.dumps(question("li", {"purpose": 1})).encode(),
    b"",
    b"[]",
    b"{",
    b'{"subject": 1}',
    b'{"a": 1, "a": 2}',
    b"\xff",
    b" " * 9_000,
    b" " * 70_000,
)
LINES = (
    f"POST {PATH} HTTP/1.1",
    f"GET {PATH} HTTP/1.1",
    f"HEAD {PATH} HTTP/1.1",
    f"POST {PATH} HTTP/1.0",
    f"POST {PATH}?a=1 HTTP/1.1",
    f"POST http://gate{PATH} HTTP/1.1",
    "POST /access/v1/%65valuation HTTP/1.1",
    f"POST {PATH}s HTTP/1.1",
    "POST /nothing HTTP/1.1",
    f"POST {PATH} HTTP/9.9",
    "nonsense",
)
TOKENS = (
    GOOD[0],
    "",
    "authorization: Bearer of somebody else",
    f"AUTHORIZATION: bEARER  {TOKEN} ",
    f"authorization: Basic {TOKEN}",
    f"authorization: Bearer {TOKEN}\xe9",
    f"x-ringfence-token: {TOKEN}",
    f"authorization: Bearer {TOKEN}\r\nx-ringfence-token: wrong",
    f"authorization: Bearer {TOKEN}\r\nauthorization: Bearer {TOKEN}",
)
TYPES = (
    GOOD[1],
    "",
    "content-type: text/plain",
    "content-type: Application/JSON; charset=UTF-8",
    "content-type: application/json; charset=latin-1",
    "content-type: application/json\r\ncontent-type: application/json",
)
OTHERS = (
    "",
    "x-request-id: r-1",
    "x-request-id:",
    "x-request-id: a\tb",
    f"x-request-id: {'r' * 256}",
    f"x-request-id: {'r' * 257}",
    "x-request-id: \xe9",
    "x-request-id: a\r\nx-request-id: b",
    "x-request-id: \x7f",
    "connection: close",
    "connection: keep-alive",
    "connection: upgrade\r\nupgrade: h2c",
    "expect: 100-continue",
    "content-encoding: gzip",
    "content-encoding: identity",
    "transfer-encoding: chunked",
    f"x-long: {'y' * 9_000}",
    f"x-long: {'y' * 17_000}",
    "content-length: 1",
    "bad header",
)


FRAMES = ("length", "chunks")
ODD: dict[str, tuple[Any, ...]] = {
    "line": LINES,
    "token": TOKENS,
    "type": TYPES,
    "other": OTHERS,
    "frame": FRAMES,
    "body": BODIES,
}
USUAL = {
    "line": f"POST {PATH} HTTP/1.1",
    "token": GOOD[0],
    "type": GOOD[1],
    "other": "",
    "frame": "length",
    "body": json.dumps(question("li")).encode(),
}


def built(**odd: Any) -> bytes:
    """Return a request that is plain but in some ways."""
    told = {**USUAL, **odd}
    headers = [*filter(None, (told["token"], told["type"], told["other"]))]
    if told["frame"] == "length":
        return said(told["body"], *headers, line=told["line"])
    head = "\r\n".join([told["line"], "host: gate", *headers])
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(told["body"]), told["body"])
    return f"{head}\r\ntransfer-encoding: chunked\r\n\r\n".encode("latin-1") + chunks


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Draw a request that is plain but in two ways at most."""
    odd = draw(st.lists(st.sampled_from([*ODD]), max_size=2, unique=True))
    return built(**{name: draw(st.sampled_from(ODD[name])) for name in odd})


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Draw some requests, one after another, together or in pieces cut anywhere."""
    found = draw(st.lists(requests(), min_size=1, max_size=3))
    if draw(st.booleans()):
        return found
    ends = [b""] * 3 + [b"\r\n", b"garbage\r\n\r\n", PLAIN[:50]]
    whole = b"".join([*found, draw(st.sampled_from(ends))])
    cuts = draw(st.lists(st.integers(0, len(whole)), max_size=2))
    at = [0, *sorted(cuts), len(whole)]
    return [whole[a:b] for a, b in pairwise(at) if a < b]


@given(
    pieces=streams(),
    burst=st.sampled_from([100, 100, 2]),
    fails=st.sampled_from([100, 100, 100, 1, 0]),
    until=st.sampled_from([UNTIL, UNTIL, UNTIL, "2021-01-01T00:00:00Z"]),
)
@example(pieces=[PLAIN], burst=100, fails=100, until=UNTIL)
@example(pieces=[PLAIN, PLAIN], burst=1, fails=100, until=UNTIL)
@example(pieces=[PLAIN * 4], burst=100, fails=100, until=UNTIL)
@example(pieces=[PLAIN + b"x"], burst=100, fails=100, until=UNTIL)
@example(pieces=[PLAIN, PLAIN], burst=100, fails=1, until=UNTIL)
def test_both_ways_say_and_log_the_same(
    pieces: list[bytes], burst: int, fails: int, until: str
):
    """Bytes, lines of the ledger, counts and figures are those of the application."""
    more: dict[str, Any] = {"burst": burst, "fails": fails, "until": until}
    first = asyncio.run(spoken(straight, pieces, **more))
    assert first == asyncio.run(spoken(around, pieces, **more))


@pytest.mark.parametrize("name", [*ODD])
def test_every_oddity_is_told_as_the_application_tells_it(name: str):
    """Each way of not being plain, alone and between two requests that are."""
    for value in ODD[name]:
        pieces = [PLAIN, built(**{name: value}), PLAIN]
        for stream in (pieces, [b"".join(pieces)]):
            first = asyncio.run(spoken(straight, stream))
            assert first == asyncio.run(spoken(around, stream)), value


def test_the_direct_way_is_gone():
    """What is plain makes no task; what isn't does."""

    class Seen(Direct):
        left = 0

        def _leave(self) -> None:
            Seen.left += 1
            super()._leave()

    def kind(service: Service) -> type[Direct]:
        desk = Desk(service, prompts(""))
        return type("Seeing", (Seen,), {"desk": desk, "limits": service.limits})

    found = asyncio.run(spoken(kind, [PLAIN, PLAIN]))
    assert (Seen.left, found.replies) == (0, {200: 2})
    asyncio.run(spoken(kind, [PLAIN[:-1], PLAIN[-1:]]))
    assert Seen.left == 1
