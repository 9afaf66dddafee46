"""A real Envoy asks a real processor: nothing passes without a verdict in the ledger.

Envoy has ways of its own to let an answer pass unjudged. Each of them is tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import aio

from ringfence.egress.proxies import messages
from tests.envoy_server import Envoy, binary, envoy, page_configuration
from tests.proxied import (
    SECRET,
    SOON,
    Inside,
    Running,
    answer,
    chunked,
    digest,
    inside,
    outputs,
    process,
    spoken,
)

pytestmark = pytest.mark.xdist_group("envoy")
WORDS = ("released", "masked", "blocked", "held", "faulty")
LEFT = {"released": b"city=R%d", "masked": b"mail=rf_ city=M%d"}
BIG = 5_000_000


@pytest.fixture(scope="module")
def tool() -> Iterator[Inside]:
    """Return what Envoy stands before."""
    with inside(spoken) as found:
        yield found


@pytest.fixture(scope="module")
def front(tool: Inside) -> Iterator[Envoy]:
    """Return an Envoy that asks a processor which a test starts."""
    with envoy(tool.port) as found:
        yield found


@contextlib.contextmanager
def processor(
    front: Envoy, folder: Path, where: str = "", more: str = "buffered: true"
) -> Iterator[Running]:
    """Run a processor where Envoy asks."""
    channels = "{/: partner, /export: export}"
    listen = where or front.other
    told = f'ext_proc: {{listen: "{listen}", channels: {channels}, {more}}}\n'
    limits = "limits: {body: 8000000, memory: 100000}\n"
    with process(folder, "ext_proc", told + limits) as found:
        until_asked(front, "other" if listen == front.other else "duplex")
        yield found


def until_asked(front: Envoy, mode: str) -> None:
    """Wait until Envoy has found the processor again: it waits longer each time."""
    end = time.monotonic() + SOON
    while front.ask(mode, "/released/0")[0] != 200:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def asked(front: Envoy, tmp_path_factory: pytest.TempPathFactory):
    """Return a processor where most listeners ask."""
    folder = tmp_path_factory.mktemp("asked")
    with processor(front, folder, front.processor) as found:
        yield found
        assert found.end() == 0
    assert found.left
    assert found.left <= outputs(folder / "ledger")


@pytest.fixture
def says(tool: Inside) -> Iterator[Any]:
    """Return what has the upstream say something."""

    def say(content: bytes) -> None:
        tool.says = lambda _, __: content

    yield say
    tool.says = spoken


# --- verdicts -------------------------------------------------------------------------


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("mode", ["duplex", "buffered"])
def test_each_verdict(front: Envoy, mode):
    """Release, mask, block, hold and no verdict, as they reach a client of Envoy."""
    for word, status in zip(WORDS, (200, 200, 403, 403, 503), strict=True):
        found, headers, body = front.ask(mode, f"/{word}/7")
        assert found == status
        assert SECRET not in body
        if word in LEFT:
            assert body == LEFT[word] % 7
            assert headers["cache-control"] == "no-store"
            assert headers.get("content-length", str(len(body))) == str(len(body))
        else:
            assert headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("mode", ["duplex", "buffered"])
def test_what_goes_with_a_body(front: Envoy, says, mode):
    """Headers are judged, with a body and without one; validators don't leave."""
    says(answer(b"city=a", etag="p77777", x_kept="1"))
    status, headers, body = front.ask(mode, "/x")
    assert (status, headers["x-kept"], body) == (200, "1", b"city=a")
    assert "etag" not in headers
    for said in (
        answer(b"city=a", x_told="a=p77777"),
        answer(b"", "302 Found", location="/?a=p77777"),
        answer(b"", "204 No Content", length=False, x_told="a=p77777"),
    ):
        says(said)
        status, headers, body = front.ask(mode, "/x")
        assert status == 403
        assert SECRET not in body + str(headers).encode()
    says(answer(b"", length=False, content_length="9", x_told="a=p77777"))
    assert front.ask(mode, "/x", method="HEAD")[0] == 403
    says(answer(b"", "204 No Content", length=False, x_kept="1"))
    assert front.ask(mode, "/x")[0] == 204


