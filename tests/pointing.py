"""A small decision point for tests: it decides with the reference, and remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS, kind_of
from ringfence.gate.point.asked import Answer, Asked, UnansweredError

NOW = "2026-06-01T00:00:00Z"


@dataclass
class Pointing:
    """A point over one scene, without a scene when there is none.

    Attributes:
        scene_now: The scene in force.
        now: The instant of every decision.
        counted: How many people each exception has been used for.
        logged: What was asked together, with what was decided.
        searched: What was searched.
        broken: It can't log, and so answers nothing.
    """

    scene_now: Scene | None
    now: str = NOW
    counted: Mapping[str, int] = field(default_factory=dict)
    logged: list[list[tuple[Asked, Decision]]] = field(default_factory=list)
    searched: list[tuple[Asked, str]] = field(default_factory=list)
    broken: bool = False

    @property
    def scene(self) -> Scene:
        if self.scene_now is None or self.broken:
            raise UnansweredError
        return self.scene_now

    def decided(self, request: Request) -> Decision:
        return decide(self.scene, request, self.now, self.counted)

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        found = [self.decided(one.request) for one in asked]
        self.logged.append(list(zip(asked, found, strict=True)))
        return [
            Answer(
                one,
                f"{len(self.logged)}.{place}",
                f"because: {one.reason}",
                one.selectors,
                self.scene.boundary,
                self.scene.estate,
                self.now,
            )
            for place, one in enumerate(found)
        ]

    async def subjects(self, asked: Asked, kind: str) -> list[str]:
        self.searched.append((asked, kind))
        everybody = {*self.scene.people}.union(*self.scene.entities.values())
        return [
            one
            for one in sorted(everybody)
            if kind_of(one) == kind
            and self.decided(replace(asked.request, principal=one)).allowed
        ]

    async def resources(self, asked: Asked, kind: str) -> list[str]:
        self.searched.append((asked, kind))
        columns = (
            f"column:{whole.partition(':')[2]}.{name}"
            for whole, dataset in self.scene.datasets.items()
            for name in dataset.columns
        )
        return [
            one
            for one in sorted({*self.scene.datasets, *self.scene.stores, *columns})
            if kind_of(one) == kind
            and self.decided(replace(asked.request, resource=one)).allowed
        ]

    async def actions(self, asked: Asked) -> list[str]:
        self.searched.append((asked, "verb"))
        return [
            one
            for one in VERBS
            if self.decided(replace(asked.request, verb=one)).allowed
        ]
