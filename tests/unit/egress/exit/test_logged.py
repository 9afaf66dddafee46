"""The exit: a verdict that the ledger holds, or nothing leaves."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from ringfence.boundary.channels import Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.judge import Given, Reason, Verdict
from ringfence.egress.exit.passage import Passage, UnjudgedError
from ringfence.egress.meter.meter import Meter
from ringfence.egress.opening.rewriting import RewritingError
from ringfence.egress.payload import Payload
from ringfence.ledger.entries import opened
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk
from tests.exiting import AT, DAY, Made, channel, contracts, made


@pytest.fixture
def there(tmp_path: Path):
    """Return an exit."""
    found = made(tmp_path)
    yield found
    found.book.close()
    found.meter.close()


def passed(there: Made, content: str, name: str = "partner") -> Passage:
    """Return the verdict on some words."""
    return there.exit.judge(name, Payload("words", content.encode()))


def logged(there: Made) -> list[dict[str, object]]:
    """Return what the ledger says of every verdict."""
    there.book.close()
    shelf = Shelf(there.ledger)
    found = []
    for index in range(shelf.size):
        entry = shelf.shown(index).entry
        if entry is not None and entry.kind == "release":
            digest = entry.digests["payload"].removeprefix("sha256:")
            payload = Payloads(RealDisk(there.ledger)).read(digest)
            found.append({**entry.values, **entry.digests, **opened(entry, payload)})
    return found


@pytest.mark.parametrize(
    ("content", "verdict", "output"),
    [
        ("city=Reno", Verdict.RELEASE, b"city=Reno"),
        ("city=Reno mail=p1", Verdict.MASK, b"city=Reno mail=rf_"),
        ("city=?", Verdict.HOLD, None),
        ("town=Reno", Verdict.HOLD, None),
        ("city=%", Verdict.HOLD, None),
        ("city=p1", Verdict.BLOCK, None),
    ],
)
def test_verdicts(there: Made, content: str, verdict: Verdict, output: bytes | None):
    """Each verdict is answered with what may leave, and the ledger holds it."""
    found = passed(there, content)
    assert (found.ruling.verdict, found.output) == (verdict, output)
    assert found.may_leave == (output is not None)
    (said,) = logged(there)
    assert said["verdict"] == str(verdict)
    assert said["channel"] == "partner"
    assert ("output" in said) == found.may_leave


def test_the_receipt_is_what_the_ledger_commits_to(there: Made):
    """A receipt says what the entry's payload says, and which entry it is."""
    found = passed(there, "city=Reno mail=p1")
    told = json.loads(found.receipt)
    (said,) = logged(there)
    assert told.pop("entry") == found.entry
    assert told == said["receipt"]
    assert told["release"] == found.release
    assert said["content"] == f"sha256:{told['content']}"
    assert said["output"] == f"sha256:{told['output']}"
    assert (told["subjects"], told["counted"]) == (1, 1)


def test_nothing_that_was_looked_at_is_told(there: Made):
    """Neither receipt nor entry holds a value."""
    found = passed(there, "city=Sparks mail=p77")
    assert b"Sparks" not in found.receipt
    assert b"p77" not in found.receipt


def test_a_channel_that_nobody_declared(there: Made):
    """It blocks, and that is in the ledger."""
    found = passed(there, "city=Reno", "unheard-of")
    assert found.ruling.reasons == (Given(Reason.NO_CHANNEL),)
    (said,) = logged(there)
    assert (said["verdict"], said["channel"]) == ("block", "unheard-of")


def test_the_cap(there: Made):
    """People are counted when they leave, each once, and the cap holds over all."""
    assert passed(there, "clear=p1").may_leave
    assert passed(there, "clear=p1").may_leave
    assert passed(there, "clear=p2").may_leave
    over = passed(there, "clear=p3")
    assert over.ruling.reasons == (Given(Reason.OVER_CAP, count=3, most=2),)
    there.now = AT + 366 * DAY / 2  # half a year on, they still count
    assert not passed(there, "clear=p3").may_leave
    assert passed(there, "clear=p2").may_leave


def test_who_is_blocked_is_not_counted(there: Made):
    """What stays counts nobody, so that the next one has the room."""
    assert not passed(there, "clear=p1 clear=p2 clear=p3").may_leave
    assert passed(there, "clear=p1 clear=p2").may_leave


