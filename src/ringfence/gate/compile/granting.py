"""Who holds a grant for what is asked, by what people and resources are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from ringfence.boundary.decision.request import Reason, Request, Stated
from ringfence.boundary.decision.scene import Grant, Known, Scene
from ringfence.gate.compile.kept import Kept
from ringfence.gate.compile.rows import Touch
from ringfence.guard import tree
from ringfence.guard.concrete import holds
from ringfence.guard.tree import Condition

_PRINCIPAL = "principal."
_BLANK = Known()
_NOTHING: frozenset[int] = frozenset()
Circumstances = tuple[Stated, frozenset[str]]
Touched = Callable[[str, tuple[str, ...]], Touch]
_Fitting = tuple[tuple[Grant, ...], ...]
"""The grants that somebody holds of each thing that needs one, where it depends."""


class Granting:
    """The grants of one scene.

    What fits who asks for what is found once and kept; whether it is in force, and its
    condition met, is asked each time.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
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
        circumstances: Circumstances | None = None
        for each in fitting:
            chosen = [one for one in each if is_in_force(one, now)]
            if not chosen:
                return Reason.NO_GRANT
            if all(one.guard is not None for one in chosen):
                circumstances = circumstances or self.circumstances(request)
                if not any(is_met(one, circumstances) for one in chosen):
                    found = Reason.GUARD
        return found

    def given(self, touch: Touch, verb: str, now: str) -> Iterator[list[Grant]]:
        """Yield, for each thing that needs a grant, those in force that give it."""
        for whole, column in dict.fromkeys(touch.asked):
            numbers = sorted(self._giving(whole, column))
            chosen = [self._grants[number] for number in numbers]
            yield [one for one in chosen if verb in one.verbs and is_in_force(one, now)]

    def circumstances(self, request: Request) -> Circumstances:
        """Return what guards are asked about, and the keys nobody can answer for.

        Of the principal, that is what is stored; a caller's word counts if it is
        trusted.
        """
        known = self._scene.people.get(request.principal, _BLANK)
        stated = request.stated if request.trusted else {}
        told = {name: values for name, values in stated.items() if values}
        doubted = {*known.unknown} - told.keys()
        own = {k: v for k, v in known.attributes.items() if k not in doubted}
        around = {
            key: values
            for key, values in request.circumstances.items()
            if not key.casefold().startswith(_PRINCIPAL)
        }
        of_principal = {f"{_PRINCIPAL}{k}": v for k, v in {**own, **told}.items()}
        keys = frozenset(f"{_PRINCIPAL}{name}" for name in doubted)
        return {**around, **of_principal}, keys

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
        since, until = self._scene.since, self._scene.until
        is_whole = grant.since <= since and (not grant.until or until <= grant.until)
        return grant.guard is None and is_whole


def is_in_force(grant: Grant, now: str) -> bool:
    """Return whether a grant is in force."""
    return grant.since <= now and (not grant.until or now < grant.until)


def is_met(grant: Grant, circumstances: Circumstances) -> bool:
    """Return whether the condition of a grant is met."""
    if grant.guard is None:
        return True
    stated, doubted = circumstances
    return holds(_doubting(grant.guard, doubted), stated) is True


def _doubting(condition: Condition, doubted: frozenset[str]) -> Condition:
    """Return a condition in which whatever speaks of a doubted key is undecided."""
    if not doubted:
        return condition
    match condition:
        case tree.All() | tree.AnyOf():
            parts = tuple(_doubting(one, doubted) for one in condition.of)
            return type(condition)(parts)
        case tree.Not():
            return tree.Not(_doubting(condition.of, doubted))
        case tree.Absent() | tree.Compare() if condition.key.casefold() in doubted:
            return tree.Undecided(condition.key)
        case _:
            return condition
