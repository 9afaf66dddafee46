"""Rounds over an outbox: what is whole is taken, what fails is tried again later."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from ringfence.egress.files.gateway import FAILED, LEFT, Outcome
from ringfence.egress.files.running import REST, RETRY, Order, alone, once, watch
from ringfence.errors import RingfenceError
from tests.gated import Gated, gated


class Ticking(Event):
    """An event whose waits pass at once, and put a clock on; it is set after some."""

    def __init__(self, waits: int = 1_000) -> None:
        super().__init__()
        self.now = 0.0
        self.waits = waits
        self.between: Callable[[], object] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        """Let time pass."""
        self.now += timeout or 0.0
        self.waits -= 1
        self.between()
        if self.waits <= 0:
            self.set()
        return self.is_set()


@pytest.fixture
def there(tmp_path: Path):
    """Return a gateway."""
    found = gated(tmp_path / "g")
    yield found
    found.close()


def order(end: Ticking, settle: float = 0.0) -> Order:
    """Return an order whose clock is that of its waits."""
    return Order(settle, 1.0, end, clock=lambda: end.now)


def once_told(there: Gated, end: Ticking, settle: float) -> list[Outcome]:
    """Return what one run tells."""
    told: list[Outcome] = []
    once(there.gateway, there.places.outbox, order(end, settle), told.append)
    return told


def watched(there: Gated, end: Ticking, settle: float = 0.0) -> list[Outcome]:
    """Return what is told until the end."""
    told: list[Outcome] = []
    watch(there.gateway, there.places.outbox, order(end, settle), told.append)
    return told


def test_a_file_that_lies_still_is_taken(there: Gated):
    """A file counts as whole once it has lain unchanged, however young it is."""
    there.put("partner/a", "city=Reno")
    end = Ticking()
    assert [one.verdict for one in once_told(there, end, 60.0)] == ["release"]
    assert 60.0 <= end.now < 70.0


def test_a_file_that_is_written_on_and_on_is_left(there: Gated):
    """One run doesn't wait for ever; what still changes is told as left."""
    path = there.put("partner/a", "city=Reno")
    there.put("partner/b", "city=Reno")
    end = Ticking()

    def write() -> None:
        with path.open("a") as file:
            file.write(" city=Reno")

    end.between = write
    found = {one.path: one.verdict for one in once_told(there, end, 60.0)}
    assert found == {"partner/a": LEFT, "partner/b": "release"}
    assert "partner/a" in there.there("outbox")


def test_a_file_of_the_future_settles_as_well(there: Gated):
    """Times that lie ahead say nothing: what was seen counts."""
    path = there.put("partner/a", "city=Reno")
    os.utime(path, (4e9, 4e9))
    assert [one.verdict for one in once_told(there, Ticking(), 60.0)] == ["release"]


def test_a_run_over_nothing_tells_nothing(there: Gated):
    """There is no verdict where nothing lies."""
    assert once_told(there, Ticking(), 2.0) == []


def test_watching_takes_what_comes_until_its_end(there: Gated):
    """Each round takes what came since; the end is a set event."""
    end = Ticking(3)
    end.between = lambda: there.put(f"partner/{end.waits}", "city=Reno")
    told = watched(there, end)
    assert [one.path for one in told] == ["partner/2", "partner/1"]


def test_watching_publishes_now_and_then(there: Gated):
    """The ledger is published a while after something was told, and not otherwise."""
    end, published = Ticking(300), []
    asked = order(end)
    there.put("partner/a", "city=Reno")
    asked = replace(asked, publish=lambda: published.append(end.now))
    watch(there.gateway, there.places.outbox, asked, lambda _outcome: None)
    assert published == [REST]


def test_watching_lets_go_of_a_ledger_that_nothing_comes_to(there: Gated):
    """An exit that was opened, and then had nothing to judge, holds no ledger for long."""
    end, published = Ticking(300), []
    asked = replace(order(end), publish=lambda: published.append(end.now))
    watch(there.gateway, there.places.outbox, asked, lambda _: None)
    assert published == [REST]


def test_what_fails_is_told_once_and_tried_again_later(there: Gated):
    """A file without a verdict isn't tried in every round, and not told anew."""
    there.put("partner/a", "city=Reno !")
    end = Ticking(int(RETRY * 2.5))
    told = watched(there, end)
    assert [one.verdict for one in told] == [FAILED]
    assert there.exit.words.looked == 3


