"""Shadow mode: every answer is an allowance, and every decision is logged as it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Reason
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Asked, UnansweredError, Unenforced
from ringfence.gate.point.book import COUNTED, Book, Window
from ringfence.gate.point.judging import principals_of, resources_of
from ringfence.gate.point.lines import UNLOGGED
from ringfence.gate.point.live import Held
from ringfence.gate.point.recording import Pace, Recorder
from ringfence.gate.point.shadow import ShadowPoint
from tests import scenes
from tests.serving import (
    ANN,
    EMAIL,
    LI,
    UNTIL,
    USERS,
    asked,
    decisions,
    entries,
    leave,
    ledger,
    scene,
    within,
)

T = TypeVar("T")
QUICK = Pace(publish=60.0, first=0.01, last=0.05)


class Memory:
    """A ledger in memory that fails, or waits, as it is told.

    Attributes:
        lines: What it holds.
        fails: Commits that fail before it works.
        gate: What every commit waits for.
    """

    def __init__(self, fails: int = 0, gate: Event | None = None) -> None:
        self.lines: list[dict[str, Any]] = []
        self.entries = 0
        self.fails = fails
        self.gate = gate

    def open(self) -> dict[str, int]:
        return {}

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        del counted
        if self.gate is not None:
            self.gate.wait(30)
        if self.fails:
            self.fails -= 1
            raise OSError("no space left on device")
        first, self.entries = self.entries, self.entries + len(windows)
        self.lines += [json.loads(line) for one in windows for line in one.lines]
        return [*range(first, self.entries)]

    def publish(self) -> None:
        pass

    def close(self) -> None:
        pass


def standing(folder: Path) -> ShadowPoint:
    """Return a decision point in shadow mode over a ledger."""
    return ShadowPoint(Recorder(Book(folder), pace=QUICK))


def over(memory: Memory, **more: Any) -> ShadowPoint:
    """Return a decision point in shadow mode over a ledger in memory."""
    return ShadowPoint(Recorder(memory, pace=QUICK), **more)


def run(point: ShadowPoint, work: Callable[[], Awaitable[T]]) -> T:
    """Do something while a decision point without a scene is up."""

    async def whole() -> T:
        await point.recorder.start()
        try:
            return await work()
        finally:
            await point.recorder.close()

    return asyncio.run(whole())


# --- what is answered, and what is logged ---------------------------------------------


def test_what_would_be_denied_is_allowed_and_logged_as_denied(tmp_path: Path):
    """The answer names the line, which says what was decided and that it's shadow."""
    folder = ledger(tmp_path / "l")
    answers = within(
        standing(folder), lambda point: point.answers([asked(), asked(ANN)])
    )
    told = decisions(folder)
    assert [one.decision.allowed for one in answers] == [True, True]
    assert [told[one.id]["allowed"] for one in answers] == [False, True]
    assert all(told[one.id]["shadow"] is True for one in answers)
    assert [one.decision.reason for one in answers] == ["excluded", "not-excluded"]
    assert answers[0].words.startswith("shadow mode allows everything; enforced: ")
    assert "may not read" in answers[0].words


def test_an_entry_in_shadow_mode_is_of_a_kind_of_its_own(tmp_path: Path):
    """Whoever counts entries of decisions doesn't meet it."""
    folder = ledger(tmp_path / "l")
    within(standing(folder), lambda point: point.answers([asked(), asked(ANN)]))
    [(_, entry)] = [one for one in entries(folder) if one[1].kind != "opened"]
    assert entry.kind == "shadow"
    assert entry.values == {"allowed": "1", "denied": "1"}


@pytest.mark.parametrize("obeys", ["mask", "rows"])
def test_there_is_nothing_to_obey(obeys: str, tmp_path: Path):
    """Masks and filters are decided and logged, and not answered."""
    folder = ledger(tmp_path / "l")
    question = asked(LI, USERS, columns=("email",), obeys=frozenset({obeys}))
    [answer] = within(standing(folder), lambda point: point.answers([question]))
    reason = {"mask": Reason.MASKED, "rows": Reason.ROWS}[obeys]
    assert decisions(folder)[answer.id]["reason"] == reason
    decision = answer.decision
    assert (decision.reason, decision.masks, decision.rows) == (reason, {}, None)
    assert isinstance(decision, Unenforced)
    assert decision.decided is not None
    assert bool(decision.decided.masks) is (obeys == "mask")


def test_an_exception_is_counted_as_used(tmp_path: Path):
    """What it concedes was seen, whether anybody enforces the rest or not."""
    folder = ledger(tmp_path / "l")
    found = within(
        standing(folder), lambda point: point.answers([leave(2), leave(1), leave(1)])
    )
    assert [one.decision.allowed for one in found] == [True] * 3
    assert [one.decision.reason for one in found] == ["leave", "leave", "cap"]
    assert json.loads((folder / COUNTED).read_bytes()) == {"repair": 3}


def test_searches_find_everything_that_evaluations_allow(tmp_path: Path):
    """All that the scene knows; the ledger holds how many would be found."""
    folder = ledger(tmp_path / "l")

    async def search(point: ShadowPoint) -> list[list[str]]:
        return [
            await point.subjects(asked(), "person"),
            await point.resources(asked(), "column"),
            await point.actions(asked()),
        ]

    people, columns, verbs = within(standing(folder), search)  # type: ignore[arg-type]
    assert people == sorted(principals_of(scene(), "person"))
    assert columns == sorted(resources_of(scene(), "column"))
    assert EMAIL in columns
    assert verbs == [*VERBS]
    lines = [*decisions(folder).values()]
    assert [one["reason"] for one in lines] == ["search"] * 3
    assert all(one["shadow"] for one in lines)
    assert lines[0]["count"] < len(people)