def test_masked_people_count(there: Made):
    """A token still counts (28 CFR 202.206)."""
    assert passed(there, "mail=p1 mail=p2").may_leave
    assert not passed(there, "mail=p3").may_leave


def test_excluded_recipients(tmp_path: Path):
    """Nothing of anybody goes to whom the boundary excludes, masked or not."""
    there = made(tmp_path, contracts(status=Status.YES))
    assert passed(there, "mail=p1").ruling.verdict is Verdict.BLOCK
    assert passed(there, "city=Reno").ruling.verdict is Verdict.RELEASE


def test_stale_contracts(there: Made):
    """What is judged by has an end, and nothing is judged beyond it."""
    there.now = AT + 366 * DAY
    with pytest.raises(UnjudgedError, match="holds until 2022-12-01") as caught:
        passed(there, "city=Reno")
    assert caught.value.problems[0].hint
    assert logged(there) == []


def test_a_fault_while_looking(there: Made):
    """A fault is no verdict, and its text, which may quote what was read, isn't told."""
    with pytest.raises(UnjudgedError) as caught:
        passed(there, "city=!")
    assert str(caught.value) == "no verdict: ValueError"
    assert logged(there) == []


def test_the_ledger_is_gone(there: Made):
    """Without a ledger nothing leaves, and nobody is counted; with it again, it does."""
    there.book.close()
    there.ledger.rename(there.ledger.with_name("elsewhere"))
    with pytest.raises(UnjudgedError, match="is no ledger"):
        passed(there, "clear=p1 clear=p2")
    with there.meter.counting() as desk:
        assert desk.shown("2022-03-01T00:00:00Z") == {}
    there.ledger.with_name("elsewhere").rename(there.ledger)
    assert passed(there, "clear=p3 clear=p4").may_leave


def test_the_meter_fails(there: Made):
    """What can't be counted doesn't leave."""
    there.meter._base.execute("PRAGMA query_only = ON")
    with pytest.raises(UnjudgedError, match="the meter failed"):
        passed(there, "clear=p1")
    there.meter._base.execute("PRAGMA query_only = OFF")
    assert passed(there, "clear=p1").may_leave


def test_files(there: Made, tmp_path: Path):
    """A file is judged like bytes; what is written to leave goes if it may not."""
    file = tmp_path / "words"
    file.write_bytes(b"mail=p1")
    found = there.exit.judge("partner", Payload("words", file))
    assert isinstance(found.output, Path)
    assert found.output.read_bytes() == b"mail=rf_"
    found.output.unlink()
    there.telling.wrong = (Given(Reason.SMALL_CELL),)
    held = there.exit.judge("partner", Payload("words", file))
    assert held.output is None
    assert [one.name for one in tmp_path.glob("words*")] == ["words"]


def test_aggregates(there: Made):
    """What the release ledger refuses stays, and what leaves is kept there."""
    assert passed(there, "city=Reno").may_leave
    assert there.telling.kept == ["words"]
    there.telling.wrong = (Given(Reason.DIFFERENCE),)
    assert passed(there, "city=Reno").ruling.verdict is Verdict.BLOCK
    assert there.telling.kept == ["words"]


def test_a_channel_that_begins_meanwhile(tmp_path: Path):
    """What was looked at before a channel held wasn't masked, and stays."""
    late = channel(since="2022-03-01T00:00:01Z")
    there = made(tmp_path, contracts(late))
    ticks = iter([AT, AT + 5])
    there.exit._clock = lambda: next(ticks)
    found = passed(there, "mail=p1")
    assert found.ruling.reasons == (Given(Reason.NOT_IN_FORCE),)
    assert found.output is None


def test_masking_that_leaves_something(there: Made, monkeypatch: pytest.MonkeyPatch):
    """What was masked is looked through again: where somebody is left, it stays."""
    rewrites = there.exit._rewrites
    monkeypatch.setattr(rewrites, "masked", lambda _c, payload, _m: payload)
    found = passed(there, "mail=p1")
    (reason,) = found.ruling.reasons
    assert (reason.reason, reason.count) == (Reason.UNDECLARED_SUBJECTS, 1)


def test_what_cant_be_masked_is_held(there: Made, monkeypatch: pytest.MonkeyPatch):
    """A payload that can't be written anew never can: that is a verdict, in the ledger."""

    def refuse(*_given: object) -> Payload:
        raise RewritingError("no zip is written anew")

    monkeypatch.setattr(there.exit._rewrites, "masked", refuse)
    found = passed(there, "mail=p1")
    assert found.ruling.reasons == (Given(Reason.NOT_MASKED),)
    assert (found.ruling.verdict, found.output) == (Verdict.HOLD, None)
    (entry,) = logged(there)
    assert entry["verdict"] == "hold"


