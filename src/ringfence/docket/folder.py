"""A docket as it lies on the disk: a ledger, sealed files, and what is drawn from them.

    docket.json   its name, and the keys that files are sealed to
    ledger/       every object and every step of custody, each an entry
    originals/    what was received, as received, sealed to the docket's keys
    sealed/       who people are, sealed to other keys
    index.sqlite  for finding; drawn from the ledger, and drawn anew if it is lost

An object is on the disk, payload first, before anybody is told that it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from ringfence.docket.held import Held
from ringfence.docket.objects import (
    KINDS,
    Handling,
    Object,
    Ref,
    kind_of,
    told,
    untold,
)
from ringfence.documents.durable import sync
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import (
    Entry,
    committed,
    digest_of,
    made,
    opened,
    parse_entry,
)
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import begin, published, writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.head import Checkpoint
from ringfence.ledger.tree.growing import joined, leaf_hashes, subtrees
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import WIDTH
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk, public_fetch

__all__ = [
    "CHARTER",
    "FORMAT",
    "LEDGER",
    "ORIGINALS",
    "SEALED",
    "Charter",
    "Composed",
    "Docket",
    "Following",
    "Held",
    "composed",
]

FORMAT: Final = "ringfence-docket/1"
CHARTER = "docket.json"
LEDGER, ORIGINALS, SEALED = "ledger", "originals", "sealed"
_MARK = "sha256:"
Following = Callable[[Sequence[Ref]], Object]
"""Gives an object that refers to those before it, by their refs."""


class Charter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a docket is called, and which keys (age recipients) its files are sealed to.

    Attributes:
        recipients: Who opens originals.
        identity_recipients: Who opens what says who people are.
    """

    format: Literal["ringfence-docket/1"]
    name: str
    recipients: tuple[str, ...]
    identity_recipients: tuple[str, ...]


class Composed(NamedTuple):
    """An object as it will be appended: others may refer to it already.

    Attributes:
        object: What it says.
        time: When it is logged.
        ref: By which others refer to it.
        entry: The entry; `payload`: what opens its commitments.
    """

    object: Object
    time: str
    ref: Ref
    entry: bytes
    payload: bytes


