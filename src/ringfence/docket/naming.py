"""Who people are: one sealed file a name, which the docket's own keys don't open.

The file is as long for a short name as for a long one. Whether two names are one is
told by an HMAC under a key that is sealed to the same keys, never by a hash of a name:
names are few, and would be tried out.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.docket.folder import SEALED, Docket
from ringfence.docket.sealing import Identities, matched, seal, unseal
from ringfence.documents.durable import locked, sync
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.faults import BusyError

SUFFIX, PART, MATCH = ".age", ".part", "match.age"
LOCK = "sealed.lock"
_WIDTH = 1024  # bytes that a sealed name takes, and its multiples
_KEY = 32


class _Name(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Names:
    """The sealed names of one docket."""

    def __init__(self, docket: Docket) -> None:
        self._root = docket.folder
        self._folder = docket.folder / SEALED
        self._to = docket.charter.identity_recipients

    def keep(self, name: str) -> str:
        """Seal a name, and return the SHA-256 of the sealed file.

        Raises:
            ConfigError: It is empty.
            OSError: It may not be on the disk.
        """
        told = " ".join(name.split())
        if not told:
            raise ConfigError("the name is empty", hint="leave it out if nobody knows")
        content = msgspec.json.encode(_Name(told))
        content = content.ljust(-(-len(content) // _WIDTH) * _WIDTH)
        sealed = seal(content, self._to)
        digest = sha256(sealed).hexdigest()
        self._place(f"{digest}{SUFFIX}", sealed)
        return digest

    def read(self, digest: str, identities: Identities) -> str:
        """Return the name in a sealed file.

        Raises:
            ProofError: It is missing, was changed, or is sealed to other keys.
        """
        path = self._folder / f"{digest}{SUFFIX}"
        content = self.content(digest)
        try:
            found = unseal(content, identities, str(path))
            return msgspec.json.decode(found, type=_Name).name
        except msgspec.MsgspecError:
            raise ProofError("holds no name", Locus(str(path))) from None

    def content(self, digest: str) -> bytes:
        """Return a sealed file.

        Raises:
            ProofError: It is missing, or isn't what its name says.
        """
        path = self._folder / f"{digest}{SUFFIX}"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ProofError("the sealed name is missing", Locus(str(path))) from None
        if sha256(content).hexdigest() != digest:
            raise ProofError("was changed", Locus(str(path)), "restore it from a copy")
        return content

    def match(self, name: str, identities: Identities) -> str:
        """Return what tells that two names are one.

        Raises:
            ConfigError: There is no key for it.
            ProofError: The key was changed, or is sealed to other keys.
        """
        path = self._folder / MATCH
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            hint = "`ringfence docket init` lays it there; restore it from a copy"
            message = "the key that names are matched by is missing"
            raise ConfigError(message, Locus(str(path)), hint) from None
        return matched(name, unseal(sealed, identities, str(path)))

    def draw_key(self) -> str:
        """Draw the key that names are matched by; return the sealed file's SHA-256.

        One that is there stays.
        """
        path = self._folder / MATCH
        if not path.exists():
            self._place(MATCH, seal(secrets.token_bytes(_KEY), self._to))
        return self.key_digest()

    def key_digest(self) -> str:
        """Return the SHA-256 of the sealed key; empty if there is none."""
        path = self._folder / MATCH
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

    def names(self) -> list[Path]:
        """Return every file that lies there and is no part of a new one."""
        there = sorted(self._folder.iterdir())
        return [path for path in there if path.suffix != PART and path.name != MATCH]

    def _place(self, name: str, content: bytes) -> None:
        busy = BusyError("another run seals a name", Locus(str(self._root)), "wait")
        with locked(self._root / LOCK, busy):
            for part in self._folder.glob(f"*{PART}"):  # of runs that were cut short
                part.unlink()
            path = self._folder / f"{secrets.token_hex(16)}{PART}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            handle = os.open(path, flags, 0o600)
            try:
                os.write(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
            path.rename(self._folder / name)
            sync(self._folder)
