"""Where the scene in force comes from, and how it is kept up to date.

A scene that is bad never takes the place of a good one. A good one that isn't followed
by another is in force until its own time is over, and then nothing is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from ringfence.boundary.decision.scene import Leave, Scene
from ringfence.gate.bundles import Seen, opened, read_bundle
from ringfence.gate.leaves.keeping import courses
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.service.metrics import Metrics
from ringfence.ledger.faults import within
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.writer.recovery import PUBLISHED

SECONDS = 1.0  # from one look to the next
PATIENCE = 30  # looks, after which a scene that was refused is tried again


class Source(Protocol):
    """Where scenes come from. It is for one thread at a time."""

    def changed(self) -> bool:
        """Tell whether there may be another scene than the one that was read last."""
        ...

    def read(self, now: str) -> Held:
        """Return the scene that is to be in force.

        Raises:
            RingfenceError: It is none, or not good now.
            OSError: It can't be read.
        """
        ...


class Bundles:
    """A file with a bundle.

    Args:
        file: The file.
        keys: The keys that have to have signed it.
        seen: What remembers which bundle was in force.
    """

    def __init__(self, file: Path, keys: Sequence[VerifierKey], seen: Seen) -> None:
        self._file, self._keys, self._seen = file, tuple(keys), seen
        self._last: object = None

    def changed(self) -> bool:
        """Tell whether the file is another than the one that was read last."""
        return look((self._file,)) != self._last

    def read(self, now: str) -> Held:
        """Return what the bundle holds, and remember that it is in force.

        Raises:
            RingfenceError: It is none, not good now, or older than one before.
            OSError: It can't be read.
        """
        self._last = look((self._file,))
        sealed = opened(read_bundle(self._file), self._keys, now, str(self._file))
        self._seen.take(sealed)
        return Held(sealed.scene, sealed.expires, sealed.version)


class Conceding:
    """Scenes with the exceptions that a ledger of exceptions concedes besides.

    Where that ledger can't be read, it concedes nothing: what was revoked in it isn't
    known.

    Args:
        source: Where the scenes come from.
        folder: The ledger of exceptions.
        tell: What is told of trouble, a line each.
    """

    def __init__(
        self, source: Source, folder: Path, tell: Callable[[str], None]
    ) -> None:
        self._source, self._folder, self._tell = source, folder, tell
        self._bare: Held | None = None
        self._shown: Held | None = None
        self._last: object = None
        self._fault = ""
        self._is_refused = False  # what the source had last

    def changed(self) -> bool:
        """Tell whether the scene or the ledger has changed, or can't be read."""
        return bool(self._fault) or self._source.changed() or self._look() != self._last

    def read(self, now: str) -> Held:
        """Return the scene with all exceptions; the same one if nothing has changed.

        Raises:
            RingfenceError: The scene itself is none, or not good now.
            OSError: It can't be read.
        """
        bare = self._bare
        # One that was refused is read again: nothing else says that it is good by now.
        again = self._is_refused or self._source.changed()
        if bare is None or again or now >= _end(bare):
            self._is_refused = True
            bare = self._source.read(now)
            self._is_refused = False
        self._last = self._look()
        more = self._leaves(bare.scene)
        scene = replace(bare.scene, leaves=(*bare.scene.leaves, *more))
        same = bare is self._bare and self._shown is not None
        self._bare = bare
        if not (same and self._shown is not None and self._shown.scene == scene):
            self._shown = Held(scene, bare.until, bare.version)
        return self._shown

    def _leaves(self, scene: Scene) -> tuple[Leave, ...]:
        try:
            with within(self._folder):
                found = courses(self._folder, scene).leaves(scene)
        except Exception as error:  # noqa: BLE001 - whatever it is, none is conceded
            fault = str(error) or type(error).__name__
            if fault != self._fault:
                self._tell(f"no exception of the ledger is conceded: {fault}")
            self._fault = fault
            return ()
        self._fault = ""
        return found

    def _look(self) -> object:
        return look((self._folder / PUBLISHED,))


def _end(held: Held) -> str:
    return min(held.until, held.scene.until)


def look(files: Sequence[Path]) -> object:
    """Return what changes when a file does: as good as its content, and cheap."""
    found: list[tuple[str, object]] = []
    for file in files:
        try:
            one = file.stat()
        except OSError:
            found.append((str(file), None))
        else:
            stamp = (one.st_mtime_ns, one.st_size, one.st_ino)
            found.append((str(file), stamp))
    return tuple(found)


@dataclass(slots=True)
class Watch:
    """Looks after the scene in force.

    Attributes:
        point: What decides.
        source: Where scenes come from.
        metrics: What counts.
        tell: What is told of trouble, a line each.
        beside: What else is looked after, at each look; it may raise.
        seconds: From one look to the next.
    """

    point: LivePoint
    source: Source
    metrics: Metrics = field(default_factory=Metrics)
    tell: Callable[[str], None] = lambda _: None
    beside: Sequence[Callable[[], None]] = ()
    seconds: float = SECONDS
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _told: str = ""
    _looks: int = 0  # since the scene was refused; 0 while it is good
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look once, and go on looking beside whatever else is done."""
        await self.look(urgent=True)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def ring(self) -> None:
        """Have it look at once, whether anything seems to have changed or not."""
        self._bell.set()

    async def look(self, *, urgent: bool = False) -> None:
        """Put another scene in force, if there is a good one."""
        for one in self.beside:
            await self._try(one)
        again = self._looks >= PATIENCE
        try:
            if not (urgent or again or self._is_due()):
                self._looks += bool(self._looks)
                return
            held = await asyncio.to_thread(self.source.read, self.point.now())
            install = None
            if held is not self.point.held:
                install = await asyncio.to_thread(self.point.prepared, held)
        except Exception as error:  # noqa: BLE001 - what is in force stays in force
            self._looks = 1
            self.metrics.refused += 1
            self._say(f"the scene is refused: {error}")
            return
        self._looks, self._told = 0, ""
        if install is not None:
            install()
            self.metrics.installed += 1

    def _is_due(self) -> bool:
        """Tell whether there may be another scene, or has to be."""
        held = self.point.held
        over = held is None or self.point.now() >= _end(held)
        return self.source.changed() or (over and not self._looks)

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self.seconds):
                    await self._bell.wait()
            except TimeoutError:
                pass
            urgent = self._bell.is_set()
            self._bell.clear()
            await self.look(urgent=urgent)

    async def _try(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except Exception as error:  # noqa: BLE001 - it must not end the watch
            self._say(str(error) or type(error).__name__)

    def _say(self, text: str) -> None:
        """Tell of trouble, once: what lasts is told when it changes."""
        if text != self._told:
            self._told = text
            self.tell(text)


class Changed:
    """Does something whenever one of some files has changed.

    Args:
        files: The files.
        work: What is done.
    """

    def __init__(self, files: Sequence[Path], work: Callable[[], None]) -> None:
        self._files, self._work = tuple(files), work
        self._last = look(self._files)

    def __call__(self) -> None:
        """Look, and do it if need be."""
        now = look(self._files)
        if now != self._last:
            self._last = now
            self._work()
