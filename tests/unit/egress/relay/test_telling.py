"""What a relay says, keeps, and ends with."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from ringfence.egress.channels.judge import Verdict
from ringfence.egress.relay import telling
from ringfence.egress.relay.faults import RelayError, told
from ringfence.egress.relay.inside import Inside
from ringfence.egress.relay.outside import Outside
from ringfence.egress.relay.quarantine import Kept, Quarantine
from ringfence.egress.relay.relay import COPY, Step, Stop

KEPT = Path("quarantine/0-10")
HELD = Stop(16, Verdict.HOLD, ("app.t: text\x1b[2J",), KEPT)


def test_what_was_done_is_told_in_lines() -> None:
    """Copied, relayed, left out and stopped at: a line each, safe to print."""
    step = Step(applied=2, rows=1_200, lsn=32, left_out=[24], stop=HELD)
    assert [*telling.lines(step)] == [
        "copied: 1,200 rows",
        "relayed: 2 transactions, up to 0/20",
        "left out, as was said: transaction 0/18",
        "hold: transaction 0/10; nothing behind it goes before it",
        "  app.t: text\\x1b[2J",
        "  kept in quarantine/0-10",
    ]
    assert [*telling.lines(Step())] == []
    assert not telling.is_something(Step(lsn=7))


def test_what_was_done_is_told_in_json() -> None:
    """The same in JSON; the copy has no place in the log."""
    stop = Stop(COPY, Verdict.BLOCK, ("no",), KEPT)
    assert json.loads(json.dumps(telling.told(Step(1, 2, 32, [24], stop)))) == {
        "copied": 2,
        "relayed": 1,
        "lsn": "0/20",
        "left_out": ["0/18"],
        "stopped": {
            "transaction": None,
            "verdict": "block",
            "reasons": ["no"],
            "kept": "quarantine/0-10",
        },
    }
    assert telling.told(Step())["stopped"] is None
    assert "the copy" in next(iter(telling.lines(Step(stop=stop))))


def test_a_relay_ends_with_what_it_stopped_at() -> None:
    """0 for everything, 10 for what is held, 11 for what is blocked."""
    blocked = Stop(16, Verdict.BLOCK, (), KEPT)
    codes = [telling.exit_code(Step(stop=one)) for one in (None, HELD, blocked)]
    assert codes == [0, 10, 11]
    assert telling.unmet([16, 32], {32}) == ["0/10"]


def test_what_is_kept_takes_the_place_of_what_was(tmp_path: Path) -> None:
    """A transaction that is stopped at again is kept once, as it was judged last."""
    quarantine = Quarantine(tmp_path / "deep" / "quarantine")
    kept = Kept("app.t", "partner", "hold", ("why",), 7, b"{}\n", b"{}")
    first = quarantine.keep(16, "hold", [kept, kept])
    assert len([*first.iterdir()]) == 5
    assert quarantine.keep(16, "too large", []) == first
    assert [one.name for one in first.iterdir()] == ["stopped.json"]
    assert [one.name for one in first.parent.iterdir()] == ["0-10"]
    assert json.loads((first / "stopped.json").read_text())["why"] == "too large"


def test_a_database_that_is_not_there_is_told_without_its_secret() -> None:
    """No message says how a database is reached, or what a server said of values."""
    dsn = "host=127.0.0.1 port=1 user=me password=not-shown dbname=x"
    for one in (Inside(dsn, "slot", ("partner",)), Outside(dsn, "slot")):
        with pytest.raises(RelayError) as caught:
            one.open()
        assert "not-shown" not in str(caught.value) + repr(one)
        with pytest.raises(RelayError, match="isn't connected"):
            one._there.execute("")
        one.close()
    with pytest.raises(RelayError) as caught, told("outside"):
        raise psycopg.errors.UniqueViolation("Key (mail)=(ann@example.com)")
    assert "ann" not in str(caught.value)
    with pytest.raises(RelayError, match="isn't in its encoding"), told("inside"):
        b"\xff".decode()
