"""What a witness remembers: of each log, the last checkpoint that it cosigned.

It is the whole worth of a witness. A cosignature leaves here only after the checkpoint
under it has been brought to the disk, and no other was put there in between. Each file
carries the witness' own cosignature, so that what was changed on the disk is noticed.

    public/<sha256 of the origin>/checkpoint   what anybody may read
    private/witness                            the keys that cosign, pinned
    private/cosigned/<sha256 of the origin>    marks that such a checkpoint has to be
    private/conflicts/<sha256 of the origin>/  two checkpoints of one size
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

from ringfence.documents import durable
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.checkpoints import Checkpoint, SignedCheckpoint
from ringfence.ledger.signed.head import parse_checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey, VerifierKey, open_note
from ringfence.ledger.signed.notes import Note, Signature, parse_note, render_note
from ringfence.ledger.witness.wire import name_of
from ringfence.ledger.writer.disk import (
    LOCK,
    NEW,
    PRIVATE,
    PUBLIC,
    Disk,
    RealDisk,
    place,
    sweep,
)

PINNED = f"{PRIVATE}/witness"
COSIGNED = f"{PRIVATE}/cosigned"
CONFLICTS = f"{PRIVATE}/conflicts"
_LONGEST_ORIGIN = 255  # bytes: longer ones no cosignature of ML-DSA-44 carries
Clock = Callable[[], float]


class StateFolder(RealDisk):
    """The folder of a state, with a lock of its own words."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._lock = folder / LOCK

    @classmethod
    def at(cls, folder: Path) -> Self:
        """Return a folder that is made if need be, and on the disk.

        Raises:
            LedgerError: It may not be.
        """
        try:
            cls.made(folder).make_folder(PRIVATE)
        except OSError as error:
            reason = (error.strerror or "can't be written").lower()
            raise LedgerError(reason, Locus(str(folder)), "check the path") from None
        return cls(folder)

    def locked(self) -> AbstractContextManager[None]:
        """Take the lock of the state, which the system drops with the process."""
        hint = "wait for it to end"
        place = Locus(str(self._lock.parent.parent))
        busy = LedgerError("another process has this state", place, hint)
        return durable.locked(self._lock, busy)


class State:
    """The checkpoints of a witness, and its keys. Threads may share it.

    Attributes:
        logs: The keys that are believed, by the origin of their log.
    """

    def __init__(
        self,
        disk: Disk,
        keys: Sequence[SigningKey],
        logs: Sequence[VerifierKey],
        clock: Clock = time.time,
    ) -> None:
        self.logs = {key.name: _own(key.name, logs) for key in logs}
        self._disk = disk
        self._keys = tuple(keys)
        self._clock = clock
        self._one_at_a_time = Lock()
        self._lasting: set[str] = set()
        self._last: dict[str, tuple[Checkpoint, bytes]] = {}
        self._marked: set[str] = set()
        self._latest = 0  # the time of the last cosignature
        self._has_stopped = False
        self._load()

    @property
    def has_stopped(self) -> bool:
        """Whether the disk has failed, so that nothing is cosigned any more."""
        return self._has_stopped

    def shown(self, name: str) -> bytes | None:
        """Return the last checkpoint that was cosigned, by the name of its log."""
        for origin in self.logs:
            if name_of(origin) == name and origin in self._last:
                return self._last[origin][1]
        return None

    def advance(
        self, signed: SignedCheckpoint, check: Callable[[Checkpoint | None], None]
    ) -> tuple[Signature, ...]:
        """Return cosignatures of a checkpoint, which is then the last one.

        Nobody else gets in between the check and the disk.

        Args:
            signed: The checkpoint, verified to be its log's.
            check: Is given the last one that was cosigned, and raises what speaks
                against the new one.

        Raises:
            LedgerError: The disk failed, now or before. Nothing is cosigned until the
                state is read from the disk again.
        """
        with self._one_at_a_time:
            if self._has_stopped:
                message = "the disk failed, and nothing is cosigned since"
                raise LedgerError(message, hint="look after the disk; start again")
            check(self.last(signed.checkpoint.origin))
            return self._cosigned(signed)

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log that was cosigned."""
        found = self._last.get(origin)
        return None if found is None else found[0]

    def keep(self, signed: SignedCheckpoint) -> None:
        """Keep a checkpoint that contradicts the last one: the two prove a split view.

        Of each log the first such pair is kept. One that doesn't contradict isn't.

        Raises:
            LedgerError: The disk failed.
        """
        new = signed.checkpoint
        folder = f"{CONFLICTS}/{name_of(new.origin)}"
        with self._one_at_a_time:
            last, content = self._last.get(new.origin, (new, b""))
            if last.size != new.size or last.root == new.root or self._has_stopped:
                return
            if not _exists(self._disk, f"{folder}/refused"):
                refused = _own_note(signed, ())
                files = {"cosigned": content, "refused": refused}
                self._write({f"{folder}/{name}": one for name, one in files.items()})

    def _cosigned(self, signed: SignedCheckpoint) -> tuple[Signature, ...]:
        text, origin = signed.note.text, signed.checkpoint.origin
        # INVARIANT: times never decrease, whatever becomes of the clock.
        seconds = max(int(self._clock()), self._latest, 1)  # 0 would say nothing
        made = tuple(key.sign(text, seconds) for key in self._keys)
        content = _own_note(signed, made)
        self._write({f"{PUBLIC}/{name_of(origin)}/checkpoint": content})
        if origin not in self._marked:  # not before: no mark without its checkpoint
            self._write({f"{COSIGNED}/{name_of(origin)}": b""})
            self._marked.add(origin)
        self._last[origin] = (signed.checkpoint, content)
        self._latest = seconds
        return made

    def _write(self, files: Mapping[str, bytes]) -> None:
        try:
            place(self._disk, files.items(), self._lasting)
        except OSError as error:
            self._has_stopped = True
            reason = (error.strerror or "the disk failed").lower()
            hint = "look after the disk; start again"
            raise LedgerError(reason, Locus(next(iter(files))), hint) from None

    def _load(self) -> None:
        for origin in self.logs:
            path = f"{PUBLIC}/{name_of(origin)}/checkpoint"
            if _exists(self._disk, f"{COSIGNED}/{name_of(origin)}"):
                self._marked.add(origin)
            try:
                content = self._disk.read(path)
            except FileNotFoundError:
                if origin not in self._marked:
                    continue
                hint = "a witness that forgot is begun anew, with new keys"
                message = f"what was cosigned of the log `{origin}` is gone"
                raise LedgerError(message, Locus(path), hint) from None
            checkpoint, seconds = self._read(content, path)
            if checkpoint.origin != origin:
                raise ProofError(f"is not of the log `{origin}`", Locus(path))
            self._last[origin] = (checkpoint, content)
            self._latest = max(self._latest, seconds)

    def _read(self, content: bytes, path: str) -> tuple[Checkpoint, int]:
        note = parse_note(content, path)
        verified = open_note(note, [key.verifier for key in self._keys], path)
        latest = max(one.seconds or 0 for one in verified)
        return parse_checkpoint(note.text, path), latest


def begin(disk: Disk, keys: Sequence[SigningKey]) -> None:
    """Make the state of a witness that has cosigned nothing yet.

    Raises:
        ConfigError: A key can't cosign, or the folder has a state already.
        LedgerError: Somebody else is at work there, or the disk failed.
    """
    _check_keys(keys)
    with disk.locked(), _told():
        prepare(disk)
        if _exists(disk, PINNED):
            hint = "start the witness; a second state would be a second memory"
            raise ConfigError("has the state of a witness already", None, hint)
        place(disk, [(PINNED, _pinned(keys))], set())


@contextmanager
def opened(
    disk: Disk,
    keys: Sequence[SigningKey],
    logs: Sequence[VerifierKey],
    *,
    clock: Clock = time.time,
) -> Iterator[State]:
    """Give the state of a witness; nobody else has it meanwhile.

    Args:
        disk: The folder of the state.
        keys: The keys that cosign: those that the state was begun with.
        logs: The keys that are believed. A log signs with keys of its own name.
        clock: Gives the seconds since 1970.

    Raises:
        ConfigError: A key can't cosign, isn't the state's, or an origin is too long.
        LedgerError: There is no state, another process has it, or the disk failed.
        ProofError: What lies there isn't what was written there.
    """
    _check_keys(keys)
    _check_origins(keys, logs)
    with disk.locked():
        with _told():
            _check_pinned(disk, keys)
            prepare(disk)
            state = State(disk, keys, logs, clock)
        try:
            yield state
        finally:
            disk.close()


def prepare(disk: Disk) -> None:
    """Make what a state's folder is made of, and sweep what was left half written."""
    for folder in (PRIVATE, NEW, PUBLIC):
        disk.make_folder(folder)
    for folder in (PRIVATE, "."):
        disk.sync_folder(folder)
    sweep(disk)


