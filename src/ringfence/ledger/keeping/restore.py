"""Taking an archive in: everything is verified before anything is in place.

An archive is a stranger's file. Only names that a log has are read, each once and each
with its largest size; digests, tree, signatures and payloads are checked in a folder
beside, and one rename makes a ledger of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ringfence.documents.durable import sync
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import canonical, parse_entry
from ringfence.ledger.keeping.archive import (
    CHECKPOINT,
    FORMAT,
    KEYS,
    OFTEN,
    QUORUM,
    README,
    SUMS,
    TOP,
    check_payload,
    most_of,
    place_of,
    sum_of,
    tree_names,
)
from ringfence.ledger.keeping.opening import MARK, check_cosigned
from ringfence.ledger.keeping.renewal import (
    PROOFS,
    check_followed,
    follow,
    key_proofs,
    told_key,
)
from ringfence.ledger.keeping.tar import Member, members
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.signed.quorum import parse_quorum
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.fsck import fsck
from ringfence.ledger.writer.charter import Charter, place_charter
from ringfence.ledger.writer.disk import (
    LOCK,
    NEW,
    PRIVATE,
    PUBLIC,
    RealDisk,
    folder_fetch,
    place,
    public_fetch,
)
from ringfence.ledger.writer.journal import Journal
from ringfence.ledger.writer.recovery import SIGNED

Progress = Callable[[str], None]


@dataclass(slots=True)
class Restored:
    """What came out of an archive.

    Attributes:
        signed: The checkpoint, whose signatures verify.
        keys: The keys of the log; without those that no trusted key vouches for.
        payloads: How many payloads there were, erased ones left out.
        files: How many files there were.
        trusted: Whether the keys are ones that were trusted beforehand, or that those
            lead to; else they are what the archive says.
    """

    signed: SignedCheckpoint
    keys: tuple[VerifierKey, ...]
    payloads: int
    files: int
    trusted: bool


@dataclass(slots=True)
class _Unpacked:
    """What was read of an archive so far."""

    small: dict[str, bytes] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)
    payloads: int = 0


def restore(
    archive: Path,
    folder: Path,
    *,
    keys: Sequence[VerifierKey] = (),
    progress: Progress = lambda _stage: None,
) -> Restored:
    """Make a ledger of an archive. It can be read; to write it, lay its keys there.

    Args:
        archive: The archive.
        folder: Where the ledger is to lie; nothing may be there.
        keys: Keys of the log that are trusted.
        progress: Called with each stage that begins.

    Raises:
        ConfigError: Something lies there already.
        ProofError: Something in the archive doesn't verify.
        OSError: A file can't be read or written.
    """
    if folder.exists():
        message = "something lies there already"
        raise ConfigError(message, Locus(str(folder)), "take another folder")
    made = folder.with_name(f".{folder.name}.import")
    disk = RealDisk.made(made)
    disk.make_folder(PRIVATE)
    with disk.locked():  # what is verified here, no other import may replace
        try:
            restored = _restored(archive, disk, made, keys, progress)
            made.rename(folder)
            sync(folder.parent)
        finally:
            disk.close()
            shutil.rmtree(made, ignore_errors=True)
    return restored


def _restored(
    archive: Path,
    disk: RealDisk,
    made: Path,
    keys: Sequence[VerifierKey],
    progress: Progress,
) -> Restored:
    """Make a ledger of an archive in a folder beside."""
    for name in disk.files("."):
        if name != LOCK:  # what an import left that was cut short
            disk.remove(name)
    disk.make_folder(NEW)
    with archive.open("rb") as stream:
        unpacked = _unpack(stream, str(archive), made, progress)
    restored = _verify(unpacked, disk, made, keys, progress)
    progress("bringing it to the disk")
    _place(disk, unpacked, restored)
    _flush(made)
    return restored


def _unpack(stream: BinaryIO, place_: str, made: Path, progress: Progress) -> _Unpacked:
    """Write the files of an archive into a folder, under the names of a ledger."""
    found = _Unpacked()
    for number, member in enumerate(members(stream, place_)):
        if number % OFTEN == 0:
            progress(f"reading file {number:,}")
        name = _name(member, found)
        content = member.read()
        found.names.append(name)
        if name != SUMS:
            found.sums.append(sum_of(name, content))
        check_payload(name, content, member.at)
        if name.startswith("payloads/") and not name.endswith(".erased"):
            found.payloads += 1
        if name in (README, SUMS, KEYS, QUORUM, CHECKPOINT):
            found.small[name] = content
        _lay(made, place_of(name), content)
    if found.small.get(SUMS) != "".join(found.sums).encode():
        message = f"what it holds isn't what `{SUMS}` says"
        raise ProofError(message, Locus(place_), "fetch the archive again")
    if not found.small.get(README, b"").startswith(f"{FORMAT}\n".encode()):
        message = f"its `{README}` doesn't begin with `{FORMAT}`"
        raise ProofError(message, Locus(place_), "another version may read it")
    return found


def _name(member: Member, found: _Unpacked) -> str:
    """Return the name of a member within the archive, if it may stand there."""
    name = member.name.removeprefix(TOP)
    if not member.name.startswith(TOP):
        raise ProofError(f"isn't below `{TOP}`", member.at)
    if member.size > most_of(name):
        message = f"has {member.size:,} bytes, more than {most_of(name):,}"
        raise ProofError(message, member.at)
    last = found.names[-1] if found.names else ""
    if last == SUMS or (name != SUMS and name <= last):
        raise ProofError("stands twice, or not in its order", member.at)
    if name == f"{last}.erased":
        raise ProofError("is erased, and there all the same", member.at)
    return name


def _lay(made: Path, where: str | None, content: bytes) -> None:
    if where is None:
        return
    path = made / where
    mode = 0o700 if where.startswith(PRIVATE) else 0o755
    for parent in [*path.relative_to(made).parents][-2::-1]:
        (made / parent).mkdir(mode, exist_ok=True)
    private = where.startswith(PRIVATE)
    handle = os.open(
        path,
        os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
        0o600 if private else 0o644,
    )
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)


def _verify(
    unpacked: _Unpacked,
    disk: RealDisk,
    made: Path,
    trusted: Sequence[VerifierKey],
    progress: Progress,
) -> Restored:
    """Check all that is public: signatures, keys, files, tree."""
    told = unpacked.small.get(KEYS, b"").decode("utf-8", "replace")
    keys = tuple(told_key(line, KEYS) for line in told.splitlines())
    _check_proofs(unpacked)
    followed, seen = follow(trusted or keys, key_proofs(disk))
    content = unpacked.small.get(CHECKPOINT, b"")
    if trusted:  # a key that none of them vouches for may be anybody's
        keys = tuple(key for key in keys if key in followed)
    signed = _cosigned(unpacked, content, keys)
    head = signed.checkpoint
    if any(key.name != head.origin for key in keys):
        raise ProofError("a key bears another name than the log", Locus(KEYS))
    _check_names(unpacked, head.size)
    fetch = folder_fetch(made / PUBLIC)
    found = fsck(
        fetch,
        keys,
        progress=lambda at, size: progress(f"checking entry {at:,} of {size:,}"),
    )
    if not found.is_sound:
        raise ProofError.of(found.problems)
    check_followed(Tree(head.size, fetch), head, seen)
    return Restored(
        signed, keys, unpacked.payloads, len(unpacked.names), trusted=bool(trusted)
    )


def _cosigned(
    unpacked: _Unpacked, content: bytes, keys: Sequence[VerifierKey]
) -> SignedCheckpoint:
    """Return the checkpoint, if the quorum beside it has cosigned."""
    try:
        quorum = parse_quorum(unpacked.small.get(QUORUM, b"quorum none\n"), QUORUM)
    except ConfigError as error:
        raise ProofError.of(error.problems) from None
    signed = read_checkpoint(content, keys, witnesses=quorum.witness_keys)
    check_cosigned(quorum, signed, CHECKPOINT)
    return signed


def _check_names(unpacked: _Unpacked, size: int) -> None:
    """Check that the files of the tree are all there, and no others."""
    there = {name for name in unpacked.names if name.startswith("tile/")}
    for name in tree_names(size):  # one by one: a stranger says how many there are
        if name not in there:
            raise ProofError("is missing", Locus(name))
        there.remove(name)
    if there:
        raise ProofError(f"is no file of {size} entries", Locus(min(there)))


def _check_proofs(unpacked: _Unpacked) -> None:
    there = {name for name in unpacked.names if name.startswith(f"{PROOFS}/")}
    if there != {f"{PROOFS}/{at}" for at in range(len(there))}:
        raise ProofError("one of the proofs of keys is missing", Locus(PROOFS))


def _place(disk: RealDisk, unpacked: _Unpacked, restored: Restored) -> None:
    """Write what makes a ledger of the files: charter, journal, last checkpoint."""
    head = restored.signed.checkpoint
    quorum = QUORUM if QUORUM in unpacked.small else None
    charter = Charter(head.origin, restored.keys, None, quorum)
    lasting: set[str] = set()
    Journal.begin(disk, head.size, lasting)
    place(disk, [(SIGNED, restored.signed.content)], lasting)
    place(disk, _mark(disk, head.size), lasting)
    place_charter(disk, charter, lasting)


def _mark(disk: RealDisk, size: int) -> list[tuple[str, bytes]]:
    """Return the mark of a closed log: it stays closed when its keys are back."""
    try:
        last = parse_entry(Tree(size, public_fetch(disk)).entry(size - 1))
    except ProofError:  # there is none, or another program logged it
        return []
    return [(MARK, canonical(last.values))] if last.kind == "closed" else []


def _flush(folder: Path) -> None:
    os.sync()  # everything at once; what follows finds it done, and tells what failed
    for top, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(top) / name)
        sync(Path(top))
