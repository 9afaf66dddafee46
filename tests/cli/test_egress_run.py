"""`ringfence egress run` and `judge`, with all that an exit is really made of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App
from msgspec.structs import replace

from ringfence import cli
from ringfence.cli import exiting
from tests.cli.running import environment
from tests.exiting import NOW, channel, contracts, named
from tests.gated import receipts, seen, verdicts
from tests.indexed import KEYS, built

CONFIG = """\
exit:
  contracts: contracts.json
  index: index
  key: env:INDEX_KEY
  token_key: env:INDEX_KEY
  ledger: ledger
  meter: meter
files:
  outbox: outbox
  released: released
  quarantine: quarantine
  settle: 0
"""
FILES = {
    "partner/a.csv": "city\nReno\n",
    "partner/b.csv": "city,mail\nReno,ann@example.com\n",
    "partner/c.csv": "town\nReno\n",
    "partner/ann@example.com.csv": "city\nbo@example.com\n",
}
UNTIL = "2999-01-01T00:00:00Z"
PROGRAM = """
from ringfence import cli
from ringfence.cli import exiting
from cyclopts import App
if "egress" not in cli.app:
    cli.app.command(App(name="egress"))
if "run" not in cli.app["egress"]:
    cli.app["egress"].command(exiting.run)
cli.main()
"""


@pytest.fixture
def run(say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs commands where there is all that an exit needs."""
    if "egress" not in cli.app:
        cli.app.command(App(name="egress"))
    for name in ("run", "judge"):
        if name not in cli.app["egress"]:
            cli.app["egress"].command(getattr(exiting, name))
    built(tmp_path / "index", time=NOW)
    monkeypatch.setenv("INDEX_KEY", KEYS.index.secret.hex())
    given = contracts(channel(until=UNTIL))
    named(tmp_path, replace(given, until=UNTIL))
    Path("egress.yaml").write_text(CONFIG)
    Path("outbox").mkdir()
    return lambda word, *words: say("egress", word, "--config", "egress.yaml", *words)


