"""New keys for an old log: announced by the old ones, so that trust needs no second go.

A `key` entry announces a key, then old and new sign together, then a `key` entry ends
the old one. Beside the log lies one proof file for each of these entries, whose
checkpoint the keys signed that were valid until then. Whoever trusts any earlier key
follows the proofs, one after another, to the keys of today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ringfence.errors import ConfigError, Locus, Problem, ProofError
from ringfence.ledger.entries import made, parse_entry
from ringfence.ledger.faults import found_in
from ringfence.ledger.keeping.opening import check_cosigned, quorum_of
from ringfence.ledger.signed.checkpoints import Checkpoint, read_checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey, VerifierKey, parse_key
from ringfence.ledger.signed.notes import parse_note
from ringfence.ledger.signed.proofs import (
    Proof,
    parse_proof,
    render_proof,
    verify_proof,
)
from ringfence.ledger.signed.quorum import Log as Believed
from ringfence.ledger.signed.quorum import Quorum
from ringfence.ledger.tree.merkle import leaf_hash, verify_consistency
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.watch.fsck import Found, Progress
from ringfence.ledger.writer.charter import (
    KEYS,
    Charter,
    place_charter,
    place_keys,
    read_charter,
)
from ringfence.ledger.writer.disk import PUBLIC, Disk, RealDisk, place, public_fetch
from ringfence.ledger.writer.log import Log
from ringfence.ledger.writer.recovery import PUBLISHED

PROOFS = "key-proofs"  # beside the tiles; named 0, 1, 2, ...
BEGINS, ENDS = "begins", "ends"
Opener = Callable[[Path], AbstractContextManager[Log]]
Proofs = Iterable[tuple[str, bytes]]


def announce(folder: Path, kind: int, time: str, opened: Opener) -> VerifierKey:
    """Give a log a further key; from the next checkpoint on it signs too.

    Cut short, it leaves a key that is announced and never signs, which does no harm.

    Args:
        folder: The ledger.
        kind: Which kind of key.
        time: When this is.
        opened: Opens the ledger for writing.

    Raises:
        RingfenceError: The ledger can't be written.
    """
    disk = RealDisk(folder)
    with opened(folder) as log:
        new = SigningKey.new(log.charter.origin, kind)
        place_keys(disk, [new], set())
        _tell(log, disk, new.verifier, BEGINS, time)
        keys = (*log.charter.keys, new.verifier)
        place_charter(disk, log.charter._replace(keys=keys), set())
    with opened(folder) as log:
        log.publish()
    return new.verifier


def retire(folder: Path, key_id: str, time: str, opened: Opener) -> VerifierKey:
    """End a key of a log: it signs for the last time what says so.

    Args:
        folder: The ledger.
        key_id: Its id, in hexadecimal.
        time: When this is.
        opened: Opens the ledger for writing.

    Raises:
        ConfigError: The log has no such key, or no other that can stand for it.
        RingfenceError: The ledger can't be written.
    """
    disk = RealDisk(folder)
    with opened(folder) as log:
        old = _leaving(log.charter, key_id)
        _tell(log, disk, old, ENDS, time)
        keys = tuple(key for key in log.charter.keys if key != old)
        place_charter(disk, log.charter._replace(keys=keys), set())
        disk.remove(f"{KEYS}/{old.key_id.hex()}.key")
        disk.sync_folder(KEYS)
    return old


def key_proofs(disk: Disk) -> Iterator[tuple[str, bytes]]:
    """Yield the proofs of every key that began or ended, the first one first.

    Raises:
        OSError: One can't be read.
    """
    for number in range(len(disk.files(f"{PUBLIC}/{PROOFS}"))):
        path = f"{PUBLIC}/{PROOFS}/{number}"
        yield path, disk.read(path)


def follow(
    keys: Sequence[VerifierKey], proofs: Proofs
) -> tuple[tuple[VerifierKey, ...], tuple[Checkpoint, ...]]:
    """Return the keys that keys lead to, and the checkpoints that say so.

    A proof from before the keys that are trusted is passed over: nothing of it can be
    believed, and nothing of it is needed.

    Args:
        keys: Keys that are trusted.
        proofs: What lies beside the log, in its order, each with its name.

    Raises:
        ProofError: A proof by a trusted key proves nothing, or something else, or is
            of an earlier entry than the one before it.
    """
    trusted, seen, last = tuple(keys), list[Checkpoint](), -1
    for name, content in proofs:
        proof = parse_proof(content, name)
        entry = parse_entry(proof.extra or b"", name)
        if entry.kind != "key":
            raise ProofError("proves no entry about a key", Locus(name))
        key, state = told_key(entry.values["key"], name), entry.values["state"]
        if not _is_by(trusted, proof, name):
            continue
        believed = Quorum(tuple(map(Believed, trusted)))
        leaf = leaf_hash(proof.extra or b"")
        checkpoint = verify_proof(proof, leaf, believed, name).checkpoint
        if key.name != checkpoint.origin:
            raise ProofError("is about a key of another log", Locus(name))
        if proof.index <= last:  # a key that ended could be brought back
            raise ProofError("isn't in the order of the log", Locus(name))
        last = proof.index
        seen.append(checkpoint)
        trusted = tuple(one for one in trusted if one != key)
        if state == BEGINS:
            trusted = (*trusted, key)
        if not trusted:
            raise ProofError("ends the last key that is trusted", Locus(name))
    return trusted, tuple(seen)


def told_key(text: str, place_: str) -> VerifierKey:
    """Return the key that a stranger names.

    Raises:
        ProofError: It is none.
    """
    try:
        return parse_key(text, place_)
    except ConfigError as error:
        raise ProofError.of(error.problems) from None


def check_followed(tree: Tree, head: Checkpoint, seen: Iterable[Checkpoint]) -> None:
    """Check that what keys were followed by is of the log's one history.

    Args:
        tree: The log's files, at the size of `head`.
        head: A checkpoint that the keys of today signed.
        seen: As `follow` returns them.

    Raises:
        ProofError: It isn't.
        OSError: A tile can't be read.
    """
    for one in seen:
        if one.size > head.size:
            message = f"the log has {head.size} entries, and once had {one.size}"
            raise ProofError(message, hint="was it put back to a copy?")
        hashes = tree.consistency(one.size) if one.size < head.size else []
        verify_consistency(one.size, head.size, one.root, head.root, hashes)


def _tell(log: Log, disk: Disk, key: VerifierKey, state: str, time: str) -> None:
    """Log that a key begins or ends, and lay the proof beside the log."""
    entry = made("key", time, values={"key": str(key), "state": state})
    index = log.append([entry]).start
    signed = log.publish()
    tree = Tree(signed.checkpoint.size, public_fetch(disk))
    proof = Proof(index, tuple(tree.inclusion(index)), signed.content, entry)
    number = len(disk.files(f"{PUBLIC}/{PROOFS}"))
    place(disk, [(f"{PUBLIC}/{PROOFS}/{number}", render_proof(proof))], set())


def _leaving(charter: Charter, key_id: str) -> VerifierKey:
    """Return the key of a log that is to end."""
    at = Locus(charter.origin)
    old = next((key for key in charter.keys if key.key_id.hex() == key_id), None)
    if old is None:
        known = ", ".join(f"`{key.key_id.hex()}`" for key in charter.keys)
        raise ConfigError(f"has no key `{key_id}`", at, f"its keys are {known}")
    if not any(key.kind == ED25519 for key in charter.keys if key != old):
        message = (
            "would be left without a key of the kind Ed25519, which any reader knows"
        )
        raise ConfigError(message, at, "announce another first")
    return old


def _is_by(trusted: Sequence[VerifierKey], proof: Proof, name: str) -> bool:
    """Whether a key that is trusted seems to have signed a proof's checkpoint."""
    known = {(key.name, key.key_id) for key in trusted}
    signatures = parse_note(proof.checkpoint, name).signatures
    return any((one.name, one.key_id) in known for one in signatures)


