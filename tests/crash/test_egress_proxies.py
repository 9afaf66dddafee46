"""The reverse proxy as a process, with everything going wrong around it.

The law: for every answer that a client received, the ledger holds an entry whose output
is what the client received; and what may not leave is on no client's socket.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from ringfence.ledger.keeping.opening import opened
from ringfence.ledger.keeping.renewal import check_ledger
from tests.proxied import (
    SECRET,
    SOON,
    Inside,
    Running,
    digest,
    inside,
    listener,
    outputs,
    process,
    spoken,
)

WORDS = ("released", "masked", "blocked", "held")


@dataclass
class Load:
    """Clients that ask as fast as they can, and keep what they received.

    Attributes:
        running: Whom they ask.
        got: Status and body of every answer.
    """

    running: Running
    got: list[tuple[int, bytes]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for name in range(4):
            one = threading.Thread(target=self._run, args=(name,))
            one.start()
            self._threads.append(one)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def count(self, status: int) -> int:
        """Return how many answers had a status."""
        return sum(found == status for found, _ in [*self.got])

    def received(self, status: int, more: int) -> None:
        """Wait until so many more were received."""
        end = self.count(status) + more
        until(lambda: self.count(status) >= end)

    def _run(self, name: int) -> None:
        number = name * 1_000_000
        while not self._over.is_set():
            number += 1
            status, _, body = self.running.ask(f"/{WORDS[number % 4]}/{number}")
            self.got.append((status, body))
            if not status:
                self._over.wait(0.01)


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + SOON
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


def check(load: Load, folder: Path) -> None:
    """Hold what was received against what the ledger says."""
    left = {digest(body) for status, body in load.got if status == 200}
    assert left
    assert left <= outputs(folder / "ledger")
    assert check_ledger(folder / "ledger").is_sound
    assert not [body for _, body in load.got if SECRET in body]
    assert {status for status, _ in load.got} <= {0, 200, 403, 502, 503}


@pytest.fixture
def tool() -> Iterator[Inside]:
    """Return an upstream."""
    with inside(spoken) as found:
        yield found


def test_killed_in_mid_load(tool: Inside, tmp_path: Path):
    """Killed, the proxy has logged all that left; it starts anew, and so again."""
    folder = tmp_path / "a"
    for _ in range(2):
        with (
            process(folder, "proxy", listener(tool.port)) as found,
            Load(found) as load,
        ):
            load.received(200, 60)
            found.kill()
            load.received(0, 4)
        check(load, folder)
    with process(folder, "proxy", listener(tool.port)) as found:
        assert found.end() == 0
    assert not list((folder / "staging").iterdir())  # what was left is gone


def test_a_disk_that_takes_nothing(tool: Inside, tmp_path: Path):
    """While the ledger takes nothing there are errors alone; after it, answers again."""
    folder = tmp_path / "a"
    with process(folder, "proxy", listener(tool.port)) as found, Load(found) as load:
        load.received(200, 20)
        pid, hard = found.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (16, hard))
        load.received(503, 20)
        before = load.count(200)
        load.received(503, 20)
        assert load.count(200) <= before + 4  # that were under way
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        load.received(200, 20)
        assert found.end() == 0
    check(load, folder)


def test_a_ledger_that_somebody_else_holds(tool: Inside, tmp_path: Path):
    """While another process writes the ledger nothing leaves; once it is free, again."""
    folder = tmp_path / "a"
    with process(folder, "proxy", listener(tool.port)) as found:
        with opened(folder / "ledger"):
            status, _, body = found.ask("/released/1")
            assert status == 503
            assert b"city" not in body
        until(lambda: found.ask("/released/2")[0] == 200)
        assert found.end() == 0
    assert digest(b"city=R2") in outputs(folder / "ledger")


def test_an_upstream_that_dies_in_mid_answer(tmp_path: Path):
    """Answers that break off leave nothing; the ones before and after do."""

    def flaky(method: str, target: str) -> bytes:
        whole = spoken(method, target)
        return whole if int(target.rsplit("/", 1)[1]) % 3 else whole[:-1]

    with (
        inside(flaky) as tool,
        process(tmp_path / "a", "proxy", listener(tool.port)) as found,
        Load(found) as load,
    ):
        load.received(200, 40)
        load.received(502, 10)
        assert found.end() == 0
    check(load, tmp_path / "a")
    assert not [body for status, body in load.got if status == 502 and b"city" in body]
