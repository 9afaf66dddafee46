"""A folder with cases of every verdict, and a function that runs commands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence import cli
from tests.cases import BOUNDARY, CROSSING, WAREHOUSE, write_case


class Said:
    """What one command said, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch):
    """Return a function that runs a command in a folder with a case called `case`."""
    write_case(tmp_path / "case")
    write_case(tmp_path / "crossed", warehouse=WAREHOUSE + CROSSING)
    write_case(tmp_path / "unread", people="")
    write_case(tmp_path / "nothing", people="", warehouse="")
    write_case(
        tmp_path / "broken", boundary=BOUNDARY.replace("kind: no_reach", "kind: x")
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return lambda *words: Said(capsys, *words)
