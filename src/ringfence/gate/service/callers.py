"""Who asks: by certificate, by a bearer's token, or by OpenID Connect.

Of a token the gate knows the SHA-256 alone. It looks up that of what was sent, and how
long this takes tells nothing of any token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ringfence.errors import ConfigError, Locus
from ringfence.gate.point.asked import Caller
from ringfence.gate.service.oidc import Issuer

OWN = "x-ringfence-token"  # where `authorization` is of somebody else, as with Envoy
BEARER = "bearer "
SHORTEST = 16  # characters of a token


@dataclass(frozen=True, slots=True)
class Known:
    """A caller, and how it shows that it is.

    Attributes:
        caller: The caller.
        tokens: SHA-256 of its tokens, in hexadecimal.
        files: Files of which each holds a token.
        names: Names of certificates: `DNS:trino.example.com`, `CN=trino`.
        subjects: The `sub` of its tokens by OpenID Connect.
    """

    caller: Caller
    tokens: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a request is from.

    Attributes:
        caller: The caller, if it is one.
        is_shown: Whether somebody showed who he is, though he is no caller.
    """

    caller: Caller | None
    is_shown: bool = False


class Callers:
    """Knows the callers.

    Args:
        known: The callers.
        issuer: What verifies tokens by OpenID Connect, if anything does.

    Raises:
        ConfigError: A file holds no token, or a token is that of two callers.
        OSError: A file can't be read.
    """

    def __init__(self, known: Sequence[Known], issuer: Issuer | None = None) -> None:
        self._known = tuple(known)
        self._issuer = issuer
        self._names = {name: one.caller for one in known for name in one.names}
        self._subjects = {name: one.caller for one in known for name in one.subjects}
        self._tokens = self._read()

    def refresh(self) -> None:
        """Read the files of tokens again; if one is bad, what was known stays so.

        Raises:
            ConfigError: A file holds no token, or a token is that of two callers.
            OSError: A file can't be read.
        """
        self._tokens = self._read()
        if self._issuer is not None:
            self._issuer.refresh()

    async def admitted(
        self, headers: Mapping[str, str], names: Sequence[str]
    ) -> Admission:
        """Return whom a request is from.

        Args:
            headers: Its headers, by lower-case name.
            names: The names of the certificate that was shown, if one was.
        """
        token = _token(headers)
        if token is None:
            found = (self._names[name] for name in names if name in self._names)
            return Admission(next(found, None), bool(names))
        caller = self.of_token(token.encode("utf-8", "replace"))
        if caller is not None or self._issuer is None:
            return Admission(caller)
        subject = await self._issuer.subject(token)
        if subject is None:
            return Admission(None)
        return Admission(self._subjects.get(subject), is_shown=True)

    def of_token(self, token: bytes) -> Caller | None:
        """Return whose token this is, if it is one that the gate knows itself."""
        return self._tokens.get(sha256(token).digest())

    def _read(self) -> dict[bytes, Caller]:
        found: dict[bytes, Caller] = {}
        for one in self._known:
            digests = [bytes.fromhex(token) for token in one.tokens]
            for digest in (*digests, *map(_read_token, one.files)):
                if found.setdefault(digest, one.caller) is not one.caller:
                    message = f"has a token of `{found[digest].name}`, too"
                    raise ConfigError(message, Locus(f"caller `{one.caller.name}`"))
        return found


def digest_of(token: str) -> str:
    """Return what the gate knows of a token."""
    return sha256(token.encode()).hexdigest()


def _token(headers: Mapping[str, str]) -> str | None:
    own = headers.get(OWN)
    if own is not None:
        return own.strip()
    told = headers.get("authorization", "")
    if told[: len(BEARER)].lower() != BEARER:
        return None
    return told[len(BEARER) :].strip()


def _read_token(file: Path) -> bytes:
    text = file.read_text("utf-8", "replace").strip()
    if len(text) < SHORTEST or not text.isascii() or not text.isprintable():
        hint = f"one line of {SHORTEST} characters or more: `openssl rand -hex 32`"
        raise ConfigError("holds no token", Locus(str(file)), hint)
    return sha256(text.encode()).digest()
