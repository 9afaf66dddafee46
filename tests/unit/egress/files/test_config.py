"""What a gateway is told, by a file and by words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ringfence.egress.exit.ordered import Parts
from ringfence.egress.files.config import Config, parse_config, read_config
from ringfence.egress.files.local import LocalStore
from ringfence.egress.files.s3 import S3Store, Service
from ringfence.errors import ConfigError, SourceError

WHOLE = """\
exit:
  contracts: contracts.json
  index: index
  key: file:index.key
  token_key: env:TOKEN
  ledger: ledger
  meter: meter.db
  max_age_days: 3
  others: foreigners
  others_key: file:others.key
files:
  outbox: out
  released: s3://bucket/released
  quarantine: quarantine
  settle: 5
  s3:
    endpoint: http://127.0.0.1:1
    region: us-east-1
    key_id_env: ID
    secret_env: SECRET
"""


def parsed(text: str) -> Config:
    """Return what a text says, below `/etc`."""
    return parse_config(text, "egress.yaml", Path("/etc"))


def test_a_file_says_it_all():
    """Files are relative to the configuration, those of keys too; addresses aren't."""
    found = parsed(WHOLE)
    settings = found.settings()
    assert settings.contracts == Path("/etc/contracts.json")
    key = "file:/etc/index.key"
    assert (settings.key, settings.token_key) == (key, "env:TOKEN")
    assert settings.max_age == timedelta(days=3)
    assert settings.others == Path("/etc/foreigners")
    assert settings.others_key == "file:/etc/others.key"
    assert (found.outbox, found.released) == ("/etc/out", "s3://bucket/released")
    assert found.settle == 5
    assert found.s3 == Service("http://127.0.0.1:1", "us-east-1", "ID", "SECRET")


def test_detectors_are_named():
    """A detector that isn't installed is an error that names it."""
    with pytest.raises(ConfigError, match="3:15: unknown detector `no-such`"):
        parsed("exit:\n  # nobody's\n  detectors: [no-such]\n")
    found = parsed(WHOLE.replace("exit:", "exit:\n  detectors: [categories]"))
    assert [one.name for one in found.settings().detectors] == ["categories"]


def test_words_go_first():
    """What the command line says takes the place of what the file does."""
    words = Config(exit=Parts(key="env:KEY"), outbox="elsewhere", settle=0)
    found = words.over(parsed(WHOLE))
    assert (found.outbox, found.settle) == ("elsewhere", 0)
    assert found.released == "s3://bucket/released"
    assert (found.exit.key, found.exit.token_key) == ("env:KEY", "env:TOKEN")


def test_every_problem_is_told_at_once():
    """Unknown, blank and wrong values are told with their lines."""
    with pytest.raises(ConfigError) as caught:
        parsed(
            "exit: {index: ''}\n"
            "files: {outbx: a, settle: soon, s3: {region: a}}\n"
            "file: {}\n"
        )
    told = [str(one) for one in caught.value.problems]
    assert len(told) == 7
    assert any(one.startswith("egress.yaml:3:1: the conf") for one in told)
    assert any(
        one.startswith("egress.yaml:2:9: `files` has no `outbx`") for one in told
    )


def test_what_stands_in_no_section_is_told_where_it_belongs():
    """The form without sections is an error for each, with what to write."""
    with pytest.raises(ConfigError) as caught:
        parsed("contracts: a\nindex: b\noutbox: c\n")
    exit_, files = caught.value.problems
    assert str(exit_.at) == "egress.yaml:1:1"
    assert exit_.message == "`contracts`, `index` belong into `exit`"
    assert exit_.hint == "write `exit:`, and below it, indented, `contracts`, `index`"
    assert files.message == "`outbox` belongs into `files`"


def test_sections_of_other_surfaces_are_theirs():
    """One file may serve every surface of a machine."""
    text = WHOLE + "status: 127.0.0.1:1\nproxy: []\nrelay: {}\nlimits: {}\n"
    assert parsed(text) == parsed(WHOLE)


def test_what_isnt_said_is_told_at_once():
    """All that an exit, or a gateway, needs is asked for together."""
    with pytest.raises(ConfigError) as caught:
        Config(exit=Parts(ledger=Path("ledger"))).settings()
    assert [str(one.at) for one in caught.value.problems] == [
        "--contracts",
        "--index",
        "--key",
        "--meter",
    ]
    with pytest.raises(ConfigError, match="--outbox"):
        Config().places()


def test_stores_are_folders_or_prefixes(tmp_path: Path, monkeypatch):
    """Each place may be either; what is quarantined, and receipts, are private."""
    monkeypatch.setenv("ID", "a")
    monkeypatch.setenv("SECRET", "b")
    (tmp_path / "out").mkdir()
    (tmp_path / "egress.yaml").write_text(WHOLE)
    found = read_config(tmp_path / "egress.yaml")
    places = found.places()
    assert isinstance(places.outbox, LocalStore)
    assert isinstance(places.released, S3Store)
    assert places.receipts.where == str(tmp_path / "quarantine" / "receipts")
    assert found.workshop().folder == tmp_path / "quarantine" / ".work"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"released": "out/released"}, "within the outbox"),
        ({"outbox": "released/out"}, "within the outbox"),
        ({"quarantine": "released/q"}, "within what is released"),
        ({"receipts": "released"}, "within what is released"),
        ({"receipts": "out/receipts"}, "within the outbox"),
        ({"work": Path("out/work")}, "within the outbox"),
        ({"outbox": "nowhere"}, "is no folder"),
        ({"quarantine": "s3://b/q"}, "nothing says where"),
    ],
)
def test_places_that_cant_be(tmp_path: Path, monkeypatch, change, message):
    """Places within one another, missing or unreachable are refused."""
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("released/out").mkdir(parents=True)
    told = {"outbox": "out", "released": "released", "quarantine": "q"} | change
    with pytest.raises(ConfigError, match=message):
        Config(**told).places()


def test_a_gateway_works_on_this_machine():
    """Where the quarantine is a prefix, somebody says where to work."""
    with pytest.raises(ConfigError, match="--work"):
        Config(quarantine="s3://b/q").workshop()


def test_a_file_that_isnt_there_is_told(tmp_path: Path):
    """A configuration that can't be read is one clear error."""
    with pytest.raises(SourceError, match="no such file"):
        read_config(tmp_path / "nowhere.yaml")
