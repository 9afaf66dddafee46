"""An engine for tests: it hears what it was told, and can be killed while it does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ringfence.docket.objects import RATE, Word
from ringfence.docket.transcripts.engine import Samples

TEXTS = ("so", "we", "keep", "it", "all", "in", "Virginia.")


class Killed(BaseException):
    """What a run meets when it is killed: nothing catches it."""


class Stub:
    """Hears one word a second, named by how loud that second is."""

    version = "1"
    model = f"stub:{'0' * 64}"

    def __init__(
        self, name: str = "stub", *, dies: int = -1, prob: float = 0.9
    ) -> None:
        self.name = name
        self.parameters = {"language": "en"}
        self.asked = 0
        self._dies, self._prob = dies, prob

    def words(self, samples: Samples) -> Iterator[Word]:
        """Yield a word for each second that begins in a stretch."""
        self.asked += 1
        if self.asked - 1 == self._dies:
            raise Killed
        for start in range(0, len(samples), RATE):
            loud = int(np.abs(samples[start : start + RATE].astype(np.int32)).max())
            end = min(start + RATE, len(samples))
            yield Word(TEXTS[loud % len(TEXTS)], start, end, self._prob)


def sound(seconds: int) -> Samples:
    """Return a sound, each second of which is heard as a word of its own."""
    loud = np.arange(1, seconds + 1, dtype=np.int16)
    return np.repeat(loud, RATE)
