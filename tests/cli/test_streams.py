"""Streams: whoever closes, fills or narrows one changes no verdict."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ringfence.cli import streams
from tests.cases import PEOPLE, write_case
from tests.cli.running import PROGRAM, environment, ringfence


@pytest.mark.parametrize(
    "words",
    [
        ("check", "crossed", "--format", "html"),
        ("check", "crossed", "--format", "json"),
        ("check", "crossed"),
        ("reach", "pairs", "crossed", "--claim", "nobody"),
    ],
    ids=["html", "json", "text", "reach"],
)
def test_a_closed_pipe_changes_no_verdict(words: tuple[str, ...], say, tmp_path: Path):
    """Whoever reads no more than a line gets the exit code of the verdict."""
    assert say  # the fixture wrote the cases
    run = subprocess.Popen(
        [*PROGRAM, *words],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    run.stdout.close()
    assert run.stderr is not None
    complaints = run.stderr.read().decode()
    run.stderr.close()
    assert (run.wait(), "Traceback" in complaints) == (11, False)
    assert "Exception ignored" not in complaints


def untimed(complaints: str) -> list[str]:
    """Return what was said beside progress, which a slow machine tells of."""
    return [
        one for one in complaints.splitlines() if not re.match(r" *[\d.]+ s  ", one)
    ]


def test_a_full_disk_is_no_verdict(say, tmp_path: Path):
    """What could not be said wholly has the exit code of a failed tool."""
    assert say
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        run = ringfence("check", "case", cwd=tmp_path, stdout=full)
    assert run.returncode == 1
    told = ["no space left on device", "  help: check the path, its permissions and"]
    assert [
        one[: len(two)] for one, two in zip(untimed(run.stderr), told, strict=True)
    ] == told


def test_a_stream_that_only_takes_ascii_is_enough(say, tmp_path: Path):
    """What a terminal can't show is escaped; JSON and HTML are always UTF-8."""
    assert say
    write_case(tmp_path / "case", people=PEOPLE.replace("US,Bo", "US,李"))
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    for form in ("text", "json", "html"):
        run = ringfence("check", "case", "--format", form, cwd=tmp_path, env=ascii_only)
        assert (run.returncode, untimed(run.stderr)) == (0, [])
    html = (tmp_path / "out" / "report.html").read_text()
    assert run.stdout == html


def test_closed_streams_change_no_verdict(say, tmp_path: Path):
    """With stdout or stderr closed the exit code still says it."""
    assert say
    for redirection in (">&-", "2>&-", ">&- 2>&-"):
        shell = f'exec "$@" {redirection}'
        run = subprocess.run(
            ["sh", "-c", shell, "sh", *PROGRAM, "check", "crossed"],
            cwd=tmp_path,
            env=environment(),
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert run.returncode == 11


def test_progress_is_told_on_stderr_after_two_seconds(capsys, monkeypatch):
    """A short run says nothing of itself, a long one on stderr alone."""
    seconds = iter([0.0, 1.0, 3.0])
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    progress = streams.Progress()
    progress("collecting facts")
    progress("judging claim 1 of 9")
    progress.done()
    assert capsys.readouterr() == ("", "  3.0 s  judging claim 1 of 9\n")


def test_progress_on_a_terminal_leaves_no_trace(capsys, monkeypatch):
    """On a terminal each stage overwrites the last, and the end clears the line."""
    seconds = iter([0.0, 3.0])
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = streams.Progress()
    progress("loading")
    progress.done()
    assert capsys.readouterr() == ("", "  3.0 s  loading\x1b[K\r\x1b[K")


def test_an_interrupted_run_is_no_verdict(say, monkeypatch):
    """Whoever interrupts gets one line and the code of a failed tool."""

    def interrupt(_run: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ringfence.claims.check.check", interrupt)
    said = say("check", "case")
    assert (said.code, said.err) == (1, "interrupted: there is no verdict\n")


def test_a_connection_string_that_fell_apart_is_not_repeated(say):
    """Without its quotes it becomes several words, of which one holds the password."""
    dsn = ["--dsn", "host=h", "password=hush-9f3a", "postgresql://u:hush-9f3a@h/d"]
    done = say("enforce", "postgres", "plan", "case", *dsn)
    assert done.code == 2
    assert "password=..." in done.err
    assert "hush" not in done.err + done.out
