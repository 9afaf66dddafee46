"""A prefix of an S3-compatible store: whole objects only, and each held to its digest.

What such a store promises is little, and what is rested on is tested against a real one
(`tests/diff/test_swift_server.py`): one PUT and the end of an upload in parts are one
step; an error says nothing of what happened; the client never gives up an upload, so
that half a file may be published; nothing is conditional. So a file is brought to a key
beside the prefix, compared, and copied by the server.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from pyarrow.fs import (
    AwsStandardS3RetryStrategy,
    FileInfo,
    FileSelector,
    FileType,
    S3FileSystem,
)

from ringfence.egress.files import names
from ringfence.egress.files.store import (
    ChangedError,
    Found,
    StoreError,
    Taken,
)
from ringfence.errors import ConfigError, Locus, printable

SCHEME = "s3://"
_PART = 8 << 20  # bytes of one request to read
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Service:
    """Where an S3-compatible store answers.

    Attributes:
        endpoint: Its address, `https://objects.example.com`.
        region: Its region.
        key_id_env: The variable that holds the key's id. `secret_env`: its secret.
        timeout: Seconds that an answer may take.
    """

    endpoint: str
    region: str
    key_id_env: str
    secret_env: str
    timeout: int = 60

    def client(self) -> S3FileSystem:
        """Return a client, which speaks to that address alone.

        Raises:
            ConfigError: The environment has no key, or the address is none.
        """
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            hint = "`https://objects.example.com`"
            raise ConfigError("`endpoint` is no address", Locus("s3"), hint)
        return S3FileSystem(
            access_key=_variable(self.key_id_env),
            secret_key=_variable(self.secret_env),
            region=self.region,
            scheme=parts.scheme,
            endpoint_override=parts.netloc,
            request_timeout=self.timeout,
            connect_timeout=self.timeout,
            allow_delayed_open=True,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        )


def _variable(name: str) -> str:
    found = os.environ.get(name, "")
    if not found:
        told = printable(name)[:80]
        raise ConfigError(f"the environment has no `{told}`", Locus("s3"))
    return found


class S3Store:
    """The objects below a prefix.

    Args:
        url: `s3://bucket/prefix`.
        client: The client.

    Raises:
        ConfigError: It is no such address.
    """

    def __init__(self, url: str, client: S3FileSystem) -> None:
        root = url.removeprefix(SCHEME).rstrip("/")
        if not url.startswith(SCHEME) or "/" not in root or names.odd(root):
            hint = "`s3://bucket/prefix`"
            raise ConfigError("is no prefix of a store", Locus(url), hint)
        self._url = url
        self._root = root
        self._hidden = f"{root}{names.HIDDEN}"  # beside the prefix, not below it
        self._client = client

    @property
    def where(self) -> str:
        """What messages call it."""
        return self._url

    def locked(self) -> AbstractContextManager[None]:
        """Keep nobody out: such a store has no locks."""
        return nullcontext()

    # --- an outbox --------------------------------------------------------------------

    def found(self) -> Iterator[Found]:
        """Yield what is there, in order of the keys.

        Raises:
            OSError: It can't be listed.
        """
        selector = FileSelector(self._root, recursive=True, allow_not_found=True)
        for info in sorted(self._client.get_file_info(selector), key=_path):
            path = info.path[len(self._root) + 1 :]
            if info.type != FileType.File or any(
                names.is_skipped(one) for one in path.split("/") if one
            ):
                continue
            yield Found(path, _stamp(info), odd=names.odd(path))

    def take(self, path: str, target: BinaryIO) -> Taken:
        """Copy an object; a reader isn't bound to what it opened, so look again after.

        Raises:
            ChangedError: It is gone, or changed meanwhile.
            OSError: It can't be read, or not be copied.
        """
        before = self._mark(path)
        digest, size = self._copied(path, target)
        if before is None or self._mark(path) != before:
            raise ChangedError("it changes")
        if size != int(before.partition(":")[0]):
            raise ChangedError("it was read in part")
        return Taken(digest, size, before)

    def has(self, path: str, mark: str) -> bool:
        """Whether an object is there, and still the one that was taken."""
        return self._mark(path) == mark

    def remove(self, path: str, taken: Taken, claim: str) -> bool:
        """Remove an object if it is still what was taken; tell whether it was.

        What is put between the look and the removal is removed as well: whoever writes
        gives new content a new key.
        """
        del claim
        if self._mark(path) != taken.mark:
            return False
        self._client.delete_file(self._at(path))
        return True

    # --- released and quarantine ------------------------------------------------------

    def digest(self, path: str, size: int) -> str | None:
        """Return the SHA-256 of what is there; empty if it isn't of that size.

        Raises:
            OSError: It can't be read.
        """
        info = self._client.get_file_info(self._at(path))
        if info.type != FileType.File:
            return None
        return self._copied(path, None)[0] if info.size == size else ""

    def carry(self, source: Path, claim: str, digest: str) -> None:
        """Copy a file to a key beside the prefix, and compare what is there then.

        Raises:
            StoreError: It isn't what was judged, or doesn't arrive so.
            OSError: It may not be there.
        """
        key = f"{self._hidden}/{claim}"
        found, plain = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        with source.open("rb") as file, self._client.open_output_stream(key) as new:
            while block := file.read(_PART):
                found.update(block)
                plain.update(block)
                new.write(block)
        if found.hexdigest() != digest:
            raise StoreError("isn't what was judged", Locus(str(source)))
        is_there = self._tag(key) == plain.hexdigest()
        if not is_there and self._hashed(key) != digest:
            raise StoreError("an object didn't arrive whole", Locus(self._url))

    def reveal(self, claim: str, path: str) -> None:
        """Copy what was carried to its key, within the store.

        Raises:
            FileExistsError: Something else is there.
            StoreError: It doesn't arrive whole.
            OSError: It may not be there.
        """
        key, target = f"{self._hidden}/{claim}", self._at(path)
        source, there = self._client.get_file_info([key, target])
        if source.type != FileType.File:
            return  # it was copied, and the copy was compared
        tag = self._tag(key)
        if there.type == FileType.File:
            if (there.size, self._tag(target)) != (source.size, tag):
                raise FileExistsError
        else:
            self._client.copy_file(key, target)
            copied = self._client.get_file_info(target)
            if (copied.size, self._tag(target)) != (source.size, tag):
                raise StoreError("an object wasn't copied whole", Locus(self._url))
        self._client.delete_file(key)

    def write(self, path: str, content: bytes) -> None:
        """Put a small object in one step, whatever was there.

        Raises:
            OSError: It may not be there.
        """
        with self._client.open_output_stream(self._at(path)) as new:
            new.write(content)

    def sweep(self, keep: AbstractSet[str]) -> None:
        """Remove what was carried of claims that aren't among these."""
        selector = FileSelector(self._hidden, recursive=True, allow_not_found=True)
        for info in self._client.get_file_info(selector):
            if info.type == FileType.File and info.base_name not in keep:
                self._client.delete_file(info.path)

    # --- objects ----------------------------------------------------------------------

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _mark(self, path: str) -> str | None:
        """Return size, time and tag of an object; None: there is none."""
        info = self._client.get_file_info(self._at(path))
        if info.type != FileType.File:
            return None
        return f"{_stamp(info)}:{self._tag(self._at(path))}"

    def _tag(self, key: str) -> str:
        try:
            with self._client.open_input_stream(key) as stream:
                return str(stream.metadata().get("ETag", b"").decode().strip('"'))
        except FileNotFoundError:
            return ""

    def _copied(self, path: str, target: BinaryIO | None) -> tuple[str, int]:
        found, size = hashlib.sha256(), 0
        for block in self._blocks(self._at(path)):
            found.update(block)
            size += len(block)
            if target is not None:
                target.write(block)
        return found.hexdigest(), size

    def _hashed(self, key: str) -> str:
        found = hashlib.sha256()
        for block in self._blocks(key):
            found.update(block)
        return found.hexdigest()

    def _blocks(self, key: str) -> Iterator[bytes]:
        try:
            with self._client.open_input_file(key) as file:
                while block := file.read(_PART):
                    yield block
        except FileNotFoundError:
            raise ChangedError("it is gone") from None


def _path(info: FileInfo) -> str:
    return str(info.path)


def _stamp(info: FileInfo) -> str:
    return f"{info.size}:{info.mtime_ns}"
