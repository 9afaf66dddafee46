"""What the boundary says of what may leave."""

from __future__ import annotations

from ringfence.boundary.channels import Egress
from ringfence.claims.case import Case
from ringfence.errors import ConfigError, Locus

_HINT = "add `egress:` to the boundary: `egress: {excluded: [NAME], channels: [..]}`"


def egress_of(case: Case) -> Egress:
    """Return what the boundary says of what may leave.

    Raises:
        ConfigError: It says nothing of it.
    """
    if case.boundary.egress is None:
        message = f"boundary `{case.boundary.name}` says nothing of what may leave"
        raise ConfigError(message, Locus("--case"), _HINT)
    return case.boundary.egress
