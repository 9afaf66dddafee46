"""The manifest: what an index is made of, and what the ledger commits to.

It names every file by its digest, and the store by the root of its tree. It is sealed
with the index's key, so that nobody without the key can change any of it; the digest of
its bytes is the epoch.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.documents.durable import sync
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.filter import SHARDS, Shard
from ringfence.egress.index.keys import Key
from ringfence.egress.index.known import Epoch, Shape
from ringfence.errors import ConfigError, Locus, ProofError

VERSION = 2  # 1 had fingerprints of another make
NAME = "manifest.json"
_LARGEST = 1 << 20
_encoder = msgspec.json.Encoder(order="sorted")


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is compared whole when an index is opened.

    Attributes:
        size: Its bytes.
        digest: Its SHA-256, in hexadecimal.
    """

    size: int
    digest: str


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of identifier that an index holds.

    Attributes:
        number: The kind's number, which stands in its fingerprints.
        keys: How many values were read.
        shortest: Characters of the shortest. `longest`: of the longest.
        digits: Whether all are of digits alone.
    """

    number: int
    keys: int
    shortest: int
    longest: int
    digits: bool

    @classmethod
    def of(cls, kind: Kind, shape: Shape) -> Held:
        """Return a shape as it is written."""
        return cls(kind.number, shape.keys, shape.shortest, shape.longest, shape.digits)

    @property
    def shape(self) -> Shape:
        """The shape, as it is asked for."""
        return Shape(self.keys, self.shortest, self.longest, self.digits)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shard: the fingerprints with one first byte.

    Attributes:
        pairs: How many pairs it has.
        root: Root of the tree over its blocks (RFC 6962), in hexadecimal.
        filter: The form of its filter.
    """

    pairs: int
    root: str
    filter: Shard


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has changed since an index was built.

    Attributes:
        name: Its file. `kept`: size and digest of that.
        added: Pairs that came. `removed`: people who went.
        number: Changes count from 1.
    """

    name: str
    kept: Kept
    added: int
    removed: int
    number: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an index is made of.

    Attributes:
        version: Of this form.
        epoch: The number of the epoch.
        built: When the population was read, UTC. `made`: when it last was.
        key: Id of the key. `subject_key`: of the one for subject numbers.
        keys: Different fingerprints. `pairs`: with people. `subjects`: people.
        people: People in the store, as it was built.
        shared: People behind the fingerprint that has most, as it was built.
        folder: Where the files of the epoch are.
        kinds: The kinds of identifier that it holds.
        parts: The shards, by the first byte.
        root: Root of the tree over the shards' roots (RFC 6962), in hexadecimal.
        files: The files that are compared whole.
        change: What has changed since.
        has_filter: Whether it has filters; without, the store is asked alone.
    """

    version: int
    epoch: int
    built: str
    made: str
    key: str
    subject_key: str
    keys: int
    pairs: int
    subjects: int
    people: int
    shared: int
    folder: str
    kinds: dict[Kind, Held]
    parts: list[Part]
    root: str
    files: dict[str, Kept]
    change: Change | None
    has_filter: bool

    @property
    def content(self) -> bytes:
        """The manifest as it is written."""
        return _encoder.encode(self)

    @property
    def shapes(self) -> Mapping[Kind, Shape]:
        """The kinds that it holds, as they are asked for."""
        return {kind: held.shape for kind, held in self.kinds.items()}

    def state(self) -> Epoch:
        """Return which state of the population it stands for."""
        digest = sha256(self.content).hexdigest()
        return Epoch(self.epoch, digest, self.made, self.keys, self.subjects)


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manifest: msgspec.Raw
    seal: str


_sealed_decoder = msgspec.json.Decoder(_Sealed)
_decoder = msgspec.json.Decoder(Manifest)


def kept(path: Path) -> Kept:
    """Return size and digest of a file."""
    digest, size = sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return Kept(size, digest.hexdigest())


def write(folder: Path, manifest: Manifest, key: Key) -> None:
    """Put a manifest, sealed, in the place of the one before: all of it or nothing."""
    content = manifest.content
    sealed = _Sealed(msgspec.Raw(content), key.seal(content))
    beside = folder / f"{NAME}.new"
    beside.write_bytes(_encoder.encode(sealed))
    sync(beside)
    beside.replace(folder / NAME)
    sync(folder)


def read(folder: Path, key: Key | None) -> Manifest:
    """Return the manifest of an index.

    Args:
        folder: The index.
        key: Its key; without one nothing vouches for what is returned.

    Raises:
        ConfigError: There is none, a later version wrote it, or the key is another's.
        ProofError: It is damaged, or wasn't written with the key.
    """
    at = Locus(str(folder / NAME))
    sealed, manifest = _parsed(_content(folder, at), at)
    if manifest.version != VERSION:
        message = f"is of version {manifest.version}"
        raise ConfigError(message, at, "use the Ringfence that built it")
    if key is None:
        return manifest
    if manifest.key != key.id:
        hint = "each epoch may have a key of its own: name the one that built it"
        raise ConfigError("was built with another key", at, hint)
    content = bytes(sealed.manifest)
    if not hmac.compare_digest(key.seal(content).encode(), sealed.seal.encode()):
        raise ProofError("isn't the one that was written", at, "build the index anew")
    _check(manifest, at)
    return manifest


def _content(folder: Path, at: Locus) -> bytes:
    try:
        with (folder / NAME).open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        hint = "`ringfence index build` makes an index"
        raise ConfigError(reason, at, hint) from None
    if len(content) > _LARGEST:
        raise ProofError("is no manifest: it is too large", at)
    return content


def _parsed(content: bytes, at: Locus) -> tuple[_Sealed, Manifest]:
    try:
        sealed = _sealed_decoder.decode(content)
        manifest = _decoder.decode(sealed.manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ProofError("is no manifest", at, "build the index anew") from None
    # One spelling: the digest of what is shown is the digest of what was read.
    if manifest.content != bytes(sealed.manifest):
        raise ProofError("is no manifest of this version", at)
    return sealed, manifest


def _check(manifest: Manifest, at: Locus) -> None:
    """Check what our own program may have changed since it wrote it."""
    if len(manifest.parts) != SHARDS:
        raise ProofError("is no manifest of this version", at)
    for kind, held in manifest.kinds.items():
        if held.number != kind.number:
            message = f"numbers `{kind}` as another version of Ringfence did"
            raise ConfigError(message, at, "build the index anew")
