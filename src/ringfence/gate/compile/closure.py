"""A scene as one function: `decide`, with all that can be known beforehand looked up.

Every person's standing is known before anybody asks, and what a resource comes to after
the first time. Nothing that a request costs grows with the scene. Equal answers are one
object.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ringfence.boundary.decision.request import ALLOWING, Decision, Reason, Request
from ringfence.boundary.decision.scene import Leave, Scene
from ringfence.boundary.vocabulary import VERB_GROUPS, VERBS
from ringfence.gate.compile.granting import Granting
from ringfence.gate.compile.kept import Kept
from ringfence.gate.compile.rows import Touch, is_other, touch
from ringfence.gate.compile.standing import Stance, Standings

Counted = Mapping[str, int]


class Decider(Protocol):
    """What decides on a request at an instant.

    It is told how many people each exception has been used for.
    """

    def __call__(
        self, request: Request, now: str, counted: Counted | None = None
    ) -> Decision:
        """Return the decision."""
        ...


_STALE = Decision(Reason.STALE)
_UNKNOWN_VERB = Decision(Reason.UNKNOWN_VERB)
_NOT_EXCLUDED = Decision(Reason.NOT_EXCLUDED)
_NOTHING: Counted = {}


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What those of one stance may be told of one touch."""

    denied: Decision
    other: Decision
    rows: Decision | None
    masked: Decision | None


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is touched, with the answers that are given of it."""

    touch: Touch
    columns: tuple[str, ...]
    answers: Kept[Stance, _Answers] = field(default_factory=Kept)


class _Conceding:
    """A leave, with its columns as a set."""

    __slots__ = ("columns", "leave")

    def __init__(self, leave: Leave) -> None:
        self.leave = leave
        self.columns = frozenset(leave.columns)


_Crossing = Callable[[Stance, Request, str, Counted | None], Decision]


class Closure:
    """What decides for one scene.

    Attributes:
        scene: The scene.
        decide: The decision, as `ringfence.boundary.decision.decide` has it.
        standings: How everybody stands.
        granting: The grants, in the mode that asks for them.
    """

    scene: Scene
    decide: Decider
    standings: Standings
    granting: Granting | None

    def __init__(self, scene: Scene) -> None:
        granting = Granting(scene) if scene.gate.mode == "grants" else None
        self._settle(scene, Standings(scene), granting, Kept())

    def conceding(self, leaves: Iterable[Leave]) -> Closure:
        """Return what decides for the same scene with other leaves.

        All else is shared with this one.
        """
        other = object.__new__(Closure)
        scene = msgspec.structs.replace(self.scene, leaves=tuple(leaves))
        other._settle(scene, self.standings, self.granting, self._touches)
        return other

    def touch(self, resource: str, columns: tuple[str, ...] = ()) -> Touch:
        """Return what is touched of a resource."""
        return self._touched(resource, columns).touch

    def unconceded(self, stance: Stance) -> Decider:
        """Return the fence for whoever has a stance and no leave."""
        return self._fence(self._crossing({}), {}, lambda _: stance)

    def _settle(
        self,
        scene: Scene,
        standings: Standings,
        granting: Granting | None,
        touches: Kept[object, _Known],
    ) -> None:
        self.scene, self.standings, self.granting = scene, standings, granting
        self._touches = touches
        self._counted = frozenset(
            verb for group in scene.gate.verbs for verb in VERB_GROUPS[group]
        )
        crossing = self._crossing(_by_person(scene.leaves))
        fence = self._fence(crossing, standings.outside, standings.of)
        self.decide = fence if granting is None else self._granted(fence, granting)

    def _touched(self, resource: str, columns: tuple[str, ...]) -> _Known:
        key = (resource, columns) if columns else resource
        known = self._touches.get(key)
        if known is None:
            found = touch(self.scene, resource, columns)
            length = len(resource) + sum(map(len, columns)) + len(columns)
            known = _Known(found, found.columns)
            self._touches.keep(key, known, length=length)
        return known

    def _fence(
        self,
        crossing: _Crossing,
        outside: Mapping[str, Stance | None],
        standing: Callable[[Request], Stance],
    ) -> Decider:
        since, until = self.scene.since, self.scene.until
        counting = {verb: verb in self._counted for verb in VERBS}
        timely = ""  # the last instant that was found to be in time

        unusual = self._unusual(crossing, standing)

        def fence(
            request: Request, now: str, counted: Counted | None = None
        ) -> Decision:
            nonlocal timely
            if now is not timely:
                if not since <= now < until:
                    return _STALE
                timely = now
            if request.stated:
                return unusual(request, now, counted)
            try:
                counts = counting[request.verb]
                stance = outside[request.principal]
            except KeyError:
                return unusual(request, now, counted)
            if stance is None:
                return _NOT_EXCLUDED
            if counts:
                return crossing(stance, request, now, counted)
            return stance.not_counted

        return fence

    def _unusual(
        self, crossing: _Crossing, standing: Callable[[Request], Stance]
    ) -> Decider:
        """Return the fence for those who aren't looked up.

        They state something of themselves, or the scene doesn't know them, or the verb
        is none.
        """
        counted_verbs = self._counted

        def unusual(
            request: Request, now: str, counted: Counted | None = None
        ) -> Decision:
            if request.verb not in VERBS:
                return _UNKNOWN_VERB
            stance = standing(request)
            if not stance.out:
                return _NOT_EXCLUDED
            if request.verb in counted_verbs:
                return crossing(stance, request, now, counted)
            return stance.not_counted

        return unusual

    def _crossing(self, leaves: Mapping[str, tuple[_Conceding, ...]]) -> _Crossing:
        kept, touched = self._touches, self._touched

        def crossing(
            stance: Stance, request: Request, now: str, counted: Counted | None
        ) -> Decision:
            columns, resource = request.columns, request.resource
            try:
                known = kept[(resource, columns) if columns else resource]
            except KeyError:
                known = touched(resource, columns)
            if not known.columns:
                return stance.not_protected
            answers = known.answers.get(stance) or _answers(known, stance)
            row = request.row
            if row is not None and is_other(known.touch.markers, row):
                return answers.other
            found = answers.denied
            if request.principal in leaves:
                own = leaves[request.principal]
                nearest = _conceded(own, known.touch.ids, request, now, counted)
                if nearest is not None:
                    found = Decision(nearest[0], stance.out, known.columns, nearest[1])
            if not request.obeys or found.reason is Reason.LEAVE:
                return found
            return _obeyed(answers, request) or found

        return crossing

    def _granted(self, fence: Decider, granting: Granting) -> Decider:
        touched = self.touch

        def granted(
            request: Request, now: str, counted: Counted | None = None
        ) -> Decision:
            fenced = fence(request, now, counted)
            if fenced.reason not in ALLOWING:
                return fenced
            lacks = granting.lacks(request, now, touched)
            if lacks is None:
                return fenced
            return Decision(lacks, fenced.selectors, fenced.columns)

        return granted


def _by_person(leaves: Iterable[Leave]) -> dict[str, tuple[_Conceding, ...]]:
    found: dict[str, list[_Conceding]] = defaultdict(list)
    for one in leaves:
        conceding = _Conceding(one)
        for who in dict.fromkeys(one.who):
            found[who].append(conceding)
    return {who: tuple(own) for who, own in found.items()}


def _conceded(
    own: tuple[_Conceding, ...],
    ids: frozenset[str],
    request: Request,
    now: str,
    counted: Counted | None,
) -> tuple[Reason, str] | None:
    """Return the exception that concedes it, or what keeps the first that fits."""
    first = None
    for one in own:
        leave = one.leave
        if leave.since <= now < leave.until and ids <= one.columns:
            reason = _missing(leave, request, counted or _NOTHING)
            if reason is Reason.LEAVE:
                return reason, leave.name
            first = first or (reason, leave.name)
    return first


def _missing(leave: Leave, request: Request, counted: Counted) -> Reason:
    if request.purpose != leave.purpose:
        return Reason.NO_PURPOSE
    if request.subjects is None or request.subjects < 0:
        return Reason.UNCOUNTED
    if counted.get(leave.name, 0) + request.subjects > leave.cap:
        return Reason.CAP
    return Reason.LEAVE


def _answers(known: _Known, stance: Stance) -> _Answers:
    """Return what may be told, and keep it with what is touched."""
    touched, out = known.touch, stance.out
    rows, masks, columns = touched.rows, touched.masks, touched.columns
    found = _Answers(
        Decision(stance.reason, out, columns),
        Decision(Reason.OTHER_ROW, out, columns),
        None if rows is None else Decision(Reason.ROWS, out, columns, rows=rows),
        None if masks is None else Decision(Reason.MASKED, out, columns, masks=masks),
    )
    return known.answers.keep(stance, found)


def _obeyed(answers: _Answers, request: Request) -> Decision | None:
    """Return what may be read if it is obeyed, None where nothing may."""
    if request.verb != "read":
        return None
    if answers.rows is not None and request.row is None and "rows" in request.obeys:
        return answers.rows
    return answers.masked if "mask" in request.obeys else None
