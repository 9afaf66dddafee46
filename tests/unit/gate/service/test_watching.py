"""Where scenes come from: a bad one never takes the place of a good one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringfence.boundary.decision.request import Reason
from ringfence.boundary.decision.scene import Scene
from ringfence.errors import ProofError, RingfenceError
from ringfence.gate.bundles import Seen, new_keys, seal
from ringfence.gate.leaves.keeping import log as log_step
from ringfence.gate.leaves.steps import Approve, Ask
from ringfence.gate.point.asked import UnansweredError
from ringfence.gate.point.judging import Judge
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.service.watching import (
    PATIENCE,
    Bundles,
    Changed,
    Conceding,
    Source,
    Watch,
)
from tests.serving import LI, UNTIL, asked, ledger, scene, standing

KEYS = new_keys("example.com/gate")
PUBLIC = [one.verifier for one in KEYS]


def instant(seconds: float = 0) -> str:
    """Return an instant from now on."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def bundle(version: int = 1, *, cap: int = 3, expires: str = UNTIL) -> bytes:
    """Return a bundle."""
    return seal(scene(cap=cap), KEYS, version, "2020-01-01T00:00:00Z", expires)


def watched(
    folder: Path, source: Source, work: Callable[[LivePoint, Watch], Awaitable[None]]
) -> list[str]:
    """Do something while a watch looks after a decision point; return what it told."""
    told: list[str] = []

    async def run() -> None:
        point = standing(folder)
        await point.recorder.start()
        watch = Watch(point, source, tell=told.append, seconds=3600)
        await watch.start()
        try:
            await work(point, watch)
        finally:
            await watch.close()
            await point.recorder.close()

    asyncio.run(run())
    return told


def test_a_bad_bundle_leaves_the_good_one_in_force(tmp_path: Path):
    """Garbage, another key's bundle, an older one: each is refused and told of once."""
    file = tmp_path / "b"
    file.write_bytes(bundle(5))
    stranger = new_keys("example.com/gate")
    bad = [
        b"",
        bundle(6)[:-1],
        seal(scene(), stranger, 6, "2020-01-01T00:00:00Z", UNTIL),
        bundle(4),
        bundle(6, expires="2021-01-01T00:00:00Z"),
    ]

    async def work(point: LivePoint, watch: Watch) -> None:
        for number, content in enumerate(bad, 1):
            file.write_bytes(content)
            await watch.look()
            await watch.look()
            assert watch.metrics.refused == number
            assert point.held is not None
            assert point.held.version == 5
            assert (await point.answers([asked()]))[0].id
        file.unlink()
        await watch.look()
        assert point.is_ready
        file.write_bytes(bundle(6, cap=9))
        await watch.look()
        assert point.held is not None
        assert point.held.version == 6
        assert point.scene.leaves[0].cap == 9

    source = Bundles(file, PUBLIC, Seen(tmp_path / "seen"))
    told = watched(ledger(tmp_path / "l"), source, work)
    assert len(told) == len(bad) + 1


def test_without_a_bundle_nothing_is_answered_until_there_is_one(tmp_path: Path):
    """A service that starts without its bundle waits for it, and denies meanwhile."""
    file = tmp_path / "b"

    async def work(point: LivePoint, watch: Watch) -> None:
        with pytest.raises(UnansweredError):
            await point.answers([asked()])
        file.write_bytes(bundle())
        await watch.look()
        await point.answers([asked()])

    source = Bundles(file, PUBLIC, Seen(tmp_path / "seen"))
    watched(ledger(tmp_path / "l"), source, work)


def test_a_bundle_is_over_when_its_time_is(tmp_path: Path):
    """After its end nothing is answered, whatever the scene itself would allow."""
    file = tmp_path / "b"
    file.write_bytes(bundle(1, expires=instant(2)))

    async def work(point: LivePoint, watch: Watch) -> None:
        await point.answers([asked()])
        over = instant(5)
        point.now = lambda: over
        with pytest.raises(UnansweredError):
            await point.answers([asked()])
        await watch.look()
        with pytest.raises(UnansweredError):
            await point.answers([asked()])
        file.write_bytes(bundle(2))
        await watch.look()
        await point.answers([asked()])

    source = Bundles(file, PUBLIC, Seen(tmp_path / "seen"))
    watched(ledger(tmp_path / "l"), source, work)


