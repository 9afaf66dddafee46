"""The direct way where time passes, the server ends, or nobody is there any more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from uvicorn.server import ServerState

from ringfence.gate.point.book import Ground
from ringfence.gate.point.lines import SALT, Salts
from ringfence.gate.point.live import LivePoint
from ringfence.gate.service.direct import Desk, Direct, direct
from ringfence.gate.service.limits import Bucket, Limits
from ringfence.gate.service.speaking import prompts, surfaces
from ringfence.ledger.writer.disk import RealDisk
from tests.diff.test_gate_direct import Wire, question, said
from tests.serving import WORD, ledger, service, standing, within

HEADERS = (f"authorization: Bearer {WORD}", "content-type: application/json")
PLAIN = said(json.dumps(question("li")).encode(), *HEADERS)


class Open(NamedTuple):
    """A connection that is open, its other end, and what the server knows."""

    link: Direct
    wire: Wire
    state: ServerState
    desk: Desk


def tried(
    folder: Path, work: Callable[[Open], Awaitable[None]], seconds: float = 10
) -> LivePoint:
    """Open a connection, and do something with it."""
    point = standing(ledger(folder))

    async def run(point: LivePoint) -> None:
        limits = Limits(seconds=seconds)
        app = service(point, surfaces=surfaces(""), limits=limits)
        desk = Desk(app, prompts(""))
        config = uvicorn.Config(app, log_config=None, lifespan="off")
        state, wire = ServerState(), Wire()
        link = direct(desk)(config, state, {}, asyncio.get_running_loop())
        link.connection_made(wire)  # type: ignore[arg-type]
        await work(Open(link, wire, state, desk))
        link.connection_lost(None)

    within(point, run)
    return point


async def until(is_true: Callable[[], Any]) -> None:
    for _ in range(10_000):
        if is_true():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it never was")


def test_a_reply_that_takes_too_long_is_given_up(tmp_path: Path):
    """It is 503 in the end, counted once, and nothing follows it when it comes."""

    async def work(one: Open) -> None:
        waits: list[Any] = []
        one.desk.prompts = {
            path: lambda *told: waits.append(told[-1]) for path in one.desk.prompts
        }
        one.link.data_received(PLAIN)
        await until(lambda: one.wire.sent)
        assert one.wire.sent.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert one.wire.sent.endswith(b'"there was no answer in time"')
        sent = one.wire.sent
        waits[0](None)
        assert one.wire.sent == sent
        assert dict(one.desk.service.metrics.replies) == {503: 1}

    tried(tmp_path / "l", work, seconds=0.01)


def test_what_is_under_way_is_answered_before_the_end(tmp_path: Path):
    """A server that ends answers, says that it closes, and closes."""

    async def work(one: Open) -> None:
        one.link.data_received(PLAIN)
        one.link.shutdown()
        assert not one.wire.closed
        await until(lambda: one.wire.closed)
        assert b"200 OK" in one.wire.sent
        assert b"\r\nconnection: close\r\n" in one.wire.sent

    tried(tmp_path / "l", work)


def test_who_is_gone_is_told_nothing_and_the_ledger_has_it(tmp_path: Path):
    """A connection that ends while the disk is at work gets no reply."""

    async def work(one: Open) -> None:
        one.link.data_received(PLAIN)
        one.wire.closed = True
        one.link.connection_lost(None)
        await until(lambda: one.desk.service.metrics.replies[200])
        assert one.wire.sent == b""

    point = tried(tmp_path / "l", work)
    assert point.recorder.figures.lines == 1


def test_a_connection_that_is_idle_is_closed(tmp_path: Path):
    """Time counts from the last reply, and not while headers are awaited."""

    async def work(one: Open) -> None:
        one.link.timeout_keep_alive = 0
        one.link.data_received(PLAIN)
        await until(lambda: one.wire.closed)
        assert b"200 OK" in one.wire.sent

    tried(tmp_path / "l", work)


def test_what_an_answer_breaks_is_of_that_one_alone(tmp_path: Path):
    """Whoever can't be told anything keeps nobody from being told."""

    async def work(one: Open) -> None:
        def broken(_: object) -> None:
            raise KeyError("gone")

        point, ground = one.desk.service.point, Ground("b", "e", "s", publish=False)
        ground = ground._replace(boundary="b" * 64, estate="e" * 64, scene="5" * 64)
        point.recorder.put(ground, [b"{}"], 0, broken)
        one.link.data_received(PLAIN)
        await until(lambda: one.wire.sent)
        assert b"200 OK" in one.wire.sent
        assert point.recorder.is_up

    tried(tmp_path / "l", work)


def test_a_token_that_is_given_back_is_there_again():
    """Nothing is counted of what the application counts anew; a bucket has its size."""
    bucket = Bucket(1, 2, now=0.0)
    assert bucket.take(0.0) == 0
    bucket.give()
    bucket.give()
    assert [bucket.take(0.0) for _ in range(3)] == [0, 0, 1]


def test_no_salt_is_given_twice():
    """Salts have their length, however many are drawn together."""
    salts = Salts()
    found = [salts() for _ in range(300)]
    assert {len(one) for one in found} == {SALT}
    assert len({*found}) == 300


def test_a_disk_holds_files_and_no_folders(tmp_path: Path):
    """A file is there or isn't; below a file, or as a folder, it isn't."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").touch()
    disk = RealDisk(tmp_path)
    names = ("a/b", "a", "a/c", "a/b/c", "x/y")
    assert [disk.holds(one) for one in names] == [True, False, False, False, False]
