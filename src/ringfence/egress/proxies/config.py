"""`egress.yaml`: what an exit is made of, and what answers leave by it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.egress.exit.made import Settings
from ringfence.egress.exit.ordered import Ordered
from ringfence.egress.proxies.heads import plain_path
from ringfence.egress.proxies.limits import BOUNDS, Limits
from ringfence.egress.proxies.upstream import Upstream
from ringfence.errors import ConfigError, Locus

STATUS = "127.0.0.1:8481"
_LAST_PORT, _LARGEST = 65_535, 2**40
_PORT = re.compile(r"[0-9]{1,5}")
_UNIX = "unix:"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Listener:
    """A reverse proxy's listener.

    Attributes:
        host: The address that it listens at.
        port: The port; 0 takes a free one.
        upstream: Where answers come from.
        channels: Channels by prefix of the path.
        certificate: Its certificate, with those above it; None: no TLS.
        key: The certificate's key.
    """

    host: str
    port: int
    upstream: Upstream
    channels: Mapping[str, str]
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Processing:
    """What Envoy asks.

    Attributes:
        listen: `HOST:PORT` or `unix:PATH`, as gRPC takes it.
        channels: Channels by prefix of the path.
        header: The request's header that Envoy sets to name the channel; empty: none.
        is_buffered: Bodies may come buffered; Envoy then has to send trailers.
    """

    listen: str
    channels: Mapping[str, str]
    header: str = ""
    is_buffered: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says.

    Attributes:
        exit: What the exit is made of.
        staging: Where large bodies wait for their verdict; None: where this machine
            keeps temporary files.
        status: Where health and figures are answered.
        listeners: Reverse proxies.
        processing: What Envoy asks; None: nothing.
        limits: Bounds.
    """

    exit: Settings
    staging: Path | None = None
    status: tuple[str, int] = ("127.0.0.1", 8481)
    listeners: tuple[Listener, ...] = ()
    processing: Processing | None = None
    limits: Limits = field(default_factory=Limits)


def read_config(file: Path) -> Config:
    """Return what a file says.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It can't be read, or is not YAML.
    """
    name = str(file)
    return parse_config(decode(read_bytes(file, name), name), name, file.parent)


def parse_config(text: str, name: str, base: Path) -> Config:
    """Return what a text says.

    Args:
        text: The text.
        name: What places call it.
        base: The folder that files are relative to.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It is not YAML.
    """
    reading = _Reading(Reader(), base)
    config = reading.config(read_yaml(text, name))
    if config is None or reading.take.problems:
        raise ConfigError.of(reading.take.problems)
    return config


@dataclass(slots=True)
class _Reading:
    take: Reader
    base: Path

    @property
    def _files(self) -> Ordered:
        return Ordered(self.take, self.base)

    def config(self, root: Located) -> Config | None:
        get = self._files.sections(root, ("exit",), {}).get
        staging = self._files.file(get("staging"), "`staging`")
        settings = self._files.settings(get("exit"), staging)
        status = self._address(get("status"), "`status`", STATUS)
        listeners = self.take.each(get("proxy"), self._listener, "`proxy`")
        processing = self._processing(get("ext_proc"))
        limits = self._limits(get("limits"))
        if settings is None:
            return None
        return Config(settings, staging, status, tuple(listeners), processing, limits)

    def _limits(self, value: Located | None) -> Limits:
        if value is None:
            return Limits()
        get = self.take.fields(value, optional=BOUNDS, what="`limits`").get
        said: dict[str, int] = {}
        for name in BOUNDS:
            one = get(name)
            found = self.take.whole(one, f"`{name}`", least=1)
            if one is not None and found is not None:
                if found > _LARGEST:
                    self.take.note(f"`{name}` must be {_LARGEST:,} or less", one.at)
                said[name] = found
        return Limits(**said)

    # --- listeners --------------------------------------------------------------------

    def _listener(self, value: Located) -> Listener | None:
        get = self.take.fields(
            value,
            required=("listen", "upstream", "channels"),
            optional=("certificate", "key", "upstream_trust"),
            what="a listener",
        ).get
        certificate = self._files.file(get("certificate"), "`certificate`")
        key = self._files.file(get("key"), "`key`")
        if (certificate is None) != (key is None):
            self.take.note("`certificate` and `key` go together", value.at)
        host, port = self._address(
            get("listen"), "`listen`", "", is_shielded=certificate is not None
        )
        upstream = self._upstream(get("upstream"), get("upstream_trust"))
        channels = self._channels(get("channels"))
        if upstream is None:
            return None
        return Listener(host, port, upstream, channels, certificate, key)

    def _address(
        self,
        value: Located | None,
        what: str,
        default: str,
        *,
        is_shielded: bool = False,
    ) -> tuple[str, int]:
        text = self.take.text(value, what) or default
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        at = value.at if value is not None else Locus("")
        if not host or not _PORT.fullmatch(port) or int(port) > _LAST_PORT:
            if value is not None:
                self.take.note(f"{what} is no address with a port", at, f"`{STATUS}`")
            return "127.0.0.1", 0
        if not is_shielded and not is_loopback(host):
            hint = "give it `certificate` and `key`, or have a proxy here end TLS"
            self.take.note(f"`{host}` is reached from elsewhere", at, hint)
        return host, int(port)

    def _upstream(
        self, value: Located | None, trust: Located | None
    ) -> Upstream | None:
        text = self.take.text(value, "`upstream`")
        if value is None or text is None:
            return None
        try:
            parts = urlsplit(text)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            parts, port = urlsplit(""), 0
        bare = not (parts.path.strip("/") or parts.query or parts.fragment)
        if not (parts.hostname and port and bare) or parts.username is not None:
            hint = "`http://127.0.0.1:8080`, without a path"
            self.take.note("`upstream` is no address of a server", value.at, hint)
            return None
        is_tls = parts.scheme == "https"
        file = self._files.file(trust, "`upstream_trust`")
        return Upstream(parts.hostname, port, parts.netloc, is_tls, file)

    def _channels(self, value: Located | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for prefix, one in self.take.entries(value, "`channels`").items():
            name = self.take.text(one, f"`{prefix}`")
            if plain_path(prefix) != prefix:
                hint = "a path like `/api`, without `.`, `//` and `%`"
                self.take.note("is no prefix of a path", one.key_at or one.at, hint)
            elif name is not None:
                found[prefix] = name
        if value is not None and value.data == {}:
            hint = "`/: CHANNEL` has everything leave by one"
            self.take.note("`channels` is empty", value.at, hint)
        return found

    def _processing(self, value: Located | None) -> Processing | None:
        if value is None:
            return None
        get = self.take.fields(
            value,
            required=("listen",),
            optional=("channels", "channel_header", "buffered"),
            what="`ext_proc`",
        ).get
        header = self.take.text(get("channel_header"), "`channel_header`") or ""
        channels = self._channels(get("channels"))
        listen = get("listen")
        text = self.take.text(listen, "`listen`") or ""
        if text.startswith(_UNIX) and len(text) > len(_UNIX):
            place = f"{_UNIX}{self.base / text.removeprefix(_UNIX)}"
        else:
            host, port = self._address(listen, "`listen`", "")
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        is_buffered = self.take.flag(get("buffered"), "`buffered`") or False
        return Processing(place, channels, header.lower(), is_buffered)


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
