"""`egress contracts`: who receives, from the command line, and what is written."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from ringfence.cli.contracting import accept_loss, contracts
from ringfence.egress.channels.contract import read
from ringfence.errors import ConfigError, RingfenceError
from ringfence.ledger.entries import made
from ringfence.ledger.keeping.opening import begin, opened
from ringfence.ledger.keeping.showing import Shelf
from tests.cases import BOUNDARY, WAREHOUSE, write_case
from tests.exiting import NOW

EGRESS = """\
exceptions:
  - name: totals
    who: ["person:ann"]
    columns: ["w/a.b.*"]
    purpose: to count
    owner: head of counting
    cap: 20
    expires: 2022-06-30
egress:
  excluded: [in-cn]
  channels:
    - name: figures
      recipients: ["person:bo", "person:ann", "group:g", "person:stranger"]
      purpose: to measure
      owner: head of figures
      approver: "person:bo"
      expires: 2022-06-30
      cap: 1
      cell: 20
      columns: [{name: people, type: integer, holds: count}]
      exception: totals
    - name: words
      recipients: ["person:ann"]
      purpose: to count
      owner: head of figures
      approver: "person:bo"
      expires: 2022-06-30
      text: true
      takes: ["w/a.*"]
      exception: totals
    - name: nothing
      recipients: ["person:bo"]
      purpose: to chat
      owner: head of figures
      approver: "person:bo"
      expires: 2022-06-30
      text: true
"""
PEOPLE = "id,residence,label,employer\nann,CN,Ann,\nbo,US,Bo,firm\n"
GROUP = (
    '{"at":"x","fact":"edge","id":"person:ann","name":"member_of","source":"db",'
    '"value":"group:g"}\n'
)


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a case with two channels."""
    monkeypatch.setenv("COLUMNS", "100")
    boundary = BOUNDARY.replace("sources:\n", EGRESS + "sources:\n")
    changes = {"boundary": boundary, "people": PEOPLE, "warehouse": WAREHOUSE + GROUP}
    return write_case(tmp_path / "case", **changes)


