"""Series: one log after another, each saying where it ends and the next one begins.

The last entry of a log is `closed`, and names the next one with its keys; the first of
the next is `continued`, and names the size, the root and the checkpoint that the old
one closed with. Whoever trusts the first log's keys can check the whole series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, made, parse_entry
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.opening import (
    MARK,
    Closing,
    closed,
    found,
    opened,
    published,
)
from ringfence.ledger.keeping.renewal import Proofs, check_followed, follow, told_key
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.tree.growing import Fetch
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.charter import Charter, read_charter
from ringfence.ledger.writer.disk import PRIVATE, RealDisk, place, sweep
from ringfence.ledger.writer.log import Log


class Shard(NamedTuple):
    """One log of a series, as a stranger reads it.

    Attributes:
        place: What messages call it.
        fetch: Reads its files.
        proofs: The proofs of its keys (`ringfence.ledger.keeping.renewal`).
    """

    place: str
    fetch: Fetch
    proofs: Proofs = ()


def rotate(
    old: Path, new: Path, origin: str, *, time: str
) -> tuple[SignedCheckpoint, SignedCheckpoint]:
    """Close a log, and begin the one that follows.

    Cut short at any point, it is taken up where it was when it is called again.

    Args:
        old: The ledger that ends.
        new: The folder of the one that begins.
        origin: What it is called.
        time: When this is.

    Returns:
        The last checkpoint of the old one, and the first of the new one.

    Raises:
        ConfigError: The old one is followed by another, or something else lies at
            `new`.
        RingfenceError: One of them can't be written.
    """
    disk = RealDisk(old)
    with within(old):
        before = read_charter(disk)
    if before.origin == origin:
        raise ConfigError("the next log needs a name of its own", Locus(origin))
    made("opened", time, values={"origin": origin})  # or no entry could name it
    with disk.locked():  # or two could begin a log each
        closing = _agreed(old, new, before, origin)
        if closed(disk) is None:
            sweep(disk)
            place(disk, [(MARK, msgspec.json.encode(closing))], set())
    with within(old), opened(old) as log:
        last = _close(log, closing, time)
        ended = published(disk, log.charter)
    with within(new), opened(new) as log:
        _continue(log, last, time)
        return ended, published(RealDisk(new), log.charter)


def verify_series(
    shards: Sequence[Shard], keys: Sequence[VerifierKey]
) -> tuple[SignedCheckpoint, ...]:
    """Check that logs follow one another without a gap.

    Of each log the first and the last entry are looked at, with their proofs.

    Args:
        shards: The logs, the oldest first.
        keys: Keys of the oldest, which are trusted.

    Returns:
        The checkpoint of each.

    Raises:
        ProofError: They don't, or one of them proves nothing.
        OSError: A file can't be read.
    """
    heads: list[SignedCheckpoint] = []
    for number, shard in enumerate(shards):
        head, tree = _head(shard, keys)
        if heads:
            first = _entry(shard, tree, head, 0)
            told = _continued(heads[-1])
            if (first.kind, first.digests, first.values) != told:
                message = f"doesn't continue `{heads[-1].checkpoint.origin}`"
                raise ProofError(message, Locus(shard.place))
        heads.append(head)
        if number + 1 < len(shards):
            last = _entry(shard, tree, head, head.checkpoint.size - 1)
            if last.kind != "closed":
                message = "is not closed, and yet another follows"
                raise ProofError(message, Locus(shard.place))
            keys = _keys(last.values["keys"], shard.place)
            if any(key.name != last.values["next"] for key in keys):
                message = "is closed in favour of keys of another name"
                raise ProofError(message, Locus(shard.place))
    return tuple(heads)


def _agreed(old: Path, new: Path, before: Charter, origin: str) -> Closing:
    """Return which log follows: the one that was begun, or a new one."""
    closing, after = closed(RealDisk(old)), RealDisk(new)
    if closing is not None and closing.next != origin:
        message = f"is closed: `{closing.next}` follows"
        raise ConfigError(message, Locus(str(old)), f"use `--origin {closing.next}`")
    if closing is None and "ledger.json" not in after.files(PRIVATE):
        quorum = None
        if before.quorum is not None:
            quorum = RealDisk(old).read(f"{PRIVATE}/{before.quorum}").decode()
        found(new, origin, previous=before.origin, quorum=quorum)
    with within(new):
        charter = read_charter(after)
    named = Closing(charter.origin, " ".join(map(str, charter.keys)))
    if (closing or named) != named or charter.previous != before.origin:
        message = f"is not the log that follows `{before.origin}`"
        raise ConfigError(message, Locus(str(new)), "name another folder")
    if named.next != origin:
        message = f"is the ledger of `{named.next}`"
        raise ConfigError(message, Locus(str(new)), "name another folder")
    return named


def _close(log: Log, closing: Closing, time: str) -> SignedCheckpoint:
    """Write the last entry of a log, unless it stands there already."""
    signed = log.publish()
    values = {"keys": closing.keys, "next": closing.next}
    size = signed.checkpoint.size
    if size and _is(Tree(size, log.fetch).entry(size - 1), "closed", values):
        return signed
    log.append([made("closed", time, values=values)])
    return log.publish()


def _continue(log: Log, last: SignedCheckpoint, time: str) -> SignedCheckpoint:
    """Write the first entry of a log, unless it stands there already."""
    kind, digests, values = _continued(last)
    signed = log.publish()
    if signed.checkpoint.size:
        first = Tree(signed.checkpoint.size, log.fetch).entry(0)
        if _is(first, kind, values) and parse_entry(first).digests == digests:
            return signed
        message = f"doesn't continue `{last.checkpoint.origin}`"
        raise LedgerError(message, Locus(log.charter.origin), "name another folder")
    plain = {name: one.removeprefix("sha256:") for name, one in digests.items()}
    log.append([made(kind, time, digests=plain, values=values)])
    return log.publish()


def _is(content: bytes, kind: str, values: Mapping[str, str]) -> bool:
    """Tell whether an entry, or what another program logged, says just that."""
    try:
        entry = parse_entry(content)
    except ProofError:
        return False
    return (entry.kind, entry.values) == (kind, values)


def _continued(
    last: SignedCheckpoint,
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return what the first entry says of a log that continues another."""
    head = last.checkpoint
    text = sha256(last.note.text.encode()).hexdigest()
    digests = {"checkpoint": f"sha256:{text}", "root": f"sha256:{head.root.hex()}"}
    return "continued", digests, {"origin": head.origin, "size": str(head.size)}


def _head(shard: Shard, keys: Sequence[VerifierKey]) -> tuple[SignedCheckpoint, Tree]:
    """Return the checkpoint of a log, by the keys that its first ones lead to."""
    followed, seen = follow(keys, shard.proofs)
    content = shard.fetch("checkpoint")
    head = read_checkpoint(content, followed, place=shard.place)
    tree = Tree(head.checkpoint.size, shard.fetch)
    check_followed(tree, head.checkpoint, seen)
    return head, tree


def _entry(shard: Shard, tree: Tree, head: SignedCheckpoint, index: int) -> Entry:
    size, root = head.checkpoint.size, head.checkpoint.root
    if not size:
        raise ProofError("has no entry", Locus(shard.place))
    content = tree.entry(index)
    verify_inclusion(index, size, leaf_hash(content), tree.inclusion(index), root)
    return parse_entry(content, f"{shard.place}, entry {index}")


def _keys(text: str, place: str) -> tuple[VerifierKey, ...]:
    return tuple(told_key(one, place) for one in text.split(" "))
