"""The exit's hand on the ledger: a verdict is on the disk before anything leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ringfence.errors import Locus
from ringfence.ledger.entries import committed, made
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import Disk, RealDisk
from ringfence.ledger.writer.log import Log

KIND = "release"
Opening = Callable[[], AbstractContextManager[Log]]


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says of a verdict.

    Attributes:
        time: When it was reached.
        verdict: `release`, `mask`, `hold` or `block`.
        coverage: How much was looked through, in small letters.
        digests: SHA-256 of what it rests on and of what may leave, in hexadecimal.
        channel: Name of the channel; the entry commits to it.
        receipt: Everything else, in the entry's payload.
    """

    time: str
    verdict: str
    coverage: str
    digests: Mapping[str, str]
    channel: str
    receipt: Mapping[str, object]


class Book:
    """A ledger that takes verdicts; from any thread. It is opened when one comes.

    Args:
        folder: The ledger.
        opening: What opens it; by default, as its charter says.
        disk: What stands in for the folder.
    """

    def __init__(
        self, folder: Path, *, opening: Opening | None = None, disk: Disk | None = None
    ) -> None:
        self._folder = folder
        self._opening = opening or (lambda: writing(folder))
        self._disk = disk or RealDisk(folder)
        self._lock = Lock()
        self._exits = ExitStack()
        self._log: Log | None = None
        self._payloads = Payloads(self._disk)

    def open(self) -> None:
        """Open the ledger, if it isn't.

        Raises:
            RingfenceError: There is none, or it can't be opened.
            OSError: It can't be read.
        """
        with self._lock:
            self._opened()

    def write(self, said: Said) -> int:
        """Bring a verdict to the ledger, and return its entry.

        Raises:
            RingfenceError: It may not be there.
            OSError: It may not be there.
        """
        with self._lock, within(self._folder):
            try:
                log = self._opened()
                (place,) = log.append([self._entry(said)])
            except BaseException:
                self._close()  # the next verdict begins with what is on the disk
                raise
            return place

    def close(self) -> None:
        """Publish what is sequenced, and let go of the ledger.

        Raises:
            RingfenceError: It may not be published; every entry is on the disk.
        """
        with self._lock:
            try:
                if self._log is not None:
                    self._log.publish()
            finally:
                self._close()

    def _opened(self) -> Log:
        if self._log is None:
            if not self._folder.is_dir():
                hint = "`ringfence ledger init` founds one"
                raise LedgerError("is no ledger", Locus(str(self._folder)), hint)
            self._payloads = Payloads(self._disk)
            self._log = self._exits.enter_context(self._opening())
        return self._log

    def _close(self) -> None:
        self._log = None
        self._exits.close()

    def _entry(self, said: Said) -> bytes:
        told = {"channel": said.channel, "receipt": dict(said.receipt)}
        commitments, payload = committed(told)
        digests = {**said.digests, "payload": self._payloads.keep(payload)}
        values = {"coverage": said.coverage, "verdict": said.verdict}
        return made(
            KIND, said.time, digests=digests, commitments=commitments, values=values
        )