def test_it_says_who_receives_and_until_when(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each channel is told with its recipients, its cap, its end and its exception."""
    assert contracts(case) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [
        "figures: to measure",
        "  carries   1 column, of at most 1 protected person; no count below 20",
        "  ends      2022-06-30",
        "  receives  Bo: not excluded, counted under firm",
        "  receives  Ann: excluded (resides in CN)",
        "  receives  g: excluded (1 of 1 who get at it are excluded)",
        "  receives  stranger: perhaps excluded (too little is known of it)",
        "  exception totals doesn't apply: it is for another purpose: to count",
        "",
        "words: to count",
        "  carries   texts, of nobody protected",
        "  ends      2022-06-30",
        "  receives  Ann: excluded (resides in CN)",
        "  exception totals, of at most 20 protected people, until 2022-06-30",
        "",
        "nothing: to chat",
        "  carries   texts, of nobody protected",
        "  ends      2022-06-30",
        "  receives  Bo: not excluded, counted under firm",
        "",
    ]
    assert lines[-1].startswith("good from 2022-01-31 to before 2022-03-03; boundary ")


def test_what_is_written_can_be_read_back(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is what an exit judges by; the JSON names the same digests."""
    file = tmp_path / "contracts.json"
    assert contracts(case, output=file, format="json") == 0
    told = json.loads(capsys.readouterr().out)
    written = read(file.read_bytes())
    assert told["ringfence"] == "egress-contracts/1"
    assert [one["digest"] for one in told["channels"]] == [
        one.digest for one in written.contracts
    ]
    figures, words, _ = told["channels"]
    assert (figures["excluded"], figures["exception"]) == ("yes", None)
    assert (words["exception"], words["unconceded"]) == ("totals", "")
    assert (told["boundary"], told["estate"]) == (written.boundary, written.estate)


def test_no_channel_and_no_egress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a channel nothing leaves; without `egress` there is nothing to resolve."""
    none = "egress: {excluded: [in-cn], channels: []}\nsources:\n"
    boundary = BOUNDARY.replace("sources:\n", none)
    assert contracts(write_case(tmp_path / "none", boundary=boundary)) == 0
    out = capsys.readouterr().out
    assert out.startswith("no channel is declared: nothing leaves\n")
    with pytest.raises(ConfigError, match="says nothing of what may leave"):
        contracts(write_case(tmp_path / "silent"))


def test_the_ledger_names_what_is_written(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry holds the SHA-256 of the file; the same file is named once."""
    ledger, file = tmp_path / "ledger", tmp_path / "contracts.json"
    begin(ledger, "test.example/exit", time=NOW)
    assert contracts(case, output=file, ledger=ledger) == 0
    assert capsys.readouterr().out.endswith(f"\nnamed by entry 1 of {ledger}\n")
    entry = Shelf(ledger).shown(1).entry
    assert entry is not None
    digest = sha256(file.read_bytes()).hexdigest()
    assert entry.digests["contracts"] == f"sha256:{digest}"
    assert contracts(case, output=file, ledger=ledger, format="json") == 0
    assert json.loads(capsys.readouterr().out)["entry"] == 1
    assert Shelf(ledger).size == 2
    assert [one.name for one in tmp_path.glob("contracts*")] == ["contracts.json"]


def test_what_isnt_named_isnt_written(case: Path, tmp_path: Path) -> None:
    """Without the ledger the file stays as it was; without a file nothing is named."""
    file = tmp_path / "contracts.json"
    file.write_text("before")
    with pytest.raises(RingfenceError, match="ledger"):
        contracts(case, output=file, ledger=tmp_path / "nowhere")
    assert file.read_text() == "before"
    with pytest.raises(ConfigError, match="names a file"):
        contracts(case, ledger=tmp_path / "nowhere")
    file.unlink()
    file.mkdir()
    with pytest.raises(OSError, match="directory"):
        contracts(case, output=file)
    assert [one.name for one in tmp_path.glob("contracts*")] == ["contracts.json"]


def test_a_file_that_nobody_names_is_told(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file without a ledger is written, and it is said that no exit judges by it."""
    assert contracts(case, output=tmp_path / "contracts.json") == 0
    assert "no ledger names this file" in capsys.readouterr().err
    assert contracts(case) == 0
    assert "no ledger" not in capsys.readouterr().err


def test_a_ledger_that_isnt_there_is_named_whole(case: Path, tmp_path: Path) -> None:
    """Both commands say where they looked, as whoever typed it finds it."""
    nowhere, meter = tmp_path / "nowhere", tmp_path / "meter"
    told = re.escape(str(nowhere / "private/ledger.json"))
    with pytest.raises(RingfenceError, match=told):
        contracts(case, output=tmp_path / "c.json", ledger=nowhere)
    with pytest.raises(RingfenceError, match=told):
        accept_loss(nowhere, meter=meter)


def test_a_loss_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ledger says that a new meter counts; where nobody is lost it says nothing."""
    ledger, meter = tmp_path / "ledger", tmp_path / "meter"
    begin(ledger, "test.example/exit", time=NOW)
    named = {"meter": "e" * 64}
    with opened(ledger) as log:
        log.append([made("meter", NOW, digests=named, values={"number": "6"})])
    assert accept_loss(ledger, meter=meter) == 0
    assert capsys.readouterr().out == "entry  2\n"
    entry = Shelf(ledger).shown(2).entry
    assert entry is not None
    assert entry.values == {"number": "7"}
    with pytest.raises(ConfigError, match="nobody is lost"):
        accept_loss(ledger, meter=meter)


def test_exit_codes_are_told(say) -> None:
    """Each command of `egress` tells its own codes; none tells those of claims."""
    words = ("contracts", "accept-loss", "flows", "canaries", "prove", "proxy")
    for word in (*words, "ext-proc", "run", "judge", "relay"):
        told = say("egress", word, "--help").out
        assert "Exit codes: 0" in told
        assert "upheld" not in told, word
