"""The public sentences of a boundary's claims, as a docket keeps them."""

from __future__ import annotations

from pathlib import Path

from ringfence.claims.check import read_boundary
from ringfence.claims.snapshot import read_resolved
from ringfence.docket.objects import Sentence


def sentences_of(case: Path) -> list[Sentence]:
    """Return what each claim of a boundary says, in the boundary's order.

    Args:
        case: A boundary file, its folder, or the `boundary.json` of a check.

    Raises:
        RingfenceError: The boundary can't be used.
    """
    boundary = (
        read_resolved(case) if case.suffix == ".json" else read_boundary(case).boundary
    )
    return [
        Sentence(one.id, one.says, one.by or "", _day(one.on))
        for one in boundary.claims
    ]


def _day(on: str | None) -> str:
    """Return when it was said, as precisely as is known."""
    return on or ""
