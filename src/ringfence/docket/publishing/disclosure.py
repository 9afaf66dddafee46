"""Entries of a docket with some of their fields opened, and the rest as digests.

Each entry is shown as the ledger has it, with the proof that it is in the tree that the
ledger signed. A field that is told comes with its salt: whoever reads it works out the
commitment and finds it in the entry. Of a field that isn't told nothing can be guessed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import msgspec

from ringfence.errors import Locus, ProofError
from ringfence.ledger.entries import Entry, canonical, opened, parse_entry
from ringfence.ledger.keeping.opening import published
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.checkpoints import Checkpoint, read_checkpoint
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk, public_fetch

_MARK = "sha256:"


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that is told: what it says, and the salt that it was committed with."""

    salt: str
    value: msgspec.Raw


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry, as the ledger has it.

    Attributes:
        index: Its place, from 0.
        entry: The entry.
        proof: Hashes of its inclusion proof (RFC 6962), in base64.
        told: The fields that are told, by name.
    """

    index: int
    entry: str
    proof: tuple[str, ...]
    told: dict[str, Told]


class Ledger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ledger says of the objects that an export tells of.

    Attributes:
        checkpoint: The signed note that all entries are proved by.
        entries: The entries, in the order of the ledger.
    """

    checkpoint: str
    entries: tuple[Shown, ...]


class Object(msgspec.Struct, frozen=True):
    """What is told of an object, once it is checked.

    Attributes:
        index: Place of its entry.
        ref: By which others refer to it.
        kind: Kind of its entry.
        time: When it was logged.
        fields: What is told of it, by name.
    """

    index: int
    ref: str
    kind: str
    time: str
    fields: dict[str, object]


def disclosed(folder: Path, fields: Mapping[int, Iterable[str]]) -> Ledger:
    """Return entries of a ledger with some of their fields told.

    Args:
        folder: The ledger.
        fields: The names of the fields to tell, by the place of the entry.

    Raises:
        RingfenceError: The ledger doesn't hold what it signed, or a payload is gone.
        OSError: It can't be read.
    """
    disk = RealDisk(folder)
    signed = published(disk, read_charter(disk))
    tree = Tree(signed.checkpoint.size, public_fetch(disk))
    payloads = Payloads(disk)
    entries = []
    for index in sorted(fields):
        content = tree.entry(index)
        hashes = tree.inclusion(index)
        entry = parse_entry(content, f"entry {index}")
        payload = payloads.read(entry.digests["payload"].removeprefix(_MARK))
        opened(entry, payload)  # else a wrong value would be told with a right proof
        entries.append(
            Shown(
                index,
                content.decode(),
                tuple(b64encode(one).decode() for one in hashes),
                _told(payload, fields[index]),
            )
        )
    return Ledger(signed.content.decode(), tuple(entries))


def checked(ledger: Ledger, keys: Sequence[VerifierKey]) -> list[Object]:
    """Check what an export shows of a ledger, and return what is told of each object.

    Args:
        ledger: What is shown.
        keys: The keys of the log that the reader believes.

    Raises:
        ProofError: Something doesn't verify; the error names the entry.
    """
    for one, next_ in pairwise(ledger.entries):
        if one.index >= next_.index:
            at = Locus(f"entry {next_.index}")
            raise ProofError("stands twice, or in no order", at)
    signed = read_checkpoint(ledger.checkpoint.encode(), keys, place="checkpoint")
    return [_checked(one, signed.checkpoint) for one in ledger.entries]


def _told(payload: bytes, names: Iterable[str]) -> dict[str, Told]:
    parts = msgspec.json.decode(payload, type=dict[str, dict[str, msgspec.Raw]])
    salts = {name: msgspec.json.decode(one) for name, one in parts["salts"].items()}
    return {name: Told(salts[name], parts["values"][name]) for name in names}


def _checked(one: Shown, checkpoint: Checkpoint) -> Object:
    place = f"entry {one.index}"
    at = Locus(place)
    content = one.entry.encode()
    try:
        hashes = [b64decode(text, validate=True) for text in one.proof]
    except (Error, ValueError):
        raise ProofError("its proof holds no hash", at) from None
    try:
        verify_inclusion(
            one.index, checkpoint.size, leaf_hash(content), hashes, checkpoint.root
        )
    except ProofError as error:
        raise ProofError(
            f"isn't in the ledger: {error.problems[0].message}", at
        ) from None
    entry = parse_entry(content, place)
    payload = entry.digests.get("payload", "")
    fields = {name: _opened(entry, name, told, at) for name, told in one.told.items()}
    return Object(
        one.index, payload.removeprefix(_MARK), entry.kind, entry.time, fields
    )


def _opened(entry: Entry, name: str, told: Told, at: Locus) -> object:
    try:
        value: object = msgspec.json.decode(told.value)
        salt = bytes.fromhex(told.salt)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ProofError(f"its `{name}` can't be read", at) from None
    found = _MARK + sha256(salt + canonical(value)).hexdigest()
    if entry.commitments.get(name) != found:
        raise ProofError(f"its `{name}` is not what the ledger committed to", at)
    return value