@pytest.mark.usefixtures("asked")
def test_what_goes_inside(front: Envoy, tool: Inside):
    """A request's body goes inside unjudged; no part is asked for, and nothing packed."""
    sent = {"range": "bytes=0-1", "accept-encoding": "br", "x-ringfence-channel": "a"}
    status, _, body = front.ask(
        "duplex", "/released/2", method="POST", body=b"a=p77777", headers=sent
    )
    assert (status, body, tool.bodies[-1]) == (200, b"city=R2", b"a=p77777")
    head = tool.asked[-1].lower()
    assert b"accept-encoding: identity\r\n" in head
    assert b"range" not in head
    assert b"x-ringfence" not in head


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("target", "sent", "status"),
    [
        ("/a;b", {}, 400),
        ("/a%20b", {}, 400),
        ("/released/1", {"upgrade": "websocket", "connection": "upgrade"}, 500),
    ],
)
def test_requests_that_stay_outside(front: Envoy, tool, target, sent, status):
    """What isn't one request with one answer, on a plain path, isn't passed on."""
    before = len(tool.asked)
    assert front.ask("duplex", target, headers=sent)[0] == status
    assert len(tool.asked) == before


def test_large_bodies_in_chunks(asked: Running, front: Envoy, says):
    """A body of any length leaves whole, once all of it is judged; over a cap, nothing."""
    body = b"city=" + b"x" * BIG
    pieces = [body[at : at + 99_999] for at in range(0, len(body), 99_999)]
    says(chunked(*pieces))
    assert front.ask("duplex", "/x")[::2] == (200, body)
    says(chunked(b"mail=p77777 ", *pieces))
    assert front.ask("duplex", "/x")[::2] == (200, b"mail=rf_ " + body)
    says(chunked(*pieces, b" city=p77777"))
    status, _, found = front.ask("duplex", "/x")
    assert status == 403
    assert SECRET not in found
    says(answer(b"city=" + b"7" * 9_000_000))
    status, _, found = front.ask("duplex", "/x")
    assert status == 502
    assert SECRET not in found
    says(answer(body))
    assert front.ask("buffered", "/x")[0] == 500  # over Envoy's own buffer: closed
    (staging,) = (asked.folder / "staging").iterdir()
    end = time.monotonic() + SOON
    while [one.name for one in staging.iterdir()] != [".lock"]:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.usefixtures("asked")
def test_a_slow_client_and_a_slow_upstream(front: Envoy, tool: Inside):
    """Pieces that come slowly leave together, and a slow reader gets the same bytes."""
    gate = threading.Event()

    def slow(_: str, __: str) -> Iterator[bytes]:
        yield answer(b"", length=False, content_length="18") + b"mail=p7"
        gate.wait(SOON)
        yield b" city=Paris"

    tool.says = slow
    try:
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(front.ask, "duplex", "/x")
            assert not asking.done()
            gate.set()
            assert asking.result(SOON)[::2] == (200, b"mail=rf_ city=Paris")
    finally:
        tool.says = spoken


# --- many at once ---------------------------------------------------------------------


def test_many_in_parallel_get_what_the_verdicts_say(front: Envoy, asked: Running):
    """Of 300 answers at once each is as its verdict says, and the ledger holds each."""
    targets = [f"/{WORDS[n % 5]}/{n}" for n in range(300)]
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda one: front.ask("duplex", one), targets))
    for number, (status, _, body) in enumerate(got):
        word = WORDS[number % 5]
        assert status == {"blocked": 403, "held": 403, "faulty": 503}.get(word, 200)
        assert SECRET not in body
        if word in LEFT:
            assert body == LEFT[word] % number
    asked.left = {digest(body) for status, _, body in got if status == 200}
    assert len(asked.left) == 120  # the fixture holds them against the ledger


def test_a_processor_killed_in_mid_load(front: Envoy, tmp_path: Path):
    """Whatever arrives while the processor dies and comes back has its verdict logged."""
    got: list[tuple[int, bytes]] = []
    over = threading.Event()
    lock = threading.Lock()

    def load(name: int) -> None:
        number = name * 1_000_000
        while not over.is_set():
            number += 1
            status, _, body = front.ask("other", f"/{WORDS[number % 4]}/{number}")
            with lock:
                got.append((status, body))

    def until(count: int) -> None:
        end = time.monotonic() + SOON
        while sum(status == 200 for status, _ in [*got]) < count:
            assert time.monotonic() < end
            time.sleep(0.02)

    threads = [threading.Thread(target=load, args=(n,)) for n in (1, 2, 3, 4)]
    try:
        with processor(front, tmp_path / "a") as first:
            for one in threads:
                one.start()
            until(30)
            first.kill()
        with processor(front, tmp_path / "a"):
            until(sum(status == 200 for status, _ in [*got]) + 30)
    finally:
        over.set()
        for one in threads:
            one.join()
    assert {status for status, _ in got} <= {0, 200, 403, 500, 502, 503, 504}
    assert 500 in {status for status, _ in got}
    assert not [body for _, body in got if SECRET in body]
    left = {digest(body) for status, body in got if status == 200}
    assert left <= outputs(tmp_path / "a" / "ledger")


