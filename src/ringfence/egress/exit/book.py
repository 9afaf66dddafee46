"""The exit's hand on the ledger: a verdict is on the disk before anything leaves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ringfence.egress.exit.standing import (
    RELEASE,
    Opening,
    Standing,
    patiently,
    standing,
)
from ringfence.egress.meter.marks import Mark
from ringfence.errors import Locus
from ringfence.ledger.entries import committed, made
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import Disk, RealDisk
from ringfence.ledger.writer.log import Log

PATIENCE = 10.0  # seconds: whoever names contracts holds the ledger for a moment


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
        mark: Where the meter is; None where nothing was counted.
    """

    time: str
    verdict: str
    coverage: str
    digests: Mapping[str, str]
    channel: str
    receipt: Mapping[str, object]
    mark: Mark | None = None


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
        self._standing: Standing | None = None

    @property
    def folder(self) -> Path:
        """Where the ledger lies."""
        return self._folder

    def open(self) -> None:
        """Open the ledger, if it isn't; nobody is waited for.

        Raises:
            RingfenceError: There is none, or it can't be opened.
            OSError: It can't be read.
        """
        with self._lock:
            self._opened(0)

    def standing(self) -> Standing:
        """Return what the ledger says last of contracts and meter; open it, if need be.

        Raises:
            RingfenceError: There is none, or it can't be opened.
            OSError: It can't be read.
        """
        with self._lock, within(self._folder):
            self._opened()
            return self._standing or Standing("")

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
                if self._standing is not None:
                    self._standing = self._standing.counted(place, said.mark)
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

    def _opened(self, seconds: float = PATIENCE) -> Log:
        if self._log is None:
            if not self._folder.is_dir():
                hint = "`ringfence ledger init` founds one"
                raise LedgerError("is no ledger", Locus(str(self._folder)), hint)
            self._payloads = Payloads(self._disk)
            try:
                opening = patiently(self._opening, seconds)
                log = self._exits.enter_context(opening)
                self._standing = standing(self._disk, log, self._standing)
            except BaseException:
                self._close()
                raise
            self._log = log
        return self._log

    def _close(self) -> None:
        self._log = None
        self._exits.close()

    def _entry(self, said: Said) -> bytes:
        told = {"channel": said.channel, "receipt": dict(said.receipt)}
        commitments, payload = committed(told)
        digests = {**said.digests, "payload": self._payloads.keep(payload)}
        values = {"coverage": said.coverage, "verdict": said.verdict}
        if said.mark is not None:
            digests["meter"] = said.mark.meter
            values["number"] = str(said.mark.number)
        return made(
            RELEASE, said.time, digests=digests, commitments=commitments, values=values
        )
