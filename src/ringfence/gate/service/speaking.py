"""The protocols that the service speaks."""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.gate.service.table import Handler, Prompting
from ringfence.gate.surfaces import authzen, envoy, opa, trino


def surfaces(base_url: str) -> tuple[Mapping[str, Handler], ...]:
    """Return the handlers of every protocol.

    Args:
        base_url: The service's own address, as callers know it.

    Raises:
        ConfigError: It is no address that can be told to them.
    """
    return authzen.routes(base_url), trino.ROUTES, opa.ROUTES, envoy.ROUTES


def prompts(base_url: str) -> Mapping[str, Prompting]:
    """Return what answers the questions that come often, by path: all of them posted.

    Args:
        base_url: The service's own address, as callers know it.

    Raises:
        ConfigError: It is no address that can be told to them.
    """
    return authzen.prompts(base_url)
