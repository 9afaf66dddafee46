"""Envoy's external authorisation over HTTP: 200 lets a request pass, nothing else does.

Envoy sends the request's own method and path after a prefix of ours, and the headers
that its filter names. Who asks and what for stand in two headers that Envoy itself has
to set: whatever a client sent under their names must not arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ringfence.boundary.decision.request import Request
from ringfence.errors import ConfigError
from ringfence.gate.point.asked import Asked, Caller, UnansweredError
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.bodies import written
from ringfence.gate.surfaces.guarding import Handler, guarded
from ringfence.gate.surfaces.naming import principal, resource

_SURFACE = "envoy"
PREFIX = "/envoy"
PRINCIPAL = "x-ringfence-principal"
RESOURCE = "x-ringfence-resource"
REASON = "x-ringfence-reason"
DECISION = "x-ringfence-decision"
_REMOVE = "x-envoy-auth-headers-to-remove"
_UNNAMED = "http:unnamed"  # a verb that nobody has, so that the log says denied
_VERBS = {
    "GET": "read",
    "HEAD": "read",
    "POST": "insert",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "delete",
}


async def _check(point: Point, caller: Caller, call: Call) -> Reply:
    who, what = call.headers.get(PRINCIPAL, ""), call.headers.get(RESOURCE, "")
    # A header that came twice names two: nobody can say which one is meant.
    is_named = all(one.strip() and "," not in one for one in (who, what))
    verb = _VERBS.get(call.method.upper(), f"http:{call.method[:20]}")
    request = Request(
        _named(caller, who, is_principal=True),
        verb if is_named else _UNNAMED,
        _named(caller, what, is_principal=False),
    )
    reference = call.headers.get("x-request-id", "")
    answers = await point.answers([Asked(request, caller.name, _SURFACE, reference)])
    if len(answers) != 1:
        raise UnansweredError
    (answer,) = answers
    headers = ((DECISION, answer.id), (_REMOVE, f"{PRINCIPAL},{RESOURCE}"))
    if answer.decision.allowed:
        return Reply(200, headers=headers)
    reason = answer.decision.reason.value if is_named else "unnamed"
    body = written({"reason": reason, "decision": answer.id})
    return Reply(403, body, headers=((REASON, reason), *headers[:1]))


def _named(caller: Caller, text: str, *, is_principal: bool) -> str:
    """Return the node of a header: `person:ann`, or a name that the caller has for it.

    Without a kind, a principal is a person and a resource a dataset.
    """
    kind, colon, name = text.strip().partition(":")
    if not colon:
        kind, name = ("person" if is_principal else "dataset"), text.strip()
    return (principal if is_principal else resource)(caller, kind, name)


ROUTES: Mapping[str, Handler] = {
    f"* {PREFIX}/*": guarded(_check, unanswered=503, broken=503)
}


# --- Envoy's configuration ------------------------------------------------------------

_TYPE = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"


def envoy_configuration(
    uri: str,
    cluster: str,
    *,
    resource: str,
    timeout: str = "0.5s",
    failure_mode_allow: bool = False,
) -> bytes:
    """Return the filter that makes Envoy ask the gate, as JSON (which is YAML too).

    Args:
        uri: Where the gate answers: `https://gate.internal:8443`.
        cluster: Envoy's cluster of the gate.
        resource: What the filter's routes lead to: `dataset:warehouse/public.person`.
        timeout: How long Envoy waits before it denies.
        failure_mode_allow: Refused: a gate that is down would let everybody pass.

    Raises:
        ConfigError: It would let pass what nobody decided, or isn't complete.
    """
    problem = _problem(uri, cluster, resource, timeout)
    if failure_mode_allow:
        problem = "`failure_mode_allow` would let pass whatever the gate can't decide"
    if problem:
        raise ConfigError(problem, hint="see docs/gate/envoy.md")
    names = (PRINCIPAL, "x-request-id")
    service = {
        "server_uri": {"uri": uri, "cluster": cluster, "timeout": timeout},
        "path_prefix": PREFIX,
        "authorization_request": {
            "allowed_headers": _exactly(*names),
            "headers_to_add": [{"key": RESOURCE, "value": resource}],
        },
        "authorization_response": {
            "allowed_client_headers": _exactly(REASON, DECISION)
        },
    }
    config = {
        "@type": _TYPE,
        "transport_api_version": "V3",
        "failure_mode_allow": False,
        "status_on_error": {"code": "ServiceUnavailable"},
        "validate_mutations": True,
        "http_service": service,
    }
    return written({"name": "envoy.filters.http.ext_authz", "typed_config": config})


def _exactly(*names: str) -> dict[str, object]:
    return {"patterns": [{"exact": one} for one in names]}


def _problem(uri: str, cluster: str, resource: str, timeout: str) -> str:
    """Return what is wrong with a filter's settings; empty when nothing is."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        return f"`{uri}` is no address of a gate"
    if not cluster:
        return "a cluster must be named"
    if not resource.isascii() or not resource.isprintable() or "," in resource:
        return f"`{resource}` can't stand in a header"
    if ":" not in resource:
        return f"`{resource}` is no id of a resource with its kind"
    if not timeout.removesuffix("s").replace(".", "", 1).isdecimal():
        return f"`{timeout}` is no time in seconds"
    return ""
