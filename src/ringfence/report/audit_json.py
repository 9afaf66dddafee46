"""The audit as JSON: counts, shares, gaps, the exhibits shown, and what is unused."""

from __future__ import annotations

import msgspec

from ringfence.boundary.model import Boundary
from ringfence.claims.bypass import Bypasses
from ringfence.claims.crossings import Crossings
from ringfence.claims.use.usage import Unused

SCHEMA = "ringfence-audit/1"


def audit(
    boundary: Boundary,
    found: Crossings,
    unused: Unused,
    bypasses: Bypasses | None = None,
) -> str:
    """Return the audit as one JSON document."""
    answer: dict[str, object] = {
        "schema": SCHEMA,
        "boundary": boundary.name,
        "as_of": boundary.as_of,
        "crossings": found,
        "unused": unused,
    }
    if bypasses is not None:
        answer["bypasses"] = bypasses
    return msgspec.json.format(msgspec.json.encode(answer)).decode() + "\n"
