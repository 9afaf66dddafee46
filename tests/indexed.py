"""Indexes for tests: populations made up, and an index built of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.building import Built, build
from ringfence.egress.index.gathering import Gathering, Keys
from ringfence.egress.index.keys import Key
from ringfence.egress.index.population import Frames, Layout

KEYS = Keys(Key(bytes(range(32))), Key(bytes(range(32, 64))))
OTHER = Key(bytes(range(64, 96)))
LAYOUT = Layout({"id": Kind.ACCOUNT_ID, "email": Kind.EMAIL, "phone": Kind.PHONE}, "id")
NOW = "2026-11-23T10:00:00Z"
Person = Mapping[str, str | None]
ANN: Person = {"id": "1", "email": "Ann+News@Example.com", "phone": "(415) 555-0100"}
BO: Person = {"id": "2", "email": "bo@example.com", "phone": "+1 415 555 0100"}
CY: Person = {"id": "3", "email": None, "phone": "415-555-0102"}
SCHEMA = {"id": pl.String, "email": pl.String, "phone": pl.String}


def frame(people: Sequence[Person]) -> pl.DataFrame:
    """Return people as rows."""
    return pl.DataFrame([*people], schema=SCHEMA)


def gathering(keys: Keys = KEYS, *, has_digests: bool = False) -> Gathering:
    """Return what makes pairs of rows."""
    return Gathering(LAYOUT, keys, has_digests=has_digests)


def built(
    folder: Path,
    people: Sequence[Person] = (ANN, BO, CY),
    *,
    keys: Keys = KEYS,
    has_digests: bool = False,
    time: str = NOW,
) -> Built:
    """Build an index of people."""
    made = gathering(keys, has_digests=has_digests)
    return build(Frames([frame(people)]), made, folder, time=time)