def test_what_is_opaque_beside_what_is_masked(tmp_path: Path):
    """A column that is declared opaque is no matter, with masked ones or without."""
    columns = (Declared("sid", "text", opaque=True), *channel().columns)
    there = made(tmp_path, contracts(channel(columns=columns)))
    assert passed(there, "sid=? mail=p1").ruling.verdict is Verdict.MASK
    assert passed(there, "city=? mail=p1").ruling.verdict is Verdict.HOLD


def test_a_receipt_says_no_name_that_may_be_somebodys(there: Made):
    """A column that isn't declared is named only if its name is plainly one."""
    found = passed(there, "city=p1 zed@else.example=Reno +14155550109=Reno town=Reno")
    text = found.receipt.decode()
    assert "zed" not in text
    assert "5550109" not in text
    found = passed(there, "zed@else.example=Reno town=Reno")
    names = [one["column"] for one in json.loads(found.receipt)["reasons"]]
    assert names == ["(a name that isn't shown)", "town"]


@pytest.mark.parametrize("name", ["zed@else.example", "+1 415 555 0109", "a\ud800"])
def test_a_channel_that_may_be_somebodys_name(there: Made, name: str):
    """What nobody declared is called by a name only if that is plainly one."""
    found = passed(there, "city=Reno", name)
    assert found.ruling.reasons == (Given(Reason.NO_CHANNEL),)
    assert json.loads(found.receipt)["channel"] == "(a name that isn't shown)"
    (entry,) = logged(there)
    assert name not in str(entry)


def test_an_instant_that_was_stated_is_told(
    there: Made, monkeypatch: pytest.MonkeyPatch
):
    """Who reads the ledger sees that a verdict was reached as of another instant."""
    assert json.loads(passed(there, "city=Reno").receipt)["clock"] == "stated"
    monkeypatch.setattr(there.exit, "_clock", time.time)
    late = "9999-01-01T00:00:00Z"
    there.contracts = msgspec.structs.replace(there.contracts, until=late)
    assert "clock" not in json.loads(passed(there, "town=Reno").receipt)
    first, second = logged(there)
    assert "'clock': 'stated'" in str(first["receipt"])
    assert "'clock'" not in str(second["receipt"])


def test_many_at_once(there: Made):
    """Threads are judged one after the other: the cap holds, and every entry is there."""
    found: list[Passage] = []

    def work(number: int) -> None:
        found.extend(passed(there, f"clear=p{number}") for _ in range(5))

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = {one.inspection.subjects.tolist()[0] for one in found if one.may_leave}
    assert len(left) == 2
    assert len({one.entry for one in found}) == len(found) == len(logged(there)) == 20


class Between:
    """A base behind which somebody else does something once a number is kept."""

    def __init__(self, base: sqlite3.Connection, then: Callable[[], object]) -> None:
        """Stand before a base."""
        self._base, self._then, self._is_kept = base, then, False

    def execute(self, *words: Any) -> sqlite3.Cursor:
        """Run a statement."""
        done = self._base.execute(*words)
        self._is_kept = self._is_kept or "INTO ledger" in words[0]
        if words[0] == "COMMIT" and self._is_kept:
            self._is_kept = False
            self._then()
        return done

    def __getattr__(self, name: str) -> object:
        """Return what the base has."""
        return getattr(self._base, name)


@pytest.mark.parametrize(("other", "leaves"), [("clear=p2", True), ("clear=p3", False)])
def test_another_exit_counts_meanwhile(
    there: Made, tmp_path: Path, other: str, leaves: object
):
    """What was read before a number was kept is read again if it holds no more."""
    (tmp_path / "b").mkdir()
    second = made(tmp_path / "b")
    second.meter.close()
    second.exit._meter = second.meter = Meter(tmp_path / "meter")
    assert passed(there, "clear=p1").may_leave
    base = there.meter._base
    then = Between(base, lambda: passed(second, other))
    there.meter._base = then  # type: ignore[assignment]
    assert passed(there, "clear=p2").may_leave is leaves
    there.meter._base = base
    assert [one.get("number") for one in logged(there)] == [
        "1",
        "2" if leaves else None,
    ]
    second.book.close()
    second.meter.close()
