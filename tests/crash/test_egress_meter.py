"""An exit that is killed at any effect of its own, of its meter's or its ledger's.

The law: whoever goes on with the meter that the killed one left is never alarmed; who
goes on with none, another one, or a copy from before a release that the ledger names,
always is.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.exit.standing import Standing
from ringfence.egress.meter.marks import MeterError
from ringfence.egress.meter.meter import Meter
from ringfence.egress.payload import Payload
from tests.exiting import NOW, Made, channel, contracts, made
from tests.killing import Killed, Life, living

WORDS = b"city=Reno clear=p1"


class Mortal:
    """A base whose every statement is an effect."""

    def __init__(self, base: sqlite3.Connection, life: Life) -> None:
        """Stand before a base."""
        self._base, self._life = base, life

    def execute(self, *words: Any) -> sqlite3.Cursor:
        """Run a statement, if the process lives."""
        self._life.live()
        return self._base.execute(*words)

    def executemany(self, *words: Any) -> sqlite3.Cursor:
        """The same, with many rows."""
        self._life.live()
        return self._base.executemany(*words)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._base.in_transaction


def exit_in(folder: Path) -> Made:
    """Return an exit that lets many people leave."""
    return made(folder, contracts(channel(cap=1_000_000)))


def end(there: Made) -> None:
    """Let go of everything, as the end of a process does: nothing is published."""
    there.book._close()
    there.meter.close()


def lived(folder: Path, left: int | None, content: bytes = WORDS) -> bool:
    """Judge something in a process that dies after some effects; tell whether it did."""
    there = exit_in(folder)
    base = there.meter._base
    with living(left) as life:
        there.meter._base = Mortal(base, life)  # type: ignore[assignment]
        with suppress(Killed):
            assert there.exit.judge("partner", Payload("words", content)).may_leave
    there.meter._base = base  # and what wasn't committed is rolled back
    end(there)
    return life.is_dead


def said(folder: Path) -> Standing:
    """Return what the ledger says."""
    there = exit_in(folder)
    found = there.book.standing()
    end(there)
    return found


def alarmed(meter: Path, found: Standing) -> bool:
    """Tell whether a meter is refused."""
    opened = Meter(meter)
    try:
        with opened.counting() as desk:
            desk.check(found.origin, found.mark)
    except MeterError:
        return True
    finally:
        opened.close()
    return False


def counted(folder: Path) -> int:
    """Return how many people the channel has had."""
    there = exit_in(folder)
    with there.meter.counting() as desk:
        found = sum(
            n for scope, n in desk.shown(NOW).items() if scope.kind == "channel"
        )
    end(there)
    return found


def one_life(begun: Path, folder: Path, left: int) -> bool:
    """Kill an exit after some effects, and hold what it left to the law."""
    shutil.copytree(begun, folder)
    dead = lived(folder, left)
    found = said(folder)
    assert not alarmed(folder / "meter", found)
    has_begun = found.mark is not None and found.mark.number > 1
    assert alarmed(begun / "meter", found) is has_begun
    assert alarmed(folder / "none", found)
    assert not lived(folder, None)
    assert counted(folder) == 2
    assert alarmed(begun / "meter", said(folder))
    shutil.rmtree(folder)
    return dead


def test_killed_at_any_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Killed after each number of effects, it goes on, and older copies are refused."""
    for one in ("fsync", "fdatasync"):  # a process dies here, and no disk
        monkeypatch.setattr(os, one, lambda _handle: None)
    begun = tmp_path / "begun"
    begun.mkdir()
    assert not lived(begun, None, b"clear=p9")
    left = 0
    while one_life(begun, tmp_path / "now", left):
        left += 1
    assert left > 15


fates = st.lists(st.none() | st.integers(0, 30), min_size=1, max_size=6)


@settings(max_examples=25)
@given(fates=fates, kept=st.integers(0, 6))
def test_any_older_copy_is_refused(
    tmp_path_factory: pytest.TempPathFactory, fates: list[int | None], kept: int
):
    """Of many lives, some cut short: a copy is refused if the ledger has gone on since.

    And only then: what a copy lacks that no entry names never left.
    """
    folder = tmp_path_factory.mktemp("lives")
    exit_in(folder).meter.close()
    copies: list[tuple[Path, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        for one in ("fsync", "fdatasync"):
            patch.setattr(os, one, lambda _handle: None)
        for number, left in enumerate([*fates, None]):
            copy = folder / f"copy{number}"
            shutil.copy(folder / "meter", copy)
            named = said(folder).mark
            copies.append((copy, named.number if named else 0))
            lived(folder, left, b"clear=p%d" % (number + 1))
        found = said(folder)
        assert found.mark is not None
        copy, before = copies[min(kept, len(copies) - 1)]
        assert before < found.mark.number
        assert alarmed(copy, found)
        assert not alarmed(folder / "meter", found)
        assert not lived(folder, None, b"clear=p99")
    shutil.rmtree(folder)
