"""The file gateway, as a sender sees it: files go into an outbox, and come out or not.

The gateway runs by itself. A file that lies in `released` has left; one in quarantine
was held or blocked; of one that nobody took in time nothing is proved.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try

QUARANTINE = {"hold": Outcome.HELD, "block": Outcome.BLOCKED}
"""The folders of a quarantine."""
_STEP = 0.2  # seconds between two looks
_LETTERS = "abcdefghkmnpqrstuvwxyz"


class Box(Protocol):
    """What a sender does with an outbox, and sees of what comes out."""

    @property
    def patience(self) -> float:
        """Seconds within which every file has to be taken."""
        ...

    @property
    def pause(self) -> Callable[[float], None]:
        """Waits for some seconds."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Gives seconds that only ever grow."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a file there, in one step."""
        ...

    def found(self, names: Collection[str]) -> Iterator[tuple[str, Outcome]]:
        """Yield what became of files, where something did."""
        ...

    def take_back(self, name: str) -> None:
        """Remove a file that nobody took."""
        ...


def sent(tries: Sequence[Try], box: Box) -> Iterator[Answer]:
    """Put every try into an outbox, and yield what becomes of it."""
    # Of words, so that it is no sign of anything by itself.
    run = "".join(secrets.choice(_LETTERS) for _ in range(5))
    waiting: dict[str, Try] = {}
    try:
        for one in tries:
            name = _named(run, one)
            waiting[name] = one
            box.put(name, one.carried.content)
        deadline = box.clock() + box.patience
        while waiting:
            for name, outcome in [*box.found(waiting.keys())]:
                yield Answer(waiting.pop(name), outcome)
            if not waiting or box.clock() >= deadline:
                break
            box.pause(_STEP)
        for one in waiting.values():
            yield Answer(one, Outcome.NO_ANSWER, "nobody took it in time")
    finally:
        for name in waiting:
            box.take_back(name)


def _named(run: str, one: Try) -> str:
    said = f" {one.carried.name}" if one.carried.name else ""
    return f"prove {run} {one.number}{said}{one.carried.suffix}".replace("/", "_")


@dataclass(frozen=True, slots=True)
class FileGateway:
    """A file gateway over folders.

    Attributes:
        outbox: The folder that it takes files from.
        released: The folder where those go that may leave.
        quarantine: The folder where all others go.
        channel: Name of the channel.
        patience: Seconds within which every file has to be taken.
        pause: Waits for some seconds.
        clock: Gives seconds that only ever grow.
    """

    outbox: Path
    released: Path
    quarantine: Path
    channel: str
    patience: float = 60
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    name: str = "file gateway"
    places: frozenset[str] = frozenset({"name"})

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Drop every try into the outbox, and look what becomes of it."""
        (self.outbox / self.channel).mkdir(parents=True, exist_ok=True)
        yield from sent(tries, self)

    def put(self, name: str, content: bytes) -> None:
        """Put a file there in one step: a gateway never sees a half of it."""
        folder = self.outbox / self.channel
        hidden = folder / f".{name}.part"
        hidden.write_bytes(content)
        os.replace(hidden, folder / name)  # noqa: PTH105

    def found(self, names: Collection[str]) -> Iterator[tuple[str, Outcome]]:
        """Yield what became of files, where something did."""
        for name in names:
            left = self.released / self.channel / name
            if left.exists():
                left.unlink(missing_ok=True)  # nobody is to send it on
                yield name, Outcome.LEFT
                continue
            for folder, outcome in QUARANTINE.items():
                if (self.quarantine / folder / self.channel / name).exists():
                    yield name, outcome
                    break

    def take_back(self, name: str) -> None:
        """Remove a file that nobody took."""
        (self.outbox / self.channel / name).unlink(missing_ok=True)
