"""Claims: how far each file has come, on the disk before the next step begins.

A gateway that is killed goes on from here. A file is named by its claim until nothing
is left to do; whatever no claim names is nobody's and may go.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from ringfence.documents import durable
from ringfence.egress.files.store import StoreError
from ringfence.errors import Locus

Stage = Literal["staged", "judged", "carried", "revealed"]
Outlet = Literal["released", "hold", "block"]
_ENDING = ".json"
_NEW = ".new"


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file on its way.

    Attributes:
        id: Its name. `path`: where it lay in the outbox.
        mark: What told it from what may take its place. `digest`, `size`: its content.
        stage: What is done: its copy is staged, its verdict is in the ledger, what
            leaves is where it goes but hidden, or there to be seen.
        verdict: The verdict. `entry`: the ledger's entry.
        reasons: Why, in words.
        output: SHA-256 of what goes. `bytes`: how many.
        source: Name of the staged file that goes.
        outlet: Where it goes. `target`: under which path.
        receipt: The receipt.
    """

    id: str
    path: str
    mark: str
    digest: str
    size: int
    stage: Stage = "staged"
    verdict: str = ""
    entry: int = -1
    reasons: tuple[str, ...] = ()
    output: str = ""
    bytes: int = 0
    source: str = ""
    outlet: Outlet = "hold"
    target: str = ""
    receipt: str = ""


def named(path: str, mark: str) -> str:
    """Return what a claim is called: the same for the same file."""
    return hashlib.sha256(f"{path}\0{mark}".encode()).hexdigest()[:32]


class Work:
    """The folder that a gateway works in, for nobody else's eyes.

    Args:
        folder: The folder; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.staging = folder / "staging"
        self._claims = folder / "claims"
        for one in (folder, self.staging, self._claims):
            one.mkdir(0o700, parents=True, exist_ok=True)
            one.chmod(0o700)

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other gateway out.

        Raises:
            StoreError: One is there.
        """
        at = Locus(str(self.folder))
        busy = StoreError("another gateway works there", at, "wait for it to end")
        return durable.locked(self.folder / "lock", busy)

    def claims(self) -> Iterator[Claim]:
        """Yield every claim, in order of their names.

        Raises:
            StoreError: One can't be read: who wrote it may have been another version.
        """
        for path in sorted(self._claims.glob(f"*{_ENDING}")):
            try:
                claim = msgspec.json.decode(path.read_bytes(), type=Claim)
            except msgspec.DecodeError:
                hint = "move it away: its file is judged again if it is in the outbox"
                raise StoreError("is no claim", Locus(str(path)), hint) from None
            yield claim

    def keep(self, claim: Claim) -> None:
        """Bring a claim to the disk."""
        path = self._path(claim)
        new = path.with_suffix(_NEW)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            write(file, msgspec.json.encode(claim))
        os.replace(new, path)  # noqa: PTH105
        durable.sync(self._claims)

    def drop(self, claim: Claim) -> None:
        """Forget a claim, and then whatever was staged for it."""
        os.unlink(self._path(claim))  # noqa: PTH108
        durable.sync(self._claims)
        for name in {claim.id, claim.source} - {""}:
            (self.staging / name).unlink(missing_ok=True)

    def sweep(self) -> set[str]:
        """Remove what no claim names, and return the claims' names."""
        for path in self._claims.glob(f"*{_NEW}"):
            path.unlink()
        claims = [*self.claims()]
        kept = {name for one in claims for name in (one.id, one.source)}
        for path in self.staging.iterdir():
            if path.name not in kept:
                path.unlink()
        return {one.id for one in claims}

    def _path(self, claim: Claim) -> Path:
        return self._claims / f"{claim.id}{_ENDING}"


def write(file: BinaryIO, content: bytes) -> None:
    """Write all of a file, and bring it to the disk."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file of the gateway's own; None: there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