def keys_of(folder: Path, trusted: Sequence[str] = ()) -> tuple[VerifierKey, ...]:
    """Return the keys of a ledger, as it names them or as a trusted one leads there.

    Args:
        folder: The ledger.
        trusted: Keys that are trusted, one a text.

    Raises:
        ConfigError: There is no ledger, or a key is none.
        ProofError: The trusted keys don't lead to those that sign for it.
        OSError: A file can't be read.
    """
    disk = RealDisk(folder)
    charter = read_charter(disk)
    if not trusted:
        return charter.keys
    keys = [parse_key(one, "--from") for one in trusted]
    found, seen = follow(keys, key_proofs(disk))
    head = read_checkpoint(disk.read(PUBLISHED), found, place=PUBLISHED).checkpoint
    check_followed(Tree(head.size, public_fetch(disk)), head, seen)
    return found


def check_ledger(folder: Path, progress: Progress | None = None) -> Found:
    """Check a whole ledger: its log, its witnesses, and the proofs of its keys.

    Args:
        folder: The ledger.
        progress: Is told how far the check of the log is.

    Raises:
        ConfigError: There is no ledger.
        LedgerError: It can't be read.
    """
    disk = RealDisk(folder)
    found = check_folder(folder, progress=progress)
    beside = f"{PUBLIC}/{PROOFS}/"
    problems = [
        one for one in found.problems if not (one.at and one.at.file.startswith(beside))
    ]
    charter = read_charter(disk)
    found = _with_witnesses(found, disk, charter, problems)
    try:
        _, seen = follow(charter.keys, key_proofs(disk))
        if found.checkpoint is not None:
            head = found.checkpoint.checkpoint
            check_followed(Tree(head.size, public_fetch(disk)), head, seen)
    except ProofError as error:
        problems += error.problems
    except FileNotFoundError as error:
        at = Locus(str(error.filename))
        problems.append(Problem("a file beside the log is missing", at))
    return found._replace(problems=tuple(found_in(folder, one) for one in problems))


def _with_witnesses(
    found: Found, disk: Disk, charter: Charter, problems: list[Problem]
) -> Found:
    """Return what was found, with what the ledger's witnesses signed of it."""
    if found.checkpoint is None:
        return found
    try:
        quorum = quorum_of(disk, charter)
        signed = read_checkpoint(
            found.checkpoint.content,
            charter.keys,
            witnesses=quorum.witness_keys,
            place=PUBLISHED,
        )
    except (ConfigError, ProofError) as error:
        problems += error.problems
        return found
    try:
        check_cosigned(quorum, signed, PUBLISHED)
    except ProofError as error:
        problems += error.problems
    return found._replace(checkpoint=signed)
