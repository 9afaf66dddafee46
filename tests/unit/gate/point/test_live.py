"""The decision point: decided, logged, and only then answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Decision, Reason
from ringfence.boundary.decision.scene import digest
from ringfence.gate.point.asked import Asked, UnansweredError
from ringfence.gate.point.book import COUNTED, Book, Window
from ringfence.gate.point.judging import Compiled, Plain, verbs
from ringfence.gate.point.lines import LONGEST, line_of, root_of
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.point.recording import AT_ONCE, Pace, Recorder
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.tree.merkle import leaf_hash, node_hash
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
    standing,
    within,
)


def test_an_answer_is_in_the_ledger_with_its_place(tmp_path: Path):
    """Each answer's id names its line, and the line says what was decided."""
    folder = ledger(tmp_path / "l")
    questions = [asked(LI), asked(ANN), asked(LI, "dataset:wh/s.plain")]
    answers = within(standing(folder), lambda point: point.answers(questions))
    told = decisions(folder)
    assert [one.id for one in answers] == ["1.0", "1.1", "1.2"]
    for question, answer in zip(questions, answers, strict=True):
        line = told[answer.id]
        assert line["allowed"] is answer.decision.allowed
        assert line["reason"] == answer.decision.reason
        assert line["principal"] == question.request.principal
        assert (line["caller"], line["reference"]) == ("tests", "r-1")
    assert [one.decision.allowed for one in answers] == [False, True, True]
    assert answers[0].path == ("northern: resides in CN",)
    assert "may not read" in answers[0].words


def test_an_entry_sums_up_its_window(tmp_path: Path):
    """The entry counts, and names boundary, estate, scene and the lines' root."""
    folder = ledger(tmp_path / "l")
    within(standing(folder), lambda point: point.answers([asked(LI), asked(ANN)]))
    [entry] = [one for _, one in entries(folder) if one.kind == "decision"]
    assert entry.values == {"allowed": "1", "denied": "1"}
    assert entry.digests["boundary"] == f"sha256:{'b' * 64}"
    assert entry.digests["estate"] == f"sha256:{'e' * 64}"
    assert entry.digests["scene"] == f"sha256:{digest(scene())}"
    payload = entry.digests["payload"].removeprefix("sha256:")
    path = folder / "private/payloads" / payload[:2] / payload[2:]
    first, second = path.read_bytes().splitlines()
    root = node_hash(leaf_hash(first), leaf_hash(second)).hex()
    assert entry.digests["decisions"] == f"sha256:{root}"


def test_what_a_caller_states_is_masked():
    """A line has names and salted digests of what is stated, and never the values."""
    question = asked(
        stated={"residence": ("Elbonia",)},
        row={"region": "Elbonia", "x": None},
        circumstances={"request.network": ("Elbonia",)},
    )
    salt = bytes(range(32))
    answer = decide(scene(), question.request, "2026-11-22T10:00:00Z")
    content = line_of(question, answer, "2026-11-22T10:00:00Z", salt).content
    line = json.loads(content)
    assert b"Elbonia" not in content
    assert set(line["row"]) == {"region", "x"}
    shown = sha256(salt + b'["Elbonia"]').hexdigest()
    assert line["stated"] == {"residence": f"sha256:{shown}"}
    assert line["circumstances"] == {"request.network": f"sha256:{shown}"}
    spelt = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content == spelt.encode()


def test_a_root_of_one_line_is_its_leaf():
    """The tree over one line is that line's leaf."""
    assert root_of([b"x"]) == leaf_hash(b"x").hex()


