"""Who holds a grant for what is asked, by what people and resources are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from ringfence.boundary.decision.decide import (
    Circumstances,
    circumstances,
    is_in_force,
    is_met,
)
from ringfence.boundary.decision.request import Reason, Request
from ringfence.boundary.decision.scene import Grant, Scene
from ringfence.gate.compile.kept import Kept
from ringfence.gate.compile.rows import Touch

_NOTHING: frozenset[int] = frozenset()
Touched = Callable[[str, tuple[str, ...]], Touch]
_Fitting = tuple[tuple[Grant, ...], ...]
"""The grants that somebody holds of each thing that needs one, where it depends."""


class Granting:
    """The grants of one scene.

    What fits who asks for what is found once and kept; whether it is in force, and its
    condition met, is asked each time.

    Attributes:
        scene: The scene.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._grants = scene.grants
        held: dict[str, list[int]] = defaultdict(list)
        given: dict[str, list[int]] = defaultdict(list)
        for number, grant in enumerate(scene.grants):
            for one in dict.fromkeys(grant.who):
                held[one].append(number)
            for one in dict.fromkeys(grant.what):
                given[one].append(number)
        self._held = dict(held)
        self._given = {what: frozenset(numbers) for what, numbers in given.items()}
        self._kept: Kept[object, _Fitting] = Kept()

    def lacks(self, request: Request, now: str, touched: Touched) -> Reason | None:
        """Return what is missing of a grant, or None if each column is granted."""
        key = request.principal, request.verb, request.resource, request.columns
        fitting = self._kept.get(key)
        if fitting is None:
            touch = touched(request.resource, request.columns)
            fitting = self._fitting(request, touch)
            length = len(request.principal) + len(request.resource)
            length += sum(map(len, request.columns)) + len(request.columns)
            self._kept.keep(key, fitting, length=length)
        found = None
        around: Circumstances | None = None
        for each in fitting:
            chosen = [one for one in each if is_in_force(one, now)]
            if not chosen:
                return Reason.NO_GRANT
            if all(one.guard is not None for one in chosen):
                around = around or circumstances(self.scene, request)
                if not any(is_met(one, around) for one in chosen):
                    found = Reason.GUARD
        return found

    def given(self, touch: Touch, verb: str, now: str) -> Iterator[list[Grant]]:
        """Yield, for each thing that needs a grant, those in force that give it."""
        for whole, column in dict.fromkeys(touch.asked):
            numbers = sorted(self._giving(whole, column))
            chosen = [self._grants[number] for number in numbers]
            yield [one for one in chosen if verb in one.verbs and is_in_force(one, now)]

    def _giving(self, whole: str, column: str) -> frozenset[int]:
        return self._given.get(whole, _NOTHING) | self._given.get(column, _NOTHING)

    def _fitting(self, request: Request, touch: Touch) -> _Fitting:
        held = {
            number
            for number in self._held.get(request.principal, ())
            if request.verb in self._grants[number].verbs
        }
        found = {
            tuple(sorted(held & self._giving(whole, column)))
            for whole, column in touch.asked
        }
        groups = [[self._grants[number] for number in numbers] for numbers in found]
        return tuple(tuple(one) for one in groups if not any(map(self._is_sure, one)))

    def _is_sure(self, grant: Grant) -> bool:
        """Return whether a grant holds without condition, all the scene's time."""
        since, until = self.scene.since, self.scene.until
        is_whole = grant.since <= since and (not grant.until or until <= grant.until)
        return grant.guard is None and is_whole
