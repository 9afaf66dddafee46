"""What a check says of its entries when the ledger fails."""

from __future__ import annotations

import errno
from pathlib import Path

from ringfence.claims.recorded import Logged, _fault
from ringfence.errors import Locus
from ringfence.ledger.faults import LedgerError

FAR = ("not logged", "check again")


def test_entries_that_are_not_published_are_said_to_be_sequenced():
    """Without a size there is no checkpoint that covers them."""
    logged = Logged("ringfence-logged/1", "example.com/log", 1, 4, None)
    assert (
        str(logged) == "entries 1 to 3 of example.com/log, sequenced and not published"
    )


def test_a_failing_disk_is_told_beside_the_verdict():
    """The verdict stands; the error names the ledger, the reason and what to do."""
    error = OSError(errno.ENOSPC, "No space left on device")
    (told,) = _fault(error, Path("ledger"), FAR).problems
    assert told.message.startswith("judged, but not logged: ")
    assert "No space left on device" in told.message
    assert (told.at, told.hint) == (Locus("ledger"), "check again")


def test_a_fault_of_the_ledger_keeps_its_place_and_advice():
    """Whoever reads it learns which file, and both remedies."""
    fault = LedgerError("is damaged", Locus("private/journal"), "restore it")
    (told,) = _fault(fault, Path("ledger"), FAR).problems
    assert told.message == "judged, but not logged: private/journal: is damaged"
    assert told.hint == "restore it; check again"
