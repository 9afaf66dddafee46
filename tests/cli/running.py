"""The command line run as a program of its own, or in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

PROGRAM = (sys.executable, "-c", "from ringfence.cli import main; main()")


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    """Return an environment in which nothing asks for colours or a width."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return kept | {"COLUMNS": "100"} | dict(more)


def ringfence(
    *words: str,
    cwd: Path,
    env: Mapping[str, str] = {},
    stdout: int | IO[str] = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run the program and return what it said, and its exit code."""
    return subprocess.run(
        [*PROGRAM, *words],
        cwd=cwd,
        env=environment(env),
        check=False,
        text=True,
        encoding="utf-8",
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
