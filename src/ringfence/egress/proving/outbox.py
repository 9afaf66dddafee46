"""The file gateway, as a sender sees it: files go into an outbox, and come out or not.

The gateway runs by itself. A file that lies in `released` has left; one in quarantine
was held or blocked; of one that nobody took in time nothing is proved.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try

_STEP = 0.2  # seconds between two looks
_LETTERS = "abcdefghkmnpqrstuvwxyz"
_QUARANTINE = {"hold": Outcome.HELD, "block": Outcome.BLOCKED}


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
        # Of words, so that it is no sign of anything by itself.
        run = "".join(secrets.choice(_LETTERS) for _ in range(5))
        folder = self.outbox / self.channel
        folder.mkdir(parents=True, exist_ok=True)
        waiting: dict[str, Try] = {}
        for one in tries:
            name = _named(run, one)
            _drop(folder, name, one.carried.content)
            waiting[name] = one
        deadline = self.clock() + self.patience
        try:
            while waiting:
                found = [*self._found(waiting)]
                for name, answer in found:
                    del waiting[name]
                    yield answer
                if not waiting or self.clock() >= deadline:
                    break
                self.pause(_STEP)
            for one in waiting.values():
                yield Answer(one, Outcome.NO_ANSWER, "nobody took it in time")
        finally:
            for name in waiting:
                (folder / name).unlink(missing_ok=True)

    def _found(self, waiting: dict[str, Try]) -> Iterator[tuple[str, Answer]]:
        for name, one in waiting.items():
            left = self.released / self.channel / name
            if left.exists():
                left.unlink(missing_ok=True)  # nobody is to send it on
                yield name, Answer(one, Outcome.LEFT)
                continue
            for folder, outcome in _QUARANTINE.items():
                if (self.quarantine / folder / self.channel / name).exists():
                    yield name, Answer(one, outcome)
                    break


def _named(run: str, one: Try) -> str:
    said = f" {one.carried.name}" if one.carried.name else ""
    return f"prove {run} {one.number}{said}{one.carried.suffix}".replace("/", "_")


def _drop(folder: Path, name: str, content: bytes) -> None:
    """Put a file there in one step: a gateway never sees a half of it."""
    hidden = folder / f".{name}.part"
    hidden.write_bytes(content)
    os.replace(hidden, folder / name)  # noqa: PTH105
