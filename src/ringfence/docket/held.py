"""An object of a docket, with its place in the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.docket.objects import Object


@dataclass(frozen=True, slots=True)
class Held:
    """An object as its ledger holds it.

    Attributes:
        index: Place of its entry, from 0.
        time: When it was logged.
        kind: Kind of the entry: `statement`.
        ref: SHA-256 of its payload, by which others refer to it.
        object: What it says; None if its payload was erased.
    """

    index: int
    time: str
    kind: str
    ref: str
    object: Object | None
