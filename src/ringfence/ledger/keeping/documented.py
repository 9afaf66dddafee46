"""Documents and heartbeats: entries that no check makes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from hashlib import file_digest
from pathlib import Path

from ringfence.errors import ConfigError, Locus
from ringfence.ledger.entries import committed, made
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.opening import closed, published, writing
from ringfence.ledger.keeping.payloads import LARGEST, Payloads, erase
from ringfence.ledger.signed.checkpoints import SignedCheckpoint
from ringfence.ledger.writer.disk import RealDisk


def logged(
    folder: Path,
    files: Sequence[Path],
    *,
    time: str,
    keep: bool = False,
    beat: bool = False,
    publish: bool = True,
) -> tuple[range, SignedCheckpoint | None]:
    """Log documents, each by its digest, in one batch.

    Args:
        folder: The ledger.
        files: The documents; of each, what the log tells of its name is a commitment.
        time: When this is.
        keep: Whether to keep a copy of each beside the log.
        beat: Whether to log, besides, that the log is alive.
        publish: Whether to publish them at once.

    Returns:
        The places of the entries, and the checkpoint if they were published.

    Raises:
        ConfigError: There is nothing to log.
        RingfenceError: The ledger can't be written.
        OSError: A document can't be read.
    """
    if not files and not beat:
        hint = "name a file, or `--heartbeat`"
        raise ConfigError("there is nothing to log", Locus(str(folder)), hint)
    with writing(folder) as log:
        payloads = Payloads(RealDisk(folder))
        entries = [_document(payloads, file, time, keep=keep) for file in files]
        entries += [made("heartbeat", time)] * beat
        places = log.append(entries)
        return places, log.publish() if publish else None


def erased(
    folder: Path, digest: str, *, time: str, reason: str, into: Path | None = None
) -> SignedCheckpoint:
    """Log that a payload is erased, erase it, and publish that it was.

    Args:
        folder: The ledger that has the payload.
        digest: Its SHA-256 in hexadecimal.
        time: When this is.
        reason: One of `ringfence.ledger.entries.REASONS`.
        into: The ledger that logs it, where the first one is closed.

    Raises:
        ConfigError: That is no digest, or the first ledger still logs for itself.
        RingfenceError: There is no such payload, or a ledger can't be written.
        OSError: The payload may still be there.
    """
    digest = digest.removeprefix("sha256:")  # as an entry spells it
    disk = RealDisk(folder)
    if into is not None and closed(disk) is None:
        message = "isn't closed: it logs its own erasures"
        raise ConfigError(message, Locus(str(folder)), "leave `--log` out")
    with writing(into or folder) as log, disk.locked() if into else nullcontext():
        erase(Payloads(disk), digest, log.append, time=time, reason=reason)
        log.publish()
        return published(RealDisk(into or folder), log.charter)


def _document(payloads: Payloads, file: Path, time: str, *, keep: bool) -> bytes:
    name = os.fsencode(file.name).decode("utf-8", "backslashreplace")
    commitments, payload = committed({"name": name})
    with file.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    if keep:
        if file.stat().st_size > LARGEST:
            hint = "log it without `--keep`"
            message = f"is larger than {LARGEST:,} bytes"
            raise LedgerError(message, Locus(str(file)), hint)
        digest = payloads.keep(file.read_bytes())
    digests = {"document": digest, "payload": payloads.keep(payload)}
    return made("document", time, digests=digests, commitments=commitments)
