"""The public sentences of a boundary's claims, as a docket keeps them."""

from __future__ import annotations

from pathlib import Path

from ringfence.claims.check import read_boundary
from ringfence.docket.objects import Sentence


def sentences_of(case: Path) -> list[Sentence]:
    """Return what each claim of a boundary says, in the boundary's order.

    Args:
        case: A boundary file, or its folder.

    Raises:
        ConfigError: The boundary can't be used.
    """
    claims = read_boundary(case).boundary.claims
    return [Sentence(one.id, one.says, one.by or "", one.on or "") for one in claims]
