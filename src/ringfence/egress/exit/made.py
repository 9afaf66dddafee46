"""An exit made of what lies on this machine: contracts, index, keys, meter, ledger.

Contracts and the index are read again when their files change, so that an exit that
runs for weeks judges by what stands now; one that can't be read, or is too old, lets
nothing leave.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec

from ringfence.documents.files import read_bytes
from ringfence.egress.channels import contract as contract_files
from ringfence.egress.channels.contract import Contracts
from ringfence.egress.detectors.detector import Detector
from ringfence.egress.exit.book import Book
from ringfence.egress.exit.logged import Clock, LoggedExit
from ringfence.egress.exit.masked import Masked
from ringfence.egress.exit.standing import Standing, check_named
from ringfence.egress.index.keys import Key, read_key
from ringfence.egress.index.manifest import NAME
from ringfence.egress.index.opened import Index, open_index
from ringfence.egress.inspection.report import Inspection
from ringfence.egress.inspector import Inspector
from ringfence.egress.meter.aggregates import Aggregates
from ringfence.egress.meter.marks import missing
from ringfence.egress.meter.meter import Meter
from ringfence.egress.opening.caps import Caps
from ringfence.egress.payload import Payload
from ringfence.errors import ConfigError, Locus, RingfenceError

T = TypeVar("T")
State = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """What an exit is made of.

    Attributes:
        contracts: The file that `ringfence egress contracts` wrote.
        index: Folder of the index.
        key: Words that name its key: `file:PATH`, `env:NAME`, `command:PROGRAM`.
        ledger: Folder of the ledger that takes the verdicts.
        meter: File of the meter; one that isn't there is made.
        token_key: Words that name the key of tokens; empty: no token can be made.
        max_age: How old the index may be; None: of any age.
        staging: Folder for masked files; None: beside each payload.
        caps: How far to open payloads.
        detectors: What says what a text looks like where the index knows nobody.
        others: Folder of an index of everybody else; None: nobody is known as such.
        others_key: Words that name its key; empty: the index's.
    """

    contracts: Path
    index: Path
    key: str
    ledger: Path
    meter: Path
    token_key: str = ""
    max_age: timedelta | None = None
    staging: Path | None = None
    caps: Caps | None = None
    detectors: tuple[Detector, ...] = ()
    others: Path | None = None
    others_key: str = ""


class OpenExit(LoggedExit):
    """An exit that is open: it holds its meter and its ledger until it is closed."""

    _resources: ExitStack
    _book: Book

    def publish(self) -> None:
        """Publish what is sequenced; the next verdict opens the ledger again.

        Raises:
            RingfenceError: It may not be published; every entry is on the disk.
        """
        self._book.close()

    def close(self) -> None:
        """Publish what is sequenced, and let go of ledger and meter.

        Raises:
            RingfenceError: It may not be published; every entry is on the disk.
        """
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def exit_of(settings: Settings, *, clock: Clock = time.time) -> OpenExit:
    """Return an exit that stands: everything it needs was read once.

    Args:
        settings: What it is made of.
        clock: Gives the seconds since 1970.

    Raises:
        RingfenceError: Something it needs isn't there, or isn't what was written.
        OSError: Something can't be read.
    """
    key = read_key(settings.key)
    token = read_key(settings.token_key, "--token-key") if settings.token_key else None
    words = settings.others_key
    others = read_key(words, "--others-key") if words else None
    looks = FreshInspector(settings, key, clock, others=others)
    read_contracts(settings.contracts)
    looks.check()
    with ExitStack() as stack:
        book = Book(settings.ledger)
        stack.callback(book.close)
        book.open()
        contracts = ContractsFile(settings.contracts, book)
        contracts()
        meter = _meter(settings.meter, book.standing())
        stack.callback(meter.close)
        made = OpenExit(
            contracts,
            looks=looks,
            rewrites=Masked(token, settings.staging, settings.caps),
            tells=Aggregates(settings.caps),
            meter=meter,
            book=book,
            clock=clock,
        )
        made._resources = stack.pop_all()  # noqa: SLF001
        return made


def _meter(path: Path, found: Standing) -> Meter:
    """Open the meter, which has to know of all that the ledger says it has counted.

    Raises:
        MeterError: It doesn't, or isn't there any more.
        RingfenceError: It can't be opened.
    """
    if found.mark is not None and not path.exists():
        raise missing(path)
    meter = Meter(path)
    try:
        with meter.counting() as desk:
            desk.check(found.origin, found.mark)
    except BaseException:
        meter.close()
        raise
    return meter


class ContractsFile:
    """Contracts as their file has them now.

    Args:
        path: The file.
        book: The ledger that has to name them last; None: none has to.
    """

    def __init__(self, path: Path, book: Book | None = None) -> None:
        self._path = path
        self._book = book
        self._fresh = Fresh(path, lambda: _digested(read_contracts(path)))

    def __call__(self) -> Contracts:
        """Return them.

        Raises:
            RingfenceError: The file can't be read, or holds none; or they aren't what
                the ledger names last.
        """
        digest, found = self._fresh()
        if self._book is not None:
            standing = self._book.standing()
            check_named(digest, standing, self._path, self._book.folder)
        return found


def _digested(found: Contracts) -> tuple[str, Contracts]:
    return found.digest, found


def read_contracts(path: Path) -> Contracts:
    """Return the contracts that a file holds.

    Raises:
        ConfigError: It holds none.
        SourceError: It can't be read.
    """
    at = Locus(str(path))
    hint = "`ringfence egress contracts` writes them"
    try:
        found = contract_files.read(read_bytes(path, str(path)))
    except (msgspec.DecodeError, UnicodeError):
        raise ConfigError("holds no contracts", at, hint) from None
    if found.version != 1:
        message = f"holds contracts of version {found.version}, and this reads 1"
        raise ConfigError(message, at, hint)
    return found


class FreshInspector:
    """Looks through payloads by the index as it lies there now.

    Args:
        settings: What it is made of.
        key: The index's key.
        clock: Gives the seconds since 1970.
        others: The key of the index of everybody else, where there is one.
    """

    def __init__(
        self, settings: Settings, key: Key, clock: Clock, *, others: Key | None = None
    ) -> None:
        self._settings = settings
        self._key = key
        self._others_key = others or key
        self._clock = clock
        more = () if settings.others is None else (settings.others / NAME,)
        self._fresh = Fresh(settings.index / NAME, self._made, *more)

    def check(self) -> None:
        """Open the index, if it isn't.

        Raises:
            RingfenceError: It can't be opened, or is too old.
        """
        self._now()

    def inspect(self, payload: Payload) -> Inspection:
        """Return what a payload holds.

        Raises:
            RingfenceError: It can't be looked through, or the index can't be used.
        """
        return self._now().inspect(payload)

    def glance(self, payload: Payload) -> Inspection:
        """Return the same, of a small payload, quickly.

        Raises:
            RingfenceError: It can't be looked through, or the index can't be used.
        """
        return self._now().glance(payload)

    def _now(self) -> Inspector:
        made, inspector = self._fresh()
        oldest = self._settings.max_age
        if oldest is not None and self._instant() - made > oldest:
            at = Locus(str(self._settings.index))
            hint = "`ringfence index delta` brings it up to date"
            raise ConfigError(f"is of {made:%Y-%m-%d}, which is too old", at, hint)
        return inspector

    def _made(self) -> tuple[datetime, Inspector]:
        settings, index = self._settings, self._opened()
        others = None
        if settings.others is not None:
            others = open_index(settings.others, self._others_key)
        inspector = Inspector(
            index, detectors=settings.detectors, caps=settings.caps, others=others
        )
        return datetime.fromisoformat(index.epoch.made), inspector

    def _opened(self) -> Index:
        settings = self._settings
        now = self._instant()
        return open_index(settings.index, self._key, max_age=settings.max_age, now=now)

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


class Fresh(Generic[T]):
    """What is made of a file, anew whenever the file is another; from any thread.

    Args:
        path: The file.
        make: Makes it.
        more: Files that it is made of, too.
    """

    def __init__(self, path: Path, make: Callable[[], T], *more: Path) -> None:
        self._paths = (path, *more)
        self._make = make
        self._lock = Lock()
        self._held: tuple[tuple[State, ...], T] | None = None

    def __call__(self) -> T:
        """Return what stands now.

        Raises:
            RingfenceError: The file isn't there, or nothing can be made of it.
        """
        state = self._states()
        held = self._held
        if held is not None and held[0] == state:
            return held[1]
        with self._lock:
            # As it was before it was read: a change meanwhile is seen next time.
            state = self._states()
            if self._held is None or self._held[0] != state:
                self._held = None
                self._held = state, self._make()
            return self._held[1]

    def _states(self) -> tuple[State, ...]:
        return tuple(map(_state, self._paths))


def _state(path: Path) -> State:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        at = Locus(str(path))
        raise RingfenceError(reason, at, "check the path") from None
    return found.st_ino, found.st_size, found.st_mtime_ns
