"""`ringfence scan`, and the verdict that turns: the forgotten copy of the case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from ruamel.yaml import YAML

from ringfence.report.scan_text import SCHEMA
from tests.cli.running import ringfence
from tests.house.tree import CHECKER, PROJECT

CASE = PROJECT / "examples" / "shortvideo"
EGRESS = CASE / "egress"
KINDS = (
    "account_id=ACCOUNT_ID,email=EMAIL,phone=PHONE,device_id=DEVICE_ID,"
    "advertising_id=ADVERTISING_ID"
)
STORE = ("--store", "warehouse-global", "--index", "idx", "--key", "env:INDEX_KEY")
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


def scan(folder: Path, *words: str, place: str = str(EGRESS / "abroad")):
    return ringfence("scan", place, *STORE, *words, cwd=folder, env=KEY)


def test_the_forgotten_copy_is_found(folder: Path):
    """One file of four holds 1,204 of the protected people, and nobody else is seen."""
    path = EGRESS / "abroad/tmp/migration-test/contacts.parquet"
    copied = parquet.read_table(path)["account_id"].to_pylist()
    people = parquet.read_table(EGRESS / "population.parquet")["account_id"].to_pylist()
    assert len({*copied} & {*people}) == 1_204
    done = scan(folder)
    assert done.returncode == 11
    lines = done.stdout.splitlines()
    assert lines[0].startswith("1,204 protected people in warehouse-global")
    assert "tmp/migration-test/contacts.parquet: 1,204 protected people" in lines[1]
    assert lines[-1] == "3 of 4 datasets read whole, nobody seen"


def test_no_value_is_told(folder: Path):
    """Neither output nor facts hold an identifier of anybody."""
    done = scan(folder, "--format", "json", "--facts", "values.jsonl", "--all")
    told = done.stdout + done.stderr + (folder / "values.jsonl").read_text()
    assert json.loads(done.stdout)["schema"] == SCHEMA
    for row in parquet.read_table(EGRESS / "population.parquet").to_pylist():
        assert not any(str(value) in told for value in row.values())


def test_the_story(folder: Path, tmp_path: Path):
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
    before = ringfence("check", str(case), "-o", "before", cwd=tmp_path)
    assert before.returncode == 0, before.stdout
    done = scan(
        folder, "--facts", str(tmp_path / "s.jsonl"), "--collected", "2022-01-30"
    )
    assert done.returncode == 11
    after = ringfence(
        "check", str(case), "-o", "after", "--with", "s.jsonl", "--all", cwd=tmp_path
    )
    assert after.returncode == 11
    assert "1,204 people's data in warehouse-global (SG)" in after.stdout
    assert "people found in it: 1204" in after.stdout
    assert "scan of warehouse-global (scan): read" in after.stdout
    assert "--with s.jsonl (facts): read" in after.stdout
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


def test_a_sample_tells_bounds(folder: Path):
    """The truth, every row of the copy, lies between them; people are "at least"."""
    done = scan(folder, "--sample", "0.1", "--seed", "3", "--format", "json")
    assert done.returncode == 11
    told = json.loads(done.stdout)
    found = next(one for one in told["datasets"] if one["columns"])
    assert found["rows_with_subjects"]["least"] <= 1_204
    assert found["rows_with_subjects"]["most"] == 1_204
    assert told["subjects"]["most"] is None
    assert 121 <= told["subjects"]["least"] <= 1_204


def test_a_sample_that_finds_nobody_proves_nothing(folder: Path, tmp_path: Path):
    """The code is 10, not 0, and no fact but the scan itself is stated."""
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 99)
    done = scan(folder, "--rows", "5", "--facts", "none.jsonl", place=str(tmp_path))
    assert done.returncode == 10
    facts = [json.loads(line) for line in (folder / "none.jsonl").open()]
    assert [(one["fact"], one["id"]) for one in facts] == [
        ("source", "scan of warehouse-global"),
        ("node", "store:warehouse-global"),
    ]
    assert scan(folder, place=str(tmp_path)).returncode == 0


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
def test_a_mistake_is_one_error(folder: Path, tmp_path: Path, words, place, told):
    """With what helps, and the code 2; never a trace."""
    if place == ".":
        place = str(tmp_path)
    done = scan(folder, *words, place=place)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
