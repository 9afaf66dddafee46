"""A budget of time, which every search asks whether it may go on."""

from __future__ import annotations

import time
from dataclasses import dataclass

_STEPS_BETWEEN_LOOKS = 16


class OutOfTimeError(Exception):
    """The time is over; the question stays open."""


@dataclass(slots=True)
class Clock:
    """The instant at which work has to end, by the monotonic clock."""

    end: float
    _steps: int = 0

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """Return a clock that runs out after some seconds."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            OutOfTimeError: None are.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def step(self) -> None:
        """Count a small step of work, and look at the time every few of them.

        Raises:
            OutOfTimeError: The time is over.
        """
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_LOOKS == 0:
            self.left()
