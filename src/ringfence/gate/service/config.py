"""`serve.yaml`: where the gate listens, who may ask, and what it decides by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from ringfence.boundary.order import Naming
from ringfence.boundary.vocabulary import NODE_KINDS, VERBS
from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader, nearest
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError, Locus, RingfenceError
from ringfence.gate.point.asked import Caller
from ringfence.gate.service.callers import Known
from ringfence.gate.service.limits import Limits
from ringfence.gate.service.oidc import ALGORITHMS, STANDARD, Trust, is_fit, is_loopback
from ringfence.gate.service.wire import Tls
from ringfence.ledger.signed.keys import VerifierKey, parse_key

LISTEN = "127.0.0.1:8181"
OBEYS = ("mask", "rows")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SECTIONS = (
    *("listen", "base_url", "bundle", "keys", "ledger", "publish"),
    *("exceptions", "window"),
    *("callers", "tls", "oidc", "limits"),
)
_CALLER = (
    *("token_file", "token_sha256", "certificate", "oidc"),
    *("types", "actions", "principals", "resources", "trusts", "obeys"),
)
_LIMITS = ("body", "data", "headers", "seconds", "rate", "burst", "connections")
_LAST_PORT = 65_535
_PORT = re.compile(r"[0-9]{1,5}")
_LARGEST = 2**31 - 1  # of any number


@dataclass(frozen=True, slots=True)
class Config:
    """What the service is told.

    Attributes:
        host: The address that it listens at.
        port: The port; 0 takes a free one.
        base_url: Its own address, as callers know it; empty: where it listens.
        bundle: The bundle that it decides by.
        keys: The keys that have to have signed a bundle.
        ledger: The ledger that takes its decisions.
        exceptions: The ledger of exceptions.
        publish: Seconds from one publication to the next.
        window: Milliseconds that each entry waits for more decisions.
        callers: Who may ask.
        tls: How connections are protected.
        oidc: Whose tokens are believed.
        limits: How much is taken.
        shadow: Nothing is enforced. No file says so: whoever starts the service does.
    """

    host: str = "127.0.0.1"
    port: int = 8181
    base_url: str = ""
    bundle: Path | None = None
    keys: tuple[VerifierKey, ...] = ()
    ledger: Path | None = None
    exceptions: Path | None = None
    publish: int = 60
    window: int = 0
    callers: tuple[Known, ...] = ()
    tls: Tls | None = None
    oidc: Trust | None = None
    limits: Limits = field(default_factory=Limits)
    shadow: bool = False


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
    if reading.take.problems:
        raise ConfigError.of(reading.take.problems)
    return config


def parse_listen(text: str) -> tuple[str, int]:
    """Return host and port.

    Raises:
        ValueError: It is no address with a port.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not _PORT.fullmatch(port) or int(port) > _LAST_PORT:
        raise ValueError(f"`{text[:99]}` is no address with a port")
    return host, int(port)


