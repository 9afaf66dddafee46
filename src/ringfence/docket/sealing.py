"""Sealing: age (age-encryption.org/v1) to the docket's keys, with pyrage.

Originals are sealed to one set of keys, who people are to another. To seal takes public
keys alone, so that whoever receives a tape needn't be able to play it.
"""

from __future__ import annotations

import errno
import hmac
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyrage

from ringfence.documents.durable import sync
from ringfence.errors import ConfigError, Locus, Problem, ProofError

SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how every such line begins, not a secret
_SSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
_LARGEST = 1 << 20  # bytes of an identity file
_READ = 1 << 20
_STOP = errno.EIO, "reading or writing failed before"
ENVIRONMENT = "RINGFENCE_DOCKET_IDENTITY"


class UnsealedError(ProofError):
    """What is sealed doesn't open: it was changed, or the key is another one.

    Attributes:
        is_other: Whether it is whole, as far as can be told, and the key is another.
    """

    is_other: bool = False


class Sink(Protocol):
    """Where sealed bytes go."""

    def write(self, content: bytes, /) -> int:
        """Take all of them."""
        ...

    def flush(self) -> None:
        """Bring nothing to the disk; that is for whoever made the sink."""
        ...


@dataclass(frozen=True, slots=True)
class Identities:
    """Keys that open what is sealed. Nothing shows them."""

    keys: tuple[Any, ...] = field(repr=False)


def read_identities(path: Path) -> Identities:
    """Return the keys of an identity file: age's own, or an SSH key without passphrase.

    Raises:
        ConfigError: It can't be read, or holds no key; no key is ever shown.
    """
    at = Locus(str(path))
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise ConfigError(reason, at, "check the path of the identity file") from None
    hint = "`age-keygen`, or `ringfence docket init --new-keys`, writes one"
    if len(content) > _LARGEST:
        raise ConfigError("is no identity file", at, hint)
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if text.lstrip().startswith(_SSH):
        return Identities((_ssh(content, at),))
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        told = line.strip()
        if not told or told.startswith("#"):
            continue
        try:
            keys.append(pyrage.x25519.Identity.from_str(told))
        except pyrage.IdentityError:
            place = Locus(str(path), number)
            raise ConfigError("is no age identity", place, hint) from None
    if not keys:
        raise ConfigError("holds no identity", at, hint)
    return Identities(tuple(keys))


def _ssh(content: bytes, at: Locus) -> object:
    try:
        return pyrage.ssh.Identity.from_buffer(content)
    except pyrage.IdentityError:
        hint = "Ed25519 or RSA, without a passphrase"
        raise ConfigError("is no SSH key that age knows", at, hint) from None


def recipients(texts: Sequence[str], option: str = "--recipient") -> list[Any]:
    """Return public keys: `age1...`, or a line `ssh-ed25519 ...`.

    Args:
        texts: The keys.
        option: What messages call them.

    Raises:
        ConfigError: One is none, or there is none; every bad one is named.
    """
    if not texts:
        hint = "`ringfence docket init DIR --new-keys FOLDER` draws some"
        raise ConfigError("nobody could open what is sealed", Locus(option), hint)
    found, problems = [], []
    for text in texts:
        kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(text))
        except pyrage.RecipientError:
            told = "a secret key" if text.upper().startswith(SECRET) else "no recipient"
            shown = "" if told == "a secret key" else f" `{text[:80]}`"
            hint = "a public key: `age1...` or `ssh-ed25519 ...`"
            problems.append(Problem(f"is {told}{shown}", Locus(option), hint))
    if problems:
        raise ConfigError.of(problems)
    return found


def new_identity(path: Path) -> str:
    """Draw a key into a new file that its owner alone reads; return its public key.

    Raises:
        ConfigError: Something lies there.
        OSError: It may not be on the disk.
    """
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    content = f"# public key: {public}\n{key}\n".encode()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        hint = "a key is never overwritten: name another folder"
        raise ConfigError("something lies there", Locus(str(path)), hint) from None
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    sync(path.parent)
    return public


def public_of(identities: Identities) -> tuple[str, ...]:
    """Return the public keys of identities that tell theirs: age's own do."""
    told = (key for key in identities.keys if hasattr(key, "to_public"))
    return tuple(str(key.to_public()) for key in told)


