"""Archives: a whole log in one file, for ten years and for whoever comes after.

An archive is a tar in one spelling: one log gives one archive, byte for byte. It holds
all that is public, and says in plain words how to verify it with other programs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.entries import digest_of
from ringfence.ledger.keeping.opening import check_cosigned, published, quorum_of
from ringfence.ledger.keeping.payloads import FOLDER as PAYLOADS
from ringfence.ledger.keeping.payloads import LARGEST as LARGEST_PAYLOAD
from ringfence.ledger.keeping.renewal import PROOFS
from ringfence.ledger.keeping.tar import write_end, write_member
from ringfence.ledger.remote import most_bytes
from ringfence.ledger.signed.checkpoints import Checkpoint, SignedCheckpoint
from ringfence.ledger.signed.notes import MOST_BYTES
from ringfence.ledger.tree.tiles import bundles_of, tiles_of
from ringfence.ledger.watch.fsck import fsck
from ringfence.ledger.writer.charter import Charter, read_charter
from ringfence.ledger.writer.disk import PRIVATE, PUBLIC, RealDisk, public_fetch
from ringfence.ledger.writer.recovery import PUBLISHED

FORMAT = "ringfence-ledger-archive/1"
TOP = "ledger/"
README, SUMS, KEYS, QUORUM = "README.txt", "SHA256SUMS", "keys", "quorum"
CHECKPOINT = "checkpoint"
OFTEN = 1024  # files between two words of progress
SMALL = 1 << 20  # bytes
MOST_SUMS = 1 << 31  # bytes: more than ten million files
_PAYLOAD = re.compile(r"payloads/[0-9a-f]{2}/[0-9a-f]{62}")
_ERASED = re.compile(rf"{_PAYLOAD.pattern}\.erased")
_KEY_PROOF = re.compile(rf"{PROOFS}/(0|[1-9][0-9]{{0,3}})")
_TEXT = """\
{format}

This is the log `{origin}`: all of it, as it was published with
{size} entries and the root (SHA-256, in hexadecimal)

    {root}

Nothing here has to be believed because of who sent it. In this folder lie

    SHA256SUMS        the digest of every other file: sha256sum -c SHA256SUMS
    checkpoint        origin, size and root, signed: C2SP tlog-checkpoint, signed-note
                      and tlog-cosignature, https://c2sp.org
    keys              the log's public keys, one a line, as signed-note writes them
    key-proofs/       if keys were changed: C2SP tlog-proof files, one after another;
                      each is signed by keys that were valid before it, and its
                      `extra` line is the entry that begins or ends a key
    quorum            if there is one: which witnesses had to cosign, C2SP tlog-policy
    tile/0, tile/1    the Merkle tree of RFC 6962 in tiles of 256 hashes, C2SP
                      tlog-tiles: a leaf is SHA-256 of a zero byte and the entry, a
                      node is SHA-256 of a byte 1 and its two halves
    tile/entries      the entries, each after its length in two bytes, big end first
    payloads/         if they were exported: what entries name by `digests.payload`
                      or `digests.document`, each under its SHA-256

An entry is a line of JSON: its kind, its time, digests of files, salted commitments,
and values. A commitment is the SHA-256 of 32 bytes of salt and the value's JSON with
sorted keys and no blanks; salt and value stand in the payload.

To verify the log: hash every entry, build the tree, compare its root with that of the
checkpoint, and check the checkpoint's signatures with keys that you have from
elsewhere. Any program that reads C2SP tlog-tiles does that. So does

    ringfence ledger import ARCHIVE FOLDER --key KEY

