"""`serve`, `gate keys` and `gate seal`: from a case to a bundle, and to answers."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Reason, Request
from ringfence.cli import main
from ringfence.cli.serving import CaseFiles, keys, seal, serve
from ringfence.cli.words import now
from ringfence.errors import ConfigError, RingfenceError
from ringfence.gate.bundles import opened
from ringfence.ledger.signed.keys import parse_key
from tests.cases import BOUNDARY, write_case
from tests.serving import ledger

GATE = "gate: {excluded: [in-cn]}\n"
QUESTION = Request("person:ann", "read", "dataset:w/a.b")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a case with a gate."""
    write_case(tmp_path / "case", boundary=BOUNDARY + GATE)
    return tmp_path / "case"


def drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, list[str]]:
    """Draw keys, and return their file and their public halves."""
    file = folder / "seal.key"
    assert keys("example.com/gate", output=file) == 0
    return file, capsys.readouterr().out.splitlines()


def test_a_case_becomes_a_bundle(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A sealed case is opened with the keys that were printed, and decides alike."""
    file, public = drawn(tmp_path, capsys)
    output = tmp_path / "scene.bundle"
    assert seal(case, key=file, output=output, hours=2, version=7) == 0
    assert "version   7\ngood      from " in capsys.readouterr().out
    sealed = opened(output.read_bytes(), [parse_key(one) for one in public], now())
    assert sealed.version == 7
    assert decide(sealed.scene, QUESTION, now()).reason is Reason.EXCLUDED
    assert seal(case, key=file, output=output) == 0
    later = opened(output.read_bytes(), [parse_key(one) for one in public], now())
    assert later.version > 1_700_000_000


def test_keys_are_for_their_owner_and_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The file of keys is private, and one that is there stays what it is."""
    file, public = drawn(tmp_path, capsys)
    assert len(public) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="not overwritten"):
        keys("example.com/gate", output=file)
    assert file.read_bytes() == before


def test_a_file_without_keys_seals_nothing(case: Path, tmp_path: Path):
    """An empty file, and one that holds something else, are errors."""
    file, output = tmp_path / "k", tmp_path / "b"
    for text in ("", "\n", "no key\n"):
        file.write_text(text)
        with pytest.raises(RingfenceError):
            seal(case, key=file, output=output)
    assert not output.exists()


def test_a_case_without_a_gate_is_not_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Where the boundary says nothing of a gate, there is nothing to decide by."""
    write_case(tmp_path / "open", boundary=BOUNDARY)
    file, _ = drawn(tmp_path, capsys)
    with pytest.raises(ConfigError, match="says nothing of a gate"):
        seal(tmp_path / "open", key=file, output=tmp_path / "b")


def test_a_case_is_read_again_when_a_file_of_it_changes(case: Path):
    """What is decided by follows the files of the case."""
    source = CaseFiles(case)
    assert source.changed()
    held = source.read(now())
    assert not source.changed()
    assert decide(held.scene, QUESTION, now()).reason is Reason.EXCLUDED
    assert source.label("person:ann") == "Ann"
    assert source.label("person:nobody") == "person:nobody"
    boundary = case / "boundary.yaml"
    text = boundary.read_text()
    boundary.write_text(
        text.replace(GATE, "gate: {excluded: [in-cn], verbs: [edit]}\n")
    )
    assert source.changed()
    scene = source.read(now()).scene
    assert decide(scene, QUESTION, now()).reason is Reason.NOT_COUNTED
    insert = replace(QUESTION, verb="insert")
    assert decide(scene, insert, now()).reason is Reason.EXCLUDED


def test_a_stale_source_is_named(case: Path, capsys: pytest.CaptureFixture[str]):
    """Who decides by facts of long ago is told so."""
    CaseFiles(case).read("2025-01-31T00:00:00Z")
    told = capsys.readouterr().err
    assert "source hr was collected 1097 days from the date judged" in told
    assert "decides by it all the same" in told


def test_a_ledger_beside_a_case_is_no_part_of_it(case: Path):
    """What is logged, and what is hidden, doesn't have the case read again."""
    folder = ledger(case / "ledger")
    source = CaseFiles(case / "boundary.yaml")
    source.read(now())
    (folder / "private" / "counted").write_bytes(b"{}")
    (case / ".git").mkdir()
    (case / ".git" / "index").write_bytes(b"")
    assert not source.changed()
    (case / "more").mkdir()
    (case / "more" / "people.csv").write_bytes(b"")
    assert source.changed()


def test_what_can_not_be_served(case: Path, tmp_path: Path):
    """No ledger, two things to decide by, or none: each is told before it listens."""
    folder, bundle = ledger(tmp_path / "l"), tmp_path / "b"
    with pytest.raises(ConfigError, match="no ledger takes"):
        serve(case)
    with pytest.raises(ConfigError, match="a case and a bundle"):
        serve(case, ledger=folder, bundle=bundle)
    with pytest.raises(ConfigError, match="nothing says what"):
        serve(ledger=folder)
    with pytest.raises(ConfigError, match="nobody says whose"):
        serve(ledger=folder, bundle=bundle)
    with pytest.raises(ConfigError, match="no address with a port"):
        serve(case, ledger=folder, listen="nowhere")
    with pytest.raises(ConfigError, match="only this machine may ask"):
        serve(case, ledger=folder, listen="10.0.0.1:1")
    with pytest.raises(RingfenceError):
        serve(case, ledger=tmp_path / "nothing")


def test_a_folder_takes_no_bundle(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """It is named, and nothing is left beside it."""
    file, _ = drawn(tmp_path, capsys)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match=r"folder: is a folder"):
        seal(case, key=file, output=tmp_path / "folder")
    assert not (tmp_path / "folder.new").exists()


def test_numbers_of_a_bundle_have_their_bounds(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Hours and numbers that no bundle can hold are the command line's mistake."""
    file, _ = drawn(tmp_path, capsys)
    for more in (
        "--hours=99999999999999",
        "--version=99999999999999999999",
        "--hours=0",
    ):
        with pytest.raises(SystemExit) as ended:
            main(["gate", "seal", str(case), "--key", str(file), "-o", "x", more])
        assert ended.value.code == 2
        assert "Must be" in capsys.readouterr().err


def test_errors_about_exceptions_have_their_place(
    case: Path, capsys: pytest.CaptureFixture[str]
):
    """A ledger is named as it was given, an instant by its own option."""
    asked = ["exception", "ask", str(case), "q", "--by=ann", "--who=ann"]
    asked += ["--column=w/a.b.*", "--purpose=p", "--cap=1", "--ledger=gone"]
    told = {
        (*asked, "--until=nope"): "--until: `nope` is no date",
        (*asked, "--until=2030-01-01", "--since=x"): "--since: `x` is no date",
        (*asked, "--until=2030-01-01"): "gone/private/ledger.json: there is no ledger",
        ("exception", "list", str(case), "--ledger=gone"): "gone/private/ledger.json:",
        (*asked[:1], "break-glass", *asked[2:], "--hours=999999999999"): "Must be <= 4",
    }
    for words, problem in told.items():
        with pytest.raises(SystemExit) as ended:
            main([*words])
        assert ended.value.code == 2
        assert problem in capsys.readouterr().err
