"""Founding: how a ledger begins, and how its keys sign whatever it has become."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.errors import ConfigError, Locus
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import ED25519, ML_DSA, SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.tree.merkle import EMPTY
from ringfence.ledger.writer.charter import (
    Charter,
    check_charter,
    place_charter,
    place_keys,
)
from ringfence.ledger.writer.disk import LOCK, PRIVATE, Disk, place
from ringfence.ledger.writer.journal import Journal
from ringfence.ledger.writer.recovery import PUBLISHED, SIGNED


def new_keys(origin: str) -> tuple[SigningKey, ...]:
    """Return the keys of a new log: Ed25519 for everybody, ML-DSA-44 for later.

    Raises:
        ConfigError: No key may be called that.
    """
    return SigningKey.new(origin, ED25519), SigningKey.new(origin, ML_DSA)


def sign(
    keys: Sequence[SigningKey], head: Checkpoint, seconds: int
) -> SignedCheckpoint:
    """Return a checkpoint as its log's keys sign it, every signature verified.

    Raises:
        LedgerError: A key can't sign it.
        ProofError: A signature doesn't verify.
    """
    signatures = tuple(key.sign(head.text, seconds) for key in keys)
    content = render_note(Note(head.text, signatures))
    return read_checkpoint(content, [key.verifier for key in keys], place=SIGNED)


def found(
    disk: Disk, charter: Charter, keys: Sequence[SigningKey], seconds: int
) -> None:
    """Write a ledger of no entries. It is one when its charter is there: that is last.

    Args:
        disk: Its folder.
        charter: What it is.
        keys: What signs for it.
        seconds: The time of its first checkpoint.

    Raises:
        ConfigError: The charter can't be one, or something lies there already.
        OSError: It may not be on the disk.
    """
    check_charter(charter)
    lasting: set[str] = set()
    disk.make_folder(PRIVATE)
    with disk.locked():
        _check_empty(disk)
        place_keys(disk, keys, lasting)
        Journal.begin(disk, 0, lasting)
        signed = sign(keys, Checkpoint(charter.origin, 0, EMPTY), seconds).content
        place(disk, [(SIGNED, signed)], lasting)
        place(disk, [(PUBLISHED, signed)], lasting)
        place_charter(disk, charter, lasting)


def _check_empty(disk: Disk) -> None:
    if any(name != LOCK for name in disk.files(".")):
        hint = "take another folder; one whose founding was cut short may be removed"
        raise ConfigError("something lies there already", Locus("."), hint)
