"""Who asks: tokens, certificates' names, and OpenID Connect."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from ringfence.errors import ConfigError
from ringfence.gate.point.asked import Caller
from ringfence.gate.service.callers import Admission, Callers, Known, digest_of
from ringfence.gate.service.oidc import Issuer, Trust, is_fit, is_loopback, read_keys
from ringfence.gate.service.wire import names_of

ISSUER, AUDIENCE = "https://id.example", "ringfence"
KEY = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())
EDWARDS = Ed25519PrivateKey.generate()


def jwks(**keys: Any) -> bytes:
    """Return a set of keys, as an issuer publishes it."""
    found = []
    for name, key in keys.items():
        edwards = isinstance(key, Ed25519PrivateKey)
        made = OKPAlgorithm if edwards else ECAlgorithm
        told = json.loads(made.to_jwk(key.public_key()))
        found.append({**told, "kid": name})
    return json.dumps({"keys": found}).encode()


def claims(**more: object) -> dict[str, object]:
    """Return what a good token says, with changes."""
    now = int(time.time())
    told = {"iss": ISSUER, "aud": AUDIENCE, "sub": "trino", "iat": now}
    found = {**told, "exp": now + 300, **more}
    return {name: value for name, value in found.items() if value is not None}


def token(key: Any = KEY, kid: str = "k", alg: str = "ES256", **more: object) -> str:
    """Return a token."""
    return jwt.encode(claims(**more), key, alg, headers={"kid": kid} if kid else None)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """Return what verifies tokens by a file of keys."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks(k=KEY, e=EDWARDS))
    return Issuer(Trust(ISSUER, AUDIENCE, file))


def subject(issuer: Issuer, text: str) -> str | None:
    """Return whose token a text is."""
    return asyncio.run(issuer.subject(text))


def admitted(
    callers: Callers, headers: Mapping[str, str], names: tuple[str, ...] = ()
) -> Admission:
    """Return whom a request is from."""
    return asyncio.run(callers.admitted(headers, names))


def bearer(text: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"authorization": f"Bearer {text}"}


def test_a_token_is_that_of_one_caller(tmp_path: Path):
    """Digests and files name callers; whatever is close to a token names nobody."""
    file = tmp_path / "b.token"
    file.write_text("the token of the second one\n")
    one, two = Caller("a"), Caller("b")
    tokens = (digest_of("first"), digest_of("the next of the first"))
    callers = Callers([Known(one, tokens), Known(two, files=(file,))])
    assert admitted(callers, bearer("first")).caller is one
    assert admitted(callers, {"authorization": "bearer  first "}).caller is one
    assert admitted(callers, bearer("the next of the first")).caller is one
    assert admitted(callers, bearer("the token of the second one")).caller is two
    for text in ("", "firs", "first1", digest_of("first"), "\udcff"):
        assert admitted(callers, bearer(text)) == Admission(None)
    assert admitted(callers, {}) == Admission(None)


def test_a_file_of_a_token_may_change(tmp_path: Path):
    """A new token counts once it is read again; a bad file changes nothing."""
    file = tmp_path / "token"
    file.write_text("the first of all tokens")
    callers = Callers([Known(Caller("a"), files=(file,))])
    file.write_text("the second of all tokens")
    callers.refresh()
    assert admitted(callers, bearer("the first of all tokens")).caller is None
    file.write_text("short")
    with pytest.raises(ConfigError, match="holds no token"):
        callers.refresh()
    assert admitted(callers, bearer("the second of all tokens")).caller is not None


def test_no_two_callers_share_a_token():
    """A token that two callers have could be either's."""
    known = [Known(Caller(name), (digest_of("x"),)) for name in "ab"]
    with pytest.raises(ConfigError, match="token of `a`"):
        Callers(known)


def test_a_token_counts_more_than_a_certificate():
    """A wrong token is refused, whatever certificate is shown beside it."""
    callers = Callers([Known(Caller("a"), (digest_of("x"),), names=("CN=a",))])
    assert admitted(callers, {}, ("CN=a",)).caller is not None
    assert admitted(callers, bearer("wrong"), ("CN=a",)).caller is None


def test_a_good_token_names_its_subject(issuer: Issuer):
    """Of a configured issuer, for this gate, in time: again and again."""
    good = token()
    assert [subject(issuer, good) for _ in range(2)] == ["trino", "trino"]
    assert subject(issuer, token(EDWARDS, "e", "EdDSA")) == "trino"
    assert subject(issuer, token(aud=[AUDIENCE, "other"])) == "trino"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a.b.c",
        "x" * 20_000,
        token(OTHER),
        token(kid="unknown"),
        token(kid=""),
        token(EDWARDS, "k", "EdDSA"),
        token("a secret that is long enough for it", "k", "HS256"),
        jwt.encode(claims(), "", "none", headers={"kid": "k"}),
        token(iss="https://evil.example"),
        token(aud="somebody else"),
        token(exp=int(time.time()) - 100),
        token(nbf=int(time.time()) + 86_400),
        token(iat=int(time.time()) + 86_400),
        token(exp=None),
        token(sub=None),
        token(aud=None),
        token(iss=None),
        token(exp="soon"),
        token()[:-3],
    ],
)
def test_no_other_token_names_anybody(issuer: Issuer, bad: str):
    """Wrong key, algorithm, issuer, audience or time: each is refused."""
    assert subject(issuer, bad) is None


