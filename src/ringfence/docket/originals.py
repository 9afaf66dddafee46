"""Originals: what was received, byte for byte, sealed to the docket's keys.

    originals/<SHA-256 of the original>.age      the original, sealed
    originals/<SHA-256 of the original>.blocks   leaf hashes of its sound, if it is one

An original is whole and on the disk before its name is there. What a run that was cut
short left half written ends in `.part`, and is swept.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ringfence.docket.folder import ORIGINALS, Docket
from ringfence.docket.sealing import (
    Identities,
    UnsealedError,
    seal_stream,
    unseal,
    unsealed,
)
from ringfence.documents.durable import sync
from ringfence.errors import ConfigError, Locus, ProofError

SUFFIX, LEAVES, PART = ".age", ".blocks", ".part"
Progress = Callable[[int], None]
"""Is told how many bytes were read so far."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Kept(NamedTuple):
    """An original that is on the disk.

    Attributes:
        content: SHA-256 of its bytes as received.
        size: How many they are.
        sealed: SHA-256 of the sealed file.
    """

    content: str
    size: int
    sealed: str


class Originals:
    """The originals of one docket. Whoever writes here holds the docket's lock."""

    def __init__(self, docket: Docket) -> None:
        self._folder = docket.folder / ORIGINALS
        self._to = docket.charter.recipients

    def keep(
        self,
        stream: BinaryIO,
        progress: Progress = lambda _: None,
        *,
        unless: Callable[[str], bool] = lambda _: False,
    ) -> Kept:
        """Seal a stream to the docket's keys: it is on the disk when this returns.

        Args:
            stream: The original.
            progress: Is told how far it is.
            unless: Whether an original, by its SHA-256, is held already: then nothing
                changes, and `sealed` is empty.

        Raises:
            OSError: It may not be there; nothing of it has a name.
        """
        path = self._folder / f"{secrets.token_hex(16)}{PART}"
        sink = _File(path, progress)
        try:
            content, size = seal_stream(stream, sink, self._to)
            if unless(content):
                return Kept(content, size, "")
            sink.sync()
            sink.close()
            path.rename(self.path(content))
            sync(self._folder)
        finally:
            sink.close()
            path.unlink(missing_ok=True)
        return Kept(content, size, sink.digest.hexdigest())

    def path(self, content: str, suffix: str = SUFFIX) -> Path:
        """Return the file of an original.

        Raises:
            ConfigError: That is no digest.
        """
        if not _DIGEST.fullmatch(content):
            raise ConfigError(f"`{content[:80]}` is no digest")
        return self._folder / f"{content}{suffix}"

    def holds(self, content: str) -> bool:
        """Tell whether an original is there."""
        return self.path(content).is_file()

    def sealed(self, content: str) -> bytes:
        """Return the sealed file of an original.

        Raises:
            ProofError: It isn't there.
            OSError: It can't be read.
        """
        try:
            return self.path(content).read_bytes()
        except FileNotFoundError:
            at, hint = Locus(self._named(content)), "restore it from a copy"
            raise ProofError("the original is missing", at, hint) from None

    def read(self, content: str, identities: Identities) -> bytes:
        """Return an original, byte for byte.

        Raises:
            UnsealedError: It was changed, or is sealed to other keys.
            ProofError: It isn't there, or is another original than its name says.
        """
        place = self._named(content)
        found = unseal(self.sealed(content), identities, place)
        if sha256(found).hexdigest() != content:
            raise ProofError("is another original than was received", Locus(place))
        return found

    def opened(
        self, content: str, identities: Identities
    ) -> tuple[bytes, UnsealedError | None]:
        """Return as much of an original as opens, and why it isn't all.

        Raises:
            ProofError: It isn't there.
        """
        return unsealed(self.sealed(content), identities, self._named(content))

    def keep_leaves(self, content: str, hashes: bytes) -> None:
        """Lay the leaf hashes of a sound beside its original.

        With them a damaged block is named; salted as they are, they tell nothing else.

        Raises:
            OSError: They may not be there.
        """
        path = self._folder / f"{secrets.token_hex(16)}{PART}"
        sink = _File(path, lambda _: None)
        try:
            sink.write(hashes)
            sink.sync()
            sink.close()
            path.rename(self.path(content, LEAVES))
            sync(self._folder)
        finally:
            sink.close()
            path.unlink(missing_ok=True)

    def leaves(self, content: str) -> bytes | None:
        """Return the leaf hashes of a sound, as they lie there; None if they don't."""
        try:
            return self.path(content, LEAVES).read_bytes()
        except FileNotFoundError:
            return None

    def names(self) -> Iterator[str]:
        """Yield the SHA-256 of every original that is there, in order."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if _DIGEST.fullmatch(path.stem):
                yield path.stem

    def odd(self) -> Iterator[Path]:
        """Yield what lies among the originals and is none, and no part of a new one."""
        for path in sorted(self._folder.iterdir()):
            known = path.suffix in (SUFFIX, LEAVES) and _DIGEST.fullmatch(path.stem)
            if not known and path.suffix != PART:
                yield path

    def remove(self, content: str) -> None:
        """Remove an original for good, as far as the disk forgets.

        Raises:
            OSError: It may still be there.
        """
        for suffix in (SUFFIX, LEAVES):
            self.path(content, suffix).unlink(missing_ok=True)
        sync(self._folder)

    def sweep(self) -> int:
        """Remove what runs that were cut short left half written; return how many."""
        parts = [*self._folder.glob(f"*{PART}")]
        for path in parts:
            path.unlink()
        return len(parts)

    def _named(self, content: str) -> str:
        return str(self.path(content))


class _File:
    """A new file for its owner alone, written by the calls that the tests cut short."""

    def __init__(self, path: Path, progress: Progress) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle: int | None = os.open(path, flags, 0o600)
        self._progress = progress
        self._written = 0
        self.digest = sha256()

    def write(self, content: bytes) -> int:
        rest = memoryview(content)
        while rest and self._handle is not None:
            rest = rest[os.write(self._handle, rest) :]
        self.digest.update(content)
        self._written += len(content)
        self._progress(self._written)
        return len(content)

    def flush(self) -> None:
        """Do nothing: `sync` brings it to the disk."""

    def sync(self) -> None:
        if self._handle is not None:
            os.fsync(self._handle)

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
