"""Stores of files: a local folder, or a prefix of an S3-compatible object store."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from pyarrow import ArrowException
from pyarrow.fs import AwsStandardS3RetryStrategy, FileSelector, FileType, S3FileSystem

from ringfence.egress.payload import Payload
from ringfence.egress.scan.found import Dataset
from ringfence.egress.scan.looking import Watch
from ringfence.egress.scan.sampling import sampled
from ringfence.errors import ConfigError, Locus, RingfenceError, SourceError, printable

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105  # the variable, and no secret
_PART = 8 << 20
_SECONDS = 60
# What a store tells of every object on its own, and nobody wrote into it.
_OWN = frozenset({"ETag", "Content-Length", "Content-Type", "Last-Modified"})


@dataclass(frozen=True, slots=True)
class Folder:
    """Every file below a local folder. A link isn't followed: it is unread."""

    path: Path
    unread: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it is."""
        return printable(str(self.path))

    def datasets(self, watch: Watch) -> Iterator[Dataset]:
        """Yield the files.

        Raises:
            SourceError: There is no such folder.
        """
        if not self.path.is_dir():
            raise SourceError("is no folder", Locus(str(self.path)), "check the path")
        failed: list[OSError] = []
        for folder, inner, names in os.walk(self.path, onerror=failed.append):
            links = [one for one in inner if (Path(folder) / one).is_symlink()]
            inner.sort()
            for name in sorted([*names, *links]):
                yield self._file(watch, Path(folder) / name)
        if failed:
            self.unread["folders that can't be listed"] = len(failed)

    def _file(self, watch: Watch, path: Path) -> Dataset:
        name = printable(str(path.relative_to(self.path)))
        watch.progress(f"reading {name}")
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode):
                is_link = stat.S_ISLNK(found.st_mode)
                why = "is a link, which isn't followed" if is_link else "is no file"
                return _unread(watch, name, why)
            with path.open("rb") as file:
                return read(watch, name, file, Payload(name, path))
        except OSError as error:
            why = (error.strerror or "can't be read").lower()
            return _unread(watch, name, why)


def read(watch: Watch, name: str, file: BinaryIO, payload: Payload) -> Dataset:
    """Return whose data is in a file, read as the watch takes it."""
    try:
        if watch.take.by != "whole":
            found = sampled(watch, name, file)
            if found is not None:
                return found
        return watch.whole(name, payload)
    except RingfenceError as error:
        if type(error) is not RingfenceError:
            raise  # of the index: whatever else is read, it can't be relied on
        # INVARIANT: never empty, for then it would count as read.
        return _unread(watch, name, error.problems[0].message or "can't be read")


def _unread(watch: Watch, name: str, why: str) -> Dataset:
    return Dataset(watch.called(name), "file", unread=why)


@dataclass(frozen=True, slots=True)
class Objects:
    """Every object below a prefix of an S3-compatible store.

    Attributes:
        bucket: The bucket. `prefix`: the prefix, without a slash at its end.
        system: The client.
    """

    bucket: str
    prefix: str
    system: S3FileSystem
    unread: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = (
        "earlier versions of objects, and uploads that never ended, weren't asked for",
        "what people wrote onto objects as metadata of their own wasn't looked through",
    )

    @property
    def place(self) -> str:
        """Where it is."""
        return printable(f"s3://{self._root}")

    @property
    def _root(self) -> str:
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket

    def datasets(self, watch: Watch) -> Iterator[Dataset]:
        """Yield the objects.

        Raises:
            SourceError: They can't be listed.
        """
        at = Locus(self.place)
        watch.progress(f"listing {self.place}")
        try:
            root = self.system.get_file_info(self._root)
            if root.type == FileType.File:
                infos = [root]
            else:
                infos = self.system.get_file_info(
                    FileSelector(self._root, recursive=True)
                )
        except (OSError, ArrowException):
            # The client's words may hold the endpoint's answer.
            hint = "check bucket, endpoint and keys"
            raise SourceError("can't be listed", at, hint) from None
        paths = [one.path for one in infos if one.type == FileType.File]
        for path in sorted(paths):
            yield self._object(watch, path)

    def _object(self, watch: Watch, path: str) -> Dataset:
        name = printable(path.removeprefix(self._root).lstrip("/") or path)
        watch.progress(f"reading {name}")
        try:
            with tempfile.NamedTemporaryFile(prefix="ringfence-scan-") as local:
                stated = self._fetch(path, local)
                local.flush()
                payload = Payload(name, Path(local.name), stated=stated)
                return read(watch, name, cast("BinaryIO", local), payload)
        except (OSError, ArrowException):
            return _unread(watch, name, "can't be fetched")

    def _fetch(self, path: str, local: IO[bytes]) -> Mapping[str, str]:
        """Copy an object here, and return what was written beside it."""
        with closing(self.system.open_input_stream(path)) as stream:
            told = stream.metadata() or {}
            while part := stream.read(_PART):
                local.write(part)
        texts = {_text(key): _text(value) for key, value in told.items()}
        return {key: value for key, value in texts.items() if key not in _OWN}


def _text(content: bytes | str) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def objects(address: str, *, endpoint: str = "", region: str = "us-east-1") -> Objects:
    """Return the objects that an address names: `s3://bucket/prefix`.

    Keys are those of the environment, and of nothing else: no service of a cloud is
    asked for some.

    Args:
        address: The address.
        endpoint: Where the store answers, `https://host:port`; empty: Amazon's.
        region: The region that requests are signed for.

    Raises:
        ConfigError: It names no bucket, or the environment has no keys.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        hint = "write `s3://bucket/prefix`"
        raise ConfigError(f"`{address}` names no bucket", Locus("PLACE"), hint)
    missing = [name for name in _KEYS if not os.environ.get(name)]
    if missing:
        message = f"the environment has no `{missing[0]}`"
        hint = f"set {' and '.join(f'`{name}`' for name in _KEYS)}"
        raise ConfigError(message, Locus("PLACE"), hint)
    scheme, mark, host = endpoint.rpartition("://")
    system = S3FileSystem(
        access_key=os.environ[_KEYS[0]],
        secret_key=os.environ[_KEYS[1]],
        session_token=os.environ.get(_TOKEN),
        region=region,
        scheme=scheme if mark else "https",
        endpoint_override=host.rstrip("/") or None,
        request_timeout=_SECONDS,
        connect_timeout=_SECONDS,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=3),
    )
    return Objects(bucket, prefix.rstrip("/"), system)
