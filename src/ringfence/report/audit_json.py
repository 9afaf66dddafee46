"""The audit as JSON: every count, every share, every gap, and the exhibits shown."""

from __future__ import annotations

import msgspec

from ringfence.claims.events.audited import Audited

SCHEMA = "ringfence-audit/1"


def audit(found: Audited) -> str:
    """Return the audit as one JSON document."""
    answer = {
        "schema": SCHEMA,
        "boundary": found.boundary.name,
        "as_of": found.boundary.as_of,
        "crossings": found.crossings,
    }
    return msgspec.json.format(msgspec.json.encode(answer)).decode() + "\n"