def test_searches_are_one_line_with_their_count(tmp_path: Path):
    """A search finds what `decide` allows, and is logged as one line."""
    folder = ledger(tmp_path / "l")

    async def search(point: LivePoint) -> tuple[list[str], ...]:
        return (
            await point.subjects(asked("", EMAIL), "person"),
            await point.resources(asked(LI, ""), "dataset"),
            await point.actions(asked(LI, EMAIL, "")),
            await point.subjects(asked("", EMAIL), "robot"),
        )

    people, data, actions, nobody = within(standing(folder), search)
    assert (people, data, nobody) == ([ANN], ["dataset:wh/s.plain"], [])
    assert actions == []
    told = decisions(folder)
    assert [one["count"] for one in told.values()] == [1, 1, 0, 0]
    assert {one["reason"] for one in told.values()} == {"search"}


def test_without_a_scene_or_after_its_time_nothing_is_answered(tmp_path: Path):
    """No scene, and one that is over, are an error; the latter is logged as a denial."""
    folder = ledger(tmp_path / "l")

    async def ask(point: LivePoint) -> None:
        with pytest.raises(UnansweredError, match="no scene"):
            await point.answers([asked(ANN)])
        with pytest.raises(UnansweredError, match="no scene"):
            await point.subjects(asked(), "person")
        with pytest.raises(UnansweredError, match="no scene"):
            _ = point.scene
        assert not point.is_ready

    over = Held(scene(), "2021-01-01T00:00:00Z")
    within(standing(folder), ask, over)
    [line] = decisions(folder).values()
    assert (line["allowed"], line["reason"]) == (False, "stale")

    async def bare() -> None:
        point = standing(folder)
        await point.recorder.start()
        await ask(point)
        await point.recorder.close()

    asyncio.run(bare())
    assert len(decisions(folder)) == 1


def test_a_question_that_breaks_the_judge_is_unanswered(tmp_path: Path):
    """Whatever is raised while deciding is no answer, and nobody is told what."""
    told: list[str] = []

    class Broken(Plain):
        def decide(self, *_: object) -> Decision:
            raise KeyError("secret")

        def principals(self, *_: object) -> list[str]:
            raise KeyError("secret")

    async def ask(point: LivePoint) -> None:
        with pytest.raises(UnansweredError) as found:
            await point.answers([asked()])
        assert "secret" not in str(found.value)
        with pytest.raises(UnansweredError):
            await point.subjects(asked(), "person")
        assert point.unanswered == 2

    point = standing(ledger(tmp_path / "l"))
    point.compiled, point.tell = Broken, told.append
    within(point, ask)
    assert len(told) == 2


def test_a_question_too_long_to_be_logged_is_unanswered(tmp_path: Path):
    """Nobody fills the disk with one question."""

    async def ask(point: LivePoint) -> None:
        with pytest.raises(UnansweredError):
            await point.answers([asked(purpose="x" * LONGEST)])

    within(standing(ledger(tmp_path / "l")), ask)


def test_an_exception_is_used_up_across_restarts(tmp_path: Path):
    """People are counted before the answer; nobody gets beyond the cap by a restart."""
    folder = ledger(tmp_path / "l")

    async def ask(point: LivePoint) -> list[Reason]:
        answers = [await point.answers([leave(2)]) for _ in range(2)]
        return [one.decision.reason for [one] in answers]

    assert within(standing(folder), ask) == [Reason.LEAVE, Reason.CAP]
    assert within(standing(folder), ask) == [Reason.CAP, Reason.CAP]
    (folder / COUNTED).unlink()
    assert within(standing(folder), ask) == [Reason.CAP, Reason.CAP]
    [used] = [one for one in decisions(folder).values() if one["allowed"]]
    assert (used["leave"], used["subjects"]) == ("repair", 2)


def test_questions_asked_together_share_one_cap(tmp_path: Path):
    """Of questions in one window, each counts what those before it used."""

    async def ask(point: LivePoint) -> list[Reason]:
        answers = await asyncio.gather(*(point.answers([leave(1)]) for _ in range(5)))
        return [one.decision.reason for [one] in answers]

    found = within(standing(ledger(tmp_path / "l")), ask)
    assert found.count(Reason.LEAVE) == 3
    assert found.count(Reason.CAP) == 2


