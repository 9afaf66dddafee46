"""Facts files are handed on as they stand; the estate checks each line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.sources.facts_file import SOURCE
from ringfence.sources.source import Harvest, Order


def test_files_are_handed_on_in_their_order(tmp_path: Path):
    """No line of a file is judged here, and each has to name a source."""
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text('not judged {"fact":"source"}')
    harvest = SOURCE.read(Order("it", ("b.jsonl", "a.jsonl"), tmp_path))
    assert harvest == Harvest(
        files=[("b.jsonl", tmp_path / "b.jsonl"), ("a.jsonl", tmp_path / "a.jsonl")]
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.jsonl", "none.jsonl: no such file or directory"),
        (".", ".: is a directory"),
        ("a\0b", "a\\x00b: is no file name"),
    ],
    ids=["absent", "folder", "NUL"],
)
def test_a_file_that_is_none_is_named(name: str, reason: str, tmp_path: Path):
    """A file that can't be opened is told before anything is loaded."""
    with pytest.raises(SourceError) as caught:
        SOURCE.read(Order("it", (name,), tmp_path))
    assert str(caught.value) == f"{reason}\n  help: check the path"
