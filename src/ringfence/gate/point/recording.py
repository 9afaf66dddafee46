"""The recorder: nothing is answered that the ledger doesn't hold.

What waits while the disk is at work goes to the disk together, in one window. Where a
window may not be on the disk, nobody in it is answered; the ledger is opened anew, as
often as it takes.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

from ringfence.gate.point.asked import UnansweredError
from ringfence.gate.point.book import Ground, Window

AT_ONCE = 4_096  # lines of one entry
FEW = 4  # lines of a window, up to which the next one isn't waited for
GATHER = 0.003  # seconds that it is, else
MOST = 100_000  # lines that may wait
EVERY = 60.0  # seconds from one publication to the next
FIRST, LAST = 0.1, 10.0  # seconds from one try to open the ledger to the next
_T = TypeVar("_T")


class Keeper(Protocol):
    """What the recorder asks of the ledger, in a thread of its own (`Book`)."""

    def open(self) -> dict[str, int]:
        """Open the ledger, and return how often each exception was used."""
        ...

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        """Bring windows to the ledger, and return their entries."""
        ...

    def publish(self) -> None:
        """Publish what is sequenced."""
        ...

    def close(self) -> None:
        """Let go of the ledger."""
        ...


Told = Callable[[tuple[int, int] | None], None]
"""Is told the entry of some lines and the place of the first, once the ledger holds
them; None: it may not."""


class Written(NamedTuple):
    """What waits for the disk: lines that belong together, and who waits for them."""

    ground: Ground
    lines: Sequence[bytes]
    allowed: int
    told: Told


@dataclass(slots=True)
class Figures:
    """What the recorder has done, for whoever watches it.

    Attributes:
        entries: Entries that the ledger took.
        lines: Decisions in them.
        failures: Windows that may not be on the disk.
        openings: How often the ledger was opened.
        unpublished: Times that publishing failed.
        last: What went wrong last.
    """

    entries: int = 0
    lines: int = 0
    failures: int = 0
    openings: int = 0
    unpublished: int = 0
    last: str = ""


@dataclass(slots=True)
class Pace:
    """How often what is done; seconds.

    Attributes:
        publish: From one publication to the next.
        first: From a failure to the next try.
        last: The longest from one try to the next.
        window: That every window is waited for: fewer entries and payloads, and
            answers that are later by so much.
    """

    publish: float = EVERY
    first: float = FIRST
    last: float = LAST
    window: float = 0.0


@dataclass(slots=True)
class Recorder:
    """Brings decisions to the ledger; it belongs to one event loop.

    Attributes:
        keeper: The ledger.
        pace: How often it publishes and tries again.
        tell: What is told of trouble, a line each.
        counted: How many people each exception was used for, or may have been.
        figures: What it has done.
    """

    keeper: Keeper
    pace: Pace = field(default_factory=Pace)
    tell: Callable[[str], None] = lambda _: None
    counted: dict[str, int] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    _is_up: bool = False
    _closing: bool = False
    _counts_changed: bool = False
    _due: float = math.inf  # when to publish
    _waiting: list[Written] = field(default_factory=list)
    _lines: int = 0
    _wanted: int = 0  # lines that the bell waits for
    _expected: int = 0  # lines that the next window may have
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _thread: ThreadPoolExecutor | None = None

    @property
    def is_up(self) -> bool:
        """Whether the ledger takes decisions, as far as is known."""
        return self._is_up and not self._closing

    async def start(self) -> None:
        """Try to open the ledger, and go on trying beside whatever else is done."""
        self._thread = ThreadPoolExecutor(1, "ledger")
        await self._opened()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Bring what waits to the ledger, publish it, and let go of it."""
        self._closing = True
        self._bell.set()
        if self._task is not None:
            await self._task
        if self._thread is not None:
            if self._is_up:
                await self._publish()
            await self._call(self.keeper.close)
            self._thread.shutdown()

    def use(self, leave: str, people: int) -> None:
        """Count an exception as used: from now on, whether it is answered or not."""
        self.counted[leave] = self.counted.get(leave, 0) + max(people, 0)
        self._counts_changed = True

    def check(self, count: int) -> None:
        """Do nothing if so many lines can be taken now.

        Raises:
            UnansweredError: They can't.
        """
        if not self.is_up:
            raise UnansweredError("the ledger takes no entries")
        if self._lines + count > MOST:
            raise UnansweredError("more waits for the ledger than it can take")

    def put(
        self, ground: Ground, lines: Sequence[bytes], allowed: int, told: Told
    ) -> None:
        """Have lines brought to the ledger; it is told later, and once.

        Whoever calls it has called `check` for so many lines just before.
        """
        self._waiting.append(Written(ground, lines, allowed, told))
        self._lines += len(lines)
        if self._lines >= self._wanted:
            self._bell.set()

    async def log(
        self, ground: Ground, lines: Sequence[bytes], allowed: int
    ) -> tuple[int, int]:
        """Bring lines to the ledger; return their entry, and the place of the first.

        Raises:
            UnansweredError: They may not be there.
        """
        self.check(len(lines))
        waited: asyncio.Future[tuple[int, int]]
        waited = asyncio.get_running_loop().create_future()

        def told(found: tuple[int, int] | None) -> None:
            if waited.done():
                return
            if found is None:
                waited.set_exception(UnansweredError("it can't be logged"))
            else:
                waited.set_result(found)

        self.put(ground, lines, allowed, told)
        return await waited

    async def _run(self) -> None:
        while True:
            if not self._is_up:
                await self._reopened()
            waiting = await self._next()
            if waiting:
                await self._commit(waiting)
            elif self._closing:
                return
            if self._is_up and self._late() <= 0:
                await self._publish()

    async def _next(self) -> list[Written]:
        """Return what waits, once something does or it is time to publish."""
        if not self._waiting and not self._closing:
            try:
                late = self._late()
                async with asyncio.timeout(None if late == math.inf else late):
                    await self._bell.wait()
            except TimeoutError:
                return []
        await self._gather()
        self._bell.clear()
        waiting, self._waiting, self._lines = self._waiting, [], 0
        return waiting

    async def _gather(self) -> None:
        """Wait a little for those who were just answered: they may ask again."""
        if not self._closing:
            await asyncio.sleep(self.pace.window)
        if self._closing or not FEW < self._expected > self._lines:
            return
        self._wanted = self._expected  # from here on the bell rings for so many
        self._bell.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER):
                await self._bell.wait()
        self._wanted = 0

    def _late(self) -> float:
        """Return the seconds until it is time to publish."""
        return self._due - asyncio.get_running_loop().time()

    async def _commit(self, waiting: list[Written]) -> None:
        windows, places = [], []
        for number, group in enumerate(_grouped(waiting)):
            at = 0
            for one in group:
                places.append((one, number, at))
                at += len(one.lines)
            lines = [line for one in group for line in one.lines]
            allowed = sum(one.allowed for one in group)
            windows.append(Window(group[0].ground, lines, allowed))
        counted = dict(self.counted) if self._counts_changed else None
        self._counts_changed = False
        try:
            entries = await self._call(lambda: self.keeper.commit(windows, counted))
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is answered
            self._counts_changed = self._counts_changed or counted is not None
            self._fail(waiting, error)
            return
        self._due = min(self._due, self._in(self.pace.publish))
        # Whoever is answered now may ask again, and whoever waits does so already.
        self._expected = sum(len(one.lines) for one in waiting) + self._lines
        self.figures.entries += len(windows)
        self.figures.lines += sum(len(one.lines) for one in windows)
        for one, number, at in places:
            self._answer(one, (entries[number], at))

    def _fail(self, waiting: list[Written], error: Exception) -> None:
        self._is_up = False
        self.figures.failures += 1
        self._say(f"decisions are not logged: {error}")
        lost = [*waiting, *self._waiting]
        self._waiting, self._lines = [], 0
        for one in lost:
            self._answer(one, None)

    def _answer(self, one: Written, found: tuple[int, int] | None) -> None:
        """Tell one of those who wait; whatever it does, the others are told, too."""
        try:
            one.told(found)
        except Exception as error:  # noqa: BLE001 - it is of that one alone
            self.tell(f"an answer is lost: {type(error).__name__}: {error}")

    async def _reopened(self) -> None:
        """Open the ledger again; between two tries it waits, longer each time."""
        wait = self.pace.first
        await self._call(self._let_go)
        while not self._closing and not await self._opened():
            self._bell.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._bell.wait()  # nothing rings it but the end
            except TimeoutError:
                wait = min(wait * 2, self.pace.last)

    async def _opened(self) -> bool:
        try:
            found = await self._call(self.keeper.open)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            self._say(f"the ledger can't be opened: {error}")
            return False
        for leave, count in found.items():
            self.counted[leave] = max(count, self.counted.get(leave, 0))
        self.figures.openings += 1
        self.figures.last = ""
        self._is_up, self._due = True, self._in(self.pace.publish)
        return True

    async def _publish(self) -> None:
        """Publish; if the log has stopped, the next window will tell."""
        self._due = math.inf
        try:
            await self._call(self.keeper.publish)
        except Exception as error:  # noqa: BLE001 - what is sequenced stays so
            self._due = self._in(self.pace.publish)
            self.figures.unpublished += 1
            self._say(f"decisions are not published: {error}")

    def _in(self, seconds: float) -> float:
        return asyncio.get_running_loop().time() + seconds

    def _let_go(self) -> None:
        try:
            self.keeper.close()
        except Exception as error:  # noqa: BLE001 - it is opened anew in any case
            self._say(f"the ledger can't be closed: {error}")

    def _say(self, text: str) -> None:
        """Tell of trouble, once: what lasts is told when it changes."""
        if text != self.figures.last:
            self.figures.last = text
            self.tell(text)

    async def _call(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _grouped(waiting: Sequence[Written]) -> Iterator[list[Written]]:
    """Yield what one entry each tells of: neighbours that rest on the same."""
    group: list[Written] = []
    lines = 0
    for one in waiting:
        full = lines + len(one.lines) > AT_ONCE
        other = group and one.ground is not group[0].ground
        if group and (full or (other and one.ground != group[0].ground)):
            yield group
            group, lines = [], 0
        group.append(one)
        lines += len(one.lines)
    if group:
        yield group
