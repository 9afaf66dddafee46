"""Asks the process that reads Parquet, and keeps it for the next question."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa

from ringfence.egress.opening.caps import BrokenError, MiB, OverError
from ringfence.egress.opening.reading import HEAD

_IDLE = 4
_KEPT = frozenset({"LD_LIBRARY_PATH", "PATH", "PYTHONPATH"})
_SECONDS = 120.0  # between two messages: a process that hangs is ended


class Reader:
    """One such process."""

    def __init__(self, memory: int) -> None:
        ours, theirs = socket.socketpair()
        environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
        kept = {k: v for k, v in os.environ.items() if k in _KEPT}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "ringfence.egress.opening.reading",
                    str(memory),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment | kept,
            )
        self._line = ours
        self._line.settimeout(_SECONDS)
        self.memory = memory

    def ask(
        self, file: BinaryIO, question: Mapping[str, Any]
    ) -> Iterator[tuple[dict[str, Any], pa.RecordBatch | None]]:
        """Yield the messages of an answer.

        Raises:
            BrokenError: The file can't be read, or it ended the process.
            OverError: It needs too much memory.
        """
        asked = json.dumps(question).encode()
        socket.send_fds(self._line, [struct.pack("<Q", len(asked))], [file.fileno()])
        self._line.sendall(asked)
        while True:
            head, body = HEAD.unpack(self._exactly(HEAD.size))
            told = json.loads(self._exactly(head))
            content = self._exactly(body)
            if "done" in told:
                return
            if "over" in told:
                raise OverError
            if "broken" in told:
                raise BrokenError
            yield told, _batch(content) if body else None

    def _exactly(self, size: int) -> bytearray:
        found = bytearray(size)
        view = memoryview(found)
        while view:
            count = self._line.recv_into(view)
            if not count:
                raise BrokenError
            view = view[count:]
        return found

    def end(self) -> None:
        """End the process."""
        self._line.close()
        self._process.kill()
        self._process.wait()


def _batch(content: bytearray) -> pa.RecordBatch:
    with pa.ipc.open_stream(pa.py_buffer(content)) as stream:
        return stream.read_next_batch()


_idle: list[Reader] = []
_lock = threading.Lock()


@atexit.register
def end_idle() -> None:
    """End the processes that wait for a question."""
    with _lock:
        while _idle:
            _idle.pop().end()


def asked(
    file: BinaryIO, question: Mapping[str, Any], memory: int
) -> Iterator[tuple[dict[str, Any], pa.RecordBatch | None]]:
    """Yield the answer of some process to a question about a file."""
    with _lock:
        fitting = [one for one in _idle if one.memory == memory]
        reader = fitting[0] if fitting else None
        if reader is not None:
            _idle.remove(reader)
    reader = reader or Reader(memory)
    sound = False
    try:
        with _described(file) as real:
            yield from reader.ask(real, question)
        sound = True
    finally:
        # A process that gave up an answer half-way is in no state that anybody knows.
        with _lock:
            keep = sound and len(_idle) < _IDLE
            if keep:
                _idle.append(reader)
        if not keep:
            reader.end()


@contextmanager
def _described(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give a file that has a descriptor, and the same bytes."""
    try:
        file.fileno()
    except OSError:
        with tempfile.TemporaryFile() as real:
            file.seek(0)
            shutil.copyfileobj(file, real, MiB)
            real.flush()
            yield real
        return
    file.flush()
    yield file
