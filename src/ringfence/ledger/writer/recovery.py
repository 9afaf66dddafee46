"""Recovery: what a ledger is, by what a crash left on the disk.

The last signed checkpoint says how far the tree goes; its right edge is taken up from
the tiles, and must have the signed root. What was sequenced beyond lies in the journal.
Nothing is written here.
"""

from __future__ import annotations

from typing import NamedTuple

from ringfence.errors import Locus
from ringfence.ledger.faults import Exhibit, ForkError, LedgerError
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.tree.growing import Frontier
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.charter import Charter
from ringfence.ledger.writer.disk import PUBLIC, Disk, public_fetch
from ringfence.ledger.writer.journal import JOURNAL, Reading, read_journal

SIGNED = "private/signed"
PUBLISHED = "public/checkpoint"
_RESTORE = "restore the ledger from a copy; `ringfence ledger fsck` tells more"


class Recovered(NamedTuple):
    """A ledger as it stands.

    Attributes:
        frontier: The tree of every entry that is sequenced.
        pending: Files of that tree that the signed one didn't have.
        signed: The last checkpoint that its keys signed.
        published: The one that anybody can read; None if there is none.
        journal: What the journal holds.
    """

    frontier: Frontier
    pending: tuple[tuple[str, bytes], ...]
    signed: SignedCheckpoint
    published: SignedCheckpoint | None
    journal: Reading


def recover(disk: Disk, charter: Charter) -> Recovered:
    """Return what a ledger is, by its files.

    Raises:
        LedgerError: They can't be made to agree: no crash leaves them that way.
        ProofError: A checkpoint doesn't verify.
        ForkError: Two checkpoints contradict each other.
        OSError: A file can't be read.
    """
    published = _checkpoint(disk, PUBLISHED, charter)
    signed = _checkpoint(disk, SIGNED, charter)
    if signed is None:
        message = "what was signed last can't be known: the file is missing"
        raise LedgerError(message, Locus(SIGNED), _RESTORE)
    if published is not None and published.checkpoint.size > signed.checkpoint.size:
        signed, older = published, signed
    else:
        older = published or signed
    frontier = _edge(disk, signed)
    _check_older(disk, older, signed)
    journal = _journal(disk)
    _replay(journal, frontier)
    pending = tuple(frontier.written())
    for path, content in pending:
        check_full(disk, path, content)
    return Recovered(frontier, pending, signed, published, journal)


def is_partial(path: str) -> bool:
    """Return whether a tile or bundle of that name isn't full."""
    return path.rpartition("/")[0].endswith(".p")


def check_full(disk: Disk, path: str, content: bytes) -> None:
    """Check that a full tile or bundle which is about to be written is no other's.

    A partial one may be overwritten: nobody was told of it. A full one never changes.

    Raises:
        LedgerError: Another content lies there.
        OSError: It can't be read.
    """
    if is_partial(path):
        return
    try:
        there = disk.read(f"{PUBLIC}/{path}")
    except FileNotFoundError:
        return
    if there != content:
        message = "is full and differs from what the entries give"
        raise LedgerError(message, Locus(f"{PUBLIC}/{path}"), _RESTORE)


def _checkpoint(disk: Disk, path: str, charter: Charter) -> SignedCheckpoint | None:
    try:
        content = disk.read(path)
    except FileNotFoundError:
        return None
    # The keys bear the log's name, so that they can sign for no other.
    return read_checkpoint(content, charter.keys, place=path)


def _edge(disk: Disk, signed: SignedCheckpoint) -> Frontier:
    """Return the tree of a checkpoint."""
    size = signed.checkpoint.size
    try:
        frontier = Frontier.at(size, public_fetch(disk))
    except FileNotFoundError as error:
        message = f"a file of the tree of {size} entries is missing"
        raise LedgerError(message, Locus(str(error.filename)), _RESTORE) from None
    if frontier.root() != signed.checkpoint.root:
        message = f"the tree of {size} entries is not the one that was signed"
        raise LedgerError(message, Locus("public/tile"), _RESTORE)
    return frontier


def _check_older(disk: Disk, older: SignedCheckpoint, signed: SignedCheckpoint) -> None:
    """Hold a checkpoint against the tree of one that isn't smaller."""
    size = older.checkpoint.size
    if size == signed.checkpoint.size:
        root = signed.checkpoint.root
    else:
        root = Tree(size, public_fetch(disk)).root()
    if root != older.checkpoint.root:
        message = "its own keys signed two logs"
        exhibits = [
            Exhibit("checkpoint-1", older.content),
            Exhibit("checkpoint-2", signed.content),
        ]
        raise ForkError(message, exhibits, Locus(SIGNED), "ask who else has the keys")


def _journal(disk: Disk) -> Reading:
    try:
        return read_journal(disk.read(JOURNAL))
    except FileNotFoundError:
        message = "what was sequenced last can't be known: the file is missing"
        raise LedgerError(message, Locus(JOURNAL), _RESTORE) from None


def _replay(journal: Reading, frontier: Frontier) -> None:
    """Add to a tree what the journal has beyond it."""
    if journal.base > frontier.size:
        message = (
            f"continues a log of {journal.base} entries; "
            f"the last checkpoint has {frontier.size}"
        )
        raise LedgerError(message, Locus(JOURNAL), _RESTORE)
    for batch in journal.batches:
        if batch.after > frontier.size:
            frontier.extend(batch.entries[frontier.size - batch.first :])
