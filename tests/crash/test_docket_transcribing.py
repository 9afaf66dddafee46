"""A run that the system kills: what was finished is there, and nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.docket.objects import RATE, Span, Transcript
from ringfence.docket.transcripts import running
from ringfence.docket.transcripts.activity import chunked
from ringfence.docket.transcripts.engine import Samples
from ringfence.docket.transcripts.running import Listeners, listened
from tests.listening import Stub, sound

PROJECT = Path(__file__).parents[2]
RECORDING = "5" * 64
STRETCHES = 4
# Kills itself when it is to listen to a stretch, as the system would.
KILLED = """
import os, signal, sys
from pathlib import Path
from ringfence.docket.transcripts import running
from tests.crash.test_docket_transcribing import Stub, cut, run

class Dying(Stub):
    def words(self, samples):
        if self.asked == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().words(samples)

running.stretches = cut
run(Path(sys.argv[1]), Dying())
"""


def cut(samples: Samples) -> tuple[list[Span], str]:
    """Cut a recording into stretches of a second."""
    return chunked(len(samples), RATE), "a test"


def run(folder: Path, engine: Stub) -> Transcript:
    """Listen to four stretches of a second, and return the transcript."""
    kept: list[Transcript] = []
    who = Listeners(engine)
    listened(folder, RECORDING, sound(STRETCHES), who, keep=kept.append)
    return kept[0]


@pytest.mark.parametrize("at", range(STRETCHES))
def test_a_killed_run_goes_on_where_it_was(tmp_path, monkeypatch, at):
    """Each finished stretch outlives the process, and isn't listened to again."""
    monkeypatch.setattr(running, "stretches", cut)
    (tmp_path / "whole").mkdir()
    whole = run(tmp_path / "whole", Stub())
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(at)],
        cwd=PROJECT,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    engine = Stub()
    assert run(tmp_path, engine) == whole
    assert engine.asked == STRETCHES - at
