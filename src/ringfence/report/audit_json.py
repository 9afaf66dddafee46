"""The audit as JSON: every count, every share, every gap, and the exhibits shown."""

from __future__ import annotations

import msgspec

from ringfence.boundary.model import Boundary
from ringfence.claims.crossings import Crossings

SCHEMA = "ringfence-audit/1"


def audit(boundary: Boundary, found: Crossings) -> str:
    """Return the audit as one JSON document."""
    answer = {
        "schema": SCHEMA,
        "boundary": boundary.name,
        "as_of": boundary.as_of,
        "crossings": found,
    }
    return msgspec.json.format(msgspec.json.encode(answer)).decode() + "\n"
