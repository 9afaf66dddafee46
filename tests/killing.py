"""A process that dies at its n-th effect on the disk, without dying."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

EFFECTS = (
    *("rename", "replace", "link", "unlink", "mkdir", "rmdir", "truncate"),
    *("fsync", "fdatasync", "write", "chmod", "fchmod", "utime"),
)


class Killed(BaseException):
    """The process is dead: whatever it does from now on has no effect."""


@dataclass
class Life:
    """How long a process lives: `left` effects, and then none; None: for ever."""

    left: int | None = None
    done: int = 0
    is_dead: bool = False

    def live(self) -> None:
        """Spend an effect.

        Raises:
            Killed: There is none left.
        """
        if self.is_dead or (self.left is not None and self.done >= self.left):
            self.is_dead = True
            raise Killed
        self.done += 1


@contextmanager
def living(left: int | None = None) -> Iterator[Life]:
    """Count effects on the disk within the block; after `left` of them there is none.

    What is opened to be written counts as well. What SQLite does doesn't: it rolls
    back by itself what wasn't committed.
    """
    life = Life(left)
    with pytest.MonkeyPatch.context() as patch:
        for name in EFFECTS:
            patch.setattr(os, name, _mortal(getattr(os, name), life))
        opened = os.open

        def opening(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_CREAT:
                life.live()
            return opened(path, flags, *rest, **more)

        patch.setattr(os, "open", opening)
        yield life


def _mortal(effect: Callable[..., Any], life: Life) -> Callable[..., Any]:
    def mortal(*words: Any, **more: Any) -> Any:
        life.live()
        return effect(*words, **more)

    return mortal
