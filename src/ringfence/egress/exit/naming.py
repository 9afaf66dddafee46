"""What a ledger is told of an exit: contracts in force, and a meter that was lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ringfence.egress.channels.contract import Contracts
from ringfence.egress.exit.standing import (
    CONTRACTS,
    METER,
    Standing,
    patiently,
    standing,
)
from ringfence.egress.meter.marks import MeterError
from ringfence.egress.meter.meter import Desk, Meter
from ringfence.errors import ConfigError, Locus
from ringfence.ledger.entries import made
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.writer.disk import RealDisk


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


def _contracts_entry(contracts: Contracts, time: str) -> bytes:
    digests = {
        "boundary": contracts.boundary,
        "contracts": contracts.digest,
        "estate": contracts.estate,
    }
    values = {"as_of": contracts.since}
    return made(CONTRACTS, time, digests=digests, values=values)
