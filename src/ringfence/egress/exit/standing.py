"""What a ledger says an exit stands on: the contracts in force, the meter that counts.

A file on the exit's machine says nothing of who wrote it, and one that is gone says
nothing at all. So both are held against the ledger: nobody raises a cap, or has people
forgotten, without an entry that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

from ringfence.egress.meter.marks import Mark
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, parse_entry
from ringfence.ledger.faults import BusyError, LedgerError
from ringfence.ledger.keeping.backwards import backwards
from ringfence.ledger.writer.disk import Disk
from ringfence.ledger.writer.log import Log

Opening = Callable[[], AbstractContextManager[Log]]

CONTRACTS, METER, RELEASE = "contracts", "meter", "release"
PATIENCE = 90.0  # seconds: an exit that runs lets go of its ledger each minute
_AGAIN = 0.002  # seconds until a ledger that another writer holds is asked again
_MARK = "sha256:"
_NAMES = (b'"kind":"contracts"', b'"meter":"sha256:')


@dataclass(frozen=True, slots=True)
class Named:
    """Contracts that a ledger names.

    Attributes:
        digest: SHA-256 of their file, in hexadecimal.
        entry: The entry.
        time: When it was written.
    """

    digest: str
    entry: int
    time: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ledger says.

    Attributes:
        origin: What the ledger is called.
        size: How many entries this was read from.
        contracts: The contracts that it names last; None: it names none.
        mark: Where the meter was when it counted last; None: nothing was counted.
    """

    origin: str
    size: int = 0
    contracts: Named | None = None
    mark: Mark | None = None

    def counted(self, place: int, mark: Mark | None) -> Standing:
        """Return what it says with one more entry, of a release."""
        return replace(self, size=place + 1, mark=mark or self.mark)


def standing(disk: Disk, log: Log, before: Standing | None = None) -> Standing:
    """Return what an open ledger says, of contracts and meter, last.

    Args:
        disk: Its folder.
        log: The ledger.
        before: What it said when it had fewer entries, if that is known.

    Raises:
        RingfenceError: Its files aren't what any crash leaves.
        OSError: A file can't be read.
    """
    read_to = before.size if before else 0
    contracts: Named | None = None
    mark: Mark | None = None
    for place, content in backwards(disk) if log.size > read_to else ():
        if place < read_to or (contracts and mark):
            break
        entry = _entry(content, place)
        if entry is None:
            continue
        contracts = contracts or _named(entry, place)
        mark = mark or _mark(entry)
    if before is not None:
        contracts, mark = contracts or before.contracts, mark or before.mark
    return Standing(log.charter.origin, log.size, contracts, mark)


def check_named(digest: str, found: Standing, file: Path, ledger: Path) -> None:
    """Check that contracts are those that a ledger names last.

    Args:
        digest: Theirs.
        found: What the ledger says.
        file: Their file.
        ledger: Its folder.

    Raises:
        ConfigError: They aren't.
    """
    named = found.contracts
    if named is not None and named.digest == digest:
        return
    at = Locus(str(file))
    hint = (
        "`ringfence egress contracts CASE --output FILE --ledger LEDGER` has it do so"
    )
    if named is None:
        message = f"isn't named by the ledger {ledger}, which names no contracts"
        raise ConfigError(message, at, hint)
    message = (
        f"isn't what the ledger {ledger} names last: "
        f"entry {named.entry:,} of {named.time} names other contracts"
    )
    raise ConfigError(message, at, hint)


@contextmanager
def patiently(opening: Opening, seconds: float = PATIENCE) -> Iterator[Log]:
    """Open a ledger; wait for some time for who holds it.

    Raises:
        RingfenceError: There is none, it can't be opened, or is held too long.
    """
    end = monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                log = stack.enter_context(opening())
                break
            except BusyError:
                if monotonic() >= end:
                    raise
                sleep(_AGAIN)
        yield log


def _entry(content: bytes, place: int) -> Entry | None:
    """Return an entry that may be of contracts or a meter; None of any other.

    Raises:
        LedgerError: It tells of a count that is none. An earlier count says less: to
            take that one would let an older meter pass.
    """
    if not any(one in content for one in _NAMES):
        return None
    try:
        return parse_entry(content)
    except ProofError:
        if not any(f'"kind":"{kind}"'.encode() in content for kind in (METER, RELEASE)):
            return None  # another program's
        hint = "no exit wrote it: find out who did; `ringfence ledger show` shows it"
        message = f"entry {place:,} tells of a count that is none"
        raise LedgerError(message, None, hint) from None


def _named(entry: Entry, place: int) -> Named | None:
    digest = entry.digests.get("contracts")
    if entry.kind != CONTRACTS or digest is None:
        return None
    return Named(digest.removeprefix(_MARK), place, entry.time)


def _mark(entry: Entry) -> Mark | None:
    if entry.kind not in (METER, RELEASE) or "meter" not in entry.digests:
        return None
    number = int(entry.values.get("number", "0"))
    return Mark(entry.digests["meter"].removeprefix(_MARK), number)
