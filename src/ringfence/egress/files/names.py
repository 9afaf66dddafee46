"""Paths below an outbox: which may be taken, and what else they may be called."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

HIDDEN = ".ringfence"
"""What the gateway keeps in a folder that others use is below this name."""
UNFINISHED = ".part"
LONGEST = 200  # bytes of a name, so that a number and an ending fit behind it
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_skipped(name: str) -> bool:
    """Whether a file or folder is none of the gateway's: hidden, or being written."""
    return name.startswith(".") or name.endswith(UNFINISHED)


def odd(path: str) -> str:
    """Return why a path can't be taken; empty: it can.

    Args:
        path: Path below the outbox, with `/`.
    """
    parts = path.split("/")
    if _CONTROLS.search(path):
        return "its name has characters that can't be told"
    if any(part in ("", ".", "..") for part in parts):
        return "its name is no path"
    if any(len(part.encode()) > LONGEST for part in parts):
        return f"its name is longer than {LONGEST} bytes"
    return "" if len(parts) > 1 else "it lies in no channel's folder"


def channel_of(path: str) -> str:
    """Return the channel whose folder a file lies in."""
    return path.partition("/")[0]


def within(path: str) -> str:
    """Return what a file is called within its channel's folder."""
    return path.partition("/")[2]


def numbered(path: str, number: int) -> str:
    """Return another path: `figures~2.csv`; the first is the path itself."""
    if number == 1:
        return path
    plain = PurePosixPath(path)
    return str(plain.with_name(f"{plain.stem}~{number}{plain.suffix}"))