def test_a_token_is_forgotten_when_it_expires(tmp_path: Path):
    """What is remembered as good is remembered no longer than it is good."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks(k=KEY))
    strict = Issuer(Trust(ISSUER, AUDIENCE, file, leeway=0))
    text = token()
    assert subject(strict, text) == "trino"
    digest = next(iter(strict._good))
    strict._good[digest] = ("somebody", time.time() - 1)
    assert subject(strict, text) == "trino"


def test_a_key_that_is_gone_verifies_nothing(tmp_path: Path):
    """After a key has left the file, its tokens are refused, remembered or not."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks(k=KEY))
    found = Issuer(Trust(ISSUER, AUDIENCE, file))
    text = token()
    assert subject(found, text) == "trino"
    file.write_bytes(jwks(other=OTHER))
    found.refresh()
    assert subject(found, text) is None


def test_keys_may_come_from_an_address():
    """They are fetched when needed, not more often, and kept while it is silent."""
    asked: list[str] = []
    answers: list[bytes | Exception] = [jwks(k=KEY), OSError("silent"), b"{}"]

    def fetch(url: str) -> bytes:
        asked.append(url)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    url = "https://id.example/keys"
    found = Issuer(Trust(ISSUER, AUDIENCE, url=url), fetch)
    assert subject(found, token()) == "trino"
    assert subject(found, token(OTHER, "unknown")) is None
    assert asked == [url]
    for _ in range(2):  # once silent, once without keys
        found._fetched -= 1_000
        found._lock = None
        found._good.clear()
        assert subject(found, token()) == "trino"
    assert asked == [url] * 3


def test_a_subject_is_a_caller_or_may_not_ask(issuer: Issuer):
    """A good token of somebody who isn't configured shows who he is, and is refused."""
    caller = Caller("trino")
    callers = Callers([Known(caller, subjects=("trino",))], issuer)
    assert admitted(callers, bearer(token())) == Admission(caller, is_shown=True)
    assert admitted(callers, bearer(token(sub="eve"))) == Admission(None, is_shown=True)
    assert admitted(callers, bearer("a.b.c")) == Admission(None)
    callers.refresh()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "k": "YQ"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}]}',
        b'{"keys": [{"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}]}',
    ],
)
def test_a_set_without_a_key_is_refused(content: bytes):
    """A file that verifies nothing is an error, and secrets that are shared no keys."""
    with pytest.raises(ConfigError):
        read_keys(content, "jwks.json")


def test_keys_come_by_https_or_from_this_machine():
    """Keys that anybody on the way could change would verify anything."""
    fit = ("https://id.example/k", "http://127.0.0.1:8080/k", "http://localhost/k")
    unfit = ("http://id.example/k", "file:///k", "https://", "https://[", "https://a:b")
    assert [is_fit(one) for one in (*fit, *unfit)] == [True] * 3 + [False] * 5


def test_what_this_machine_alone_reaches():
    """Loopback is 127.0.0.0/8, ::1 and `localhost`."""
    names = (
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "localhost",
        "10.0.0.1",
        "::",
        "a.example",
    )
    assert [is_loopback(one) for one in names] == [True] * 4 + [False] * 3


def test_no_common_name_reads_like_a_subject():
    """What a name is made of can't be taken for the parts of another one's subject."""
    shown = {
        "subject": (
            (("organizationName", "B"),),
            (("commonName", "trino,O=Example"),),
        )
    }
    assert [*names_of(shown)] == [
        "CN=trino\\,O\\=Example",
        "CN=trino\\,O\\=Example,O=B",
    ]
    joint = {
        "subject": (
            (
                ("organizationName", " B "),
                ("commonName", "#a"),
            ),
        )
    }
    assert [*names_of(joint)] == ["CN=\\#a", "O=\\ B\\ +CN=\\#a"]


def test_the_names_of_a_certificate():
    """Alternative names come first, then the common name and the whole subject."""
    shown = {
        "subject": (
            (("countryName", "US"),),
            (("organizationName", "Example"),),
            (("commonName", "trino"),),
        ),
        "subjectAltName": (("DNS", "trino.example"), ("URI", "spiffe://example/t")),
    }
    assert [*names_of(shown)] == [
        "DNS:trino.example",
        "URI:spiffe://example/t",
        "CN=trino",
        "CN=trino,O=Example,C=US",
    ]
    assert [*names_of({"subject": ((("commonName", "a"),),)})] == ["CN=a"]
    assert [*names_of({})] == []
