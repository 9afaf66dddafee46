"""What holds when the power fails or two runs meet: one lock, and one way to the disk.

A lock is the system's (`flock`) and goes with the process, however that ends. What is
synced is on the disk when the call returns, or the call fails.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringfence.errors import Locus, RingfenceError


@contextmanager
def locked(file: Path, busy: RingfenceError) -> Iterator[None]:
    """Keep every other process out as long as this one holds a file's lock.

    The file is made if need be, and its folder; what it holds doesn't matter.

    Args:
        file: The file to lock.
        busy: What is raised when somebody else holds it.

    Raises:
        RingfenceError: `busy`, or nothing can be written there.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        reason = (error.strerror or "can't be written").lower()
        place = Locus(str(file.parent))
        raise RingfenceError(reason, place, "check the path") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise busy from None
        yield
    finally:
        os.close(handle)


def sync(path: Path | str) -> None:
    """Bring a file, or the names in a folder, to the disk.

    Raises:
        OSError: It may not be there. To try again would prove nothing: the system may
            have given up what it could not write.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
