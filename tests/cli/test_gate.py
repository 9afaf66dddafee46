"""`gate`: decisions, scenes, exports, shadow mode and bypasses from the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.boundary.decision.scene import parse_scene
from ringfence.cli.gating import app
from ringfence.errors import ConfigError
from ringfence.ledger.keeping.opening import begin
from tests.cases import BOUNDARY, write_case

LOGS = """\
logs:
  w:
    kind: declared
    files: [w.jsonl]
    store: w
    from: 2022-01-01
    until: 2022-01-31
    cadence: 60 days
    collected: 2022-02-01
    fields: {time: t, actor: who, resource: data, columns: columns}
"""
GATE = "gate: {excluded: [in-cn]}\n"
ANN = (
    '{"t": "2022-01-10T09:00:00Z", "who": "person:ann", "data": "a.b", "columns": "c"}'
)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """Return what runs a command beside a case with a gate and a log."""
    write_case(tmp_path / "case", boundary=BOUNDARY + LOGS + GATE)
    write_case(tmp_path / "open", boundary=BOUNDARY)
    (tmp_path / "case" / "w.jsonl").write_text(ANN + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str) -> tuple[int, str]:
        code = app(
            words, exit_on_error=False, print_error=False, result_action="return_value"
        )
        return code, capsys.readouterr().out

    return run


Typed = Callable[..., tuple[int, str]]


def test_a_decision_has_its_exit_code(typed: Typed):
    """11 for a denial, with the reason; 0 for an allowance."""
    code, text = typed("decide", "case", "ann", "read", "w/a.b.c")
    assert code == 11
    assert text.startswith("Ann may not read w/a.b.c: `in-cn` excludes the principal")
    assert "  why       in-cn: resides in CN" in text
    assert typed("decide", "case", "Bo", "read", "w/a.b", "--column", "c")[0] == 0


def test_a_decision_as_json(typed: Typed):
    """With a version of its keys, its digests, and all that was asked."""
    words = ("--purpose", "x", "--subjects", "3", "--given", "request.mfa=yes")
    more = ("--given", "request.mfa=no", "--obeys", "mask", "--format", "json")
    code, text = typed("decide", "case", "ann", "read", "w/a.b", *words, *more)
    told = json.loads(text)
    assert (code, told["exit"], told["ringfence"]) == (11, 11, "gate-decide/1")
    assert (told["allowed"], told["reason"], told["touched"]) == (
        False,
        "excluded",
        ["c"],
    )
    assert told["circumstances"] == {"request.mfa": ["yes", "no"]}
    assert (told["purpose"], told["subjects"], told["obeys"]) == ("x", 3, ["mask"])
    assert told["labels"] == {"person:ann": "Ann"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--given", "mfa"), "--given: `mfa` is no value"),
        (("--obeys", "me"), "--obeys: `me` can't be obeyed"),
    ],
)
def test_a_slip_of_the_pen_is_an_error(
    words: tuple[str, ...], message: str, typed: Typed
):
    """It says what to write."""
    with pytest.raises(ConfigError, match=message):
        typed("decide", "case", "ann", "read", "w/a.b", *words)


def test_a_case_without_a_gate_decides_nothing(typed: Typed):
    """The error says what to add."""
    with pytest.raises(ConfigError, match="add `gate:` to the boundary"):
        typed("decide", "open", "ann", "read", "w/a.b")


def test_a_scene_is_written_with_its_digest(typed: Typed, tmp_path: Path):
    """The file is canonical JSON, and the digest that of its bytes."""
    code, text = typed("scene", "case", "--output", "s.json")
    content = (tmp_path / "s.json").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert code == 0
    assert text == f"{digest}  2022-01-31T00:00:00Z..2022-03-03T00:00:00Z\n"
    assert not parse_scene(content).grants
    typed("scene", "case", "--output", "s.json", "--grants")
    assert parse_scene((tmp_path / "s.json").read_bytes()).grants


def test_an_export_is_written_into_a_folder(typed: Typed, tmp_path: Path):
    """Its files are named on standard output."""
    code, text = typed("export", "case", "--to", "rego", "--output", "out/rego")
    assert (code, text.splitlines()) == (
        0,
        ["out/rego/decision.rego", "out/rego/data.json"],
    )
    assert (tmp_path / "out" / "rego" / "decision.rego").read_text()


def test_shadow_mode_from_the_command_line(typed: Typed):
    """A crossing would be denied, which breaks nobody whom the audit permits."""
    code, text = typed("shadow", "case", "--days", "30")
    assert code == 0
    assert "1 event: 1 would be denied" in text
    code, text = typed("shadow", "case", "--format", "json")
    told = json.loads(text)
    assert (told["ringfence"], told["exit"]) == ("gate-shadow/1", 0)
    assert told["totals"]["crossing"]["denied"] == 1
    assert told["lines"][0]["who"] == "person:ann"


def test_bypasses_from_the_command_line(typed: Typed, tmp_path: Path):
    """Without a decision in the ledger, whatever was done went round the gate."""
    begin(tmp_path / "ledger", "example.com/log", time="2022-02-01T00:00:00Z")
    words = ("bypasses", "case", "--ledger", "ledger", "--days", "30")
    code, text = typed(*words)
    assert code == 11
    assert "1 event on protected data: 0 explained, 1 by no decision" in text
    code, text = typed(*words, "--minutes", "10", "--format", "json")
    told = json.loads(text)
    assert (told["ringfence"], told["window"]) == ("gate-bypasses/1", 600)
    assert told["found"][0]["who"] == "person:ann"
    assert told["found"][0]["was_denied"] is False