def test_a_negative_count_gives_nothing_back(tmp_path: Path):
    """Nobody makes room under a cap by asking for less than nobody's data."""

    async def ask(point: LivePoint) -> list[Reason]:
        answers = [await point.answers([leave(n)]) for n in (3, -3, 1)]
        return [one.decision.reason for [one] in answers]

    found = within(standing(ledger(tmp_path / "l")), ask)
    assert (found[0], found[2]) == (Reason.LEAVE, Reason.CAP)


def test_a_new_scene_changes_nothing_for_questions_that_are_under_way(tmp_path: Path):
    """A question is logged with the scene that decided it, in an entry of its own."""
    folder = ledger(tmp_path / "l")
    other = scene(cap=9)

    async def ask(point: LivePoint) -> None:
        first = asyncio.ensure_future(point.answers([asked()]))
        await asyncio.sleep(0)
        point.install(Held(other, UNTIL))
        await asyncio.gather(first, point.answers([asked()]))

    within(standing(folder), ask)
    found = [one for _, one in entries(folder) if one.kind == "decision"]
    assert [one.digests["scene"] for one in found] == [
        f"sha256:{digest(scene())}",
        f"sha256:{digest(other)}",
    ]


def test_no_questions_have_no_answers(tmp_path: Path):
    """Nothing is logged of nothing."""
    folder = ledger(tmp_path / "l")
    assert within(standing(folder), lambda point: point.answers([])) == []
    assert decisions(folder) == {}


@pytest.mark.parametrize("seed", range(30))
def test_the_compiled_judge_gives_what_the_reference_gives(seed: int):
    """Decisions and searches of both judges are equal."""
    chance = Random(seed)  # noqa: S311 - a test, by a seed
    one = scenes.scene_of(chance)
    plain, compiled = Plain(one), Compiled(one)
    for _ in range(10):
        request, now = scenes.request_of(chance, one), scenes.moment_of(chance)
        used = scenes.counted_of(chance, one)
        assert compiled.decide(request, now, used) == plain.decide(request, now, used)
        for kind in ("person", "legal_entity"):
            assert sorted(compiled.principals(request, kind, now, used)) == (
                plain.principals(request, kind, now, used)
            )
        for kind in ("dataset", "store", "column", "robot"):
            assert sorted(compiled.resources(request, kind, now, used)) == (
                plain.resources(request, kind, now, used)
            )
        assert verbs(compiled, request, now, used) == verbs(plain, request, now, used)


# --- the recorder ---------------------------------------------------------------------


