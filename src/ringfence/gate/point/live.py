"""The decision point that stands: one scene in force, every answer in the ledger.

A question is decided in one scene, whatever happens to the scene meanwhile; its answer
is given when the ledger holds it. Without a scene, after its time, or without a ledger
nothing is answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from ringfence.boundary.decision.request import Decision, Reason, Request
from ringfence.boundary.decision.scene import Scene, digest
from ringfence.gate.point.asked import Answer, Asked, UnansweredError
from ringfence.gate.point.book import Ground
from ringfence.gate.point.judging import Compiled, Judge, verbs
from ringfence.gate.point.lines import LONGEST, Salts, line_of, line_of_search
from ringfence.gate.point.point import Told
from ringfence.gate.point.recording import Recorder
from ringfence.gate.wording import Label, path, words

_STALE = Decision(Reason.STALE)


class Held(NamedTuple):
    """A scene, and how long it may be used.

    Attributes:
        scene: The scene.
        until: First instant that may not be decided any more, beside the scene's own.
        version: Number of the bundle that it came in; 0 if it came in none.
    """

    scene: Scene
    until: str
    version: int = 0


class _Current(NamedTuple):
    held: Held
    judge: Judge
    ground: Ground
    until: str


class Judged(NamedTuple):
    """Questions that are decided, and not logged yet."""

    current: _Current
    asked: Sequence[Asked]
    decisions: list[Decision]
    said: list[tuple[str, tuple[str, ...]]]
    now: str


class Instants:
    """The wall clock, in UTC to the second."""

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def __call__(self) -> str:
        """Return the instant, `YYYY-MM-DDTHH:MM:SSZ`."""
        second = int(time.time())
        if second != self._second:
            self._text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
            self._second = second
        return self._text


@dataclass(slots=True)
class LivePoint:
    """A decision point.

    Attributes:
        recorder: What brings its answers to the ledger.
        compiled: What turns a scene into what judges in it.
        now: The clock.
        label: Turns an id into the name that people use.
        tell: What is told of trouble, a line each.
        tally: How many answers there were, by surface and reason.
        unanswered: How many questions had no answer.
        unlogged: How many allowances the ledger may not hold: in shadow mode alone.
    """

    shadow: ClassVar[bool] = False
    """Nothing of what it decides is enforced (`ShadowPoint`)."""

    recorder: Recorder
    compiled: Callable[[Scene], Judge] = Compiled
    now: Callable[[], str] = field(default_factory=Instants)
    label: Label = str
    tell: Callable[[str], None] = lambda _: None
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    unanswered: int = 0
    unlogged: int = 0
    _current: _Current | None = None
    _salts: Salts = field(default_factory=Salts)

    @property
    def scene(self) -> Scene:
        """The scene in force.

        Raises:
            UnansweredError: There is none.
        """
        current = self._current
        if current is None or not self._is_in_force(current, self.now()):
            raise UnansweredError("no scene is in force")
        return current.held.scene

    @property
    def held(self) -> Held | None:
        """Return the scene that was installed last, in force or not."""
        return None if self._current is None else self._current.held

    @property
    def is_ready(self) -> bool:
        """Whether there is a scene in force, and a ledger that takes entries."""
        current = self._current
        in_force = current is not None and self._is_in_force(current, self.now())
        return in_force and self.recorder.is_up

    def prepared(self, held: Held) -> Callable[[], None]:
        """Compile a scene, which takes its time; return what puts it in force at once.

        It may be called in another thread; what it returns belongs to the event loop.
        """
        scene = held.scene
        judge = self.compiled(scene)
        ground = Ground(
            scene.boundary,
            scene.estate,
            digest(scene),
            scene.gate.publish,
            self.shadow,
        )
        current = _Current(held, judge, ground, min(held.until, scene.until))

        def install() -> None:
            self._current = current

        return install

    def install(self, held: Held) -> None:
        """Put a scene in force."""
        self.prepared(held)()

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers to some questions, in their order, logged together.

        Raises:
            UnansweredError: They can't be answered, or can't be logged.
        """
        if not asked:
            return []
        try:
            return await self._answers(asked)
        except UnansweredError:
            self.unanswered += len(asked)
            raise

    async def subjects(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all principals of a kind who would be allowed, sorted.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        return await self._found(
            asked,
            lambda judge, now, used: judge.principals(asked.request, kind, now, used),
        )

    async def resources(self, asked: Asked, kind: str) -> list[str]:
        """Return the ids of all resources of a kind that would be allowed, sorted.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        return await self._found(
            asked,
            lambda judge, now, used: judge.resources(asked.request, kind, now, used),
        )

    async def actions(self, asked: Asked) -> list[str]:
        """Return the verbs that would be allowed.

        Raises:
            UnansweredError: They can't be told, or the search can't be logged.
        """
        return await self._found(
            asked, lambda judge, now, used: verbs(judge, asked.request, now, used)
        )

    def prompt(self, asked: Sequence[Asked], told: Told) -> None:
        """Decide some questions at once; their answers are told once they are logged.

        Nothing is told before this returns.

        Raises:
            UnansweredError: No scene is in force, or the ledger takes nothing. Nothing
                was decided, and nothing will be told.
        """
        current, now = self._current, self.now()
        if current is None or not self._is_in_force(current, now):
            raise UnansweredError("no scene is in force")
        self.recorder.check(len(asked))

        def logged(place: tuple[int, int] | None) -> None:
            if place is None:
                self.unanswered += len(asked)
                told(None)
            else:
                told(self._answered(judged, *place))

        try:
            judged, lines, allowed = self._judged(current, asked, now, in_force=True)
        except UnansweredError:
            asyncio.get_running_loop().call_soon(logged, None)
        else:
            self.recorder.put(current.ground, lines, allowed, logged)

    async def _answers(self, asked: Sequence[Asked]) -> list[Answer]:
        current, now = self._ready(), self.now()
        in_force = self._is_in_force(current, now)
        judged, lines, allowed = self._judged(current, asked, now, in_force=in_force)
        entry, first = await self.recorder.log(current.ground, lines, allowed)
        found = self._answered(judged, entry, first)
        if not self.shadow and Reason.STALE in (one.reason for one in judged.decisions):
            raise UnansweredError("no scene is in force")
        return found

    def _judged(
        self, current: _Current, asked: Sequence[Asked], now: str, *, in_force: bool
    ) -> tuple[Judged, list[bytes], int]:
        """Return decisions with what is said of them, their lines, and how many allow.

        Raises:
            UnansweredError: They can't be made.
        """
        judged = Judged(current, asked, [], [], now)
        lines, allowed = [], 0
        try:
            for one in asked:
                decision = self._decided(current, one, now) if in_force else _STALE
                allowed += decision.allowed
                judged.decisions.append(decision)
                judged.said.append(self._said(current, one.request, decision))
                salt = self._salts()
                line = line_of(one, decision, now, salt, shadow=self.shadow)
                lines.append(line.content)
            _check_lengths(lines)
        except Exception as error:
            self.tell(f"a question can't be decided: {type(error).__name__}: {error}")
            raise UnansweredError("it can't be decided") from error
        return judged, lines, allowed

    def _answered(self, judged: Judged, entry: int, first: int) -> list[Answer]:
        """Return what is answered of decisions that the ledger holds."""
        current, asked, decisions, said, now = judged
        scene, tally = current.held.scene, self.tally
        for one, decision in zip(asked, decisions, strict=True):
            tally[one.surface, decision.reason] += 1
        return [
            Answer(
                decision,
                f"{entry}.{place}",
                *both,
                scene.boundary,
                scene.estate,
                now,
            )
            for place, (decision, both) in enumerate(
                zip(decisions, said, strict=True), first
            )
        ]

    def _decided(self, current: _Current, one: Asked, now: str) -> Decision:
        request = one.request
        decision = current.judge.decide(request, now, self.recorder.counted)
        if decision.reason is Reason.LEAVE and request.subjects:
            # Counted here, so that no question that is asked meanwhile counts on it.
            self.recorder.use(decision.leave, request.subjects)
        return decision

    def _said(
        self, current: _Current, request: Request, decision: Decision
    ) -> tuple[str, tuple[str, ...]]:
        said = words(decision, request, self.label)
        if not decision.selectors:
            return said, ()
        return said, path(current.held.scene, request, decision)

    async def _found(
        self, asked: Asked, search: Callable[[Judge, str, dict[str, int]], list[str]]
    ) -> list[str]:
        try:
            found = await self._searched(asked, search)
        except UnansweredError:
            self.unanswered += 1
            raise
        self.tally[asked.surface, "search"] += 1
        return found

    async def _searched(
        self, asked: Asked, search: Callable[[Judge, str, dict[str, int]], list[str]]
    ) -> list[str]:
        current, now = self._ready(), self.now()
        if not self._is_in_force(current, now):
            raise UnansweredError("no scene is in force")
        counted = dict(self.recorder.counted)
        try:
            found = await asyncio.to_thread(search, current.judge, now, counted)
            salt, count = self._salts(), len(found)
            told = line_of_search(asked, count, now, salt, shadow=self.shadow)
            line = told.content
            _check_lengths([line])
        except Exception as error:
            self.tell(f"a search can't be done: {type(error).__name__}: {error}")
            raise UnansweredError("it can't be searched") from error
        await self.recorder.log(current.ground, [line], int(bool(found)))
        return found

    def _ready(self) -> _Current:
        if self._current is None:
            raise UnansweredError("no scene is in force")
        if not self.recorder.is_up:
            raise UnansweredError("the ledger takes no entries")
        return self._current

    def _is_in_force(self, current: _Current, now: str) -> bool:
        return current.held.scene.since <= now < current.until


def _check_lengths(lines: Sequence[bytes]) -> None:
    if len(max(lines, key=len)) > LONGEST:
        raise ValueError("it is too long to be logged")