def test_a_file_that_is_mended_is_taken_at_once(there: Gated):
    """Another content in the place of one that failed is another file."""
    there.put("partner/a", "city=Reno !")
    end = Ticking(3)

    def mend() -> None:
        if end.waits == 2:
            there.put("partner/a", "city=Reno")

    end.between = mend
    assert [one.verdict for one in watched(there, end)] == [FAILED, "release"]


def test_a_claim_that_fails_isnt_taken_twice(there: Gated, monkeypatch):
    """What has a verdict and can't be moved waits for its claim; the file stays."""
    there.put("partner/a", "city=Reno")

    def fail(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(there.places.released, "carry", fail)
    end = Ticking(70)
    told = watched(there, end)
    assert [one.reasons for one in told] == [("no space left on device",)]
    assert len(there.entries()) == 1
    monkeypatch.undo()
    assert [one.verdict for one in watched(there, Ticking(2))] == ["release"]
    assert there.there("outbox") == {}


def test_an_outbox_that_fails_is_told_once(there: Gated, monkeypatch):
    """Watching goes on when the outbox can't be listed, and says so once."""
    calls = []

    def fail() -> None:
        calls.append(1)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(there.places.outbox, "found", fail)
    told = watched(there, Ticking(5))
    assert [(one.verdict, one.reasons) for one in told] == [
        (FAILED, ("input/output error",))
    ]
    assert len(calls) == 5
    with pytest.raises(OSError, match="Input"):
        once_told(there, Ticking(), 0.0)


def test_the_end_comes_after_the_file_that_is_taken(
    there: Gated, monkeypatch: pytest.MonkeyPatch
):
    """A signal ends a run between two files, never within one."""
    for name in ("a", "b", "c"):
        there.put(f"partner/{name}", "city=Reno")
    end = Ticking()
    judge = there.exit.exit.judge

    def judged(name, payload):
        end.set()
        return judge(name, payload)

    monkeypatch.setattr(there.exit.exit, "judge", judged)
    assert [one.path for one in once_told(there, end, 0.0)] == ["partner/a"]
    assert there.there("released") == {"partner/a": "city=Reno"}
    assert not [*there.work.claims()]


def test_two_gateways_dont_meet(there: Gated, tmp_path: Path):
    """One outbox, or one folder of work, has one gateway at a time."""
    other = gated(tmp_path / "other")
    with alone(there.places.outbox, there.work):
        with (
            pytest.raises(RingfenceError, match="another gateway is at it"),
            alone(there.places.outbox, other.work),
        ):
            pass
        with (
            pytest.raises(RingfenceError, match="another gateway works there"),
            alone(other.places.outbox, there.work),
        ):
            pass
    with alone(there.places.outbox, there.work):
        pass
    other.close()


def test_a_claim_of_another_version_ends_the_run(there: Gated):
    """What isn't understood isn't guessed: the error says what to do."""
    (there.work.folder / "claims" / "a.json").write_text('{"version": 2}')
    with pytest.raises(RingfenceError, match="is no claim"):
        once_told(there, Ticking(), 0.0)


def test_what_nobody_claims_is_swept(there: Gated):
    """Half copies of a run that was killed are removed before the next one begins."""
    (there.work.staging / "half").write_text("p")
    (there.folder / "released" / ".ringfence" / "half").write_text("p")
    (there.folder / "claims.new").touch()
    (there.work.folder / "claims" / "a.new").write_text("{")
    once_told(there, Ticking(), 0.0)
    assert not [*there.work.staging.iterdir()]
    assert not [*(there.folder / "released" / ".ringfence").iterdir()]
    assert not [*(there.work.folder / "claims").iterdir()]


def test_what_was_staged_and_damaged_is_taken_anew(there: Gated):
    """A copy that isn't what the claim says is given up; the file is still there."""
    there.put("partner/a", "city=Reno")
    (found,) = there.places.outbox.found()
    claim = there.gateway._staged(found)
    (there.work.staging / claim.id).write_text("city=Elko")
    verdicts = [one.verdict for one in once_told(there, Ticking(), 0.0)]
    assert verdicts == [LEFT, "release"]
    assert there.there("released") == {"partner/a": "city=Reno"}
