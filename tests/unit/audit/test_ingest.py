from __future__ import annotations

import duckdb
import pytest

from ringfence.audit import reader
from ringfence.audit.durable import locked
from ringfence.errors import ConfigError, RingfenceError
from tests.sealed import Lines, line, order_of, rows_of, sealed, write


@pytest.fixture(autouse=True)
def lines(monkeypatch):
    found = Lines()
    monkeypatch.setattr(reader, "reader", lambda *_: found)
    return found


def test_a_pattern_without_files_is_told(tmp_path):
    """A pattern that no file fits, or that is none, stands among what is unread."""
    (state,) = sealed(tmp_path, order_of(tmp_path, files=("no/*", ""))).states
    assert [one.name for one in state.unread] == ["", "no/*"]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """A dangling link is a file of the log that is unread; the others are read."""
    write(tmp_path / "app/one", [line(1)])
    (tmp_path / "app/two").symlink_to("nowhere")
    table = sealed(tmp_path)
    assert [one.name for one in table.states[0].unread] == ["app/two"]
    assert len(rows_of(table)) == 1


def test_only_new_files_are_read(tmp_path, lines):
    """A second run reads what came since, and its table holds everything."""
    write(tmp_path / "app/one", [line(1)])
    sealed(tmp_path)
    write(tmp_path / "app/two", [line(2)])
    assert len(rows_of(sealed(tmp_path))) == 2
    assert lines.readings == 2


def test_patterns_that_overlap_read_a_file_once(tmp_path):
    """A file that two patterns name is one file; a folder is none."""
    write(tmp_path / "app/deep/one", [line(1)])
    (state,) = sealed(
        tmp_path,
        order_of(tmp_path, files=("**/one", "app/*/*", str(tmp_path / "app/**/one"))),
    ).states
    assert [one.name for one in state.files] == ["app/deep/one"]


def test_two_runs_never_share_a_folder(tmp_path):
    """Whoever comes second is told, and changes nothing."""
    with locked(tmp_path / "out"), pytest.raises(RingfenceError, match="another run"):
        sealed(tmp_path)
    assert sealed(tmp_path).states[0].events == 0


def test_leftovers_are_removed(tmp_path):
    """What a run that was cut short left behind goes with the next."""
    write(tmp_path / "app/one", [line(1)])
    (tmp_path / "out/batches/.new-x").mkdir(parents=True)
    (tmp_path / "out/.work").mkdir()
    sealed(tmp_path)
    names = {one.name for one in (tmp_path / "out").rglob(".*")}
    assert names == set()


def test_every_kind_that_nobody_reads_is_named(tmp_path, monkeypatch):
    """One error carries the problems of all orders, before anything is read."""
    monkeypatch.undo()
    with pytest.raises(ConfigError) as caught:
        sealed(tmp_path, order_of(tmp_path, "a"), order_of(tmp_path, "b"))
    assert len(caught.value.problems) == 2
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    """A file where the folder should be is told, with its place."""
    write(tmp_path / "out", [])
    with pytest.raises(RingfenceError, match="out"):
        sealed(tmp_path)


def test_a_full_disk_is_one_clear_error(tmp_path, monkeypatch):
    """What the database says of it is no fault of ours, and is told with a remedy."""

    def full(*_):
        raise duckdb.IOException("errno 28")

    monkeypatch.setattr("ringfence.audit.ingest.seal", full)
    write(tmp_path / "app/one", [line()])
    with pytest.raises(RingfenceError, match="can't be written") as caught:
        sealed(tmp_path)
    assert "free space" in str(caught.value.problems[0].hint)
