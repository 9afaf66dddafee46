"""The file gateway over an S3-compatible store, as a sender sees it.

Objects go under a prefix, as others put them there, and come out under another, or
don't. The client is the library's own: nothing of the gateway's is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from ringfence.egress.files.config import Config
from ringfence.egress.files.s3 import SCHEME
from ringfence.egress.proving.outbox import QUARANTINE, sent
from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try
from ringfence.errors import ConfigError, Locus

NAME = "S3 gateway"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that objects lie in.

    Attributes:
        client: What reaches it.
        root: Its folder, or its bucket and prefix.
    """

    client: FileSystem
    root: str

    def put(self, path: str, content: bytes) -> None:
        """Put an object there.

        Raises:
            OSError: It can't be put there.
        """
        with self.client.open_output_stream(f"{self.root}/{path}") as new:
            new.write(content)

    def names(self, folder: str) -> set[str]:
        """Return what lies in a folder.

        Raises:
            OSError: It can't be listed.
        """
        selector = FileSelector(f"{self.root}/{folder}", allow_not_found=True)
        found = self.client.get_file_info(selector)
        return {one.base_name for one in found if one.type == FileType.File}

    def remove(self, path: str) -> None:
        """Remove an object, if it is there."""
        with suppress(FileNotFoundError):
            self.client.delete_file(f"{self.root}/{path}")


@dataclass(frozen=True, slots=True)
class S3Gateway:
    """A file gateway over prefixes of a store.

    Attributes:
        outbox: Where it takes objects from.
        released: Where those go that may leave.
        quarantine: Where all others go.
        channel: Name of the channel.
        patience: Seconds within which every object has to be taken.
        pause: Waits for some seconds.
        clock: Gives seconds that only ever grow.
    """

    outbox: Spot
    released: Spot
    quarantine: Spot
    channel: str
    patience: float = 60
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    name: str = NAME
    places: frozenset[str] = frozenset({"name"})

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Put every try under the prefix, and look what becomes of it."""
        yield from sent(tries, self)

    def put(self, name: str, content: bytes) -> None:
        """Put an object there: it is whole whenever it is there."""
        self.outbox.put(f"{self.channel}/{name}", content)

    def found(self, names: Collection[str]) -> Iterator[tuple[str, Outcome]]:
        """Yield what became of objects, where something did."""
        left = self.released.names(self.channel).intersection(names)
        for name in left:
            self.released.remove(f"{self.channel}/{name}")  # nobody is to send it on
            yield name, Outcome.LEFT
        for folder, outcome in QUARANTINE.items():
            kept = self.quarantine.names(f"{folder}/{self.channel}")
            for name in kept.intersection(names) - left:
                yield name, outcome

    def take_back(self, name: str) -> None:
        """Remove an object that nobody took."""
        self.outbox.remove(f"{self.channel}/{name}")


def gateway_of(config: Config, channel: str, patience: float) -> S3Gateway:
    """Return the surface of a gateway that is configured.

    Args:
        config: What the gateway is told.
        channel: Name of the channel.
        patience: Seconds within which every object has to be taken.

    Raises:
        ConfigError: Something isn't said, or the outbox is no prefix.
    """
    at = Locus("--gateway")
    outbox = config.outbox or ""
    if not outbox.startswith(SCHEME):
        hint = "name the folders with `--outbox`, `--released`, `--quarantine`"
        raise ConfigError("`outbox` is no `s3://bucket/prefix`", at, hint)
    if not config.released or not config.quarantine:
        message = "`released` and `quarantine` have to be said"
        raise ConfigError(message, at, "name the file that the gateway itself reads")
    if config.s3 is None:
        hint = "`s3`: `endpoint`, `region`, `key_id_env`, `secret_env`"
        raise ConfigError("nothing says where the store answers", at, hint)
    client = config.s3.client()
    return S3Gateway(
        _spot(outbox, client),
        _spot(config.released, client),
        _spot(config.quarantine, client),
        channel,
        patience,
    )


def _spot(where: str, client: FileSystem) -> Spot:
    if where.startswith(SCHEME):
        return Spot(client, where.removeprefix(SCHEME).rstrip("/"))
    return Spot(LocalFileSystem(), str(Path(where).absolute()))
