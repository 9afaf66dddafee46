"""Whatever the ledger does, an answer is in it, and nobody gets beyond a cap."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.decision.request import Reason
from ringfence.gate.point.asked import UnansweredError
from ringfence.gate.point.book import Window
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.point.recording import Pace, Recorder
from tests.serving import UNTIL, asked, leave, scene

CAP = 4
STEPS = st.sampled_from(["ask", "ask two", "leave", "before", "after", "shut", "new"])


class Memory:
    """A ledger in memory that fails when it is told to.

    Attributes:
        fails: `before` a window is there, `after` it is, or to open, `shut`; once each.
    """

    def __init__(self) -> None:
        self.windows: list[Window] = []
        self.counted: dict[str, int] = {}
        self.fails: list[str] = []

    def open(self) -> dict[str, int]:
        self._fail("shut")
        return dict(self.counted)

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        if counted is not None:
            self.counted = dict(counted)
        self._fail("before")
        first = len(self.windows)
        self.windows += windows
        self._fail("after")
        return [*range(first, len(self.windows))]

    def publish(self) -> None:
        self._fail("after")

    def close(self) -> None:
        pass

    def _fail(self, what: str) -> None:
        if what in self.fails:
            self.fails.remove(what)
            raise OSError(what)


async def played(steps: Sequence[str], memory: Memory) -> tuple[dict[str, bytes], int]:
    """Play some steps; return what was answered, by id, and uses that were conceded."""
    told: dict[str, bytes] = {}
    uses = 0
    point = await started(memory)
    for number, step in enumerate(steps):
        if step in ("before", "after", "shut"):
            memory.fails.append(step)
            continue
        if step == "new":
            await point.recorder.close()
            point = await started(memory)
            continue
        question = leave(1) if step == "leave" else asked(purpose=f"p-{number}")
        asking = [point.answers([question]) for _ in range(1 + (step == "ask two"))]
        for found in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(found, list):
                told[found[0].id] = question.request.purpose.encode()
                uses += found[0].decision.reason is Reason.LEAVE
            else:
                assert isinstance(found, UnansweredError)
        if not point.recorder.is_up:
            await asyncio.sleep(0.004)
    await point.recorder.close()
    return told, uses


async def started(memory: Memory) -> LivePoint:
    """Return a decision point that is up, or will be."""
    pace = Pace(publish=60, first=0.001, last=0.001)
    point = LivePoint(Recorder(memory, pace=pace))
    await point.recorder.start()
    point.install(Held(scene(cap=CAP), UNTIL))
    return point


@given(st.lists(STEPS, max_size=12))
def test_an_answer_is_in_the_ledger_and_a_cap_holds(steps: list[str]):
    """Each answer's id names its own line; uses are at most the cap, over restarts."""
    memory = Memory()
    told, uses = asyncio.run(played(steps, memory))
    for id_, purpose in told.items():
        entry, place = map(int, id_.split("."))
        assert b'"purpose":"%b"' % purpose in memory.windows[entry].lines[place]
    assert uses <= CAP
