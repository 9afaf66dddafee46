"""What commands share that run until they are told to end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ringfence.cli.lasting import Files, ending
from ringfence.ledger.keeping.opening import begin


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_the_end(number: signal.Signals):
    """Within the block a signal sets what is given; behind it, it is as before."""
    before = signal.getsignal(number)
    with ending() as ended:
        assert not ended.is_set()
        os.kill(os.getpid(), number)
        assert ended.wait(60)
    assert signal.getsignal(number) is before


def test_a_case_is_another_when_a_file_of_it_is(tmp_path: Path):
    """A file that comes, changes or goes; what is hidden, or a ledger's, is none."""
    (tmp_path / "boundary.yaml").write_text("a")
    (tmp_path / "inner").mkdir()
    for case in (tmp_path, tmp_path / "boundary.yaml"):
        files = Files(case)
        assert files.changed()  # nothing was read yet
        files.read()
        assert not files.changed()
        for change in (
            lambda: (tmp_path / "inner" / "b").write_text("b"),
            lambda: (tmp_path / "boundary.yaml").write_text("longer"),
            (tmp_path / "inner" / "b").unlink,
        ):
            change()
            assert files.changed()
            files.read()
        (tmp_path / ".hidden").mkdir(exist_ok=True)
        (tmp_path / ".hidden" / "c").write_text("c")
        begin(
            tmp_path / f"ledger{case.name}",
            "test.example/a",
            time="2026-01-01T00:00:00Z",
        )
        assert not files.changed()
        (tmp_path / "boundary.yaml").write_text("a")
