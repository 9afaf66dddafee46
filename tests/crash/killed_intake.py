"""Adds a file to a docket, and kills itself with SIGKILL at its n-th effect."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ringfence.docket.folder import Docket
from ringfence.docket.intake import Intake, Terms
from ringfence.docket.words import Grade
from tests import killing


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(killing.Life):
    """A life that really ends."""

    def live(self) -> None:
        if self.left is not None and self.done >= self.left:
            kill()
        self.done += 1


def main(folder: str, file: str, by: str, left: str) -> None:
    killing.Life = Deadly  # type: ignore[misc]  # it is the one that `living` makes
    with killing.living(int(left)), Intake.of(Docket(Path(folder))) as intake:
        intake.add(Path(file), Terms(by, Grade.THIRD), "2026-11-23T10:00:00Z")


if __name__ == "__main__":
    main(*sys.argv[1:])
