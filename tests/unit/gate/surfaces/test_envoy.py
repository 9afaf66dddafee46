"""Envoy over HTTP: 200 for what may pass, and nothing else passes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.boundary.order import Naming
from ringfence.errors import ConfigError
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.surfaces.envoy import ROUTES, envoy_configuration
from tests.pointing import Pointing
from tests.trinoing import replied, scene

ROOT = Path(__file__).parents[4]
(HANDLER,) = ROUTES.values()
CALLER = Caller("envoy", obeys=frozenset({"mask", "rows"}))
SHOP = "dataset:warehouse/public.shop"
HIDDEN = "dataset:warehouse/public.secret"


def ask(
    who: str | None,
    what: str | None,
    method: str = "GET",
    *,
    point: Pointing | None = None,
    caller: Caller = CALLER,
) -> Reply:
    headers = {"x-request-id": "r1"}
    if who is not None:
        headers["x-ringfence-principal"] = who
    if what is not None:
        headers["x-ringfence-resource"] = what
    call = Call(method, "/envoy/api/things/1", headers)
    return replied(HANDLER, point or Pointing(scene()), caller, call)


@pytest.mark.parametrize(
    ("who", "what", "method", "expected"),
    [
        ("person:ann", HIDDEN, "GET", 200),
        ("ann", "warehouse/public.secret", "DELETE", 200),
        ("user:ann", "table:warehouse/public.secret", "HEAD", 200),
        ("person:wei", HIDDEN, "GET", 403),
        ("person:wei", SHOP, "GET", 200),
        ("person:wei", SHOP, "POST", 200),
        ("person:wei", HIDDEN, "PUT", 403),
        ("person:wei", HIDDEN, "PATCH", 403),
        ("person:wei", "dataset:warehouse/public.visit", "GET", 403),
        ("person:wei", "column:warehouse/public.person.email", "GET", 403),
        ("person:max", HIDDEN, "GET", 403),
        ("person:ann", HIDDEN, "OPTIONS", 403),
        ("person:ann", HIDDEN, "read", 403),
        ("person:ann,person:wei", HIDDEN, "GET", 403),
        ("person:ann", f"{SHOP},{HIDDEN}", "GET", 403),
        ("", SHOP, "GET", 403),
        (None, SHOP, "GET", 403),
        ("person:ann", None, "GET", 403),
        ("person:ann", " ", "GET", 403),
        (None, None, "GET", 403),
    ],
)
def test_a_request_passes_or_not(who, what, method, expected):
    """A request passes if all of it may: nothing here can mask or filter."""
    assert ask(who, what, method).status == expected


def test_an_allowance_takes_our_headers_away():
    """What Envoy told the gate doesn't reach what lies behind it."""
    headers = dict(ask("person:ann", HIDDEN).headers)
    removed = headers["x-envoy-auth-headers-to-remove"]
    assert removed == "x-ringfence-principal,x-ringfence-resource"
    assert headers["x-ringfence-decision"] == "1.0"


def test_a_denial_says_why():
    """A denial has its reason in a header and in the body, and its decision."""
    reply = ask("person:wei", HIDDEN)
    assert dict(reply.headers)["x-ringfence-reason"] == "excluded"
    assert json.loads(reply.body) == {"reason": "excluded", "decision": "1.0"}
    reply = ask(None, HIDDEN)
    assert dict(reply.headers)["x-ringfence-reason"] == "unnamed"


def test_a_caller_may_have_names_of_its_own():
    """A caller's names for principals and resources are read as it writes them."""
    caller = replace(
        CALLER,
        principals=(Naming("*@corp.test", "person:{1}"),),
        resources=(Naming("api-*", "dataset:warehouse/public.{1}"),),
    )
    assert ask("ann@corp.test", "api-secret", caller=caller).status == 200
    assert ask("wei@corp.test", "api-secret", caller=caller).status == 403
    assert ask("wei@corp.test", "api-shop", caller=caller).status == 200


@pytest.mark.parametrize("who", [None, " ", "person:ann,person:wei"])
def test_what_is_not_let_pass_is_not_logged_as_allowed(who):
    """Whoever isn't named is denied in the log too, also what anybody may have."""
    point = Pointing(scene())
    reply = ask(who, SHOP, point=point)
    assert dict(reply.headers)["x-ringfence-reason"] == "unnamed"
    ((_, decision),) = point.logged[0]
    assert not decision.allowed


def test_every_request_is_logged():
    """A denial for want of a name stands in the log like any other."""
    point = Pointing(scene())
    ask(None, HIDDEN, point=point)
    ((asked, decision),) = point.logged[0]
    assert (asked.surface, asked.reference) == ("envoy", "r1")
    assert not decision.allowed


def test_a_fault_lets_nothing_pass():
    """Without a scene, without a log or with a fault of ours it is 503."""

    class Failing(Pointing):
        def decided(self, request):
            raise RuntimeError(request)

    class Forgetting(Pointing):
        async def answers(self, asked):
            return (await super().answers(asked))[1:]

    points = (
        Pointing(None),
        Pointing(scene(), broken=True),
        Failing(scene()),
        Forgetting(scene()),
    )
    found = [ask("person:ann", SHOP, point=one).status for one in points]
    assert found == [503] * len(points)


# --- Envoy's configuration ------------------------------------------------------------


def test_the_filter_fails_closed():
    """What is rendered denies when the gate doesn't answer, and names the resource."""
    content = envoy_configuration("https://gate.internal:8443", "gate", resource=SHOP)
    config = json.loads(content)["typed_config"]
    assert config["failure_mode_allow"] is False
    service = config["http_service"]
    assert service["path_prefix"] == "/envoy"
    assert service["authorization_request"]["headers_to_add"] == [
        {"key": "x-ringfence-resource", "value": SHOP}
    ]
    # The client's own word for the resource must not arrive beside Envoy's.
    patterns = service["authorization_request"]["allowed_headers"]["patterns"]
    assert {"exact": "x-ringfence-resource"} not in patterns


@pytest.mark.parametrize(
    "change",
    [
        {"failure_mode_allow": True},
        {"uri": "gate.internal"},
        {"uri": "ftp://gate.internal"},
        {"uri": "https://gate.internal/?x=1"},
        {"cluster": ""},
        {"resource": "shop"},
        {"resource": f"{SHOP},{HIDDEN}"},
        {"resource": "dataset:x\r\ny: z"},
        {"timeout": "soon"},
        {"timeout": "-1s"},
    ],
)
def test_a_filter_that_would_open_is_not_rendered(change):
    """A filter that lets pass what nobody decided, or that is incomplete, is refused."""
    settings = {
        "uri": "https://gate.internal",
        "cluster": "gate",
        "resource": SHOP,
        **change,
    }
    with pytest.raises(ConfigError):
        envoy_configuration(settings.pop("uri"), settings.pop("cluster"), **settings)


def test_the_page_shows_what_is_rendered():
    """The filter on Envoy's page is the one that is rendered."""
    page = (ROOT / "docs" / "gate" / "envoy.md").read_text(encoding="utf-8")
    shown = page.partition("```json\n")[2].partition("```")[0]
    uri, resource = "https://gate.internal:8181", "dataset:warehouse/public.person"
    rendered = envoy_configuration(uri, "gate", resource=resource)
    assert json.loads(shown) == json.loads(rendered)
