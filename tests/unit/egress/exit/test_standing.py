"""What a ledger says an exit stands on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.egress.channels.contract import written
from ringfence.egress.exit import standing as standings
from ringfence.egress.exit.book import Book, Said
from ringfence.egress.exit.naming import accept, name_contracts
from ringfence.egress.exit.standing import Named, Standing
from ringfence.egress.meter.marks import Mark
from ringfence.errors import ConfigError
from ringfence.ledger.entries import canonical, digest_of, made
from ringfence.ledger.faults import BusyError, LedgerError
from ringfence.ledger.keeping.opening import begin, opened, writing
from ringfence.ledger.keeping.showing import Shelf
from tests.exiting import NOW, channel, contracts

LATER = "2022-03-02T00:00:00Z"
DIGEST = "d" * 64
DIGESTS = dict.fromkeys(("boundary", "content", "contract", "epoch", "output"), DIGEST)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Return a new ledger."""
    begin(tmp_path / "ledger", "test.example/exit", time=NOW)
    return tmp_path / "ledger"


def raw(kind: str, **parts: dict[str, str]) -> bytes:
    """Return an entry that ours would not write, as another program may have."""
    marked = {name: f"sha256:{one}" for name, one in parts.get("digests", {}).items()}
    told = {**parts, "digests": marked} if marked else parts
    return canonical({"kind": kind, "time": LATER, **told})


def said(ledger: Path) -> Standing:
    """Return what a ledger says."""
    book = Book(ledger)
    found = book.standing()
    book.close()
    return found


def release(number: int | None, meter: str = "e" * 64) -> Said:
    """Return a verdict by which something leaves, or nothing."""
    mark = None if number is None else Mark(meter, number)
    return Said(NOW, "release", "complete", DIGESTS, "partner", {}, mark)


def test_a_new_ledger_says_nothing(ledger: Path):
    """Neither contracts nor a meter are named at the beginning."""
    assert said(ledger) == Standing("test.example/exit", 1)


def test_contracts_are_named_by_the_digest_of_their_file(ledger: Path):
    """Whoever has the file can see that the ledger names it."""
    given = contracts()
    assert name_contracts(ledger, given, NOW) == 1
    found = said(ledger).contracts
    assert found == Named(digest_of(written(given)), 1, NOW)
    assert Shelf(ledger).size == 2  # it is published
    entry = Shelf(ledger).shown(1).entry
    assert entry is not None
    assert entry.digests["boundary"] == f"sha256:{given.boundary}"
    assert entry.values == {"as_of": given.since}


def test_the_last_ones_count(ledger: Path):
    """Contracts are named again only if others were named meanwhile."""
    first, second = contracts(), contracts(channel(cap=9))
    places = [
        name_contracts(ledger, one, NOW)
        for one in (first, first, second, first, replace(first, until=LATER))
    ]
    assert places == [1, 1, 2, 3, 4]


def test_marks_are_those_of_what_left_last(ledger: Path):
    """A verdict that counted nobody says nothing of the meter."""
    book = Book(ledger)
    for number in (1, 2, None):
        book.write(release(number))
    assert book.standing().mark == Mark("e" * 64, 2)
    book.close()
    assert said(ledger).mark == Mark("e" * 64, 2)


def test_what_others_wrote_meanwhile_is_read(ledger: Path):
    """A book that let go of its ledger reads on where it was, and knows the rest."""
    book = Book(ledger)
    book.write(release(7))
    book.close()
    name_contracts(ledger, contracts(), NOW)
    with opened(ledger) as log:
        log.append([made("heartbeat", NOW)] * 3)
    found = book.standing()
    assert (found.mark, found.size) == (Mark("e" * 64, 7), 6)
    assert found.contracts is not None
    assert found.contracts.entry == 2
    book.close()


def test_what_another_program_wrote_says_nothing(ledger: Path):
    """Bytes that look like an entry, and are none, are passed over."""
    with opened(ledger) as log:
        log.append([b'{"kind":"contracts"}', b'"meter":"sha256:', b"\xff"])
    assert said(ledger) == Standing("test.example/exit", 4)


def test_a_write_that_may_be_there_is_looked_for(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
):
    """After a fault the ledger is read again: what it took after all is known."""
    book = Book(ledger)
    book.write(release(1))
    log = book._log
    assert log is not None
    append = log.append

    def torn(entries: Sequence[bytes]) -> range:
        append(entries)
        raise LedgerError("the disk failed")

    monkeypatch.setattr(log, "append", torn)
    with pytest.raises(LedgerError, match="the disk failed"):
        book.write(release(2))
    assert book.standing().mark == Mark("e" * 64, 2)
    book.close()


# --- two who write --------------------------------------------------------------------


def test_whoever_names_contracts_waits_for_an_exit(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
):
    """A ledger that is held is asked again and again until it is free."""
    held = writing(ledger)
    held.__enter__()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            held.__exit__(None, None, None)

    monkeypatch.setattr(standings, "sleep", wait)
    assert name_contracts(ledger, contracts(), NOW) == 1
    assert len(waits) == 5


def test_nobody_waits_for_ever(ledger: Path, monkeypatch: pytest.MonkeyPatch):
    """One that stays held is an error in the end."""
    ticks = iter(range(1000))
    monkeypatch.setattr(standings, "sleep", lambda _seconds: None)
    monkeypatch.setattr(standings, "monotonic", lambda: float(next(ticks)))
    with writing(ledger), pytest.raises(BusyError, match="another writer"):
        name_contracts(ledger, contracts(), NOW)
    assert next(ticks) > standings.PATIENCE


def test_a_book_waits_but_not_when_it_is_first_opened(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
):
    """Who opens an exit is told at once that another one is there."""
    book = Book(ledger)
    held = writing(ledger)
    held.__enter__()
    with pytest.raises(BusyError):
        book.open()
    monkeypatch.setattr(
        standings, "sleep", lambda _seconds: held.__exit__(None, None, None)
    )
    assert book.write(release(1)) == 1
    book.close()


def test_a_loss_where_nothing_was_counted(ledger: Path, tmp_path: Path):
    """Nobody is lost by a new meter of a ledger that names none."""
    with pytest.raises(ConfigError, match="nobody is lost"):
        accept(ledger, tmp_path / "meter", NOW)
    assert Shelf(ledger).size == 1


@pytest.mark.parametrize("number", ["x", "-1", "1_0", "\u0661", "9" * 5000])
def test_a_count_that_is_no_number_keeps_everything_closed(ledger: Path, number: str):
    """An earlier count says less: to take it would let an older meter pass."""
    digests = {"meter": "e" * 64}
    with writing(ledger) as log:
        log.append([raw("release", digests=digests, values={"number": number})])
        log.publish()
    with pytest.raises(LedgerError, match="entry 1 tells of a count") as caught:
        said(ledger)
    assert caught.value.problems[0].hint


def test_an_entry_that_names_no_contracts_is_left_out(ledger: Path):
    """Whatever else is called so doesn't name any; nor does it end in a traceback."""
    name_contracts(ledger, contracts(), NOW)
    with writing(ledger) as log:
        log.append([raw("contracts")])
        log.publish()
    assert (found := said(ledger).contracts) is not None
    assert found.entry == 1
