"""An exit made of what lies on this machine."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ringfence.egress.channels.contract import written
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.exit.made import Fresh, Settings, exit_of
from ringfence.egress.exit.naming import accept
from ringfence.egress.exit.passage import UnjudgedError
from ringfence.egress.index.gathering import Keys
from ringfence.egress.meter.marks import MeterError
from ringfence.egress.meter.meter import Meter
from ringfence.egress.payload import Payload
from ringfence.errors import ConfigError, RingfenceError
from ringfence.ledger.keeping.opening import begin
from ringfence.ledger.keeping.showing import Shelf
from tests.exiting import AT, DAY, NOW, channel, contracts, named
from tests.indexed import ANN, BO, KEYS, OTHER, built

TABLE = b"city,mail\nReno,ann@example.com\n"
WORDS = "env:INDEX_KEY"
CLEAR = b"city\nReno\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return all that an exit is made of, in a folder."""
    built(tmp_path / "index", time=NOW)
    monkeypatch.setenv("INDEX_KEY", KEYS.index.secret.hex())
    return Settings(
        contracts=named(tmp_path),
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
        found.publish()  # and lets go of the ledger
        named(settings.ledger.parent, other)
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


# --- what the ledger names ------------------------------------------------------------


def test_contracts_that_the_ledger_doesnt_name_are_refused(settings: Settings):
    """Whoever can write the file alone raises no cap: nothing is judged by it."""
    raised = contracts(channel(cap=1_000_000))
    settings.contracts.write_bytes(written(raised))
    with pytest.raises(ConfigError, match=r"entry 1 of .* names other") as caught:
        exit_of(settings, clock=clock)
    (problem,) = caught.value.problems
    assert str(problem.at) == str(settings.contracts)
    assert "egress contracts CASE --output FILE --ledger LEDGER" in (problem.hint or "")


def test_a_ledger_that_names_none(settings: Settings, tmp_path: Path):
    """Another ledger, which names no contracts, is no ledger for them."""
    begin(tmp_path / "other", "test.example/other", time=NOW)
    with pytest.raises(ConfigError, match="which names no contracts"):
        exit_of(replace(settings, ledger=tmp_path / "other"), clock=clock)


def test_contracts_that_newer_ones_replaced_are_refused(settings: Settings):
    """What was in force once doesn't come back by laying the old file there."""
    old = settings.contracts.read_bytes()
    named(settings.ledger.parent, contracts(channel(cap=1)))
    assert judged(settings, CLEAR) is Verdict.RELEASE
    settings.contracts.write_bytes(old)
    with pytest.raises(ConfigError, match="names last: entry 2 of"):
        judged(settings, CLEAR)
    named(settings.ledger.parent, contracts())
    assert settings.contracts.read_bytes() == old
    assert judged(settings, CLEAR) is Verdict.RELEASE


def test_contracts_changed_while_it_runs_are_refused(settings: Settings):
    """An exit that runs judges by no file that its ledger doesn't name."""
    with exit_of(settings, clock=clock) as found:
        assert found.judge("partner", Payload("a.csv", CLEAR)).may_leave
        settings.contracts.write_bytes(written(contracts(channel(cap=1_000_000))))
        with pytest.raises(UnjudgedError, match="names last"):
            found.judge("partner", Payload("a.csv", CLEAR))


def test_contracts_replaced_while_it_looks(settings: Settings, monkeypatch):
    """A verdict isn't reached by contracts that were replaced meanwhile."""
    with exit_of(settings, clock=clock) as found:
        looked = found._looks.glance

        def glance(payload: Payload):
            found.publish()
            named(settings.ledger.parent, contracts(channel(cap=1)))
            return looked(payload)

        monkeypatch.setattr(found._looks, "glance", glance)
        with pytest.raises(UnjudgedError, match="replaced meanwhile"):
            found.judge("partner", Payload("a.csv", CLEAR))
        monkeypatch.setattr(found._looks, "glance", looked)
        assert found.judge("partner", Payload("a.csv", CLEAR)).may_leave


def released(settings: Settings, times: int = 1) -> None:
    """Let something leave, so often."""
    for _ in range(times):
        assert judged(settings, TABLE) is Verdict.MASK


def test_a_meter_that_is_gone_is_noticed(settings: Settings):
    """A ledger that names a meter is no ledger for a new one."""
    released(settings)
    settings.meter.unlink()
    with pytest.raises(MeterError, match="isn't there, and the ledger") as caught:
        exit_of(settings, clock=clock)
    assert "accept-loss" in (caught.value.problems[0].hint or "")
    assert not settings.meter.exists()
    Meter(settings.meter).close()
    with pytest.raises(MeterError, match="isn't the meter that the ledger names"):
        exit_of(settings, clock=clock)


def test_an_older_copy_is_noticed(settings: Settings, tmp_path: Path):
    """A copy that lacks but the last release is refused; the newest is taken back."""
    released(settings)
    shutil.copy(settings.meter, tmp_path / "old")
    released(settings)
    shutil.copy(settings.meter, tmp_path / "new")
    shutil.copy(tmp_path / "old", settings.meter)
    with pytest.raises(MeterError, match="counted to 1, and the ledger says 2"):
        exit_of(settings, clock=clock)
    shutil.copy(tmp_path / "new", settings.meter)
    released(settings)


def test_a_meter_that_is_replaced_while_it_runs(settings: Settings):
    """An older copy under a meter that is open is noticed by the next release."""
    with exit_of(settings, clock=clock) as found:
        assert found.judge("partner", Payload("a.csv", CLEAR)).may_leave
        found._meter.close()
        settings.meter.unlink()
        found._meter = Meter(settings.meter)
        with pytest.raises(UnjudgedError, match="isn't the meter"):
            found.judge("partner", Payload("a.csv", CLEAR))
        assert not found.judge("partner", Payload("a.csv", b"town\nx\n")).may_leave


def test_a_loss_is_accepted_once_and_for_all_to_see(settings: Settings, tmp_path: Path):
    """The ledger says from where on a meter counts; copies from before stay refused."""
    released(settings, 2)
    shutil.copy(settings.meter, tmp_path / "before")
    released(settings)
    with pytest.raises(ConfigError, match="nobody is lost"):
        accept(settings.ledger, settings.meter, NOW)
    settings.meter.unlink()
    place = accept(settings.ledger, settings.meter, NOW)
    entry = Shelf(settings.ledger).shown(place).entry
    assert entry is not None
    assert (entry.kind, entry.values) == ("meter", {"number": "4"})
    released(settings)
    shutil.copy(tmp_path / "before", settings.meter)
    with pytest.raises(MeterError, match="isn't the meter"):
        exit_of(settings, clock=clock)
    accept(settings.ledger, settings.meter, NOW)
    released(settings)


def test_one_meter_for_two_ledgers(settings: Settings, tmp_path: Path):
    """Each ledger has numbers of its own: one going on hides no loss from the other."""
    other = replace(settings, ledger=tmp_path / "b" / "ledger")
    other = replace(other, contracts=named(tmp_path / "b"))
    released(settings, 3)
    released(other)
    shutil.copy(settings.meter, tmp_path / "old")
    released(settings)
    shutil.copy(tmp_path / "old", settings.meter)
    released(other, 5)
    with pytest.raises(MeterError, match="older copy"):
        exit_of(settings, clock=clock)


def test_what_stays_needs_no_number(settings: Settings):
    """Only what leaves is counted; the ledger names the meter there alone."""
    judged(settings, CLEAR)
    judged(settings, b"town\nReno\n")
    shelf = Shelf(settings.ledger)
    last = [shelf.shown(one).entry for one in range(shelf.size - 2, shelf.size)]
    told = [(one.values.get("number"), "meter" in one.digests) for one in last if one]
    assert told == [("1", True), (None, False)]


# --- everybody else -------------------------------------------------------------------


def test_who_is_known_to_be_somebody_else_is_no_doubt(
    settings: Settings, tmp_path: Path
):
    """An id that looks like a protected one is held, unless it is exactly another's."""
    people = [{**ANN, "id": "70000000000000001"}, {**BO, "id": "70000000000000002"}]
    built(settings.index, people[:1], time=NOW)
    other = Keys(OTHER, KEYS.subject)
    built(tmp_path / "others", people[1:], keys=other, time=NOW)
    key = tmp_path / "others.key"
    key.write_text(OTHER.secret.hex())
    key.chmod(0o600)
    told = replace(settings, others=tmp_path / "others", others_key=f"file:{key}")
    table = "city\n700000000000000{}\n".format
    assert judged(told, table("02").encode()) is Verdict.RELEASE
    assert judged(told, table("03").encode()) is Verdict.HOLD
    assert judged(told, table("01").encode()) is Verdict.BLOCK
    assert judged(settings, table("03").encode()) is Verdict.RELEASE
    with pytest.raises(ConfigError):
        judged(replace(told, others_key=""), CLEAR)


def test_others_that_are_built_anew_are_known(settings: Settings, tmp_path: Path):
    """An exit that runs looks in the list of others as it lies there now."""
    people = [{**ANN, "id": f"7000000000000000{one}"} for one in (1, 2)]
    built(settings.index, people[:1], time=NOW)
    built(tmp_path / "others", (BO,), time=NOW)
    with exit_of(replace(settings, others=tmp_path / "others"), clock=clock) as found:
        payload = Payload("a.csv", b"city\n70000000000000002\n")
        assert found.judge("partner", payload).ruling.verdict is Verdict.HOLD
        built(tmp_path / "others", people[1:], time=NOW)
        assert found.judge("partner", payload).ruling.verdict is Verdict.RELEASE