class Flaky:
    """A ledger that fails when it is told to."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.failing = False
        self.opened = 0

    def open(self) -> dict[str, int]:
        if self.failing:
            raise LedgerError("the disk is full")
        self.opened += 1
        return self.book.open()

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        if self.failing:
            raise OSError(28, "No space left on device")
        return self.book.commit(windows, counted)

    def publish(self) -> None:
        if self.failing:
            raise LedgerError("no witness")
        self.book.publish()

    def close(self) -> None:
        self.book.close()


def flaky(folder: Path, **pace: float) -> tuple[Flaky, LivePoint]:
    """Return a decision point over a ledger that can fail."""
    keeper = Flaky(Book(folder))
    quick = Pace(**{"publish": 60.0, "first": 0.01, "last": 0.02, **pace})
    return keeper, LivePoint(Recorder(keeper, pace=quick))


async def until(is_true: Callable[[], object]) -> None:
    """Wait until something is true."""
    for _ in range(4_000):
        if is_true():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it never was")


def test_a_ledger_that_fails_answers_nobody_and_comes_up_again(tmp_path: Path):
    """While it fails all is refused; afterwards all that was answered is in it."""
    folder = ledger(tmp_path / "l")
    keeper, point = flaky(folder)

    async def ask(_: LivePoint) -> list[str]:
        ids = [one.id for one in await point.answers([asked()])]
        keeper.failing = True
        found = await asyncio.gather(
            *(point.answers([asked()]) for _ in range(5)), return_exceptions=True
        )
        assert all(isinstance(one, UnansweredError) for one in found)
        with pytest.raises(UnansweredError, match="takes no entries"):
            await point.answers([asked()])
        with pytest.raises(UnansweredError, match="takes no entries"):
            await point.subjects(asked(), "person")
        keeper.failing = False
        await until(lambda: point.is_ready)
        return ids + [one.id for one in await point.answers([asked()])]

    ids = within(point, ask)
    assert keeper.opened == 2
    assert point.recorder.figures.failures == 1
    assert set(ids) == set(decisions(folder))


def test_a_use_that_may_not_be_logged_counts_all_the_same(tmp_path: Path):
    """Nobody knows whether it was logged, so it is counted."""
    keeper, point = flaky(ledger(tmp_path / "l"))

    async def ask(_: LivePoint) -> Reason:
        keeper.failing = True
        with pytest.raises(UnansweredError):
            await point.answers([leave(3)])
        keeper.failing = False
        await until(lambda: point.is_ready)
        [answer] = await point.answers([leave(1)])
        return answer.decision.reason

    assert within(point, ask) is Reason.CAP


def test_a_ledger_that_can_not_be_opened_is_tried_again(tmp_path: Path):
    """The service is up before its ledger is, answers nothing, and then does."""
    folder = ledger(tmp_path / "l")
    keeper, point = flaky(folder)
    keeper.failing = True
    told: list[str] = []
    point.recorder.tell = told.append

    async def ask(_: LivePoint) -> None:
        with pytest.raises(UnansweredError):
            await point.answers([asked()])
        await asyncio.sleep(0.1)
        keeper.failing = False
        await until(lambda: point.is_ready)
        await point.answers([asked()])

    within(point, ask)
    assert told == ["the ledger can't be opened: the disk is full"]


def test_what_waits_when_the_end_comes_is_answered(tmp_path: Path):
    """Closing brings to the ledger what was asked before; after it nothing is asked."""
    folder = ledger(tmp_path / "l")

    async def ask(point: LivePoint) -> list[str]:
        waiting = [asyncio.ensure_future(point.answers([asked()])) for _ in range(9)]
        await asyncio.sleep(0)
        await point.recorder.close()
        with pytest.raises(UnansweredError):
            await point.answers([asked()])
        return [one.id for [one] in await asyncio.gather(*waiting)]

    async def run() -> list[str]:
        point = standing(folder)
        await point.recorder.start()
        point.install(Held(scene(), UNTIL))
        return await ask(point)

    assert set(asyncio.run(run())) == set(decisions(folder))


def test_a_closed_recorder_that_never_came_up_ends(tmp_path: Path):
    """A ledger that can't be opened keeps nothing from ending."""
    keeper, point = flaky(ledger(tmp_path / "l"))
    keeper.failing = True

    async def run() -> None:
        await point.recorder.start()
        async with asyncio.timeout(20):
            await point.recorder.close()

    asyncio.run(run())


def test_what_is_sequenced_is_published_after_a_while(tmp_path: Path):
    """Publishing goes on by itself; where it fails, answers go on, and it is told."""
    folder = ledger(tmp_path / "l")
    keeper, point = flaky(folder, publish=0.02)

    async def ask(_: LivePoint) -> None:
        await point.answers([asked()])
        await until(lambda: Shelf(folder).size == 2)
        publish = keeper.book.publish

        def fail() -> None:
            raise TimeoutError("no witness")

        keeper.book.publish = fail  # type: ignore[method-assign]
        await point.answers([asked()])
        await until(lambda: point.recorder.figures.unpublished)
        await point.answers([asked()])
        assert Shelf(folder).size == 2
        keeper.book.publish = publish  # type: ignore[method-assign]
        await until(lambda: Shelf(folder).size == 4)

    within(point, ask)


