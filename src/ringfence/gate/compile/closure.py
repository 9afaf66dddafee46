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
_LEAVE = Reason.LEAVE  # to look up a member of an enumeration takes its time
_Nearest = tuple[Reason, str]
"""What an exception says of a request, and its name."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What those of one stance may be told of one touch."""

    denied: Decision
    other: Decision
    rows: Decision | None
    masked: Decision | None
    by_leave: Kept[_Nearest, Decision] = field(default_factory=Kept)


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
        decided = self._unusual(self._crossing({}), lambda _: stance)
        is_timely = self._is_timely
        return lambda request, now, counted=None: (
            decided(request, now, counted) if is_timely(now) else _STALE
        )

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
        fence = self._fence(_by_person(scene.leaves))
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

    def _fence(self, leaves: Mapping[str, tuple[_Conceding, ...]]) -> Decider:
        """Return the fence: for those who are looked up at once, and for all others.

        What it holds on to costs each call some time: it is as little as can be.
        """
        outside, is_timely = self.standings.outside, self._is_timely
        crossing = self._crossing(leaves)
        reading = crossing if "read" in self._counted else _not_counted
        otherwise = self._stating(crossing)
        timely: str | None = None  # the last instant that was found to be in time

        def renewed(request: Request, now: str, counted: Counted | None) -> Decision:
            nonlocal timely
            timely = now if is_timely(now) else None
            return otherwise(request, now, counted) if timely else _STALE

        def fence(
            request: Request, now: str, counted: Counted | None = None
        ) -> Decision:
            if now is not timely:
                return renewed(request, now, counted)
            if request.stated or request.verb != "read":
                return otherwise(request, now, counted)
            try:
                stance = outside[request.principal]
            except KeyError:
                return otherwise(request, now, counted)
            if stance is None:
                return _NOT_EXCLUDED
            return reading(stance, request, now, counted)

        return fence

    def _stating(self, crossing: _Crossing) -> Decider:
        """Return the fence, in time, for those who state one word, now and before."""
        likes, stated = self.standings.likes, self.standings.stated
        unusual = self._unusual(crossing, self.standings.of)
        counted_verbs = self._counted

        def stating(
            request: Request, now: str, counted: Counted | None = None
        ) -> Decision:
            told = request.stated
            if len(told) != 1 or request.verb not in counted_verbs:
                return unusual(request, now, counted)
            [(name, values)] = told.items()
            word = values[0] if len(values) == 1 else values
            try:
                stance = stated[likes[request.principal], request.trusted, name, word]
            except KeyError:
                return unusual(request, now, counted)
            if stance is None:
                return _NOT_EXCLUDED
            return crossing(stance, request, now, counted)

        return stating

    def _unusual(
        self, crossing: _Crossing, standing: Callable[[Request], Stance]
    ) -> Decider:
        """Return the fence, in time, for those who aren't looked up.

        They state something of themselves for the first time, or the scene doesn't know
        them, or they don't read.
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

    def _is_timely(self, now: str) -> bool:
        since, until = self.scene.since, self.scene.until
        return since <= now < until

    def _crossing(self, leaves: Mapping[str, tuple[_Conceding, ...]]) -> _Crossing:
        """Return what those are told who are, or may be, excluded."""
        settled, partly = self._settled, self._partly(leaves)

        def crossing(
            stance: Stance, request: Request, now: str, counted: Counted | None
        ) -> Decision:
            if request.columns or request.obeys or request.row is not None:
                return partly(stance, request, now, counted)
            try:
                found = stance.plain[request.resource]
            except KeyError:
                found = settled(stance, request)
            if found is stance.not_protected or request.principal not in leaves:
                return found
            return partly(stance, request, now, counted)

        return crossing

    def _partly(self, leaves: Mapping[str, tuple[_Conceding, ...]]) -> _Crossing:
        """Return the same where not all depends on who asks, and for what alone."""
        kept, touched = self._touches, self._touched

        def partly(
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
                    found = answers.by_leave.get(nearest) or _by_leave(answers, nearest)
            if not request.obeys or found.reason is Reason.LEAVE:
                return found
            return _obeyed(answers, request) or found

        return partly

    def _settled(self, stance: Stance, request: Request) -> Decision:
        """Return what a whole resource comes to without an exception, and keep it."""
        resource = request.resource
        known = self._touched(resource, ())
        found = stance.not_protected
        if known.columns:
            found = (known.answers.get(stance) or _answers(known, stance)).denied
        return stance.plain.keep(resource, found, length=len(resource))

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


def _not_counted(stance: Stance, *_: object) -> Decision:
    return stance.not_counted


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
) -> _Nearest | None:
    """Return the exception that concedes it, or what keeps the first that fits."""
    first = None
    for one in own:
        leave = one.leave
        if ids <= one.columns and leave.since <= now < leave.until:
            reason = _missing(leave, request, counted or _NOTHING)
            if reason is _LEAVE:
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
    return _LEAVE


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


def _by_leave(answers: _Answers, nearest: _Nearest) -> Decision:
    """Return what an exception makes of a denial, and keep it with what is told."""
    denied, (reason, name) = answers.denied, nearest
    found = Decision(reason, denied.selectors, denied.columns, name)
    return answers.by_leave.keep(nearest, found, length=len(name))


def _obeyed(answers: _Answers, request: Request) -> Decision | None:
    """Return what may be read if it is obeyed, None where nothing may."""
    if request.verb != "read":
        return None
    if answers.rows is not None and request.row is None and "rows" in request.obeys:
        return answers.rows
    return answers.masked if "mask" in request.obeys else None
