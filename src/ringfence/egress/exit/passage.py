"""What the exit answers, and what surfaces ask it for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ringfence.egress.channels.judge import Ruling, Verdict
from ringfence.egress.inspection.report import Inspection
from ringfence.egress.payload import Payload
from ringfence.errors import RingfenceError


class UnjudgedError(RingfenceError):
    """No verdict was reached, or the ledger may not hold it: nothing leaves."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A verdict that the ledger holds, and what may leave by it.

    Attributes:
        release: Id of the release: the same payload on the same contract has the same.
        ruling: The verdict and its reasons.
        inspection: What was seen.
        entry: The ledger's entry that holds the verdict.
        output: What may leave, in place of the payload; None unless the verdict is
            `RELEASE` or `MASK`. A file is the caller's to move; it is removed if the
            caller doesn't.
        receipt: What is told of it, as JSON: digests, places, counts and reasons.
        is_again: The ledger held the verdict already, and nothing was counted anew.
    """

    release: str
    ruling: Ruling
    inspection: Inspection
    entry: int
    output: bytes | Path | None
    receipt: bytes
    is_again: bool = False

    @property
    def may_leave(self) -> bool:
        """Whether something may leave."""
        return self.ruling.verdict in (Verdict.RELEASE, Verdict.MASK)


class Exit(Protocol):
    """Judges payloads, one after the other or several at once, from any thread."""

    def judge(self, channel: str, payload: Payload) -> Passage:
        """Return a verdict that the ledger holds.

        Raises:
            UnjudgedError: There is none, or the ledger may not hold it. Nothing may
                leave; the same payload may be tried again.
        """
        ...