def test_a_boundary_may_want_answers_published(tmp_path: Path):
    """With `publish` an answer is published when it is given, and else not given."""
    folder = ledger(tmp_path / "l")
    _, point = flaky(folder)

    async def ask(_: LivePoint) -> int:
        await point.answers([asked()])
        return Shelf(folder).size

    assert within(point, ask, Held(scene(publish=True), UNTIL)) == 2


def test_a_long_list_of_questions_stays_together(tmp_path: Path):
    """Questions of one call are in one entry; a full entry is followed by another."""
    folder = ledger(tmp_path / "l")
    many = AT_ONCE // 2 + 1

    async def ask(point: LivePoint) -> list[str]:
        found = await asyncio.gather(
            *(point.answers([asked(ANN, USERS)] * many) for _ in range(2))
        )
        return [one.id for answers in found for one in answers]

    ids = within(standing(folder), ask)
    assert len(set(ids)) == 2 * many
    assert {one.partition(".")[0] for one in ids} == {"1", "2"}


def test_a_window_may_be_waited_for(tmp_path: Path):
    """With `window`, questions that come one after another share an entry."""

    async def ask(point: LivePoint) -> set[str]:
        asking = []
        for _ in range(3):
            asking.append(asyncio.ensure_future(point.answers([asked()])))
            await asyncio.sleep(0.001)
        found = await asyncio.gather(*asking)
        return {one.id.partition(".")[0] for [one] in found}

    point = standing(ledger(tmp_path / "l"), window=0.5)
    assert within(point, ask) == {"1"}


def test_nobody_waits_long_for_those_who_do_not_come_back(tmp_path: Path):
    """After a window of many, one question alone is answered all the same."""

    async def ask(point: LivePoint) -> list[str]:
        found = []
        async with asyncio.timeout(20):
            for count in (50, 1, 1, 20, 3):
                some = (point.answers([asked()]) for _ in range(count))
                found += [one.id for [one] in await asyncio.gather(*some)]
        return found

    ids = within(standing(ledger(tmp_path / "l")), ask)
    assert len(set(ids)) == 75


def test_more_than_can_wait_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What waits for the disk is bounded."""
    monkeypatch.setattr("ringfence.gate.point.recording.MOST", 3)

    async def ask(point: LivePoint) -> None:
        with pytest.raises(UnansweredError, match="more waits"):
            await point.answers([asked()] * 4)

    within(standing(ledger(tmp_path / "l")), ask)


def test_counts_that_can_not_be_read_open_no_ledger(tmp_path: Path):
    """A damaged file of counts is an error that names it, and not a fresh start."""
    folder = ledger(tmp_path / "l")
    (folder / COUNTED).write_bytes(b"?")
    with pytest.raises(LedgerError, match="holds no counts"):
        Book(folder).open()


def test_a_book_that_is_not_open_takes_nothing(tmp_path: Path):
    """Before it is opened, and after it is closed, nothing is committed."""
    with pytest.raises(LedgerError, match="not open"):
        Book(tmp_path).commit([], None)


def test_a_caller_who_is_gone_hurts_nobody(tmp_path: Path):
    """A question whose caller gave up is logged; those beside it are answered."""
    folder = ledger(tmp_path / "l")

    async def ask(point: LivePoint) -> list[str]:
        gone = asyncio.ensure_future(point.answers([asked()]))
        kept = asyncio.ensure_future(point.answers([asked()]))
        await asyncio.sleep(0)
        gone.cancel()
        return [one.id for one in await kept]

    assert within(standing(folder), ask) == ["1.1"]
    assert len(decisions(folder)) == 2


def test_questions_are_values():
    """What is asked can be held against what was asked."""
    assert asked() == Asked(asked().request, "tests", "authzen", "r-1")
