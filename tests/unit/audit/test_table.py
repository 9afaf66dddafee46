from __future__ import annotations

import pytest

from ringfence.audit import reader
from ringfence.audit.table import EventTable, event_id, log_folder
from ringfence.errors import SourceError
from tests.sealed import Lines, line, order_of, sealed, write


def test_a_table_is_found_by_its_folder(tmp_path, monkeypatch):
    """Whoever opens the folder later sees what the run gave back."""
    monkeypatch.setattr(reader, "reader", lambda *_: Lines())
    for name in ("a", "b"):
        write(tmp_path / name / "one", [line(1), line(90_000)])
    made = sealed(tmp_path, *(order_of(tmp_path, name) for name in "ba"))
    found = EventTable(tmp_path / "out/table")
    assert found.states == made.states
    assert [one.name for one in found.states] == ["a", "b"]
    assert len(found.paths()) == 4
    assert found.paths(["b"]) == found.paths()[2:]
    assert all(path.is_file() for path in (*found.paths(), *found.counts()))
    assert found.counts(["b"]) == found.counts()[1:]
    assert found.log("c") is None


def test_a_folder_without_a_table_is_told(tmp_path):
    """No table, and one that nobody understands, are errors with a remedy."""
    for content in (None, b"{", b'{"digest": 1}'):
        if content is not None:
            (tmp_path / "table.json").write_bytes(content)
        with pytest.raises(SourceError, match="table of events"):
            _ = EventTable(tmp_path).states


def test_names_that_no_folder_may_have_are_spelt():
    """A log's name can't lead out of the table."""
    assert log_folder("a/../b") == "log=a%2F..%2Fb"
    assert event_id("0123456789abcdef", 7) == "0123456789ab-7"
