"""Small contracts and inspections for tests of the exit's verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ringfence.boundary.channels import Channel, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Conceded, Contract, Recipient
from ringfence.egress.inspection.report import (
    Column,
    Coverage,
    Inspection,
    Sighting,
    Undecided,
)
from ringfence.egress.inspection.sightings import Doubt, Place, Written

NOW = "2022-01-31T00:00:00Z"
BEFORE, AFTER = "2021-01-01T00:00:00Z", "2023-01-01T00:00:00Z"
WHO = "legal_entity:adloom"
CATEGORIES = {
    "EMAIL": ("identifiers",),
    "PHONE": ("identifiers",),
    "LOCATION": ("whereabouts",),
    "CONTENT": (),
}
LIMITS = {"identifiers": 100, "whereabouts": 10}
LEAVE = Conceded("totals", 50, BEFORE, AFTER)


def channel(*columns: Declared, **more: Any) -> Channel:
    """Return a channel in force."""
    fields: dict[str, Any] = {
        "name": "measurement",
        "recipients": (WHO,),
        "purpose": "to measure",
        "owner": "head of ads",
        "approver": "person:ann",
        "until": AFTER,
        "cap": 1000,
    }
    return Channel(columns=columns, **(fields | more))


def contract(
    *columns: Declared,
    status: Status = Status.NO,
    leave: Conceded | None = None,
    recipients: Sequence[Recipient] | None = None,
    **more: Any,
) -> Contract:
    """Return the contract of a channel to one recipient, or to some."""
    chosen = (Recipient(WHO, status, WHO),) if recipients is None else recipients
    return Contract(channel(*columns, **more), tuple(chosen), CATEGORIES, LIMITS, leave)


def sighting(
    tag: str,
    people: Iterable[int] = (),
    *,
    column: str = "mail",
    part: tuple[str, ...] = (),
    count: int = 3,
) -> Sighting:
    """Return that identifiers of some people were seen."""
    found = np.array([*people], np.uint64)
    return Sighting(Place(part, column, 1), tag, Written.PLAIN, count, found)


def undecided(
    why: Doubt, *, column: str = "mail", part: tuple[str, ...] = ()
) -> Undecided:
    """Return one thing that can't be decided."""
    return Undecided(Place(part, column, 1), why)


def there(name: str, *types: Any, part: tuple[str, ...] = ()) -> Column:
    """Return a column that is there, of texts if nothing else is said."""
    return Column(part, name, frozenset(types or ("text",)), 3)


def inspection(
    *columns: Column,
    seen: Sequence[Sighting] = (),
    doubts: Sequence[Undecided] = (),
    coverage: Coverage = Coverage.COMPLETE,
) -> Inspection:
    """Return what an inspection found."""
    return Inspection(
        content="c" * 64,
        size=100,
        format="csv",
        coverage=coverage,
        rows=3,
        columns=columns,
        sightings=tuple(seen),
        undecided=tuple(doubts),
        epoch="e" * 64,
    )
