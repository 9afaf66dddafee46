"""The protocols that the service speaks."""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.gate.service.table import Handler
from ringfence.gate.surfaces import authzen, envoy, opa, trino


def surfaces(base_url: str) -> tuple[Mapping[str, Handler], ...]:
    """Return the handlers of every protocol.

    Args:
        base_url: The service's own address, as callers know it.

    Raises:
        ConfigError: It is no address that can be told to them.
    """
    return authzen.routes(base_url), trino.ROUTES, opa.ROUTES, envoy.ROUTES
