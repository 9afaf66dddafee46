"""The decision point: decides, has it logged, and only then answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ringfence.boundary.decision.scene import Scene
from ringfence.gate.point.asked import Answer, Asked

Told = Callable[[list[Answer] | None], None]
"""Is told the answers, or None: they may not be in the ledger."""


class Prompt(Protocol):
    """What answers without anybody who waits in between."""

    @property
    def scene(self) -> Scene:
        """The scene in force.

        Raises:
            UnansweredError: There is none.
        """
        ...

    def prompt(self, asked: Sequence[Asked], told: Told) -> None:
        """Decide some questions at once; their answers are told once they are logged.

        Nothing is told before this returns.

        Raises:
            UnansweredError: No scene is in force, or the ledger takes nothing. Nothing
                was decided, and nothing will be told.
        """
        ...


class Point(Protocol):
    """What every surface asks."""

    @property
    def scene(self) -> Scene:
        """The scene in force, for searches.

        Raises:
            UnansweredError: There is none.
        """
        ...

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers to some questions, in their order, logged together.

        Raises:
            UnansweredError: They can't be answered, or can't be logged.
        """
        ...

    async def subjects(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all principals of a kind who would be allowed, sorted.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        ...

    async def resources(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all resources of a kind that would be allowed, sorted.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        ...

    async def actions(self, asked: Asked) -> list[str]:
        """Return the verbs that would be allowed.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        ...
