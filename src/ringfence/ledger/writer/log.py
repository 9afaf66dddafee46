"""The log: one writer that sequences entries and publishes their tree.

*Sequenced*: an entry has its place and is on the disk, in the journal. *Published*: a
signed checkpoint covers it, and its tiles and the checkpoint are on the disk, for
anybody to read. Nothing is signed that isn't there, and no checkpoint is shown to
anybody before the ledger has noted that it signed it (docs/ledger/durability.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from ringfence.errors import Locus
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import SigningKey
from ringfence.ledger.signed.notes import Note, Signature, render_note
from ringfence.ledger.tree.growing import Fetch
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import LONGEST
from ringfence.ledger.writer.charter import Charter, read_charter, read_keys
from ringfence.ledger.writer.disk import (
    PRIVATE,
    PUBLIC,
    Disk,
    RealDisk,
    place,
    public_fetch,
    sweep,
)
from ringfence.ledger.writer.founding import found, new_keys, sign
from ringfence.ledger.writer.journal import LARGE, Journal
from ringfence.ledger.writer.recovery import (
    PUBLISHED,
    SIGNED,
    Recovered,
    check_full,
    is_partial,
    recover,
)

Clock = Callable[[], float]
"""Gives the seconds since 1970."""
Cosigner = Callable[
    [SignedCheckpoint, Callable[[int], list[bytes]]], Sequence[Signature]
]
"""Asks witnesses: is given a signed checkpoint and what proves that it continues the
tree of a size, and gives their cosignatures, or raises where it has too few."""
Stands = Callable[[SignedCheckpoint], bool]
"""Tells whether a checkpoint has the cosignatures that it needs, all of them good."""
_REOPEN = "try again: a ledger that is opened anew is read from the disk anew"
_GO_ON = "once the disk is in order, `ringfence ledger publish` goes on"
_LOOK = (
    "the entries may be in the log: once the disk is in order, `ringfence ledger "
    "publish`, and look with `ringfence ledger show` before you try again"
)


class Log:
    """A ledger that is open for writing. It is for one thread at a time.

    Attributes:
        charter: What the ledger was founded as.
        cut: How many bytes at the end of the journal weren't whole when the ledger was
            opened: of entries that were being written when a writer was cut short.
    """

    def __init__(
        self,
        disk: Disk,
        charter: Charter,
        keys: Sequence[SigningKey],
        *,
        clock: Clock,
        cosign: Cosigner | None,
        stands: Stands | None,
    ) -> None:
        """Take up a ledger whose lock is held; `Log.open` is for everybody else."""
        self.charter = charter
        self._disk = disk
        self._keys = tuple(keys)
        self._clock = clock
        self._cosign = cosign
        self._stands = stands
        self._lasting: set[str] = set()  # folders that are known to be on the disk
        self._outgrown: dict[str, str] = {}  # the first full file of each level
        self._stopped: str | None = None
        self._exits = ExitStack()
        recovered = recover(disk, charter)
        self.cut = recovered.journal.torn
        self._frontier = recovered.frontier
        self._pending = list(recovered.pending)
        self._signed = recovered.signed
        self._published = recovered.published
        self._journal = self._resumed(recovered)

    @classmethod
    def create(
        cls,
        folder: Path,
        origin: str,
        *,
        keys: Sequence[SigningKey] | None = None,
        previous: str | None = None,
        quorum: str | None = None,
        clock: Clock = time.time,
        cosign: Cosigner | None = None,
        disk: Disk | None = None,
    ) -> Self:
        """Found a ledger and open it; its first checkpoint, of no entries, is public.

        Args:
            folder: Where it lies. The folder is made if need be.
            origin: Its name: a domain and a path that belong to whoever founds it.
            keys: What signs its checkpoints; without, one Ed25519 and one ML-DSA-44
                key are drawn.
            previous: The ledger that this one continues.
            quorum: The file in its private folder that says which witnesses it needs.
            clock: What tells the time.
            cosign: What asks the witnesses, from the next checkpoint on.
            disk: What stands in for the folder.

        Raises:
            ConfigError: A key doesn't bear the name, or can't bear it; or something
                lies there already.
            LedgerError: It can't be written.
        """
        signing = new_keys(origin) if keys is None else tuple(keys)
        verifiers = tuple(key.verifier for key in signing)
        charter = Charter(origin, verifiers, previous, quorum)
        with _as_faults(folder):
            made = RealDisk.made(folder) if disk is None else disk
            found(made, charter, signing, int(clock()))
        return cls.open(folder, clock=clock, cosign=cosign, disk=made)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock = time.time,
        cosign: Cosigner | None = None,
        stands: Stands | None = None,
        disk: Disk | None = None,
    ) -> Self:
        """Open a ledger for writing, and make good what a crash left.

        Args:
            folder: Where it lies.
            clock: What tells the time.
            cosign: What asks the witnesses, before a checkpoint is published.
            stands: What tells whether one that is published has enough of them.
            disk: What stands in for the folder.

        Raises:
            ConfigError: There is no ledger.
            LedgerError: Another writer is at work there, or its files are not what any
                crash leaves.
            ProofError: A checkpoint doesn't verify, or contradicts another.
        """
        at = disk or RealDisk(folder)
        with _as_faults(folder), ExitStack() as exits:
            read_charter(at)  # no lock is laid where there is no ledger
            exits.enter_context(at.locked())
            exits.callback(at.close)
            charter = read_charter(at)  # whose keys nobody changes from now on
            keys = read_keys(at, charter)
            log = cls(at, charter, keys, clock=clock, cosign=cosign, stands=stands)
            log._exits = exits.pop_all()
        return log

    @property
    def size(self) -> int:
        """Return how many entries are sequenced."""
        return self._frontier.size

    @property
    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the checkpoint that is published; a crash may have left none."""
        return self._published

    @property
    def signed(self) -> SignedCheckpoint:
        """Return the checkpoint that was signed last, published or not."""
        return self._signed

    @property
    def fetch(self) -> Fetch:
        """Return what reads the files that the log publishes."""
        return public_fetch(self._disk)

    def append(self, entries: Sequence[bytes]) -> range:
        """Sequence entries: their places, which they keep, once they are on the disk.

        Args:
            entries: The entries, in their order. Either all are sequenced or none is.

        Raises:
            LedgerError: One is too long; or they may not be on the disk, and the log
                takes nothing more.
        """
        self._check()
        longest = max(map(len, entries), default=0)
        if longest > LONGEST:
            message = f"an entry of {longest:,} bytes is longer than {LONGEST:,}"
            raise LedgerError(message, hint="log its digest, and keep it beside")
        places = range(self.size, self.size + len(entries))
        if entries:
            with self._lasts(_LOOK):
                self._journal.append(self.size, entries)
                self._frontier.extend(entries)
        return places

    def publish(self) -> SignedCheckpoint:
        """Publish what is sequenced; if that is nothing new, what stands is returned.

        Where its cosignatures were lost or damaged, the witnesses are asked again.

        Raises:
            LedgerError: It may not be on the disk, and the log takes nothing more.
            Exception: Whatever asking the witnesses raises. Nothing is published then,
                and the next call asks them again.
        """
        self._check()
        published = self._published
        if published is not None and self._is_all(published):
            return published
        if self._signed.checkpoint.size < self.size:
            with self._lasts():
                place(self._disk, self._files(), self._lasting)
                self._sign()
        cosigned = self._cosigned()
        with self._lasts():
            place(self._disk, [(PUBLISHED, cosigned.content)], self._lasting)
            self._published = cosigned
            self._tidy()
        return cosigned

    def close(self) -> None:
        """Let go of the ledger. What is sequenced and not published stays so."""
        self._stopped = self._stopped or "it is closed"
        self._exits.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _resumed(self, recovered: Recovered) -> Journal:
        """Bring to the disk what recovery relies on: a writer may have been killed."""
        sweep(self._disk)
        if self._signed.content != self._noted():
            place(self._disk, [(SIGNED, self._signed.content)], self._lasting)
        for path, folder in ((SIGNED, PRIVATE), (PUBLISHED, PUBLIC)):
            if path == SIGNED or self._published is not None:
                self._disk.sync([path])
                self._disk.sync_folder(folder)
        if recovered.journal.after < self._signed.checkpoint.size:
            return Journal.begin(self._disk, self.size, self._lasting)
        return Journal.resume(self._disk, recovered.journal)

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files that the tree has got since they were last placed."""
        for path, content in chain(self._pending, self._frontier.written()):
            check_full(self._disk, path, content)
            if not is_partial(path):
                self._outgrown.setdefault(path.rpartition("/")[0], path)
            yield f"{PUBLIC}/{path}", content
        self._pending = []

    def _sign(self) -> None:
        """Sign the tree, which is on the disk, and note it before anybody sees it."""
        if self._noted() != self._signed.content:
            message = "another writer has signed since this one opened the ledger"
            raise LedgerError(message, Locus(SIGNED))
        root = self._frontier.root()
        head = Checkpoint(self.charter.origin, self.size, root)
        signed = sign(self._keys, head, max(int(self._clock()), self._latest()))
        place(self._disk, [(SIGNED, signed.content)], self._lasting)
        self._signed = signed

    def _latest(self) -> int:
        """Return the latest time that was signed: a clock that went back waits."""
        both = (*self._signed.verified, *(self._published or self._signed).verified)
        return max((one.seconds or 0 for one in both), default=0)

    def _noted(self) -> bytes:
        return self._disk.read(SIGNED)

    def _is_all(self, published: SignedCheckpoint) -> bool:
        covers = published.checkpoint.size == self.size
        return covers and (self._stands is None or self._stands(published))

    def _cosigned(self) -> SignedCheckpoint:
        """Return the signed checkpoint with the signatures of its witnesses."""
        if self._cosign is None:
            return self._signed
        text, signatures = self._signed.note
        known = {(key.name, key.key_id) for key in self.charter.keys}
        own = tuple(one for one in signatures if (one.name, one.key_id) in known)
        tree = Tree(self._signed.checkpoint.size, self.fetch)
        bare = self._signed._replace(note=Note(text, own))
        others = self._cosign(bare, tree.consistency)
        content = render_note(Note(text, (*own, *others)))
        return read_checkpoint(content, self.charter.keys, place=PUBLISHED)

    def _tidy(self) -> None:
        """Remove what is needed no more: it is all in full files that are public."""
        if self._journal.size > LARGE:
            self._journal = Journal.begin(self._disk, self.size, self._lasting)
        for path in self._outgrown.values():
            folder = f"{PUBLIC}/{path}.p"
            names = self._disk.files(folder)
            for name in names:
                self._disk.remove(f"{folder}/{name}")
            if names:
                self._disk.remove_folder(folder)
            self._lasting.discard(folder)
        self._outgrown.clear()

    def _check(self) -> None:
        if self._stopped is not None:
            raise LedgerError(f"the ledger is not open: {self._stopped}", hint=_REOPEN)

    @contextmanager
    def _lasts(self, hint: str = _GO_ON) -> Iterator[None]:
        """Stop for good where something may not be on the disk.

        To try again would prove nothing: the system may have dropped what it could not
        write, and would then call it written.
        """
        try:
            yield
        except BaseException as error:  # an interrupt leaves half a file too
            self._stopped = _reason(error)
            if isinstance(error, OSError):
                at = Locus(str(error.filename)) if error.filename else None
                message = f"can't be brought to the disk: {self._stopped}"
                raise LedgerError(message, at, hint) from error
            raise


@contextmanager
def _as_faults(folder: Path) -> Iterator[None]:
    try:
        with within(folder):
            yield
    except OSError as error:
        at = Locus(str(error.filename or folder))
        raise LedgerError(_reason(error), at, "check the path") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "the disk failed").lower()
    return "it was interrupted" if not str(error) else str(error)
