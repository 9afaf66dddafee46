"""What the commands write to: results, complaints and progress, none of which may fail.

Whoever closes, fills or narrows a stream changes no verdict.
"""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path


def prepare() -> None:
    """Have both streams take whatever is written: neither may end a run."""
    nowhere = Path(os.devnull)
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def show(content: str | bytes) -> bool:
    """Write to standard output, and return whether anybody still reads it.

    Who closes the pipe has seen enough: the verdict, and so the exit code, is the same.
    """
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer goes nowhere, without a complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")


def colours(wish: str) -> bool:
    """Return whether standard output is to be coloured."""
    if wish != "auto":
        return wish == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Progress:
    """Says on standard error what is going on, once it has taken two seconds.

    A terminal sees every stage, on one line; a log gets a line every ten seconds.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._due = 2.0
        self._step = 0.0 if sys.stderr.isatty() else 10.0

    def __call__(self, stage: str) -> None:
        """Say which stage begins, unless it is too early to say anything."""
        seconds = time.monotonic() - self._began
        if seconds < self._due:
            return
        self._due = seconds + self._step
        end = "\n" if self._step else "\x1b[K\r"
        sys.stderr.write(f"{seconds:5.1f} s  {stage}{end}")
        sys.stderr.flush()

    def done(self) -> None:
        """Clear the line of a terminal."""
        if not self._step:
            sys.stderr.write("\x1b[K")
