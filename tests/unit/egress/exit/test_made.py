"""An exit made of what lies on this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ringfence.egress.channels.contract import written
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.exit.made import Fresh, Settings, exit_of
from ringfence.egress.exit.passage import UnjudgedError
from ringfence.egress.payload import Payload
from ringfence.errors import ConfigError, RingfenceError
from ringfence.ledger.keeping.opening import begin
from ringfence.ledger.keeping.showing import Shelf
from tests.exiting import AT, DAY, NOW, channel, contracts
from tests.indexed import ANN, BO, KEYS, built

TABLE = b"city,mail\nReno,ann@example.com\n"
WORDS = "env:INDEX_KEY"
CLEAR = b"city\nReno\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return all that an exit is made of, in a folder."""
    built(tmp_path / "index", time=NOW)
    monkeypatch.setenv("INDEX_KEY", KEYS.index.secret.hex())
    (tmp_path / "contracts.json").write_bytes(written(contracts()))
    begin(tmp_path / "ledger", "test.example/exit", time=NOW)
    return Settings(
        contracts=tmp_path / "contracts.json",
        index=tmp_path / "index",
        key=WORDS,
        ledger=tmp_path / "ledger",
        meter=tmp_path / "meter",
        token_key=WORDS,
    )


def clock() -> float:
    """Return the instant of the tests."""
    return AT


def judged(settings: Settings, content: bytes, at: float = AT) -> Verdict:
    """Return the verdict of a new exit."""
    with exit_of(settings, clock=lambda: at) as found:
        return found.judge("partner", Payload("a.csv", content)).ruling.verdict


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (CLEAR, Verdict.RELEASE),
        (TABLE, Verdict.MASK),
        (b"city\nann@example.com\n", Verdict.BLOCK),
        (b"town\nReno\n", Verdict.HOLD),
    ],
)
def test_it_judges_with_real_parts(settings: Settings, content: bytes, verdict):
    """Index, contracts, masks, meter and ledger work together."""
    assert judged(settings, content) is verdict


def test_its_ledger_is_free_once_it_is_closed(settings: Settings):
    """A second exit opens when the first is closed; meanwhile it is refused."""
    with exit_of(settings, clock=clock), pytest.raises(RingfenceError, match="writer"):
        exit_of(settings, clock=clock)
    with exit_of(settings, clock=clock):
        pass


def test_it_publishes_and_goes_on(settings: Settings):
    """What is published is for all to see; the next verdict is logged after it."""
    with exit_of(settings, clock=clock) as found:
        first = found.judge("partner", Payload("a.csv", CLEAR))
        found.publish()
        assert Shelf(settings.ledger).size == first.entry + 1
        assert found.judge("partner", Payload("a.csv", TABLE)).entry == first.entry + 1


def test_newer_contracts_are_judged_by(settings: Settings):
    """Contracts that are replaced while it runs are those it judges by."""
    with exit_of(settings, clock=clock) as found:
        payload = Payload("a.csv", b"town\nReno\n")
        assert found.judge("partner", payload).ruling.verdict is Verdict.HOLD
        other = contracts(channel(text=True, columns=()), channel("other"))
        new = settings.contracts.with_name("new")
        new.write_bytes(written(other))
        new.replace(settings.contracts)
        assert found.judge("other", payload).ruling.verdict is Verdict.HOLD
        settings.contracts.unlink()
        with pytest.raises(UnjudgedError, match="no such file"):
            found.judge("other", payload)


def test_a_newer_index_is_looked_in(settings: Settings):
    """An index that is built anew while it runs is the one it looks in."""
    with exit_of(settings, clock=clock) as found:
        payload = Payload("a.csv", b"city\nnew@example.com\n")
        assert found.judge("partner", payload).ruling.verdict is Verdict.RELEASE
        new = {"id": "9", "email": "new@example.com", "phone": None}
        built(settings.index, (ANN, BO, new), time=NOW)
        assert found.judge("partner", payload).ruling.verdict is Verdict.BLOCK


def test_an_index_grows_too_old(settings: Settings):
    """An index that was young enough at the start isn't used past its age."""
    aged = replace(settings, max_age=timedelta(days=1))
    now = [AT]
    with exit_of(aged, clock=lambda: now[0]) as found:
        assert found.judge("partner", Payload("a.csv", CLEAR)).may_leave
        now[0] += 2 * DAY
        with pytest.raises(UnjudgedError, match="too old"):
            found.judge("partner", Payload("a.csv", CLEAR))
    with pytest.raises(ConfigError, match="too old"):
        exit_of(aged, clock=lambda: now[0])


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"version": 1}'])
def test_what_holds_no_contracts_is_refused(settings: Settings, content: bytes):
    """A file that `contracts` didn't write is an error with a remedy."""
    settings.contracts.write_bytes(content)
    with pytest.raises(ConfigError, match="egress contracts"):
        exit_of(settings)


def test_contracts_of_another_version_are_refused(settings: Settings):
    """Nothing is judged by contracts whose meaning isn't known."""
    other = written(contracts()).replace(b'"version":1', b'"version":2')
    settings.contracts.write_bytes(other)
    with pytest.raises(ConfigError, match="version 2"):
        exit_of(settings)


@pytest.mark.parametrize(
    "change",
    [
        {"ledger": Path("nowhere")},
        {"index": Path("nowhere")},
        {"contracts": Path("nowhere")},
        {"key": "env:NOWHERE"},
        {"token_key": "nothing"},
    ],
)
def test_what_isnt_there_is_told_at_once(settings: Settings, change):
    """Whatever an exit needs is asked for before it judges."""
    with pytest.raises(RingfenceError):
        exit_of(replace(settings, **change))


def test_what_is_made_of_a_file_is_made_once(tmp_path: Path):
    """A file that stays the same is read once; after a failure, again."""
    path, made = tmp_path / "file", []

    def make() -> int:
        made.append(1)
        if len(made) == 2:
            raise ValueError
        return len(made)

    fresh = Fresh(path, make)
    with pytest.raises(RingfenceError, match="no such file"):
        fresh()
    path.write_text("a")
    assert (fresh(), fresh()) == (1, 1)
    os.utime(path, (1, 1))
    with pytest.raises(ValueError, match=r"^$"):
        fresh()
    assert fresh() == 3