class Docket:
    """A docket that lies in a folder.

    Raises:
        ConfigError: There is none, or its charter can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.charter = _charter(folder)
        self.ledger = folder / LEDGER

    @classmethod
    def found(cls, folder: Path, charter: Charter, time: str) -> Docket:
        """Found a docket of no objects.

        Raises:
            RingfenceError: Something lies there, or the disk failed.
        """
        at = Locus(str(folder))
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError("something lies there", at, "name a new folder")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (ORIGINALS, SEALED):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        with within(folder / LEDGER):
            begin(folder / LEDGER, f"docket/{charter.name}", time=time)
        content = msgspec.json.format(msgspec.json.encode(charter), indent=2)
        with (folder / CHARTER).open("xb") as stream:
            stream.write(content + b"\n")
        sync(folder / CHARTER)
        sync(folder)
        return cls(folder)

    def append(self, objects: Sequence[Object | Following], time: str) -> list[Held]:
        """Bring objects to the ledger and publish it: they are kept when this returns.

        Args:
            objects: The objects, in their order: either all are kept or none is. What
                refers to one before it is given as a function of the refs so far.
            time: When this is.

        Raises:
            RingfenceError: They may not be there.
            OSError: They may not be there.
        """
        ready: list[Composed] = []
        for each in objects:
            one = each([before.ref for before in ready]) if callable(each) else each
            ready.append(composed(one, time))
        return self.bring(ready)

    def bring(self, ready: Sequence[Composed]) -> list[Held]:
        """Bring objects to the ledger that are composed already, all or none.

        Raises:
            RingfenceError: They may not be there.
            OSError: They may not be there.
        """
        with within(self.ledger), writing(self.ledger) as log:
            payloads = Payloads(RealDisk(self.ledger))
            payloads.keep_all([one.payload for one in ready])
            places = log.append([one.entry for one in ready])
            log.publish()
        return [
            Held(place, one.time, kind_of(one.object), one.ref, one.object)
            for place, one in zip(places, ready, strict=True)
        ]

    def settle(self) -> None:
        """Publish what a run that was cut short left sequenced, and no more.

        Raises:
            RingfenceError: The ledger can't be written.
        """
        with within(self.ledger), writing(self.ledger) as log:
            log.publish()

    def held(self, first: int = 0) -> Iterator[Held]:
        """Yield every object that the ledger has published, from an entry on, in order.

        The whole log is held against its signed root first, each payload against its
        entry as it is yielded.

        Raises:
            ProofError: Something isn't what was signed; the error says which.
            LedgerError: A payload is missing that nobody erased.
            OSError: A file can't be read.
        """
        disk = RealDisk(self.ledger)
        payloads = Payloads(disk)
        for index, entry in self._entries(first):
            if entry.kind in KINDS:
                yield _held(index, entry, payloads)

    def signed(self) -> Checkpoint:
        """Return what the ledger has published: its origin, its size and its root.

        Raises:
            RingfenceError: It shows none, or none that verifies.
            OSError: It can't be read.
        """
        disk = RealDisk(self.ledger)
        with within(self.ledger):
            return published(disk, read_charter(disk)).checkpoint

    def contents(self, first: int, size: int) -> list[bytes]:
        """Return entries as they lie there, from one on: held against no root yet.

        Raises:
            ProofError: A file is torn.
            OSError: A file can't be read.
        """
        with within(self.ledger):
            tree = Tree(size, public_fetch(RealDisk(self.ledger)))
            bundles = range(first // WIDTH, -(-size // WIDTH))
            found = [entry for number in bundles for entry in tree.bundle(number)]
        return found[first % WIDTH :]

    def told(self, index: int, entry: Entry) -> Held:
        """Return the object that an entry tells of; the payload is held against it.

        Raises:
            ProofError: The payload isn't what the entry commits to.
            LedgerError: The payload is missing, and nobody erased it.
            OSError: It can't be read.
        """
        return _held(index, entry, Payloads(RealDisk(self.ledger)))

    def _entries(self, first: int) -> Iterator[tuple[int, Entry]]:
        signed = self.signed()
        contents = self.contents(0, signed.size)
        with within(self.ledger):
            if joined(subtrees(leaf_hashes(contents))) != signed.root:
                raise ProofError(
                    "its entries are not those that were signed",
                    Locus("ledger"),
                    "`ringfence ledger fsck` says where; restore it from a copy",
                )
        for index in range(first, len(contents)):
            yield index, parse_entry(contents[index], f"entry {index}")


def composed(one: Object, time: str) -> Composed:
    """Return an object as it will be appended, with salts of its own.

    Raises:
        ConfigError: It holds what can't be written down.
    """
    try:
        return _composed(one, time)
    except UnicodeEncodeError:
        hint = "it isn't UTF-8, or half a surrogate pair"
        raise ConfigError(
            "holds what is no character", Locus(kind_of(one)), hint
        ) from (None)


def _composed(one: Object, time: str) -> Composed:
    commitments, payload = committed(told(one))
    values = {"step": str(one.step)} if isinstance(one, Handling) else {}
    entry = made(
        kind_of(one),
        time,
        digests={"payload": digest_of(payload)},
        commitments=commitments,
        values=values,
    )
    return Composed(one, time, digest_of(payload), entry, payload)


def _held(index: int, entry: Entry, payloads: Payloads) -> Held:
    """Return the object of an entry, held against its payload.

    Raises:
        ProofError: The payload isn't what the entry commits to.
        LedgerError: It is missing, and nobody erased it.
        OSError: It can't be read.
    """
    ref = entry.digests["payload"].removeprefix(_MARK)
    at = Locus(f"entry {index}, {entry.kind}")
    if payloads.is_erased(ref):
        return Held(index, entry.time, entry.kind, ref, None)
    try:
        fields = opened(entry, payloads.read(ref))
        one = untold(entry.kind, fields)
    except ProofError as error:
        raise ProofError(f"its payload {error.problems[0].message}", at) from None
    except LedgerError as error:
        raise LedgerError(error.problems[0].message, at) from None
    except msgspec.ValidationError as error:
        raise ProofError(f"says what no {entry.kind} says: {error}", at) from None
    if isinstance(one, Handling) and str(one.step) != entry.values["step"]:
        raise ProofError("its step is not the one that the entry says", at)
    return Held(index, entry.time, entry.kind, ref, one)


def _charter(folder: Path) -> Charter:
    path = folder / CHARTER
    at, hint = Locus(str(path)), "`ringfence docket init` founds a docket"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Charter)
    except OSError:
        raise ConfigError("there is no docket", at, hint) from None
    except (msgspec.MsgspecError, UnicodeError):
        raise ConfigError("is no charter of a docket", at, hint) from None
