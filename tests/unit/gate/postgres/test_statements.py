"""A plan as a script and as a file, and what is said of files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import ConfigError
from ringfence.gate.postgres.journal import read_journal, read_plan
from ringfence.gate.postgres.statements import (
    Plan,
    Statement,
    canonical,
    digest,
    script,
)

PLAN = Plan(
    store="w",
    database="d\nDROP TABLE x; --",
    boundary="b",
    estate="e",
    catalogue="c",
    version=180000,
    statements=(
        Statement(
            "SELECT 1", "why\nDELETE", ("L1", "L2"), "a loses\nit", ("SELECT 2",)
        ),
        Statement("SELECT 3", "other"),
    ),
    findings=(),
    slow=(),
)


def test_a_script_is_one_transaction():
    """Each statement stands below what it is for, between BEGIN and COMMIT."""
    told = script(PLAN).splitlines()
    assert told[4] == "BEGIN;"
    assert told[-1] == "COMMIT;"
    place = told.index("-- why DELETE (L1, L2)")
    assert told[place : place + 3] == [
        "-- why DELETE (L1, L2)",
        "-- changes: a loses it",
        "SELECT 1;",
    ]


def test_no_name_ends_a_comment():
    """A line end in a name or a reason doesn't become a command."""
    commands = [one for one in script(PLAN).splitlines() if not one.startswith("--")]
    assert not any("DROP" in one or "DELETE" in one for one in commands)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path):
    """The file is the plan's canonical JSON."""
    path = tmp_path / "plan.json"
    path.write_bytes(canonical(PLAN))
    assert read_plan(path) == PLAN
    assert digest(read_plan(path)) == digest(PLAN)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"store": 1}', b"\xff", b'{"x": '])
def test_what_is_no_plan_is_said_to_be_none(tmp_path: Path, content: bytes):
    """With the file's name and where plans come from; a journal likewise."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"plan.json: is no plan.*\n.*writes one"):
        read_plan(path)
    with pytest.raises(ConfigError, match="is no journal"):
        read_journal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """A missing file is an error of usage."""
    with pytest.raises(ConfigError, match="nowhere"):
        read_plan(tmp_path / "nowhere.json")