@dataclass(slots=True)
class _Reading:
    take: Reader
    base: Path

    def config(self, root: Located) -> Config:
        get = self.take.fields(root, optional=_SECTIONS, what="the configuration").get
        host, port = self._listen(get("listen"))
        config = Config(
            host=host,
            port=port,
            base_url=self._base_url(get("base_url")),
            bundle=self._file(get("bundle"), "`bundle`"),
            keys=tuple(self._keys(get("keys"))),
            ledger=self._file(get("ledger"), "`ledger`"),
            exceptions=self._file(get("exceptions"), "`exceptions`"),
            publish=self._number(get("publish"), "`publish`", 60, 1),
            window=self._number(get("window"), "`window`", 0, 0),
            callers=tuple(self._callers(get("callers"))),
            tls=self._tls(get("tls")),
            oidc=self._oidc(get("oidc")),
            limits=self._limits(get("limits")),
        )
        return self._whole(config, root, get)

    def _whole(
        self, config: Config, root: Located, get: Callable[[str], Located | None]
    ) -> Config:
        """Note what doesn't fit together."""
        note = self.take.note
        if config.bundle is not None and not config.keys:
            hint = "`keys`: a list of the public keys that sign bundles"
            note("a bundle needs keys that it is checked with", root.at, hint)
        callers = config.callers
        self._shared(callers, root)
        if any(one.subjects for one in callers) and get("oidc") is None:
            note("a caller has `oidc`, and there is no section `oidc`", root.at)
        named = any(one.names for one in callers)
        if named and (config.tls is None or config.tls.callers is None):
            hint = "`tls`: `certificate`, `key` and `callers`"
            note("a caller has a certificate, and nobody checks it", root.at, hint)
        listen = get("listen")
        if config.tls is None and not is_loopback(config.host) and listen is not None:
            hint = "give it `tls`, or have a proxy on this machine end TLS"
            note(f"`{config.host}` is reached from elsewhere", listen.at, hint)
        if get("callers") is None:
            note("nobody may ask", root.at, "`callers`: a name, and its token")
        if config.tls is not None and callers and all(one.names for one in callers):
            only = not any(one.tokens or one.files or one.subjects for one in callers)
            tls = config.tls._replace(is_needed=only)
            return replace(config, tls=tls)
        return config

    def _shared(self, callers: tuple[Known, ...], root: Located) -> None:
        """Note whatever shows two callers: which of them asks, nobody could say."""
        first: dict[tuple[str, str], str] = {}
        for one in callers:
            shown = [("certificate", name) for name in one.names]
            shown += [("oidc", name) for name in one.subjects]
            for kind, name in shown:
                other = first.setdefault((kind, name), one.caller.name)
                if other != one.caller.name:
                    both = f"`{other}` and `{one.caller.name}`"
                    hint = "give each caller what shows it alone"
                    self.take.note(f"{kind} `{name}` shows {both}", root.at, hint)

    # --- where, and what by -----------------------------------------------------------

    def _listen(self, value: Located | None) -> tuple[str, int]:
        text = self.take.text(value, "`listen`") or LISTEN
        try:
            return parse_listen(text)
        except ValueError as error:
            at = value.at if value is not None else Locus("")
            self.take.note(str(error), at, f"write `{LISTEN}`")
            return parse_listen(LISTEN)

    def _base_url(self, value: Located | None) -> str:
        text = self.take.text(value, "`base_url`")
        if value is None or text is None:
            return ""
        parts = urlsplit(text)
        if (
            parts.scheme not in ("https", "http")
            or not parts.netloc
            or (parts.query or parts.fragment)
        ):
            hint = "`https://gate.example.com`, without a query"
            self.take.note("`base_url` is no address", value.at, hint)
        return text.rstrip("/")

    def _file(self, value: Located | None, what: str) -> Path | None:
        text = self.take.text(value, what)
        if value is None or text is None:
            return None
        return self._place(text, value.at, what)

    def _place(self, text: str, at: Locus, what: str) -> Path:
        if not text or "\0" in text:
            self.take.note(f"{what} is no name of a file", at)
        return self.base / text

    def _keys(self, value: Located | None) -> Iterator[VerifierKey]:
        for text, at in self.take.located_texts(value, "`keys`"):
            try:
                yield parse_key(text)
            except RingfenceError as error:
                problem = error.problems[0]
                self.take.note(problem.message, at, problem.hint)

    def _number(
        self, value: Located | None, what: str, default: int, least: int
    ) -> int:
        found = self.take.whole(value, what, least=least)
        if value is not None and found is not None and found > _LARGEST:
            self.take.note(f"{what} must be {_LARGEST:,} or less", value.at)
        return default if found is None else found

    def _limits(self, value: Located | None) -> Limits:
        if value is None:
            return Limits()
        get = self.take.fields(value, optional=_LIMITS, what="`limits`").get
        standard = Limits()
        return Limits(
            *(
                self._number(get(name), f"`{name}`", getattr(standard, name), 1)
                for name in _LIMITS
            )
        )

    # --- callers ----------------------------------------------------------------------

    def _callers(self, value: Located | None) -> Iterator[Known]:
        entries = self.take.entries(value, "`callers`")
        if value is not None and value.data == {}:
            self.take.note("`callers` is empty", value.at, "name at least one")
        for name, one in entries.items():
            yield self._caller(name, one)

    def _caller(self, name: str, value: Located) -> Known:
        at = value.key_at or value.at
        if not _NAME.fullmatch(name):
            hint = "small letters, digits, `.`, `_` and `-`; at most 63"
            self.take.note(f"no caller can be called `{name}`", at, hint)
        get = self.take.fields(value, optional=_CALLER, what=f"caller `{name}`").get
        caller = Caller(
            name,
            types=self._words(get("types"), "`types`", NODE_KINDS),
            actions=self._words(get("actions"), "`actions`", VERBS),
            principals=tuple(self._namings(get("principals"), "`principals`")),
            resources=tuple(self._namings(get("resources"), "`resources`")),
            trusts=self._some(get("trusts"), "`trusts`", NODE_KINDS),
            obeys=self._some(get("obeys"), "`obeys`", OBEYS),
        )
        files = self.take.located_texts(get("token_file"), "`token_file`")
        known = Known(
            caller,
            tuple(self._digests(get("token_sha256"))),
            tuple(self._place(one, where, "`token_file`") for one, where in files),
            tuple(self.take.texts(get("certificate"), "`certificate`")),
            tuple(self.take.texts(get("oidc"), "`oidc`")),
        )
        if not any((known.tokens, known.files, known.names, known.subjects)):
            hint = "`token_file`, `token_sha256`, `certificate` or `oidc`"
            self.take.note(f"nothing shows who `{name}` is", at, hint)
        return known

    def _digests(self, value: Located | None) -> Iterator[str]:
        for text, at in self.take.located_texts(value, "`token_sha256`"):
            if _DIGEST.fullmatch(text):
                yield text
            else:
                hint = "64 hexadecimal digits: `printf %s TOKEN | sha256sum`"
                self.take.note("is no SHA-256 of a token", at, hint)

    def _words(
        self, value: Located | None, what: str, known: tuple[str, ...]
    ) -> dict[str, str]:
        found = {}
        for word, one in self.take.entries(value, what).items():
            meant = self.take.choice(one, known, f"word in {what}")
            if meant is not None:
                found[word] = meant
        return found

    def _some(
        self, value: Located | None, what: str, known: tuple[str, ...]
    ) -> frozenset[str]:
        found = self.take.located_texts(value, what)
        for text, at in found:
            if text not in known:
                self.take.note(f"{what} has no `{text}`", at, nearest(text, known))
        return frozenset(text for text, _ in found)

    def _namings(self, value: Located | None, what: str) -> Iterator[Naming]:
        def naming(one: Located) -> Naming | None:
            get = self.take.fields(one, required=("match", "is"), what="a name").get
            match = self.take.text(get("match"), "`match`")
            node = self.take.text(get("is"), "`is`")
            return Naming(match, node) if match and node else None

        yield from self.take.each(value, naming, what)

    # --- TLS and OpenID Connect -------------------------------------------------------

    def _tls(self, value: Located | None) -> Tls | None:
        if value is None:
            return None
        get = self.take.fields(
            value,
            required=("certificate", "key"),
            optional=("callers", "revoked"),
            what="`tls`",
        ).get
        certificate = self._file(get("certificate"), "`certificate`")
        key = self._file(get("key"), "`key`")
        if certificate is None or key is None:
            return None
        callers = self._file(get("callers"), "`callers`")
        revoked = self._file(get("revoked"), "`revoked`")
        if revoked is not None and callers is None:
            self.take.note("`revoked` needs `callers`", value.at)
        return Tls(certificate, key, callers, revoked)

    def _oidc(self, value: Located | None) -> Trust | None:
        if value is None:
            return None
        get = self.take.fields(
            value,
            required=("issuer", "audience"),
            optional=("keys", "keys_url", "algorithms", "leeway"),
            what="`oidc`",
        ).get
        keys, url = self._file(get("keys"), "`keys`"), get("keys_url")
        address = self.take.text(url, "`keys_url`") or ""
        if (keys is None) == (not address):
            hint = "`keys: FILE`, or `keys_url: https://...`"
            self.take.note("`oidc` needs keys, from one place", value.at, hint)
        if url is not None and address and not is_fit(address):
            self.take.note("keys come by HTTPS alone", url.at, "`https://...`")
        algorithms = self._some(get("algorithms"), "`algorithms`", ALGORITHMS)
        return Trust(
            self.take.text(get("issuer"), "`issuer`") or "",
            self.take.text(get("audience"), "`audience`") or "",
            keys,
            address,
            tuple(sorted(algorithms)) or STANDARD,
            self._number(get("leeway"), "`leeway`", 30, 0),
        )