def _check_pinned(disk: Disk, keys: Sequence[SigningKey]) -> None:
    try:
        pinned = disk.read(PINNED)
    except FileNotFoundError:
        message = "there is no state of a witness"
        hint = "one that was lost is not begun again with the same key"
        raise LedgerError(message, Locus(PINNED), hint) from None
    if pinned != _pinned(keys):
        message = "the state was begun with other keys"
        hint = "a new key is a new witness, with a state of its own"
        raise ConfigError(message, Locus(PINNED), hint)


def _pinned(keys: Sequence[SigningKey]) -> bytes:
    return "".join(f"{key.verifier}\n" for key in keys).encode()


def _check_keys(keys: Sequence[SigningKey]) -> None:
    if not keys:
        raise ConfigError("a witness has no key")
    for key in keys:
        if key.verifier.kind == ED25519:
            message = f"the key of `{key.verifier.name}` is of a kind for logs"
            raise ConfigError(message, hint="kind 4 or 6 is wanted")


def _check_origins(keys: Sequence[SigningKey], logs: Sequence[VerifierKey]) -> None:
    own = {key.verifier.public for key in keys}
    for log in logs:
        if len(log.name.encode()) > _LONGEST_ORIGIN:
            message = f"the origin `{log.name[:40]}…` is too long to be cosigned"
            raise ConfigError(message, hint=f"at most {_LONGEST_ORIGIN} bytes")
        if log.public in own:
            message = f"the key of the log `{log.name}` is the witness' own"
            raise ConfigError(message, hint="no log is its own witness")


def _own(origin: str, logs: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    return tuple(key for key in logs if key.name == origin)


def _own_note(signed: SignedCheckpoint, made: tuple[Signature, ...]) -> bytes:
    """Return a checkpoint with what is verified: the log's signatures, and ours."""
    ids = {(one.key.name, one.key.key_id) for one in signed.verified}
    kept = [one for one in signed.note.signatures if (one.name, one.key_id) in ids]
    return render_note(Note(signed.note.text, (*kept, *made)))


def _exists(disk: Disk, path: str) -> bool:
    try:
        disk.read(path)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _told() -> Iterator[None]:
    """Tell of what the disk can't do while a state is opened."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "the disk failed").lower()
        raise LedgerError(reason, hint="check the folder of the state") from None
