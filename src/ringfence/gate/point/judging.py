"""What judges requests in one scene: anything that gives what `decide` gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.compile.batch import Batch

Counted = Mapping[str, int]
"""How many people each exception has been used for, by its name."""


class Judge(Protocol):
    """Judges requests in the scene that it was made of."""

    def decide(self, request: Request, now: str, counted: Counted) -> Decision:
        """Return whether a request may cross, and why."""
        ...

    def principals(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all principals of a kind who would be allowed, sorted."""
        ...

    def resources(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all resources of a kind that would be allowed, sorted."""
        ...


class Plain:
    """The reference itself: each request is judged by `decide`.

    Args:
        scene: The scene.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def decide(self, request: Request, now: str, counted: Counted) -> Decision:
        """Return whether a request may cross, and why."""
        return decide(self._scene, request, now, counted)

    def principals(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all principals of a kind who would be allowed, sorted."""
        return [
            one
            for one in sorted(principals_of(self._scene, kind))
            if self.decide(replace(request, principal=one), now, counted).allowed
        ]

    def resources(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all resources of a kind that would be allowed, sorted."""
        return [
            one
            for one in sorted(resources_of(self._scene, kind))
            if self.decide(replace(request, resource=one), now, counted).allowed
        ]


class Compiled:
    """The compiled scene: a closure for one request, and columns for searches.

    Args:
        scene: The scene.
    """

    def __init__(self, scene: Scene) -> None:
        self._batch = Batch(scene)
        self._decide = self._batch.closure.decide

    def decide(self, request: Request, now: str, counted: Counted) -> Decision:
        """Return whether a request may cross, and why."""
        return self._decide(request, now, counted)

    def principals(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all principals of a kind who would be allowed, sorted."""
        return self._batch.whoever(request, now, counted, kind)

    def resources(
        self, request: Request, kind: str, now: str, counted: Counted
    ) -> list[str]:
        """Return the ids of all resources of a kind that would be allowed, sorted."""
        return self._batch.whatever(request, now, counted, kind)


def verbs(judge: Judge, request: Request, now: str, counted: Counted) -> list[str]:
    """Return the verbs that would be allowed, in the order of the vocabulary."""
    return [
        verb
        for verb in VERBS
        if judge.decide(replace(request, verb=verb), now, counted).allowed
    ]


def principals_of(scene: Scene, kind: str) -> Iterable[str]:
    """Return the ids of all principals of a kind that a scene knows."""
    if kind == "person":
        return scene.people
    if kind == "legal_entity":
        return {one for found in scene.entities.values() for one in found}
    return ()


def resources_of(scene: Scene, kind: str) -> Iterable[str]:
    """Return the ids of all resources of a kind that a scene knows."""
    match kind:
        case "dataset":
            return scene.datasets
        case "store":
            return scene.stores
        case "column":
            return [
                f"column:{whole.partition(':')[2]}.{name}"
                for whole, dataset in scene.datasets.items()
                for name in dataset.columns
            ]
        case _:
            return ()
