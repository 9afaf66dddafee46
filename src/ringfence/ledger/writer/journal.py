"""The journal: entries that are on the disk, before they are in the tree.

A batch is appended and synced once; from then on its entries are sequenced: they have
their places for good. Each batch carries a digest over itself and over a mark that each
journal draws anew, so that no entry's bytes can pass for a batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

from ringfence.errors import Locus
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.tree.tiles import pack, unpack
from ringfence.ledger.writer.disk import Disk, place

JOURNAL = "private/journal"
LARGE = 4 << 20  # bytes from which a journal is begun anew
_MAGIC = b"ringfence journal 1\n"
_MARK = 16  # bytes
_BEGIN = Struct(f">{len(_MAGIC)}s{_MARK}sQ")  # magic, mark, entries before the first
_HEAD = Struct(f">{_MARK}sQQQ32s")  # mark, first, count, length of the body, digest


class Batch(NamedTuple):
    """Entries that were sequenced together.

    Attributes:
        first: The place of the first one in the log.
        entries: The entries.
    """

    first: int
    entries: list[bytes]

    @property
    def after(self) -> int:
        """Return the place behind the last one."""
        return self.first + len(self.entries)


class Reading(NamedTuple):
    """What a journal holds.

    Attributes:
        mark: What begins each of its batches.
        base: How many entries the log had when the journal was begun.
        batches: Its batches.
        whole: How many bytes of it are good; the rest is what a crash tore.
        torn: How many bytes those are.
    """

    mark: bytes
    base: int
    batches: list[Batch]
    whole: int
    torn: int

    @property
    def after(self) -> int:
        """Return the place behind the last entry."""
        return self.batches[-1].after if self.batches else self.base


class Journal:
    """A journal that is being written.

    Attributes:
        size: How many bytes it has.
    """

    def __init__(self, disk: Disk, mark: bytes, size: int) -> None:
        self._disk = disk
        self._mark = mark
        self.size = size

    @classmethod
    def begin(cls, disk: Disk, base: int, lasting: set[str]) -> Journal:
        """Begin a journal in the place of any that is there.

        Args:
            disk: The ledger's folder.
            base: How many entries the log has, all of them in files of their own.
            lasting: Folders that are known to be on the disk.

        Raises:
            OSError: It may not be there.
        """
        mark = os.urandom(_MARK)
        begin = _BEGIN.pack(_MAGIC, mark, base)
        place(disk, [(JOURNAL, begin)], lasting)
        return cls(disk, mark, len(begin))

    @classmethod
    def resume(cls, disk: Disk, reading: Reading) -> Journal:
        """Go on with a journal, without what a crash tore.

        Raises:
            OSError: It may not be on the disk.
        """
        if reading.torn:
            disk.truncate(JOURNAL, reading.whole)
        # A writer that was killed may have written it to memory alone.
        disk.sync([JOURNAL])
        return cls(disk, reading.mark, reading.whole)

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Bring entries to the disk.

        Raises:
            OSError: They may not be there.
        """
        body = pack(entries)
        digest = _digest(self._mark, first, len(entries), body)
        head = _HEAD.pack(self._mark, first, len(entries), len(body), digest)
        self._disk.append(JOURNAL, head + body)
        self._disk.datasync(JOURNAL)
        self.size += len(head) + len(body)


def read_journal(content: bytes) -> Reading:
    """Return what a journal holds.

    Whatever isn't whole at its end was never acknowledged: it was being written when
    the writer was cut short.

    Raises:
        LedgerError: A batch is damaged and whole ones follow, which no crash does; or
            one doesn't follow the one before it.
    """
    if len(content) < _BEGIN.size or not content.startswith(_MAGIC):
        raise LedgerError("is no journal of a ledger", Locus(JOURNAL))
    _, mark, base = _BEGIN.unpack_from(content)
    batches: list[Batch] = []
    at, after = _BEGIN.size, base
    while (found := _batch(content, at, mark)) is not None:
        batch, at = found
        if batch.first != after:
            message = f"entry {batch.first} follows {after} entries"
            raise LedgerError(message, Locus(JOURNAL), "restore it from a copy")
        batches.append(batch)
        after = batch.after
    for later in _marks(content, at + 1, mark):
        if _batch(content, later, mark) is not None:
            message = f"byte {at}: damaged, and what follows is not"
            hint = "no crash does that; restore the ledger from a copy"
            raise LedgerError(message, Locus(JOURNAL), hint)
    return Reading(mark, base, batches, at, len(content) - at)


def _batch(content: bytes, at: int, mark: bytes) -> tuple[Batch, int] | None:
    """Return the batch that begins at a byte, if one does, and where it ends."""
    start = at + _HEAD.size
    if start > len(content):
        return None
    found, first, count, length, digest = _HEAD.unpack_from(content, at)
    body = content[start : start + length]
    if found != mark or len(body) < length:
        return None
    if _digest(mark, first, count, body) != digest:
        return None
    return Batch(first, unpack(body, count)), start + length


def _marks(content: bytes, at: int, mark: bytes) -> Iterator[int]:
    while (at := content.find(mark, at)) >= 0:
        yield at
        at += 1


def _digest(mark: bytes, first: int, count: int, body: bytes) -> bytes:
    head = _HEAD.pack(mark, first, count, len(body), bytes(32))
    hashed = sha256(head)
    hashed.update(body)
    return hashed.digest()
