"""`serve.yaml`: what it may say, and every problem with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import ConfigError, RingfenceError
from ringfence.gate.bundles import new_keys
from ringfence.gate.service.config import parse_config, parse_listen, read_config
from ringfence.gate.service.limits import Limits
from ringfence.gate.service.oidc import Trust

KEY = str(new_keys("example.com/gate")[0].verifier)
DIGEST = "a" * 64
WHOLE = f"""\
listen: 10.0.0.1:8443
base_url: https://gate.example.com/
bundle: scene.bundle
keys: ["{KEY}"]
ledger: ledger
exceptions: exceptions
publish: 30
window: 20
callers:
  trino:
    certificate: "DNS:trino.example.com"
    types: {{user: person}}
    actions: {{can_read_todos: read}}
    principals: [{{match: "*@example.com", is: "person:{{1}}"}}]
    resources: [{{match: "t_*", is: "dataset:wh/{{1}}"}}]
    trusts: [person]
    obeys: [mask, rows]
  portal:
    token_file: portal.token
    token_sha256: [{DIGEST}]
    oidc: portal
tls:
  certificate: gate.pem
  key: gate.key
  callers: ca.pem
  revoked: ca.crl
oidc:
  issuer: https://id.example
  audience: ringfence
  keys: jwks.json
  algorithms: [ES256]
  leeway: 5
limits: {{body: 1000, rate: 5, seconds: 3}}
"""
BARE = f"callers: {{a: {{token_sha256: {DIGEST}}}}}\n"


def test_a_whole_configuration(tmp_path: Path):
    """Everything that can be said is read, and files lie beside the configuration."""
    file = tmp_path / "serve.yaml"
    file.write_text(WHOLE)
    config = read_config(file)
    trino, portal = config.callers
    assert (config.host, config.port) == ("10.0.0.1", 8443)
    assert config.base_url == "https://gate.example.com"
    assert config.bundle == tmp_path / "scene.bundle"
    assert config.ledger == tmp_path / "ledger"
    assert config.exceptions == tmp_path / "exceptions"
    assert (config.publish, config.window) == (30, 20)
    assert str(config.keys[0]) == KEY
    assert trino.names == ("DNS:trino.example.com",)
    assert trino.caller.types == {"user": "person"}
    assert trino.caller.actions == {"can_read_todos": "read"}
    assert [one.match for one in trino.caller.principals] == ["*@example.com"]
    assert [one.node for one in trino.caller.resources] == ["dataset:wh/{1}"]
    assert trino.caller.trusts == {"person"}
    assert trino.caller.obeys == {"mask", "rows"}
    assert portal.files == (tmp_path / "portal.token",)
    assert (portal.tokens, portal.subjects) == ((DIGEST,), ("portal",))
    assert config.tls is not None
    assert (config.tls.callers, config.tls.is_needed) == (tmp_path / "ca.pem", False)
    keys = tmp_path / "jwks.json"
    assert config.oidc == Trust(
        "https://id.example", "ringfence", keys, algorithms=("ES256",), leeway=5
    )
    assert config.limits == Limits(body=1000, rate=5, seconds=3)


def test_the_least_configuration():
    """One caller is enough; all else has its standard."""
    config = parse_config(BARE, "serve.yaml", Path())
    assert (config.host, config.port, config.publish) == ("127.0.0.1", 8181, 60)
    assert config.limits == Limits()


def test_callers_by_certificate_alone_have_to_show_one():
    """Where each caller has a certificate and nothing else, TLS itself asks for it."""
    text = (
        "callers: {a: {certificate: CN=a}}\n"
        "tls: {certificate: c, key: k, callers: ca}\n"
    )
    tls = parse_config(text, "serve.yaml", Path()).tls
    assert tls is not None
    assert tls.is_needed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "serve.yaml:1:1: the configuration must be a mapping"),
        ("{}", "nobody may ask"),
        ("callers: {}", "`callers` is empty"),
        ("callers: {a: {}}", "serve.yaml:1:11: nothing shows who `a` is"),
        ("callers: {A b: {token_sha256: x}}", "no caller can be called `A b`"),
        ("callers: {a: {token_sha256: x}}", "is no SHA-256 of a token"),
        ("callers: {a: {token: x}}", "caller `a` has no `token`"),
        (BARE + "lissen: x", "serve.yaml:2:1: the configuration has no `lissen`"),
        (BARE + "listen: 8181", "`listen` must be text"),
        (BARE + "listen: a:b", "no address with a port"),
        (BARE + "listen: 127.0.0.1:99999", "no address with a port"),
        (BARE + "listen: 0.0.0.0:1", "`0.0.0.0` is reached from elsewhere"),
        (BARE + "base_url: gate", "`base_url` is no address"),
        (BARE + "base_url: https://a/?b", "`base_url` is no address"),
        (BARE + "bundle: b", "a bundle needs keys"),
        (BARE + "keys: [x]", "is no key of a log or witness"),
        (BARE + "publish: 0", "`publish` must be 1 or more"),
        (BARE + "limits: {body: many}", "`body` must be a whole number"),
        (BARE + "limits: {bodies: 1}", "`limits` has no `bodies`"),
        (BARE + "tls: {certificate: c}", "`tls` needs `key`"),
        (BARE + "tls: {certificate: c, key: k, revoked: r}", "needs `callers`"),
        (BARE + "oidc: {issuer: i, audience: a}", "needs keys, from one place"),
        (
            BARE + "oidc: {issuer: i, audience: a, keys_url: http://a.example}",
            "keys come by HTTPS alone",
        ),
        (
            BARE + "oidc: {issuer: i, audience: a, keys: k, algorithms: [HS256]}",
            "`algorithms` has no `HS256`",
        ),
        ("callers: {a: {certificate: CN=a}}", "nobody checks it"),
        ("callers: {a: {oidc: a}}", "there is no section `oidc`"),
        (
            f"callers: {{a: {{token_sha256: {DIGEST}, types: {{user: human}}}}}}",
            "unknown word in `types` `human`",
        ),
        (
            f"callers: {{a: {{token_sha256: {DIGEST}, actions: {{get: GET}}}}}}",
            "unknown word in `actions` `GET`",
        ),
        (
            f"callers: {{a: {{token_sha256: {DIGEST}, obeys: [dance]}}}}",
            "`obeys` has no `dance`",
        ),
        (
            f"callers: {{a: {{token_sha256: {DIGEST}, principals: [{{match: x}}]}}}}",
            "a name needs `is`",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str):
    """Each mistake has a message with file and line."""
    with pytest.raises(ConfigError) as found:
        parse_config(text, "serve.yaml", Path())
    assert problem in str(found.value)
    assert str(found.value).startswith("serve.yaml:")


def test_all_problems_are_told_at_once():
    """Whoever writes a configuration isn't told one mistake at a time."""
    with pytest.raises(ConfigError) as found:
        parse_config("listen: x\npublish: no\ncallers: {a: {}}", "s.yaml", Path())
    assert len(found.value.problems) == 3


def test_what_is_no_yaml_is_an_error():
    """A file that is no YAML is refused, and a number that is none isn't guessed at."""
    with pytest.raises(RingfenceError):
        parse_config("a: [", "s.yaml", Path())


def test_addresses():
    """An address has a host and a port; one of version 6 stands in brackets."""
    assert parse_listen("127.0.0.1:0") == ("127.0.0.1", 0)
    assert parse_listen("[::1]:8181") == ("::1", 8181)
    for text in ("", ":1", "a", "a:", "a:-1", "a:١"):
        with pytest.raises(ValueError, match="no address"):
            parse_listen(text)
