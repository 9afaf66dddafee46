"""An index that is open: it answers whose an identifier is, or it doesn't open.

Everything that is kept in memory is compared with the sealed manifest when the index is
opened; what is read from the disk later is compared as it is read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from mmap import ACCESS_READ, MADV_RANDOM, mmap
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import manifest as manifests
from ringfence.egress.index.changes import Changes, Overlay, parsed
from ringfence.egress.index.deep import check
from ringfence.egress.index.filter import Filter
from ringfence.egress.index.fingerprint import Mac, fingerprints
from ringfence.egress.index.keys import Key
from ringfence.egress.index.known import Epoch, Holders, Shape
from ringfence.egress.index.manifest import Kept, Manifest
from ringfence.egress.index.store import BLOCK, Found, Numbers, Pairs, Store
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.tree.merkle import HASH

SAMPLE = 64  # blocks that are compared at every opening
_AHEAD = timedelta(minutes=10)  # that another machine's clock may be
_AGAIN = "build the index anew"


class Index:
    """An index that is open; see `Known`.

    Args:
        folder: Where it lies.
        manifest: What it is made of, checked.
        key: Its key.

    Raises:
        ProofError: A file isn't the one that was written.
    """

    def __init__(self, folder: Path, manifest: Manifest, key: Key) -> None:
        files = self._files = folder / manifest.folder
        self.manifest = manifest
        self.epoch: Epoch = manifest.state()
        self.shapes: Mapping[Kind, Shape] = manifest.shapes
        self._key = key
        self._mac = Mac(key)
        whole = {name: _whole(files, name, one) for name, one in manifest.files.items()}
        hashes = whole["hashes"].tobytes()
        sizes = [part.pairs for part in manifest.parts]
        count = sum(sizes)
        self.store = Store(
            Pairs(_mapped(files / "keys", count), _mapped(files / "subjects", count)),
            sizes=sizes,
            heads=_heads(whole["heads"], sizes, files),
            hashes=hashes,
            place=str(files),
        )
        if len(hashes) != HASH * sum(self.store.counts):
            raise ProofError("has other blocks", Locus(str(files / "hashes")), _AGAIN)
        self.filter = _filter(manifest, whole["filters"], files)
        self.changes = _changes(files, manifest)
        self._overlay = Overlay(self.changes)
        self._sample()

    def holders(self, kind: Kind, canonical: pl.Series) -> Holders:
        """Return whose these canonical forms are; who is behind several has several.

        Raises:
            ProofError: What the answer rests on isn't what was written.
        """
        if kind not in self.shapes:
            return Holders(np.empty(0, np.uint32), np.empty(0, np.uint64))
        rows = None
        if canonical.null_count():
            held = canonical.is_not_null()
            rows = np.flatnonzero(held.to_numpy())
            canonical = canonical.filter(held)
        found = self.found(fingerprints(self._key, kind, canonical))
        row = found.row if rows is None else rows[found.row]
        return Holders(row.astype(np.uint32), found.subject)

    def holders_of(self, kind: Kind, canonical: str) -> tuple[int, ...]:
        """Return the subject numbers that share one canonical form; mostly none.

        Raises:
            ProofError: What the answer rests on isn't what was written.
        """
        if kind not in self.shapes:
            return ()
        wanted = self._mac.of(kind, canonical)
        is_likely = self.filter is None or self.filter.may_hold_one(wanted)
        found = self.store.settle_one(wanted) if is_likely else ()
        if self.manifest.change is None:
            return found
        return self._overlay.changed(wanted, found)

    def found(self, wanted: Numbers) -> Found:
        """Return who is behind some fingerprints.

        Raises:
            ProofError: What the answer rests on isn't what was written.
        """
        if self.filter is None:
            found = self.store.settle(wanted)
        else:
            likely = np.flatnonzero(self.filter.may_hold(wanted))
            found = self.store.settle(wanted[likely])
            found = Found(likely[found.row], found.subject)
        if self.manifest.change is None:
            return found
        return _merged(self._overlay.kept(found), self._overlay.came(wanted))

    def shards(self) -> Iterator[Pairs]:
        """Yield what the store holds, shard by shard, compared.

        Raises:
            ProofError: It isn't what was written.
        """
        first = 0
        for count in self.store.counts:
            found = [self.store.block(first + number) for number in range(count)]
            parts = [Pairs.none(), *found]
            yield Pairs(*(np.concatenate(one) for one in zip(*parts, strict=True)))
            first += count

    def check(self) -> None:
        """Compare everything, which takes as long as reading it all.

        Raises:
            ProofError: Something isn't what was written.
        """
        check(self.manifest, self.store, self.filter, place=str(self._files))

    def _sample(self) -> None:
        """Compare some blocks, and have the filters find what stands in them."""
        count = sum(self.store.counts)
        drawn = {secrets.randbelow(count) for _ in range(SAMPLE if count else 0)}
        for number in sorted(drawn):
            keys = self.store.block(number).keys
            if self.filter is not None and not self.filter.may_hold(keys).all():
                # The bytes are the right ones, so this machine reckons otherwise.
                self.filter = None


def open_index(
    folder: Path,
    key: Key,
    *,
    max_age: timedelta | None = None,
    deep: bool = False,
    now: datetime | None = None,
) -> Index:
    """Open an index.

    Args:
        folder: Where it lies.
        key: The key that it was built with.
        max_age: How long ago it may have been built, or brought up to date.
        deep: Compare everything, which takes as long as reading it all.
        now: When this is.

    Raises:
        ConfigError: There is none, it is too old, or was built with another key.
        ProofError: It isn't the one that was written.
    """
    manifest = manifests.read(folder, key)
    _check_age(folder, manifest, max_age, now or datetime.now(UTC))
    try:
        found = Index(folder, manifest, key)
    except ConfigError:
        # A build may have ended meanwhile, and taken the old files away.
        newer = manifests.read(folder, key)
        if newer == manifest:
            raise
        found = Index(folder, newer, key)
    if deep:
        found.check()
    return found


def _check_age(
    folder: Path, manifest: Manifest, max_age: timedelta | None, now: datetime
) -> None:
    if max_age is None:
        return
    at = Locus(str(folder))
    age = now - datetime.fromisoformat(manifest.made)
    if age > max_age:
        hint = "`ringfence index delta` brings it up to date"
        raise ConfigError(f"is of {manifest.made}, which is too old", at, hint)
    if age < -_AHEAD:
        message = f"is of {manifest.made}, which is yet to come"
        raise ConfigError(message, at, "set the clocks")


def _whole(files: Path, name: str, kept: Kept) -> NDArray[np.uint8]:
    """Return the bytes of a file, compared.

    They are compared in memory, where they stay: what becomes of the file doesn't
    matter any more.
    """
    at = Locus(str(files / name))
    try:
        with (files / name).open("rb") as stream:
            content = np.empty(kept.size, np.uint8)
            size = stream.readinto(content.data)
            more = stream.read(1)
    except OSError as error:
        raise ConfigError(_reason(error), at, _AGAIN) from None
    if size != kept.size or more or sha256(content.data).hexdigest() != kept.digest:
        raise ProofError("isn't the file that was written", at, _AGAIN)
    return content


def _mapped(path: Path, count: int) -> Numbers:
    at = Locus(str(path))
    try:
        size = path.stat().st_size
        if size != 8 * count:
            raise ProofError("isn't the file that was written", at, _AGAIN)
        if not count:
            return np.empty(0, np.uint64)
        with path.open("rb") as stream:
            mapped = mmap(stream.fileno(), 0, access=ACCESS_READ)
        # Blocks are asked for here and there: what lies behind one isn't wanted.
        mapped.madvise(MADV_RANDOM)
        return np.frombuffer(mapped, "<u8")
    except OSError as error:
        raise ConfigError(_reason(error), at, _AGAIN) from None


def _reason(error: OSError) -> str:
    return (error.strerror or "can't be read").lower()


def _heads(content: NDArray[np.uint8], sizes: list[int], files: Path) -> Numbers:
    wanted = 8 * sum(-(-size // BLOCK) for size in sizes)
    if len(content) != wanted:
        raise ProofError("has other blocks", Locus(str(files / "heads")), _AGAIN)
    return content.view("<u8")


def _filter(
    manifest: Manifest,
    content: NDArray[np.uint8],
    files: Path,
) -> Filter | None:
    if not manifest.has_filter:
        return None
    try:
        return Filter([part.filter for part in manifest.parts], content)
    except ValueError:
        raise ProofError("has other filters", Locus(str(files)), _AGAIN) from None


def _changes(files: Path, manifest: Manifest) -> Changes:
    change = manifest.change
    if change is None:
        return Changes.none()
    at = Locus(str(files / change.name))
    content = _whole(files, change.name, change.kept)
    if len(content) != 8 * (2 * change.added + change.removed):
        raise ProofError("has other changes", at, _AGAIN)
    return parsed(content.tobytes(), change)


def _merged(one: Found, other: Found) -> Found:
    """Return both, in the order of the rows."""
    if not len(other.row):
        return one
    row = np.concatenate([one.row, other.row])
    order = np.argsort(row, kind="stable")
    return Found(row[order], np.concatenate([one.subject, other.subject])[order])
