"""The protocols that the service speaks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.service.table import Handler, Prompting
from ringfence.gate.surfaces import authzen, envoy, opa, trino

MODE = "ringfence_mode"  # in AuthZEN's metadata, which may have members of one's own
HEADER = ("Ringfence-Mode", "shadow")  # in every reply of a service in shadow mode


def surfaces(
    base_url: str, *, shadow: bool = False
) -> tuple[Mapping[str, Handler], ...]:
    """Return the handlers of every protocol.

    Args:
        base_url: The service's own address, as callers know it.
        shadow: Nothing is enforced, and AuthZEN's metadata say so.

    Raises:
        ConfigError: It is no address that can be told to them.
    """
    first: Mapping[str, Handler] = authzen.routes(base_url)
    if shadow:
        first = {key: _marked(key, one) for key, one in first.items()}
    return first, trino.ROUTES, opa.ROUTES, envoy.ROUTES


def _marked(key: str, handle: Handler) -> Handler:
    """Return a handler; that of metadata says that nothing is enforced."""
    if not key.startswith(f"GET {authzen.WELL_KNOWN}"):
        return handle

    async def marked(point: Point, caller: Caller, call: Call) -> Reply:
        reply = await handle(point, caller, call)
        told = msgspec.json.decode(reply.body)
        if not isinstance(told, dict):
            return reply
        return Reply(reply.status, msgspec.json.encode({**told, MODE: HEADER[1]}))

    return marked


def prompts(base_url: str) -> Mapping[str, Prompting]:
    """Return what answers the questions that come often, by path: all of them posted.

    Args:
        base_url: The service's own address, as callers know it.

    Raises:
        ConfigError: It is no address that can be told to them.
    """
    return authzen.prompts(base_url)
