"""Opening a ledger as its charter says: with its keys, its quorum, its witnesses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import made
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.signed.quorum import Log as Believed
from ringfence.ledger.signed.quorum import Quorum, parse_quorum
from ringfence.ledger.witness.client import Witnesses
from ringfence.ledger.writer.charter import Charter, read_charter
from ringfence.ledger.writer.disk import PRIVATE, Disk, RealDisk, place
from ringfence.ledger.writer.log import Log
from ringfence.ledger.writer.recovery import PUBLISHED

QUORUM = "quorum"  # its file, in the private folder
MARK = f"{PRIVATE}/closed"  # the log is closed, or being closed


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which log follows.

    Attributes:
        next: Its origin.
        keys: Its keys when it was founded, with blanks between.
    """

    next: str
    keys: str


def begin(
    folder: Path, origin: str, *, time: str, quorum: str | None = None
) -> tuple[Charter, SignedCheckpoint | None]:
    """Found a ledger that continues no other, with its first entry.

    Without witnesses the entry is published at once. Witnesses have to be told first
    of the keys that are drawn here.

    Args:
        folder: Where it lies.
        origin: What it is called.
        time: When this is.
        quorum: The text of its quorum file, if it has one.

    Raises:
        RingfenceError: Something lies there, the quorum is none, or the disk failed.
    """
    entry = made("opened", time, values={"origin": origin})
    found(folder, origin, quorum=quorum)
    with opened(folder) as log:
        log.append([entry])
        return log.charter, log.publish() if quorum is None else None


def found(
    folder: Path, origin: str, *, previous: str | None = None, quorum: str | None = None
) -> None:
    """Found a ledger of no entries.

    Raises:
        RingfenceError: Something lies there, the quorum is none, or the disk failed.
    """
    if quorum is None:
        Log.create(folder, origin, previous=previous).close()
        return
    parse_quorum(quorum)
    with Log.create(folder, origin, previous=previous, quorum=QUORUM):
        place(RealDisk(folder), [(f"{PRIVATE}/{QUORUM}", quorum.encode())], set())


def opened(folder: Path) -> Log:
    """Open a ledger; the witnesses of its quorum are asked before it publishes.

    Raises:
        RingfenceError: There is no ledger, or it can't be opened.
    """
    disk = RealDisk(folder)
    charter = read_charter(disk)
    quorum = quorum_of(disk, charter)
    if not quorum.witnesses:
        return Log.open(folder)

    def stands(signed: SignedCheckpoint) -> bool:
        try:
            seen = read_checkpoint(
                signed.content, charter.keys, witnesses=quorum.witness_keys
            )
            check_cosigned(quorum, seen, PUBLISHED)
        except ProofError:
            return False
        return True

    return Log.open(folder, cosign=Witnesses(quorum), stands=stands)


@contextmanager
def writing(folder: Path) -> Iterator[Log]:
    """Open a ledger for entries, unless it is closed.

    Raises:
        ConfigError: There is no ledger, or it is closed.
        RingfenceError: It can't be opened.
    """
    _check_not_closed(folder)  # whose keys may be gone, so that it can't be opened
    with opened(folder) as log:
        _check_not_closed(folder)  # as it may have been until the lock was ours
        yield log


def _check_not_closed(folder: Path) -> None:
    closing = closed(RealDisk(folder))
    if closing is not None:
        message = f"is closed: `{closing.next}` follows"
        raise ConfigError(message, Locus(str(folder)), "name the folder of that one")


def closed(disk: Disk) -> Closing | None:
    """Return which log follows one, if it is closed or being closed.

    Raises:
        LedgerError: The mark of it is damaged.
        OSError: It can't be read.
    """
    try:
        return msgspec.json.decode(disk.read(MARK), type=Closing)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.MsgspecError:
        raise LedgerError("is no mark of a closed ledger", Locus(MARK)) from None


def quorum_of(disk: Disk, charter: Charter) -> Quorum:
    """Return who has to stand for a ledger's checkpoints, with the ledger's own keys.

    Raises:
        ConfigError: Its quorum file isn't there, or is none.
        OSError: It can't be read.
    """
    quorum = Quorum()
    if charter.quorum is not None:
        path = f"{PRIVATE}/{charter.quorum}"
        try:
            quorum = parse_quorum(disk.read(path), path)
        except FileNotFoundError:
            hint = "the charter names it; lay it there"
            raise ConfigError("the quorum is missing", Locus(path), hint) from None
    known = {log.key for log in quorum.logs}
    own = tuple(Believed(key) for key in charter.keys if key not in known)
    return Quorum((*own, *quorum.logs), quorum.witnesses, quorum.groups, quorum.rule)


def published(disk: Disk, charter: Charter) -> SignedCheckpoint:
    """Return the checkpoint that a ledger shows, with all who signed it.

    Raises:
        ConfigError: It shows none, or its quorum file isn't there, or is none.
        ProofError: It doesn't verify, or a cosignature under it is forged.
        OSError: It can't be read.
    """
    try:
        content = disk.read(PUBLISHED)
    except FileNotFoundError:
        hint = "`ringfence ledger publish` publishes what is sequenced"
        raise ConfigError("nothing is published", Locus(PUBLISHED), hint) from None
    witnesses = quorum_of(disk, charter).witness_keys
    return read_checkpoint(content, charter.keys, witnesses=witnesses, place=PUBLISHED)


def check_cosigned(
    quorum: Quorum, signed: SignedCheckpoint, place: str, hint: str | None = None
) -> None:
    """Check that a quorum has cosigned a checkpoint. Nobody is asked for an empty log.

    Raises:
        ProofError: Too few have.
    """
    missing = quorum.missing(signed.verified)
    if missing and signed.checkpoint.size:
        raise ProofError(f"too few have cosigned: {missing}", Locus(place), hint)
