"""`ringfence egress inspect` says whose data is in files, in text and as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ringfence.cli.inspecting import inspect
from ringfence.errors import ConfigError, RingfenceError
from tests.egress_packed import in_zip
from tests.indexed import KEYS, built

MAIL = "jane.doe@example.com"
JANE = {"id": "6900000000000000007", "email": MAIL, "phone": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    found: Path = tmp_path_factory.mktemp("inspect")
    built(found / "idx", [JANE])
    (found / "key").write_text(KEYS.index.secret.hex())
    (found / "key").chmod(0o600)
    (found / "clean.csv").write_text("id,name\n1,x\n2,y\n")
    (found / "odd.zip").write_bytes(in_zip(b"x") + b"behind it")
    (found / "export.csv").write_text(f"id,mail\n1,x\n2,{MAIL}\n")
    return found


def said(folder: Path, capsys, *files: str, form="text") -> tuple[int, str]:
    key = f"file:{folder / 'key'}"
    paths = [folder / file for file in files]
    code = inspect(*paths, index=folder / "idx", key=key, format=form)
    return code, capsys.readouterr().out


def test_a_file_with_nobody_ends_with_0(folder: Path, capsys):
    """Format, size, rows and coverage are told."""
    code, told = said(folder, capsys, "clean.csv")
    assert code == 0
    assert "csv, 16 bytes, 2 rows   COMPLETE" in told
    assert "nobody of the population was seen" in told


def test_a_file_with_people_ends_with_11(folder: Path, capsys):
    """Column, row, kind and number of people are told, and no value."""
    code, told = said(folder, capsys, "clean.csv", "export.csv")
    assert code == 11
    assert "mail row 3  EMAIL  plain    1     1" in told
    assert MAIL not in told


def test_a_file_that_can_t_be_decided_ends_with_10(folder: Path, capsys):
    """Why it can't be is told."""
    code, told = said(folder, capsys, "odd.zip")
    assert code == 10
    assert "what can't be decided:" in told


def test_json_tells_everything(folder: Path, capsys):
    """Places and numbers, for every file."""
    code, told = said(folder, capsys, "export.csv", "odd.zip", form="json")
    assert code == 11
    first, second = json.loads(told)["payloads"]
    assert first["sightings"] == [
        {
            "part": [],
            "column": "mail",
            "row": 3,
            "tag": "EMAIL",
            "written": "plain",
            "count": 1,
            "subjects": 1,
        }
    ]
    assert first["columns"][0] == {
        "part": [],
        "name": "id",
        "types": ["integer"],
        "values": 2,
    }
    assert (len(second["undecided"]), second["subjects"]) == (1, 0)
    assert MAIL not in told


def test_without_a_file_there_is_nothing_to_say(folder: Path, capsys):
    """The command line can't be used as it stands."""
    with pytest.raises(ConfigError):
        said(folder, capsys)


def test_a_file_that_isn_t_there_is_an_error(folder: Path, capsys):
    """No verdict is shown for the others."""
    with pytest.raises(RingfenceError):
        said(folder, capsys, "clean.csv", "nowhere.csv")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_name_that_isn_t_utf_8(folder: Path, capsys, form: str):
    """Any name that a file may have is looked through and told."""
    (folder / "bad\udcff.csv").write_text(f"id,mail\n1,{MAIL}\n")
    code, told = said(folder, capsys, "bad\udcff.csv", form=form)
    assert code == 11
    assert "xff.csv" in told


@pytest.mark.parametrize("name", ["pipe", "sub"])
def test_what_is_no_file_is_told_with_its_place(folder: Path, capsys, name: str):
    """A folder, or a pipe that nobody writes to, isn't waited for."""
    (os.mkfifo if name == "pipe" else os.mkdir)(folder / name)
    with pytest.raises(ConfigError, match=f"{name}: is no file"):
        said(folder, capsys, name)