def put(path: str) -> Path:
    """Put one of the files into the outbox."""
    target = Path("outbox", path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(FILES[path])
    return target


def test_a_run_moves_every_file(run):
    """Each file goes where it belongs; the worst verdict is the exit code."""
    for path in FILES:
        put(path)
    said = run("run")
    assert said.code == 11
    assert (
        said.out.splitlines()
        == [
            "RELEASE  partner/a.csv  as declared",
            "BLOCK    partner/(a name that isn't shown)  column city, row 2:"
            " 1 protected person's EMAIL, not declared (and 1 more)",
            "MASK     partner/b.csv  column mail: goes as a token of the recipient's own",
            "HOLD     partner/c.csv  column town: not declared, with 1 value",
        ]
        or said.out
    )
    assert {*seen(Path("released"))} == {"partner/a.csv", "partner/b.csv"}
    assert "ann@example.com" not in Path("released/partner/b.csv").read_text()
    assert {*seen(Path("quarantine/hold"))} == {"partner/c.csv"}
    assert {*seen(Path("quarantine/block"))} == {"partner/ann@example.com.csv"}
    assert len(verdicts(Path("ledger"))) == 4
    assert len(receipts(Path("quarantine/receipts"))) == 4
    assert seen(Path("outbox")) == {}


@pytest.mark.parametrize(
    ("path", "code"),
    [("partner/a.csv", 0), ("partner/b.csv", 0), ("partner/c.csv", 10)],
)
def test_exit_codes(run, path: str, code: int):
    """Released and masked is 0, held 10, nothing there 3."""
    put(path)
    assert run("run").code == code
    assert run("run").code == 3


def test_an_outbox_with_nothing_in_it_is_told(run):
    """Where no file lies, standard error says so; standard output stays empty."""
    said = run("run")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("no file lies in outbox/<channel>/")


@pytest.mark.usefixtures("run")
def test_as_of_is_told_as_an_exit_has_it(say):
    """The help of both commands says that without `--as-of` it is now."""
    for word in ("run", "judge"):
        assert "by default now" in say("egress", word, "--help").out


def test_lines_of_json(run):
    """With `--format json` each file is a line of JSON."""
    put("partner/a.csv")
    (line,) = run("run", "--format", "json").out.splitlines()
    assert json.loads(line)["target"] == "released/partner/a.csv"


def test_what_isnt_said_is_usage(run, say):
    """Options that are missing, and folders that are, end with 2, or 1."""
    said = say("egress", "run", "--outbox", "outbox")
    assert said.code == 2
    assert "--contracts: isn't said" in said.err
    assert run("run", "--outbox", "nowhere").code == 2
    assert run("run", "--ledger", "nowhere").code == 1


def test_one_file_is_judged(run):
    """A verdict, its reasons and the entry are printed; what may leave is written."""
    path = put("partner/b.csv")
    said = run("judge", "partner", str(path), "-o", "left.csv")
    assert said.code == 0
    assert said.out.startswith("MASK     partner/b.csv  column mail: goes as a token")
    assert Path("left.csv").read_text().startswith("city,mail\nReno,rf_")
    assert path.exists()
    again = run("judge", "partner", str(path), "-o", "left.csv")
    assert (again.code, "isn't overwritten" in again.err) == (2, True)
    assert len(verdicts(Path("ledger"))) == 1


def test_nothing_is_written_of_what_may_not_leave(run):
    """A file that is held or blocked has no output; JSON is the receipt."""
    path = put("partner/c.csv")
    said = run("judge", "partner", str(path), "-o", "left.csv", "--format", "json")
    assert said.code == 10
    assert json.loads(said.out)["verdict"] == "hold"
    assert not Path("left.csv").exists()
    assert run("judge", "nobody", str(path)).code == 11
    assert run("judge", "partner", "nowhere.csv").code == 2


@pytest.mark.usefixtures("run")
def test_watching_ends_cleanly_when_it_is_told(tmp_path: Path):
    """A run that watches takes what comes, ends at SIGTERM with 0, and publishes."""
    path = put("partner/a.csv")
    words = ("egress", "run", "--config", "egress.yaml", "--watch")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment({"PYTHONPATH": os.pathsep.join(sys.path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "RELEASE  partner/a.csv  as declared\n"
        path.parent.joinpath(".c").write_text(FILES["partner/c.csv"])
        path.parent.joinpath(".c").rename(path.parent / "c.csv")
        assert process.stdout.readline().startswith("HOLD     partner/c.csv")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert len(verdicts(tmp_path / "ledger")) == 2


def test_contracts_that_the_ledger_doesnt_name_let_nothing_out(run):
    """A cap that was raised in the file alone is refused, and no file is touched."""
    path = put("partner/a.csv")
    content = Path("contracts.json").read_bytes()
    Path("contracts.json").write_bytes(content.replace(b'"cap":2', b'"cap":2000'))
    assert Path("contracts.json").read_bytes() != content
    said = run("run")
    assert said.code == 2
    assert "contracts.json: isn't what the ledger" in said.err
    assert "--output FILE --ledger LEDGER" in said.err
    assert path.exists()
    Path("contracts.json").write_bytes(content)
    assert run("run").code == 0


def test_a_meter_that_is_gone_lets_nothing_out(run, say):
    """Without the meter that counted nothing leaves, until somebody says it is lost."""
    put("partner/b.csv")
    assert run("run").code == 0
    Path("meter").unlink()
    path = put("partner/b.csv")
    said = run("run")
    assert said.code == 1
    assert "meter: isn't there, and the ledger names one" in said.err
    assert "egress accept-loss" in said.err
    assert path.exists()
    assert say("egress", "accept-loss", "ledger", "--meter", "meter").code == 0
    assert run("run").code == 0


def test_the_form_without_sections_is_told_what_to_write(run):
    """What stands beside the sections is told once for each, with where it belongs."""
    Path("egress.yaml").write_text("ledger: ledger\noutbox: outbox\n")
    said = run("run")
    assert said.code == 2
    assert "egress.yaml:1:1: `ledger` belongs into `exit`" in said.err
    assert "help: write `files:`, and below it, indented, `outbox`" in said.err
