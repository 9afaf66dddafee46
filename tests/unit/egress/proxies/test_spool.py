"""Bodies that wait: bounded, private, and gone afterwards."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.proxies.spool import OverError, Spool, folder


@given(st.lists(st.binary(max_size=40)), st.integers(0, 60))
def test_a_body_is_whole_wherever_it_waits(pieces, memory):
    """Whatever the pieces, the body is their sum: in memory, or over it in a file."""
    with tempfile.TemporaryDirectory() as home:
        spool = Spool(Path(home), memory, 10_000)
        for one in pieces:
            spool.write(one)
        body = b"".join(pieces)
        whole = spool.whole()
        assert isinstance(whole, bytes) == (len(body) <= memory)
        assert (whole if isinstance(whole, bytes) else whole.read_bytes()) == body
        spool.drop()
        assert not list(Path(home).iterdir())


def test_a_body_has_a_bound(tmp_path: Path):
    """One byte over the bound is refused, and nothing of the body stays."""
    spool = Spool(tmp_path, 4, 10)
    spool.write(b"0123456789")
    with pytest.raises(OverError):
        spool.write(b"x")
    spool.drop()
    assert not list(tmp_path.iterdir())


def test_nobody_else_reads_a_body(tmp_path: Path):
    """Folder and file are their owner's alone, and end with the block."""
    with folder(tmp_path / "new") as home:
        spool = Spool(home, 0, 10)
        spool.write(b"x")
        path = spool.whole()
        assert isinstance(path, Path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        spool.drop()
        spool.drop()
    assert not list((tmp_path / "new").iterdir())


def test_what_a_killed_process_left_is_removed(tmp_path: Path):
    """A folder that no process holds any more goes; one that is held stays."""
    with folder(tmp_path) as held:
        left = tmp_path / "ringfence-answers-left"
        left.mkdir()
        (left / ".lock").touch()
        (left / "body").write_bytes(b"unjudged")
        (tmp_path / "other").touch()
        with folder(tmp_path) as mine:
            assert {one.name for one in tmp_path.iterdir()} == {
                held.name,
                mine.name,
                "other",
            }