# --- Envoy's ways to let an answer pass -----------------------------------------------


def test_no_processor_is_no_answer(front: Envoy):
    """While nobody answers Envoy, its clients get errors alone."""
    status, _, body = front.ask("other", "/released/1")
    assert (status, b"city" in body) == (500, False)


def test_failure_mode_allow_fails_open(front: Envoy):
    """The trap is real: told to allow failures, Envoy lets everything pass unjudged."""
    assert SECRET in front.ask("lax", "/blocked/1")[2]


@pytest.mark.parametrize("clean", [True, False])
def test_a_stream_that_is_closed_without_an_answer(front: Envoy, clean):
    """The trap is real: a clean close has Envoy go on unjudged, an error doesn't."""

    async def ask() -> set[bytes]:
        end, got = time.monotonic() + SOON, set()
        async with careless(front.other, clean=clean) as seen:
            while not seen and time.monotonic() < end:
                reply = await asyncio.to_thread(front.ask, "other", "/blocked/1")
                got.add(reply[2] if seen else b"")
        return got

    got = asyncio.run(ask())
    assert any(SECRET in one for one in got) is clean


@pytest.mark.parametrize("mode", ["partial", "streamed", "none", "unasked"])
def test_modes_that_would_let_bytes_out(asked: Running, front: Envoy, mode):
    """A mode that lets bytes out before their verdict is refused, and the log says so."""
    for word in ("released", "blocked"):
        status, _, body = front.ask(mode, f"/{word}/1")
        assert status == 500
        assert b"city" not in body
    words = {"partial": "BUFFERED_PARTIAL", "unasked": "request_header_mode"}
    told = words.get(mode, mode.upper())
    assert any(told in one for one in asked.said)


def test_headers_that_are_skipped(asked: Running, front: Envoy):
    """With answers' headers skipped no byte of a body leaves: the connection breaks."""
    assert front.ask("skipped", "/blocked/1")[::2] == (0, b"")
    assert any("response_header_mode" in one for one in asked.said)


def test_the_channel_that_envoys_configuration_names(asked: Running, front: Envoy):
    """What Envoy's configuration names is the channel, and nothing that a client says."""
    assert front.ask("named", "/released/1")[0] == 403
    sent = {"x-ringfence-channel": "partner"}
    assert front.ask("named", "/released/1", headers=sent)[0] == 403
    assert asked.process.poll() is None


# --- the page -------------------------------------------------------------------------


def test_the_pages_configuration_boots(tmp_path: Path):
    """Envoy takes the configuration of the page as it stands there."""
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(page_configuration()))
    words = [
        str(binary()),
        "--mode",
        "validate",
        "-c",
        str(file),
        "--log-level",
        "error",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- a processor that knows no better -------------------------------------------------


class Careless:
    """A processor that ends its streams as if all were well, or with an error."""

    def __init__(self, *, clean: bool) -> None:
        self._clean = clean
        self.seen: list[bool] = []

    async def process(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        """Say nothing at all."""
        async for _ in requests:
            break
        self.seen.append(True)
        if not self._clean:
            await context.abort(grpc.StatusCode.ABORTED, "no verdict")
        nothing: list[bytes] = []
        for one in nothing:
            yield one


@contextlib.asynccontextmanager
async def careless(where: str, *, clean: bool) -> AsyncIterator[list[bool]]:
    """Run a careless processor; what it gives fills once it has been asked."""
    processor_ = Careless(clean=clean)
    server = aio.server()
    handler = grpc.stream_stream_rpc_method_handler(processor_.process)
    handlers = {messages.METHOD: handler}
    generic = grpc.method_handlers_generic_handler(messages.SERVICE, handlers)
    server.add_generic_rpc_handlers((generic,))
    server.add_insecure_port(where)
    await server.start()
    try:
        yield processor_.seen
    finally:
        await server.stop(None)