def test_there_is_no_direct_way():
    """It couldn't allow what fails later: the application answers all questions."""
    point = over(Memory())
    with pytest.raises(UnansweredError, match="no direct way"):
        point.prompt([asked()], lambda _: None)


def test_no_question_has_no_answer():
    """Nothing asked is nothing answered, and nothing logged."""
    memory = Memory()
    assert within(over(memory), lambda point: point.answers([])) == []
    assert memory.lines == []


# --- what goes wrong ------------------------------------------------------------------


def test_without_a_scene_everything_is_allowed():
    """Nothing is decided or logged; what the scene knows is nothing, too."""
    memory = Memory()
    point = over(memory)

    async def ask() -> None:
        [answer] = await point.answers([asked()])
        assert answer.decision.allowed
        assert (answer.id, answer.decision.reason) == ("", Reason.STALE)
        assert "no scene is in force" in answer.words
        assert await point.subjects(asked(), "person") == []
        assert await point.actions(asked()) == [*VERBS]
        assert not point.is_ready

    run(point, ask)
    assert (point.unlogged, memory.lines) == (3, [])
    assert point.scene.people == {}


def test_a_scene_whose_time_is_over_is_told_so(tmp_path: Path):
    """It is logged as it would be denied, for being stale, and allowed."""
    folder = ledger(tmp_path / "l")
    point = standing(folder)
    held = Held(scene(until="2021-01-01T00:00:00Z"), UNTIL)
    [answer] = within(point, lambda point: point.answers([asked(ANN)]), held)
    line = decisions(folder)[answer.id]
    assert answer.decision.allowed
    assert (line["allowed"], line["reason"]) == (False, "stale")
    assert point.unlogged == 0
    assert point.scene.people


def test_a_judge_that_fails_allows():
    """What can't be decided is allowed, told and counted."""
    told: list[str] = []

    class Broken:
        def decide(self, *_: object) -> None:
            raise KeyError("secret")

        principals = resources = decide

    point = over(Memory(), compiled=lambda _: Broken(), tell=told.append)
    [answer] = within(point, lambda point: point.answers([asked()]))
    assert answer.decision.allowed
    assert "secret" not in answer.words
    assert told == ["a question can't be decided: KeyError: 'secret'"]
    assert point.unlogged == 1


def test_a_ledger_that_fails_is_told_later_what_it_missed():
    """The answer is an allowance; the next window comes with how many it lacks."""
    memory = Memory(fails=1)
    point = over(memory)

    async def ask(_: Any) -> None:
        found = await point.answers([asked(), asked()])
        assert [one.decision.allowed for one in found] == [True, True]
        assert (point.unlogged, memory.lines) == (2, [])
        while not memory.lines:  # the ledger is opened anew
            [answer] = await point.answers([asked(ANN)])
            assert answer.decision.allowed
            await asyncio.sleep(0)

    within(point, ask)
    gaps = [one for one in memory.lines if one["reason"] == UNLOGGED]
    assert [one["shadow"] for one in gaps] == [True] * len(gaps)
    assert sum(one["count"] for one in gaps) == point.unlogged >= 2


def test_what_the_ledger_missed_stays_owed_until_it_is_told():
    """A window that fails with the note in it has it noted again."""
    memory = Memory(fails=1)
    point = over(memory)

    async def ask(_: Any) -> None:
        await point.answers([asked()])
        for _ in range(1_000):  # until the ledger is open again
            if point.recorder.is_up:
                break
            await asyncio.sleep(0.01)
        memory.fails = 1
        point._settle()
        while not any(one["reason"] == UNLOGGED for one in memory.lines):
            await point.answers([asked()])
            await asyncio.sleep(0)

    within(point, ask)
    gaps = [one["count"] for one in memory.lines if one["reason"] == UNLOGGED]
    assert sum(gaps) == point.unlogged >= 1


def test_a_ledger_that_is_late_is_not_waited_for():
    """Whoever asks is allowed; the decision may be logged all the same."""
    memory = Memory(gate=Event())
    point = over(memory, patience=0.02)

    async def ask(_: Any) -> None:
        [answer] = await point.answers([asked()])
        assert answer.decision.allowed
        assert "it took too long" in answer.words
        assert await point.subjects(asked(), "person")
        assert memory.gate is not None
        memory.gate.set()

    within(point, ask)
    assert point.unlogged == 2


# --- the law --------------------------------------------------------------------------


@given(st.data())
def test_a_shadow_answer_is_never_a_denial_and_the_line_is_the_decision(
    data: st.DataObject,
):
    """Whatever the scene and the requests: allowed, nothing to obey, logged as it is."""
    found = data.draw(scenes.scenes())
    questions = data.draw(st.lists(scenes.requests(found), min_size=1, max_size=5))
    now = data.draw(scenes.moments())
    fails = data.draw(st.integers(0, 1))
    memory = Memory(fails)
    point = over(memory, now=lambda: now)
    told = [Asked(one, "tests", "authzen") for one in questions]
    answers = within(point, lambda point: point.answers(told), Held(found, "9"))
    assert len(answers) == len(told)
    for answer in answers:
        assert answer.decision.allowed
        assert (answer.decision.masks, answer.decision.rows) == ({}, None)
        assert answer.decision.columns == ()
    counted: dict[str, int] = {}
    for request, line in zip(questions, memory.lines, strict=False):
        decision = decide(found, request, now, counted)
        assert (line["allowed"], line["reason"]) == (decision.allowed, decision.reason)
        assert line["shadow"] is True
        if decision.reason is Reason.LEAVE:
            used = counted.get(decision.leave, 0) + max(request.subjects or 0, 0)
            counted[decision.leave] = used
    assert len(memory.lines) == (0 if fails else len(told))
