"""What a ledger says an exit stands on: the contracts in force, the meter that counts.

A file on the exit's machine says nothing of who wrote it, and one that is gone says
nothing at all. So both are held against the ledger: nobody raises a cap, or has people
forgotten, without an entry that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

from ringfence.egress.channels.contract import Contracts
from ringfence.egress.meter.marks import Mark, MeterError
from ringfence.egress.meter.meter import Desk, Meter
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, made, parse_entry
from ringfence.ledger.faults import BusyError
from ringfence.ledger.keeping.backwards import backwards
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.writer.disk import Disk, RealDisk
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
        entry = _entry(content)
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


def name_contracts(folder: Path, contracts: Contracts, time: str) -> int:
    """Have a ledger name contracts, if they aren't those that it names last.

    Returns:
        The entry that names them.

    Raises:
        RingfenceError: It can't be written.
        OSError: The same.
    """
    with patiently(lambda: writing(folder)) as log:
        named = standing(RealDisk(folder), log).contracts
        if named is not None and named.digest == contracts.digest:
            place = named.entry
        else:
            (place,) = log.append([_contracts_entry(contracts, time)])
        log.publish()
        return place


def accept(folder: Path, file: Path, time: str) -> int:
    """Have a ledger say that a meter counts from here on, though people are lost.

    Args:
        folder: The ledger.
        file: The meter's file; one that isn't there is made.
        time: When this is.

    Returns:
        The entry that says so.

    Raises:
        ConfigError: Nobody is lost.
        RingfenceError: Meter or ledger can't be written.
        OSError: The same.
    """
    with (
        patiently(lambda: writing(folder)) as log,
        closing(Meter(file)) as meter,
        meter.counting() as desk,
    ):
        found = standing(RealDisk(folder), log)
        if _holds(desk, found):
            message = "has counted all that the ledger names: nobody is lost"
            raise ConfigError(message, Locus(str(file)))
        mark = desk.accept(found.origin, found.mark)
        digests, values = {"meter": mark.meter}, {"number": str(mark.number)}
        (place,) = log.append([made(METER, time, digests=digests, values=values)])
        log.publish()
        return place


def _holds(desk: Desk, found: Standing) -> bool:
    try:
        desk.check(found.origin, found.mark)
    except MeterError:
        return False
    return True


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


def _contracts_entry(contracts: Contracts, time: str) -> bytes:
    digests = {
        "boundary": contracts.boundary,
        "contracts": contracts.digest,
        "estate": contracts.estate,
    }
    values = {"as_of": contracts.since}
    return made(CONTRACTS, time, digests=digests, values=values)


def _entry(content: bytes) -> Entry | None:
    """Return an entry that may be of contracts or a meter; None of any other."""
    if not any(one in content for one in _NAMES):
        return None
    try:
        return parse_entry(content)
    except ProofError:
        return None  # another program's


def _named(entry: Entry, place: int) -> Named | None:
    if entry.kind != CONTRACTS:
        return None
    return Named(entry.digests["contracts"].removeprefix(_MARK), place, entry.time)


def _mark(entry: Entry) -> Mark | None:
    if entry.kind not in (METER, RELEASE) or "meter" not in entry.digests:
        return None
    number = int(entry.values.get("number", "0"))
    return Mark(entry.digests["meter"].removeprefix(_MARK), number)
