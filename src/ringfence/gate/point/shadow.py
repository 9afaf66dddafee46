"""Shadow mode: all is decided and logged as ever, and all of it is allowed.

This is the one place where an answer is another than the decision. Nothing is enforced
here, so that nothing may fail either: what can't be decided or logged is allowed, too,
and the ledger is told how many these were as soon as it takes entries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from ringfence.boundary.decision.request import Reason
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.model import Gate
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Answer, Asked, UnansweredError, Unenforced
from ringfence.gate.point.judging import principals_of, resources_of
from ringfence.gate.point.lines import line_of_gap
from ringfence.gate.point.live import Judged, LivePoint
from ringfence.gate.point.point import Told

ALLOWED = "shadow mode allows everything"
PATIENCE = 2.0
_NOTHING = Scene("", "", "", "", Gate(()), (), {}, {}, {})


@dataclass
class ShadowPoint(LivePoint):
    """A decision point that enforces nothing: its every answer is an allowance.

    Attributes:
        patience: Seconds that an answer waits for the ledger.
    """

    shadow: ClassVar[bool] = True

    patience: float = PATIENCE
    _owed: int = 0  # of what is unlogged, how many the ledger isn't told of

    @property
    def scene(self) -> Scene:
        """The scene that was installed last, in force or not; or one of nothing."""
        return _NOTHING if self.held is None else self.held.scene

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return an allowance for each question, whatever was decided."""
        try:
            async with asyncio.timeout(self.patience):
                return await super().answers(asked)
        except (UnansweredError, TimeoutError) as error:
            self._owe(len(asked))
            why = str(error) or "it took too long"
            return [self._undecided(why) for _ in asked]

    async def subjects(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all principals of a kind that the scene knows, sorted."""
        await self._noted(super().subjects(asked, kind))
        return sorted(principals_of(self.scene, kind))

    async def resources(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all resources of a kind that the scene knows, sorted."""
        await self._noted(super().resources(asked, kind))
        return sorted(resources_of(self.scene, kind))

    async def actions(self, asked: Asked) -> list[str]:
        """Return every verb."""
        await self._noted(super().actions(asked))
        return [*VERBS]

    def prompt(self, asked: Sequence[Asked], told: Told) -> None:
        """Leave every question to `answers`, which knows what to do where one fails.

        Raises:
            UnansweredError: Always; nothing was decided.
        """
        del asked, told
        raise UnansweredError("there is no direct way in shadow mode")

    def _answered(self, judged: Judged, entry: int, first: int) -> list[Answer]:
        """Return allowances in the place of decisions that the ledger holds."""
        self._settle()
        found = super()._answered(judged, entry, first)
        return [
            replace(
                one,
                decision=Unenforced(one.decision.reason, decided=one.decision),
                words=f"{ALLOWED}; enforced: {one.words}",
            )
            for one in found
        ]

    def _undecided(self, why: str) -> Answer:
        """Return the allowance of a question that wasn't decided, or isn't logged."""
        scene, words = self.scene, f"{ALLOWED}; nothing may be logged: {why}"
        nothing = Unenforced(Reason.STALE)
        return Answer(nothing, "", words, (), scene.boundary, scene.estate, self.now())

    async def _noted(self, search: Awaitable[list[str]]) -> None:
        """Have a search made and logged, whatever it finds."""
        try:
            async with asyncio.timeout(self.patience):
                await search
        except (UnansweredError, TimeoutError):
            self._owe(1)
        else:
            self._settle()

    def _owe(self, count: int) -> None:
        self.unlogged += count
        self._owed += count

    def _settle(self) -> None:
        """Have the ledger told how many answers it may not hold."""
        owed, current = self._owed, self._current
        if not owed or current is None or not self.recorder.is_up:
            return
        self._owed = 0

        def told(place: tuple[int, int] | None) -> None:
            if place is None:
                self._owed += owed

        line = line_of_gap(owed, self.now(), self._salts()).content
        self.recorder.put(current.ground, [line], 0, told)
