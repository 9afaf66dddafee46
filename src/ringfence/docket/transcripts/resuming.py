"""What was written down so far: a run that is killed goes on where it was.

    work/<recording>-<settings>.jsonl   the finished stretches of one run

The first line says which stretches there are, each other line one that is finished, on
the disk before the next one begins. The file is its owner's alone, as it holds what is
said; it is removed as soon as the transcript is in the ledger. It is read only by a run
with the same recording, engines and settings; a line that was cut short counts as none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from ringfence.docket.objects import Ref, Span, Word
from ringfence.documents.durable import locked, sync
from ringfence.errors import Locus
from ringfence.ledger.faults import BusyError

WORK = "work"
SHORT = 16
"""How much of a recording's and of a key's digest the name of a file has."""


class _Head(msgspec.Struct, frozen=True):
    key: str
    stretches: tuple[Span, ...]
    found: str
    format: Literal["ringfence-work/1"] = "ringfence-work/1"


class Finished(msgspec.Struct, frozen=True):
    """What the engines wrote down of a stretch, from its first sample on.

    Attributes:
        number: Which stretch, from 0.
        words: Those of the engine.
        second: Those of the second one; None if there is none.
    """

    number: int
    words: tuple[Word, ...]
    second: tuple[Word, ...] | None = None


class Work:
    """The finished stretches of one run."""

    def __init__(self, path: Path, head: _Head, finished: list[Finished]) -> None:
        self.path = path
        self.stretches = head.stretches
        self.found = head.found
        self.finished = finished

    def keep(self, one: Finished) -> None:
        """Keep a stretch: it is on the disk when this returns.

        Raises:
            OSError: It may not be there.
        """
        _append(self.path, msgspec.json.encode(one))
        self.finished.append(one)

    def remove(self) -> None:
        """Remove it all: it is held elsewhere.

        Raises:
            OSError: It may still be there.
        """
        self.path.unlink(missing_ok=True)
        sync(self.path.parent)


@contextmanager
def resumed(
    folder: Path,
    recording: Ref,
    key: str,
    stretches: Callable[[], tuple[Sequence[Span], str]],
) -> Iterator[Work]:
    """Have the work of a run, as far as it came, and nobody else at it.

    Args:
        folder: The docket.
        recording: The recording.
        key: Says what the work is about: a file about something else begins anew.
        stretches: Finds the stretches, and says what found them, if need be.

    Raises:
        BusyError: Another run is at it.
        OSError: It can't be written.
    """
    place = folder / WORK
    place.mkdir(mode=0o700, exist_ok=True)
    path = place / f"{recording[:SHORT]}-{key[:SHORT]}.jsonl"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    busy = BusyError("another run transcribes this", Locus(str(path)), "wait for it")
    with locked(path, busy):
        head, finished, whole = _read(path, key)
        os.truncate(path, whole)
        if head is None:
            found, by = stretches()
            head = _Head(key, tuple(found), by)
            _append(path, msgspec.json.encode(head))
            sync(place)
        yield Work(path, head, finished)


def forget(folder: Path, recording: Ref) -> int:
    """Remove the unfinished work of a recording, and return how many files that was.

    Args:
        folder: The docket.
        recording: The recording, which is to be destroyed.

    Raises:
        OSError: Some of it may still be there.
    """
    found = [*(folder / WORK).glob(f"{recording[:SHORT]}-*.jsonl")]
    for path in found:
        path.unlink()
    if found:
        sync(folder / WORK)
    return len(found)


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    with os.fdopen(handle, "ab") as stream:
        stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _read(path: Path, key: str) -> tuple[_Head | None, list[Finished], int]:
    """Return what a file holds, and how many of its bytes are whole."""
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        head = msgspec.json.decode(lines[0], type=_Head) if lines else None
    except msgspec.MsgspecError:
        head = None
    if head is None or head.key != key:
        return None, [], 0
    finished: list[Finished] = []
    whole = len(lines[0]) + 1
    for number, line in enumerate(lines[1:]):
        try:
            one = msgspec.json.decode(line, type=Finished)
        except msgspec.MsgspecError:
            break
        if one.number != number or number >= len(head.stretches):
            break
        finished.append(one)
        whole += len(line) + 1
    return head, finished, whole