There are no private keys in here.
"""


class Archived(NamedTuple):
    """What an archive was made of.

    Attributes:
        signed: The checkpoint that it is of.
        files: How many files it has.
        payloads: How many of them are payloads.
        bytes: How large it is.
    """

    signed: SignedCheckpoint
    files: int
    payloads: int
    bytes: int


class _Part(NamedTuple):
    """A file of an archive: its name, and its content or where that is."""

    name: str
    content: bytes | Path


def export(
    folder: Path,
    output: Path,
    *,
    payloads: bool = False,
    progress: Callable[[str], None] = lambda _stage: None,
) -> Archived:
    """Write what a ledger has published as one archive.

    Args:
        folder: The ledger.
        output: The file to write.
        payloads: Whether to write its payloads too.
        progress: Called with each stage that begins.

    Raises:
        ConfigError: There is no ledger, or nothing is published.
        ProofError: Its checkpoint doesn't verify, or its files aren't what that signs.
        OSError: A file can't be read or written.
    """
    disk = RealDisk(folder)
    charter = read_charter(disk)
    made = output.parent / f".{output.name}.part"
    with disk.locked():
        signed = published(disk, charter)
        check_cosigned(quorum_of(disk, charter), signed, PUBLISHED)
        found = fsck(
            public_fetch(disk),
            charter.keys,
            progress=lambda at, size: progress(f"checking entry {at:,} of {size:,}"),
        )
        if not found.is_sound:  # an archive of it would never be imported
            raise ProofError.of(found.problems)
        parts = [*_parts(folder, charter, signed, payloads=payloads)]
        try:
            made.touch(0o600 if payloads else 0o644)  # as private as what is in it
            with made.open("wb") as stream:
                _write(stream, parts, progress)
                size = stream.tell()
            made.replace(output)
        finally:
            made.unlink(missing_ok=True)
    count = sum(bool(_PAYLOAD.fullmatch(part.name)) for part in parts)
    return Archived(signed, len(parts) + 1, count, size)


def readme(checkpoint: Checkpoint) -> bytes:
    """Return what an archive says of itself."""
    text = _TEXT.format(
        format=FORMAT,
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
    )
    return text.encode()


def most_of(name: str) -> int:
    """Return how many bytes a file of an archive may have.

    Raises:
        ProofError: No file of an archive is called that.
    """
    if name in (README, KEYS, QUORUM):
        return SMALL
    if name == SUMS:
        return MOST_SUMS
    if _KEY_PROOF.fullmatch(name):
        return 2 * MOST_BYTES
    if _PAYLOAD.fullmatch(name):
        return LARGEST_PAYLOAD
    return 0 if _ERASED.fullmatch(name) else most_bytes(name)


def place_of(name: str) -> str | None:
    """Return where a file of an archive lies in a ledger; None if it is made anew."""
    if name.startswith("payloads/"):
        return PAYLOADS + name.removeprefix("payloads")
    if name == QUORUM:
        return f"{PRIVATE}/{QUORUM}"
    if name in (README, SUMS, KEYS):
        return None
    return f"{PUBLIC}/{name}"


def tree_names(size: int) -> Iterator[str]:
    """Yield the name of every tile and bundle of a log."""
    yield from (tile.path for tile in tiles_of(size))
    yield from (bundle.path for bundle in bundles_of(size))


def _parts(
    folder: Path, charter: Charter, signed: SignedCheckpoint, *, payloads: bool
) -> Iterator[_Part]:
    """Yield the files of an archive in the order of their names."""
    public, kept = folder / PUBLIC, folder / PAYLOADS
    keys = "".join(f"{key}\n" for key in charter.keys)
    parts = [
        _Part(README, readme(signed.checkpoint)),
        _Part(CHECKPOINT, signed.content),
        _Part(KEYS, keys.encode()),
    ]
    if charter.quorum is not None:
        parts.append(_Part(QUORUM, folder / PRIVATE / charter.quorum))
    size = signed.checkpoint.size
    parts += [_Part(name, public / name) for name in tree_names(size)]
    parts += [
        _Part(f"{PROOFS}/{one}", public / PROOFS / one) for one in _in(public / PROOFS)
    ]
    for below in _in(kept) if payloads else ():
        there = {*_in(kept / below)}
        for one in there:
            if f"{one}.erased" in there:  # and to remove it was cut short
                continue
            name = f"payloads/{below}/{one}"
            if _PAYLOAD.fullmatch(name) or _ERASED.fullmatch(name):
                parts.append(_Part(name, kept / below / one))
    yield from sorted(parts)


def _in(folder: Path) -> Sequence[str]:
    return [one.name for one in folder.iterdir()] if folder.is_dir() else []


def _write(
    stream: BinaryIO, parts: Sequence[_Part], progress: Callable[[str], None]
) -> None:
    sums = []
    for number, (name, held) in enumerate(parts):
        if number % OFTEN == 0:
            progress(f"writing file {number:,} of {len(parts):,}")
        content = held if isinstance(held, bytes) else held.read_bytes()
        check_payload(name, content, Locus(name))
        write_member(stream, TOP + name, content)
        sums.append(sum_of(name, content))
    write_member(stream, TOP + SUMS, "".join(sums).encode())
    write_end(stream)


def check_payload(name: str, content: bytes, at: Locus) -> None:
    """Check that a payload is the one that its name says; other files are left alone.

    Raises:
        ProofError: It isn't.
    """
    digest = name.removeprefix("payloads/").replace("/", "")
    if _PAYLOAD.fullmatch(name) and digest_of(content) != digest:
        raise ProofError("is not the payload that its name says", at)


def sum_of(name: str, content: bytes) -> str:
    """Return the line of a file among the digests."""
    return f"{sha256(content).hexdigest()}  {name}\n"
