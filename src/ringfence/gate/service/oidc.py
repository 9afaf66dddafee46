"""Callers who bring a token of OpenID Connect (JWT: RFC 7519, keys: RFC 7517).

Signatures are checked with algorithms of a closed list, none of which shares a secret,
and with keys from one file or one address that the configuration names. Nothing in a
token says where to look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import msgspec

from ringfence.errors import ConfigError, Locus

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
STANDARD = ("ES256", "EdDSA", "RS256")
LONGEST = 1 << 14  # characters of a token
_LARGEST = 1 << 20  # bytes of a set of keys
_MOST = 4_096  # tokens that are remembered as good
_KEPT = 60.0  # seconds that one is, at most
_STALE = 600.0  # seconds after which keys are fetched again
_SOONEST = 10.0  # seconds from one fetch to the next, whoever asks
_PATIENCE = 8.0  # seconds that a fetch may take, however its bytes trickle in
_NEEDED = ["exp", "iat", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are believed.

    Attributes:
        issuer: `iss` of a token.
        audience: `aud` of a token: what this gate is called there.
        keys: A file with the issuer's keys (JWKS).
        url: Where they are instead.
        algorithms: Which are taken, out of `ALGORITHMS`.
        leeway: Seconds that clocks may differ.
    """

    issuer: str
    audience: str
    keys: Path | None = None
    url: str = ""
    algorithms: tuple[str, ...] = STANDARD
    leeway: int = 30


class Issuer:
    """Verifies tokens of one issuer.

    Args:
        trust: Whose tokens.
        fetch: What reads an address.

    Raises:
        ConfigError: The file holds no keys.
        OSError: It can't be read.
    """

    def __init__(
        self, trust: Trust, fetch: Callable[[str], bytes] | None = None
    ) -> None:
        self._trust = trust
        self._fetch = fetch or fetched
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = -_STALE
        self._good: dict[bytes, tuple[str, float]] = {}
        self._lock: asyncio.Lock | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read the file of keys again, if they come from a file.

        Raises:
            ConfigError: It holds no keys.
            OSError: It can't be read.
        """
        if self._trust.keys is not None:
            with self._trust.keys.open("rb") as stream:
                content = stream.read(_LARGEST + 1)
            keys = read_keys(content, str(self._trust.keys))
            if keys.keys() != self._keys.keys():
                self._good.clear()
            self._keys = keys

    async def subject(self, token: str) -> str | None:
        """Return whose token this is; None if it isn't good."""
        if len(token) > LONGEST or token.count(".") != 2:  # noqa: PLR2004
            return None
        digest, now = sha256(token.encode("utf-8", "replace")).digest(), time.time()
        known = self._good.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        key = await self._key(token)
        if key is None:
            return None
        try:
            claims = self._claims(token, key)
        except (
            *(jwt.PyJWTError, msgspec.MsgspecError),
            *(ValueError, TypeError, RecursionError),
        ):
            return None
        if len(self._good) >= _MOST:
            self._good.clear()
        self._good[digest] = claims.sub, min(now + _KEPT, claims.exp)
        return claims.sub

    def _claims(self, token: str, key: jwt.PyJWK) -> _Claims:
        trust = self._trust
        found = jwt.decode(
            token,
            key,
            algorithms=list(trust.algorithms),
            audience=trust.audience,
            issuer=trust.issuer,
            leeway=trust.leeway,
            options={"require": _NEEDED},
        )
        return msgspec.convert(found, _Claims)

    async def _key(self, token: str) -> jwt.PyJWK | None:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        if header.get("alg") not in self._trust.algorithms or "crit" in header:
            return None  # nothing that has to be understood is understood here
        name = header.get("kid", "")
        if self._trust.url:
            await self._renew(missing=name not in self._keys)
        if not name and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(name) if isinstance(name, str) else None

    async def _renew(self, *, missing: bool) -> None:
        """Fetch the keys where they are old, or lack one; not too often."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            age = time.monotonic() - self._fetched
            if age < _SOONEST or (age < _STALE and not missing):
                return
            self._fetched = time.monotonic()
            try:
                async with asyncio.timeout(_PATIENCE):
                    content = await asyncio.to_thread(self._fetch, self._trust.url)
                self._keys = read_keys(content, self._trust.url)
            except (OSError, HTTPException, ConfigError):
                return  # what was known is good for as long as nobody says otherwise


def read_keys(content: bytes, place: str) -> dict[str, jwt.PyJWK]:
    """Return the keys of a set, by their ids; those of no use here are left out.

    Raises:
        ConfigError: It is no set of keys, or has none that can verify a signature.
    """
    hint = "a JSON Web Key Set, as the issuer publishes it at its `jwks_uri`"
    if len(content) > _LARGEST:
        raise ConfigError(f"is longer than {_LARGEST:,} bytes", Locus(place), hint)
    try:
        found = msgspec.json.decode(content, type=_Set)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ConfigError("is no set of keys", Locus(place), hint) from None
    keys: dict[str, jwt.PyJWK] = {}
    for one in found.keys:
        if one.get("kty") not in ("RSA", "EC", "OKP") or one.get("use") == "enc":
            continue
        try:
            keys[str(one.get("kid", ""))] = jwt.PyJWK(one)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    if not keys:
        raise ConfigError("has no key that verifies signatures", Locus(place), hint)
    return keys


class _Claims(msgspec.Struct):
    sub: str
    exp: float


class _Set(msgspec.Struct):
    keys: list[dict[str, object]]


def is_fit(url: str) -> bool:
    """Tell whether keys may come from an address: by HTTPS, or from this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fetched(url: str) -> bytes:
    """Return what lies at an address; nowhere else is gone to look.

    Raises:
        OSError: It can't be read, or is too large.
        HTTPException: What answers there speaks no HTTP.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(host, parts.port, timeout=5)
    try:
        query = f"?{parts.query}" if parts.query else ""
        connection.request("GET", f"{parts.path or '/'}{query}")
        reply = connection.getresponse()
        content = reply.read(_LARGEST + 1)
    finally:
        connection.close()
    if reply.status != 200 or len(content) > _LARGEST:  # noqa: PLR2004
        raise OSError(f"{url} gives no keys")
    return content