def seal(content: bytes, to: Sequence[str]) -> bytes:
    """Return content that only these recipients open.

    Raises:
        ConfigError: One is no recipient.
    """
    sealed: bytes = pyrage.encrypt(content, recipients(to))
    return sealed


def seal_stream(source: BinaryIO, sink: Sink, to: Sequence[str]) -> tuple[str, int]:
    """Seal a stream; return the SHA-256 and the length of what was read.

    Raises:
        ConfigError: One is no recipient.
        BaseException: Whatever reading or writing raised, as it was raised.
    """
    keys = recipients(to)
    reader, writer = _Reader(source), _Writer(sink)
    try:
        pyrage.encrypt_io(reader, writer, keys)
    except pyrage.EncryptError:
        for failed in (reader.failed, writer.failed):
            if failed is not None:
                raise failed from None
        raise
    return reader.digest.hexdigest(), reader.size


def unseal(content: bytes, identities: Identities, place: str = "") -> bytes:
    """Return what a sealed file says.

    Raises:
        UnsealedError: It was changed, or is sealed to other keys.
    """
    found, whole = unsealed(content, identities, place)
    if whole is not None:
        raise whole
    return found


def unsealed(
    content: bytes, identities: Identities, place: str = ""
) -> tuple[bytes, UnsealedError | None]:
    """Return as much of a sealed file as opens, and why it isn't all."""
    out, at = io.BytesIO(), Locus(place) if place else None
    try:
        pyrage.decrypt_io(io.BytesIO(content), out, list(identities.keys))
    except pyrage.DecryptError as error:
        if "matching" in str(error):
            hint = "is it the docket's key, or the key of who people are?"
            other = UnsealedError("is sealed to other keys", at, hint)
            other.is_other = True
            return b"", other
        return b"", UnsealedError("is no sealed file, or was changed", at)
    except OSError:
        found = out.getvalue()
        message = f"was changed: it opens as far as byte {len(found):,} alone"
        return found, UnsealedError(message, at, "restore it from a copy")
    return out.getvalue(), None


def matched(name: str, key: bytes) -> str:
    """Return what tells that two names are one, to whoever has the key and no other.

    Case and blanks don't count. A plain hash of a name would be guessed in no time.
    """
    folded = " ".join(name.casefold().split())
    return hmac.new(key, folded.encode(), sha256).hexdigest()


class _Reader:
    """Reads and digests; keeps what went wrong, which pyrage would turn into words."""

    def __init__(self, source: BinaryIO) -> None:
        self.digest, self.size = sha256(), 0
        self.failed: BaseException | None = None
        self._parts = iter(lambda: source.read(_READ), b"")
        self._rest = b""

    def read(self, most: int = -1) -> bytes:
        _check(self.failed)
        try:
            if not self._rest:
                self._rest = next(self._parts, b"")
                self.digest.update(self._rest)
                self.size += len(self._rest)
        except BaseException as error:
            self.failed = error
            raise
        most = len(self._rest) if most < 0 else most
        part, self._rest = self._rest[:most], self._rest[most:]
        return part


class _Writer:
    def __init__(self, sink: Sink) -> None:
        self.failed: BaseException | None = None
        self._sink = sink

    def write(self, content: bytes) -> int:
        return self._done(lambda: self._sink.write(content))

    def flush(self) -> None:
        self._done(self._flushed)

    def _flushed(self) -> int:
        self._sink.flush()
        return 0

    def _done(self, work: Callable[[], int]) -> int:
        _check(self.failed)
        try:
            return work()
        except BaseException as error:
            self.failed = error
            raise


def _check(failed: BaseException | None) -> None:
    if failed is not None:  # pyrage tries again after some errors, for ever
        raise OSError(*_STOP)


def distinct(first: Iterable[str], second: Iterable[str]) -> None:
    """Check that who opens originals isn't who opens identities.

    Raises:
        ConfigError: One key is in both.
    """
    if both := sorted(set(first) & set(second)):
        hint = "two keys, kept apart: one for originals, one for who people are"
        message = f"`{both[0]}` would open both originals and identities"
        raise ConfigError(message, Locus("--identity-recipient"), hint)
