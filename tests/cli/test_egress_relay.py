"""`ringfence egress relay`: from a file, with a real exit, between real databases."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from cyclopts import App

from ringfence.cli import relaying
from ringfence.errors import ConfigError
from tests.exiting import contracts as contracts_of
from tests.exiting import named
from tests.indexed import KEYS, built
from tests.replicating import SLOT, Two, both, orders, profiles, there

__all__ = ["both", "there"]
LATE = "2999-01-01T00:00:00Z"
CONFIG = f"""
relay:
  slot: {SLOT}
  publications: partner
  tables: {{app.profile: profiles, app.orders: orders}}
  inside: INSIDE_DSN
  outside: OUTSIDE_DSN
exit:
  contracts: contracts.json
  index: index
  key: env:INDEX_KEY
  token_key: env:INDEX_KEY
  ledger: ledger
  meter: meter
"""


@pytest.fixture
def folder(there: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with all that a relay is told."""
    folder = tmp_path / "told"
    folder.mkdir()
    built(folder / "index")
    made = contracts_of(profiles(until=LATE), orders(until=LATE))
    named(folder, msgspec.structs.replace(made, until=LATE))
    (folder / "relay.yaml").write_text(CONFIG)
    monkeypatch.setenv("INDEX_KEY", KEYS.index.secret.hex())
    monkeypatch.setenv("INSIDE_DSN", there.dsns[0])
    monkeypatch.setenv("OUTSIDE_DSN", there.dsns[1])
    return folder


def relay(folder: Path, *words: str) -> int:
    """Run the command, and return its exit code."""
    app = App()
    app.command(relaying.relay)
    given = ["relay", str(folder / "relay.yaml"), *words]
    return int(app(given, exit_on_error=False, result_action="return_value"))


def test_a_relay_from_a_file(there: Two, folder: Path, capsys) -> None:
    """Copied, relayed and stopped: a line each, and the exit code of the verdict."""
    there.inside.execute(
        "INSERT INTO app.profile VALUES (11, 'Reno', 'bo@example.com')"
    )
    assert relay(folder) == 0
    assert capsys.readouterr().out == "copied: 1 row\n"
    there.inside.execute("INSERT INTO app.orders VALUES (11, 'x')")
    assert relay(folder) == 0
    assert capsys.readouterr().out.startswith("relayed: 1 transaction, up to ")
    assert relay(folder) == 0
    assert capsys.readouterr().out == ""
    there.inside.execute("INSERT INTO app.orders VALUES (12, 'to bo@example.com')")
    assert relay(folder, "--format", "json") == 11
    told = json.loads(capsys.readouterr().out)
    assert told["stopped"]["verdict"] == "block"
    lsn = told["stopped"]["transaction"]
    assert relay(folder, "--leave-out", lsn) == 0
    assert capsys.readouterr().out == f"left out, as was said: transaction {lsn}\n"
    assert there.rows("SELECT number FROM app.orders") == [(11,)]
    ((mail,),) = there.rows("SELECT mail FROM app.profile")
    assert mail.startswith("rf_")


def test_a_transaction_that_never_came_is_told(folder: Path, capsys) -> None:
    """To leave out what was never stopped at is told, and leaves out nothing."""
    assert relay(folder, "--leave-out", "0/1") == 0
    assert "nothing was left out at 0/1" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="is no transaction"):
        relay(folder, "--leave-out", "1")


def test_a_connection_comes_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that isn't there is told by its name."""
    monkeypatch.delenv("OUTSIDE_DSN")
    with pytest.raises(ConfigError, match="the environment has no `OUTSIDE_DSN`"):
        relay(folder)


def test_a_relay_that_watches_ends_when_it_is_told(
    there: Two, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """It looks again and again; at what is blocked it waits, tells, and tries again."""
    waits: list[float] = []

    class Ended:
        def is_set(self) -> bool:
            return len(waits) > 2

        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            if len(waits) == 1:
                there.inside.execute(
                    "INSERT INTO app.orders VALUES (11, 'bo@example.com')"
                )
            return len(waits) > 2

    class Ending:
        def __enter__(self) -> Ended:
            return Ended()

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(relaying, "ending", Ending)
    assert relay(folder, "--watch") == 11
    assert waits == [relaying.SECONDS, relaying.AGAIN, relaying.AGAIN]
    assert capsys.readouterr().out.count("block: transaction") == 2
