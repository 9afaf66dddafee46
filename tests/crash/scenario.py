"""What a writer does in the crash tests, and what must hold wherever it is cut short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from ringfence.errors import ConfigError, RingfenceError
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.tree.growing import Frontier
from ringfence.ledger.watch.checking import check_disk
from ringfence.ledger.writer.log import Log
from tests.crash.modelled import Files, ModelDisk

ORIGIN = "ringfence.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))
FOLDER = Path("model")
N = None  # publishes
# Sizes to sequence: over the first full tile, exactly to it, and so
# that there is a second level, with batches that nobody publishes in between.
STEPS = (3, N, 1, N, 90, 160, N, 1, N, 1, N, 1, 20, 4, N, 2, N, 7, N, 1, N, 10)
RESUMED = (N, 5, N, 1)


def entry(number: int) -> bytes:
    return b"entry %d" % number


def _roots(most: int) -> list[bytes]:
    frontier, found = Frontier(), [Frontier().root()]
    for number in range(most):
        frontier.extend([entry(number)])
        found.append(frontier.root())
    return found


ROOTS = _roots(400)


@dataclass(frozen=True)
class Said:
    """What the writer has told others: it must stay true.

    Attributes:
        founded: The ledger is there.
        sequenced: Entries that were acknowledged.
        shown: Entries of the largest checkpoint that anybody was shown.
        published: Entries of the checkpoint that everybody can read.
    """

    founded: bool = False
    sequenced: int = 0
    shown: int = 0
    published: int = 0


@dataclass
class Scene:
    """A writer at work on a disk, watched after each call."""

    disk: ModelDisk
    said: Said = field(default_factory=Said)
    look: Callable[[], None] = lambda: None
    log: Log | None = None  # the one that was written last

    def says(self, **words) -> None:
        self.said = replace(self.said, **words)
        self.look()

    def cosign(self, signed, _consistency):
        self.says(shown=signed.checkpoint.size)
        return ()

    def open(self) -> Log:
        return Log.open(FOLDER, clock=lambda: 0, cosign=self.cosign, disk=self.disk)

    def play(self, deaf: str = "") -> None:
        """Found a ledger and write it; on a disk that is deaf to a sync from then on."""
        log = self.log = Log.create(
            FOLDER,
            ORIGIN,
            keys=[KEY],
            clock=lambda: 0,
            cosign=self.cosign,
            disk=self.disk,
        )
        self.says(founded=True)
        self.disk.deaf = deaf
        for step in STEPS:
            self.step(log, step)
        log.close()
        self.log = None
        self.resume()

    def resume(self) -> None:
        log = self.log = self.open()
        self.says(sequenced=log.size)
        for step in RESUMED:
            self.step(log, step)
        log.close()

    def step(self, log: Log, step: int | None) -> None:
        if step is None:
            size = log.publish().checkpoint.size
            self.says(shown=size, published=size)
        else:
            places = log.append([entry(log.size + one) for one in range(step)])
            self.says(sequenced=places.stop)


def trouble(files: Files, said: Said) -> str | None:
    """Return what doesn't hold in a state, if anything doesn't."""
    disk = ModelDisk(files)
    try:
        return _trouble(disk, said)
    except ConfigError as error:  # there is no ledger
        return str(error) if said.founded else None
    except RingfenceError as error:
        return f"refused: {error}"


def _trouble(disk: ModelDisk, said: Said) -> str | None:
    log = Log.open(FOLDER, clock=lambda: 0, disk=disk)
    signed, published = log.signed.checkpoint, log.checkpoint
    size = 0 if published is None else published.checkpoint.size
    found = check_disk(disk)
    log.append([entry(log.size)])
    after = log.publish().checkpoint
    then = check_disk(disk)
    roots = (signed.root, after.root)
    holds = {
        f"lost: {log.size - 1} of {said.sequenced}": log.size > said.sequenced,
        f"regressed: {signed.size} of {said.shown}": signed.size >= said.shown,
        f"unpublished: {size} of {said.published}": size >= said.published,
        f"unsound: {found.problems}": found.is_sound,
        f"unsound after: {then}": then.is_sound and not then.ahead,
        f"another log: {signed}": roots == (ROOTS[signed.size], ROOTS[after.size]),
    }
    return next((fact for fact, is_so in holds.items() if not is_so), None)


class Watch:
    """Looks at the states that a crash may leave of a scene, moment for moment.

    Args:
        scene: The writer.
        states: How many states a moment has at most; where there are more, the ends
            and a sample are looked at.
        most: Of how many bad ones the scene ends.

    Attributes:
        seen: States that were looked at, each with what had been said.
        bad: What doesn't hold, and where.
        kept: One in a hundred of the states, to crash again from.
    """

    def __init__(
        self, scene: Scene, *, states: int = 80, most: int | None = None
    ) -> None:
        self.seen: set[int] = set()
        self.bad: list[str] = []
        self.kept: list[tuple[Files, Said]] = []
        self._scene = scene
        self._most = most
        self._states = states
        self._seeds = count()
        scene.look = self.look
        scene.disk.watch = lambda _: self.look()

    def look(self) -> None:
        for files in self._scene.disk.states(next(self._seeds), self._states):
            said = self._scene.said
            state = hash((said, frozenset(files.items())))
            if state in self.seen:
                continue
            self.seen.add(state)
            if len(self.seen) % 100 == 0:
                self.kept.append((files, said))
            problem = trouble(files, said)
            if problem:
                self.bad.append(f"{said}: {problem}")
            if self._most is not None and len(self.bad) >= self._most:
                raise CaughtError


class CaughtError(Exception):
    """A weakened disk was caught: there is no need to look on."""