class Counting:
    """A source that fails as long as it is told to."""

    def __init__(self) -> None:
        self.failing = True
        self.reads = 0

    def changed(self) -> bool:
        return False

    def read(self, now: str) -> Held:
        assert now
        self.reads += 1
        if self.failing:
            raise ProofError("no scene yet")
        return Held(scene(), UNTIL)


def test_what_was_refused_is_tried_again_after_a_while(tmp_path: Path):
    """A source that is bad for a time is asked again, and not at every look."""
    source = Counting()

    async def work(point: LivePoint, watch: Watch) -> None:
        for _ in range(PATIENCE - 1):
            await watch.look()
        assert source.reads == 1
        source.failing = False
        await watch.look()
        assert (source.reads, point.is_ready) == (2, True)
        await watch.look()
        assert source.reads == 2
        await watch.look(urgent=True)
        assert source.reads == 3

    watched(ledger(tmp_path / "l"), source, work)


def test_it_looks_by_itself_and_when_it_is_rung(tmp_path: Path):
    """A change is seen at the next look, and at once where somebody rings."""
    file = tmp_path / "b"
    file.write_bytes(bundle(1))

    async def work(point: LivePoint, watch: Watch) -> None:
        file.write_bytes(bundle(2))
        watch.ring()
        for _ in range(4_000):
            if point.held is not None and point.held.version == 2:
                return
            await asyncio.sleep(0.005)
        pytest.fail("nobody looked")

    source = Bundles(file, PUBLIC, Seen(tmp_path / "seen"))
    watched(ledger(tmp_path / "l"), source, work)


def test_a_scene_that_can_not_be_compiled_is_refused(tmp_path: Path):
    """Whatever goes wrong while a scene is made ready, the one in force stays."""

    def compiled(_: Scene) -> Judge:
        raise MemoryError

    async def work(point: LivePoint, watch: Watch) -> None:
        source.failing = False
        await watch.look(urgent=True)
        before = point.held
        point.compiled = compiled
        await watch.look(urgent=True)
        assert watch.metrics.refused == 2
        assert point.held is before
        assert point.is_ready

    source = Counting()
    watched(ledger(tmp_path / "l"), source, work)


def test_something_is_done_when_a_file_changes(tmp_path: Path):
    """A change, a new file and one that is gone are seen; nothing else is."""
    file, done = tmp_path / "f", []
    changed = Changed([file], lambda: done.append(1))
    changed()
    file.write_text("a")
    changed()
    changed()
    file.write_text("ab")
    changed()
    file.unlink()
    changed()
    assert len(done) == 3


def test_trouble_beside_is_told_and_harms_nothing(tmp_path: Path):
    """A file that can't be read again is told of; scenes are looked after all the same."""
    source = Counting()
    source.failing = False

    def trouble() -> None:
        raise RingfenceError("the certificate is gone")

    async def work(point: LivePoint, watch: Watch) -> None:
        watch.beside = [trouble]
        await watch.look()
        await watch.look()
        assert point.is_ready

    told = watched(ledger(tmp_path / "l"), source, work)
    assert told == ["the certificate is gone"]


class Fixed:
    """A source of one scene without exceptions of its own."""

    def changed(self) -> bool:
        return False

    def read(self, now: str) -> Held:
        assert now
        return Held(scene(), UNTIL)


def test_exceptions_of_a_ledger_are_conceded_within_one_look(tmp_path: Path):
    """What is approved there holds from the next look on; an unreadable one holds none."""
    folder = ledger(tmp_path / "exceptions")
    ask = Ask(
        name="fix-it",
        who=(LI,),
        columns=("wh/s.people.email",),
        purpose="repair",
        cap=9,
        since=instant(-60),
        until=instant(3600),
        by="person:mei",
    )
    question = asked(LI, purpose="repair", subjects=1)

    async def work(point: LivePoint, watch: Watch) -> None:
        async def reason() -> Reason:
            await watch.look()
            [answer] = await point.answers([question])
            return answer.decision.reason

        assert await reason() is Reason.EXCLUDED
        log_step(folder, ask, scene(), instant(-30))
        assert await reason() is Reason.EXCLUDED
        log_step(folder, Approve(name="fix-it", by="person:ann"), scene(), instant(-20))
        assert await reason() is Reason.LEAVE
        assert watch.metrics.installed == 2
        (folder / "public/checkpoint").write_bytes(b"?")
        assert await reason() is Reason.EXCLUDED

    told: list[str] = []
    source = Conceding(Fixed(), folder, told.append)
    watched(ledger(tmp_path / "l"), source, work)
    assert len(told) == 1
