"""Payloads: what an entry's digests stand for, beside the log and never in it.

A payload lies under its SHA-256 and is checked against it whenever it is read. It can
be erased for good, as a law may ask for. The log says then that it was, and of every
entry that names it the proof stays what it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import made
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.writer.disk import PRIVATE, Disk, place

FOLDER = f"{PRIVATE}/payloads"
LARGEST = 1 << 26  # bytes: 64 MiB
_ERASED = ".erased"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLACED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


class Payloads:
    """The payloads of one ledger. Whoever writes here holds the ledger's lock.

    Args:
        disk: The ledger's folder.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._lasting: set[str] = set()

    def keep(self, content: bytes) -> str:
        """Bring a payload to the disk, and return its SHA-256 in hexadecimal.

        Raises:
            LedgerError: It is too large, or was erased.
            OSError: It may not be there.
        """
        (digest,) = self.keep_all([content])
        return digest

    def keep_all(self, contents: Sequence[bytes]) -> list[str]:
        """Bring payloads to the disk together, and return the SHA-256 of each.

        Raises:
            LedgerError: One is too large, or was erased; none is kept.
            OSError: They may not be there.
        """
        digests = []
        for content in contents:
            if len(content) > LARGEST:
                message = f"a payload is larger than {LARGEST:,} bytes"
                raise LedgerError(message, hint="log its digest, and keep it elsewhere")
            digest = sha256(content).hexdigest()
            if self.is_erased(digest):
                raise LedgerError(f"payload {digest} was erased, and stays erased")
            digests.append(digest)
        # Even if one is there: one that a killed run laid may be in memory alone.
        files = zip(map(_path, digests), contents, strict=True)
        place(self._disk, files, self._lasting)
        return digests

    def read(self, digest: str) -> bytes:
        """Return a payload.

        Raises:
            ConfigError: That is no digest.
            LedgerError: It isn't there; the error says whether it was erased.
            ProofError: What is there is something else.
            OSError: It can't be read.
        """
        path = _path(digest)
        at = Locus(path)
        try:
            content = self._disk.read(path)
        except FileNotFoundError:
            if self.is_erased(digest):
                raise LedgerError("was erased; the log says when", at) from None
            hint = "a ledger that was imported may lack its payloads"
            raise LedgerError("there is no such payload", at, hint) from None
        if sha256(content).hexdigest() != digest:
            hint = "somebody changed it, or the disk did; restore it from a copy"
            raise ProofError("is not the payload that its name says", at, hint)
        return content

    def holds(self, digest: str) -> bool:
        """Tell whether a payload is there."""
        return self._disk.holds(_path(digest))

    def is_erased(self, digest: str) -> bool:
        """Tell whether a payload was erased."""
        return self._disk.holds(_path(digest) + _ERASED)

    def digests(self) -> Iterator[str]:
        """Yield the digest of every payload that is there, in order."""
        for name in self._disk.files(FOLDER):
            if _PLACED.fullmatch(name):
                yield name.replace("/", "")

    def erase(self, digest: str) -> None:
        """Remove a payload, and leave a mark that it was removed.

        To erase what is erased already does no harm: a run that was cut short is
        taken up again.

        Raises:
            ConfigError: That is no digest.
            LedgerError: There is no such payload.
            OSError: It may still be there.
        """
        if not self.is_erased(digest):
            if not self.holds(digest):
                raise LedgerError("there is no such payload", Locus(_path(digest)))
            self._place(_path(digest) + _ERASED, b"")
        if self.holds(digest):
            self._disk.remove(_path(digest))
            self._disk.sync_folder(_path(digest).rpartition("/")[0])

    def _place(self, path: str, content: bytes) -> None:
        place(self._disk, [(path, content)], self._lasting)


def erase(
    payloads: Payloads,
    digest: str,
    append: Callable[[list[bytes]], object],
    *,
    time: str,
    reason: str,
) -> None:
    """Log that a payload is erased, then erase it.

    In this order a crash between the two leaves a payload that the log calls erased,
    and erasing it again finishes the work. In the other order a payload would be gone
    and nothing would say why.

    Args:
        payloads: Where it lies.
        digest: Its SHA-256 in hexadecimal.
        append: Brings entries to the log, durably.
        time: When this is.
        reason: One of `ringfence.ledger.entries.REASONS`.

    Raises:
        ConfigError: That is no digest.
        LedgerError: There is no such payload.
        OSError: It may still be there.
    """
    if not payloads.is_erased(digest):
        if not payloads.holds(digest):
            raise LedgerError("there is no such payload", Locus(_path(digest)))
        digests, values = {"payload": digest}, {"reason": reason}
        append([made("erased", time, digests=digests, values=values)])
    payloads.erase(digest)


def _path(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        hint = "64 hexadecimal digits, as `ringfence ledger show` prints them"
        raise ConfigError(f"`{digest[:80]}` is no digest", hint=hint)
    return f"{FOLDER}/{digest[:2]}/{digest[2:]}"
