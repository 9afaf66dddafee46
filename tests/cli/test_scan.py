"""`ringfence scan`, and the verdict that turns: the forgotten copy of the case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet
from ruamel.yaml import YAML

from ringfence import cli
from ringfence.cli import scanning
from ringfence.report.scan_text import SCHEMA
from tests.cli.running import ringfence
from tests.house.tree import CHECKER, PROJECT

CASE = PROJECT / "examples" / "shortvideo"
EGRESS = CASE / "egress"
KINDS = (
    "account_id=ACCOUNT_ID,email=EMAIL,phone=PHONE,device_id=DEVICE_ID,"
    "advertising_id=ADVERTISING_ID"
)
STORE = {
    "--store": "warehouse-global",
    "--index": "idx",
    "--key": "env:INDEX_KEY",
}
KEY = {"INDEX_KEY": "11" * 32, "SUBJECT_KEY": "22" * 32}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the index of the case's population, as anybody would."""
    folder = tmp_path_factory.mktemp("scan")
    built = ringfence(
        *("index", "build", "--from", str(EGRESS / "population.parquet")),
        *("--kinds", KINDS, "--subject", "account_id", "-o", "idx"),
        *("--key", "env:INDEX_KEY", "--subject-key", "env:SUBJECT_KEY"),
        cwd=folder,
        env=KEY,
    )
    assert built.returncode == 0, built.stderr
    return folder


class Said:
    """What one command said, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def say(capsys, monkeypatch: pytest.MonkeyPatch, folder: Path):
    """Return a function that runs a command beside the index."""
    for name, value in {**KEY, "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return lambda *words: Said(capsys, *words)


@pytest.fixture
def scan(say: Callable[..., Said]):
    """Return a function that scans a place; options replace the usual ones."""

    def scanned(*words: str, place: str = str(EGRESS / "abroad")) -> Said:
        usual = [one for pair in STORE.items() if pair[0] not in words for one in pair]
        return say("scan", place, *usual, *words)

    return scanned


def test_the_forgotten_copy_is_found(scan):
    """One file of four holds 1,204 of the protected people, and nobody else is seen."""
    path = EGRESS / "abroad/tmp/migration-test/contacts.parquet"
    copied = parquet.read_table(path)["account_id"].to_pylist()
    people = parquet.read_table(EGRESS / "population.parquet")["account_id"].to_pylist()
    assert len({*copied} & {*people}) == 1_204
    done = scan()
    assert done.code == 11
    lines = done.out.splitlines()
    assert lines[0].startswith("1,204 protected people in warehouse-global")
    assert "tmp/migration-test/contacts.parquet: 1,204 protected people" in lines[1]
    assert lines[-1] == "in 3 of 4 datasets, read whole, nobody was seen"


def test_no_value_is_told(scan, folder: Path):
    """Neither output nor facts hold an identifier of anybody."""
    done = scan("--format", "json", "--facts", "values.jsonl", "--all")
    told = done.out + done.err + (folder / "values.jsonl").read_text()
    assert json.loads(done.out)["schema"] == SCHEMA
    for row in parquet.read_table(EGRESS / "population.parquet").to_pylist():
        assert not any(str(value) in told for value in row.values())


def test_the_story(say, scan, tmp_path: Path, monkeypatch):
    """What was upheld is refuted with the number of people; the checker agrees."""
    yaml = YAML()
    boundary = yaml.load(CASE / "boundary.yaml")
    # The other claims, and months of logs, turn nothing here.
    del boundary["logs"]
    boundary["claims"] = [c for c in boundary["claims"] if c["id"] == "stored-in-us"]
    case = tmp_path / "case"
    case.mkdir()
    for path in CASE.iterdir():
        if path.name not in ("boundary.yaml", "logs", "build"):
            (case / path.name).symlink_to(path)
    yaml.dump(boundary, case / "boundary.yaml")
    before = say("check", str(case), "-o", str(tmp_path / "before"))
    assert before.code == 0, before.out
    done = scan("--facts", str(tmp_path / "s.jsonl"), "--collected", "2022-01-30")
    assert done.code == 11
    monkeypatch.chdir(tmp_path)
    after = say("check", str(case), "-o", "after", "--with", "s.jsonl", "--all")
    assert after.code == 11
    assert "1,204 people's data in warehouse-global (SG)" in after.out
    assert "people found in it: 1204" in after.out
    assert "scan of warehouse-global (scan): read" in after.out
    assert "--with s.jsonl (facts): read" in after.out
    report = json.loads((tmp_path / "after" / "report.json").read_text())
    assert report["claims"][0]["counts"]["subjects"] == 1_204
    page = (tmp_path / "after" / "report.html").read_text(encoding="utf-8")
    assert "1,204 people" in page
    checked = subprocess.run(
        [sys.executable, "-I", "-S", str(CHECKER), "after"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_a_sample_tells_bounds(scan):
    """The truth, every row of the copy, lies between them; people are "at least"."""
    done = scan("--sample", "0.1", "--seed", "3", "--format", "json")
    assert done.code == 11
    told = json.loads(done.out)
    found = next(one for one in told["datasets"] if one["columns"])
    assert found["rows_with_subjects"]["least"] <= 1_204
    assert found["rows_with_subjects"]["most"] == 1_204
    assert told["subjects"]["most"] is None
    assert 121 <= told["subjects"]["least"] <= 1_204


def test_a_sample_that_finds_nobody_proves_nothing(scan, folder, tmp_path):
    """The code is 10, not 0, and no fact but the scan itself is stated."""
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 99)
    done = scan("--rows", "5", "--facts", "none.jsonl", place=str(tmp_path))
    assert done.code == 10
    lines = (folder / "none.jsonl").read_text().splitlines()
    facts = [json.loads(line) for line in lines]
    assert [(one["fact"], one["id"]) for one in facts] == [
        ("source", "scan of warehouse-global"),
        ("node", "store:warehouse-global"),
    ]
    assert scan(place=str(tmp_path)).code == 0


@pytest.mark.parametrize(
    ("words", "place", "told"),
    [
        (["--sample", "0.1", "--rows", "5"], ".", "one sample is wanted"),
        (["--blocks"], ".", "blocks of what sample?"),
        (["--sample", "1"], ".", "sample"),
        (["--collected", "soon"], ".", "`soon` is no date"),
        (["--store", " "], ".", "a store needs a name"),
        ([], "nowhere", "is no folder"),
        ([], "gs://bucket", "no such kind of store"),
        ([], "env:NO_SUCH_VARIABLE", "the environment has no `NO_SUCH_VARIABLE`"),
        ([], "s3://", "names no bucket"),
        (["--facts", "no/such/folder"], ".", "no such file or directory"),
        (["--index", "nowhere"], ".", "`ringfence index build` makes an index"),
    ],
)
def test_a_mistake_is_one_error(scan, tmp_path: Path, words, place, told):
    """With what helps, and the code 2; never a trace."""
    if place == ".":
        place = str(tmp_path)
    done = scan(*words, place=place)
    assert done.code == 2, done.err
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_place_is_what_it_is_called(monkeypatch: pytest.MonkeyPatch):
    """A folder, a prefix of objects, or a database that a variable names."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PGDSN", "host=db.example dbname=crm user=ann password=hunter2")
    usual = scanning.USUAL
    assert scanning._store("exports", usual).place == "exports"
    assert scanning._store("s3://bucket/a/b/", usual).place == "s3://bucket/a/b"
    database = scanning._store("env:PGDSN", usual)
    assert database.place == "postgresql://db.example:5432/crm"
    assert "hunter2" not in repr(database)
