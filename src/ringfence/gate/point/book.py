"""The book: the gate's hand on the ledger, for one thread that may wait for the disk.

Decisions are kept line by line in a payload, and one entry a window says what they come
to. How many people each exception was used for is on the disk before any answer that
uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from ringfence.errors import Locus
from ringfence.gate.point.lines import payload_of, root_of
from ringfence.ledger.entries import canonical, made
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.writer.disk import PRIVATE, Disk, RealDisk, place
from ringfence.ledger.writer.log import Log

COUNTED = f"{PRIVATE}/counted"  # how many people each exception was used for
Opening = Callable[[], AbstractContextManager[Log]]


class Ground(NamedTuple):
    """What decisions rest on, by digests, and what becomes of them.

    Attributes:
        boundary: Digest of the boundary. `estate`, `scene`: of these.
        publish: They are published at once.
        shadow: Nobody enforces them.
    """

    boundary: str
    estate: str
    scene: str
    publish: bool
    shadow: bool = False


class Window(NamedTuple):
    """Decisions that one entry tells of.

    Attributes:
        ground: What all of them rest on.
        lines: What is said of each, without line feeds.
        allowed: How many allow.
    """

    ground: Ground
    lines: Sequence[bytes]
    allowed: int


_Count = Annotated[int, msgspec.Meta(ge=0)]  # fewer than none would lift a cap


class _Used(msgspec.Struct):
    leave: str = ""
    subjects: int | None = None


class Book:
    """A ledger that takes decisions. It is for one thread at a time.

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
        self._payloads = Payloads(self._disk)
        self._lasting: set[str] = set()
        self._log: Log | None = None
        self._exits = ExitStack()

    def open(self) -> dict[str, int]:
        """Open the ledger, and return how often each exception was used.

        Raises:
            RingfenceError: It can't be opened, or what was counted isn't known.
            OSError: It can't be read.
        """
        with within(self._folder), ExitStack() as exits:
            self._log = exits.enter_context(self._opening())
            self._payloads = Payloads(self._disk)
            self._lasting = set()
            counted = self._counted()
            self._exits = exits.pop_all()
        return counted

    def commit(
        self, windows: Sequence[Window], counted: Mapping[str, int] | None
    ) -> list[int]:
        """Bring decisions to the ledger, and return the entry of each window.

        Args:
            windows: The windows.
            counted: How often each exception is used with them, if that changed.

        Raises:
            RingfenceError: They may not be there.
            OSError: They may not be there.
            Exception: Whatever asking the witnesses raises, where a window is to be
                published.
        """
        log = self._opened()
        if counted is not None:
            self._keep(counted)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        places = log.append([self._entry(one, now) for one in windows])
        if any(one.ground.publish for one in windows):
            log.publish()
        return [*places]

    def publish(self) -> None:
        """Publish what is sequenced.

        Raises:
            RingfenceError: It may not be on the disk.
            Exception: Whatever asking the witnesses raises.
        """
        self._opened().publish()

    def close(self) -> None:
        """Let go of the ledger."""
        self._log = None
        self._exits.close()

    def _opened(self) -> Log:
        if self._log is None:
            raise LedgerError("the ledger is not open", Locus(str(self._folder)))
        return self._log

    def _entry(self, window: Window, now: str) -> bytes:
        ground = window.ground
        digests = {
            "boundary": ground.boundary,
            "decisions": root_of(window.lines),
            "estate": ground.estate,
            "payload": self._payloads.keep(payload_of(window.lines)),
            "scene": ground.scene,
        }
        denied = len(window.lines) - window.allowed
        values = {"allowed": str(window.allowed), "denied": str(denied)}
        # A kind of its own: whoever counts decisions can't take these for any.
        kind = "shadow" if ground.shadow else "decision"
        return made(kind, now, digests=digests, values=values)

    def _counted(self) -> dict[str, int]:
        try:
            content = self._disk.read(COUNTED)
        except FileNotFoundError:
            found = self._recounted()
            self._keep(found)
            return found
        try:
            return msgspec.json.decode(content, type=dict[str, _Count])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            hint = "remove it, and the gate counts anew from the payloads"
            raise LedgerError("holds no counts", Locus(COUNTED), hint) from None

    def _recounted(self) -> dict[str, int]:
        """Return what the payloads that are still there come to."""
        decoder, found = msgspec.json.Decoder(_Used), Counter[str]()
        for digest in self._payloads.digests():
            for line in self._payloads.read(digest).splitlines():
                try:
                    used = decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeError, RecursionError):
                    continue  # the payload of something else
                if used.leave:  # nothing that was logged gives anything back
                    found[used.leave] += max(0, used.subjects or 0)
        return dict(found)

    def _keep(self, counted: Mapping[str, int]) -> None:
        place(self._disk, [(COUNTED, canonical(dict(counted)))], self._lasting)
