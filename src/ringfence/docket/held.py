"""An object of a docket with its place in the ledger; how often a thing was said."""

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


@dataclass(frozen=True, slots=True)
class Corroboration:
    """How often something was said. Eighty tapes of one hand are one source.

    Attributes:
        statements: How many statements.
        recordings: Distinct recordings; the same sound received twice is one.
        speakers: Distinct speakers; `unnamed`: statements of whom nobody can tell.
        hands: Distinct hands: sources.
        first_hand: Statements of what somebody did or saw themselves.
        hedged: Statements that hedge.
    """

    statements: int
    recordings: int
    speakers: int
    unnamed: int
    hands: int
    first_hand: int
    hedged: int
