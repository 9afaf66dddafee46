"""The connection: what a certificate names, and what may not take for ever.

uvicorn reads requests; it doesn't tell an application who is at the other end of TLS,
and lets a request's headers come as slowly, and as long, as they like. Both is put
right here, by a subclass of its protocol.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ringfence.errors import ConfigError, Locus
from ringfence.gate.service.limits import Limits

NAMES = "ringfence.names"  # in a scope's extensions: the names of a certificate
_ABBREVIATED = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
}
_TOO_LONG = b'"the headers are too long"'
_431 = b"".join(
    [
        b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
        b"content-type: application/json\r\nconnection: close\r\n",
        b"content-length: %d\r\n\r\n" % len(_TOO_LONG),
        _TOO_LONG,
    ]
)


class Connection(HttpToolsProtocol):
    """A connection whose peer is known, and whose headers have to arrive.

    Attributes:
        limits: What it takes; the same for all connections of the process.
    """

    limits = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # uvicorn's own takes requests that follow the last one; a gate isn't lenient.
        self.parser = httptools.HttpRequestParser(self)
        self._names: tuple[str, ...] = ()
        self._bytes = 0  # of headers that aren't whole yet
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Look who is there."""
        super().connection_made(transport)
        shown = transport.get_extra_info("ssl_object")
        if shown is not None:
            # What isn't verified has no names.
            self._names = tuple(names_of(shown.getpeercert() or {}))
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, unless the headers are too long."""
        self._bytes += len(data)
        super().data_received(data)
        if self._timer is None:
            if not self._is_between():
                return
            self._await_headers()  # they have begun, and aren't whole
            self._bytes = len(data)
        if self._bytes > self.limits.headers:
            self._rest()
            if not self.transport.is_closing():
                self.transport.write(_431)
                self.transport.close()

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._rest()
        if self._names:
            self.scope["extensions"] = {NAMES: {"names": self._names}}
        super().on_headers_complete()

    def _is_between(self) -> bool:
        return bool(getattr(self.cycle, "response_complete", True))  # at first: None

    def _await_headers(self) -> None:
        self._bytes = 0
        self._timer = self.loop.call_later(self.limits.seconds, self._expire)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()


_SPECIAL = frozenset('"+,;<=>\\')


def names_of(certificate: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a certificate that Python's `ssl` has verified.

    `DNS:a.example`, `URI:spiffe://example/a`, `email:a@example`, `IP Address:10.0.0.1`;
    then each common name, `CN=a`, and the whole subject, `CN=a,O=Example`.
    """
    for kind, name in certificate.get("subjectAltName", ()):
        yield f"{kind}:{name}"
    parts = [
        [(_ABBREVIATED.get(kind, kind), _escaped(value)) for kind, value in one]
        for one in certificate.get("subject", ())
    ]
    told = [pair for one in parts for pair in one]
    for kind, value in told:
        if kind == "CN" and len(told) > 1:
            yield f"CN={value}"
    if told:
        yield ",".join(
            "+".join(f"{kind}={value}" for kind, value in one)
            for one in reversed(parts)
        )


def _escaped(value: str) -> str:
    """Return a value as it stands in a subject (RFC 4514, section 2.4).

    So no common name can be written to read like the whole subject of somebody else.
    """
    text = "".join(f"\\{one}" if one in _SPECIAL else one for one in value)
    if text[:1] in {" ", "#"}:
        text = "\\" + text
    return f"{text[:-1]}\\ " if text.endswith(" ") and len(text) > 1 else text


class Tls(NamedTuple):
    """How connections are protected.

    Attributes:
        certificate: The service's own certificate, with those above it.
        key: Its key.
        callers: Certificates of whoever certifies callers.
        revoked: Lists of certificates that are no longer good.
        is_needed: Callers have to show a certificate.
    """

    certificate: Path
    key: Path
    callers: Path | None = None
    revoked: Path | None = None
    is_needed: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that it reads."""
        found = (self.certificate, self.key, self.callers, self.revoked)
        return tuple(one for one in found if one is not None)


def context(tls: Tls) -> ssl.SSLContext:
    """Return how connections are protected, as OpenSSL takes it.

    Raises:
        ConfigError: A file isn't what it should be.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.callers is not None:
        made.verify_mode = ssl.CERT_REQUIRED if tls.is_needed else ssl.CERT_OPTIONAL
    load(made, tls)
    return made


def load(made: ssl.SSLContext, tls: Tls) -> None:
    """Read the files of TLS, at first and whenever they change.

    Connections from now on have the new certificate, and obey the new lists.

    Raises:
        ConfigError: A file isn't what it should be.
    """
    try:
        at = tls.certificate
        made.load_cert_chain(tls.certificate, tls.key)
        for file in (tls.callers, tls.revoked):
            if file is not None:
                at = file
                made.load_verify_locations(file)
    except OSError as error:  # ssl.SSLError is one
        reason = (error.strerror or str(error)).lower()
        hint = "PEM, and the key that of the certificate"
        raise ConfigError(
            f"is of no use to TLS: {reason}", Locus(str(at)), hint
        ) from None
    if tls.revoked is not None:
        made.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
