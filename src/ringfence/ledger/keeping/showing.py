"""What a ledger shows of its entries: one by one, with proof and payload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, opened, parse_entry
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.keeping.opening import published
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.checkpoints import SignedCheckpoint
from ringfence.ledger.signed.keys import parse_key
from ringfence.ledger.signed.proofs import Proof, parse_proof, verify_proof
from ringfence.ledger.signed.quorum import Log, Quorum, parse_quorum
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk, public_fetch

ERASED, MISSING = "erased", "missing"
_MARK = "sha256:"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it lies in a ledger.

    Attributes:
        index: Its place, from 0.
        content: The entry, byte for byte.
        entry: What it says; None if another program logged it.
        payload: What it commits to, as its payload tells; `erased` or `missing` if that
            isn't there, None if it has none.
    """

    index: int
    content: bytes
    entry: Entry | None
    payload: dict[str, object] | str | None = None


class Shelf:
    """The entries that a ledger has published.

    Raises:
        ConfigError: There is no ledger, or nothing is published.
        ProofError: Its checkpoint doesn't verify.
        OSError: A file can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self._disk = RealDisk(folder)
        self.charter = read_charter(self._disk)
        self.signed = published(self._disk, self.charter)
        self.size = self.signed.checkpoint.size
        self._tree = Tree(self.size, public_fetch(self._disk))

    def proof(self, index: int) -> Proof:
        """Return the proof of an entry, with the entry itself beside it.

        Raises:
            ConfigError: There is no such entry.
            ProofError: The ledger's files don't hold what it signed.
        """
        self._check(index)
        content, hashes = self._tree.entry(index), self._tree.inclusion(index)
        root = self.signed.checkpoint.root
        verify_inclusion(index, self.size, leaf_hash(content), hashes, root)
        return Proof(index, tuple(hashes), self.signed.content, content)

    def shown(self, index: int) -> Shown:
        """Return an entry and what its payload tells.

        Raises:
            ConfigError: There is no such entry.
            ProofError: The entry isn't what was signed, or the payload is another.
        """
        content = self.proof(index).extra or b""
        entry = _parsed(content)
        digest = entry.digests.get("payload") if entry else None
        if entry is None or digest is None or not entry.commitments:
            return Shown(index, content, entry)
        payloads, name = Payloads(self._disk), digest.removeprefix(_MARK)
        if payloads.is_erased(name):
            return Shown(index, content, entry, ERASED)
        try:
            payload = payloads.read(name)
        except LedgerError:
            return Shown(index, content, entry, MISSING)
        return Shown(index, content, entry, opened(entry, payload))

    def last(self, count: int) -> Iterator[Shown]:
        """Yield the last entries, the oldest of them first.

        Raises:
            ProofError: An entry isn't what was signed.
        """
        for index in range(max(self.size - count, 0), self.size):
            content = self.proof(index).extra or b""
            yield Shown(index, content, _parsed(content))

    def _check(self, index: int) -> None:
        if not 0 <= index < self.size:
            message = f"there is no entry {index}: {self.size} are published"
            raise ConfigError(message, Locus(self.charter.origin))


def believed(
    keys: Sequence[str], quorum: Path | None, *, option: str = "--key"
) -> Quorum:
    """Return who is believed: the logs of these keys, and what a quorum file says.

    Args:
        keys: Keys, one a text.
        quorum: A quorum file.
        option: What messages call the keys.

    Raises:
        ConfigError: A key or the file is none, or no log is named.
        OSError: The file can't be read.
    """
    found = Quorum()
    if quorum is not None:
        found = parse_quorum(quorum.read_bytes(), str(quorum))
    known = set(found.log_keys)
    logs = [Log(key) for key in (parse_key(one, option) for one in keys)]
    logs = [*found.logs, *(one for one in logs if one.key not in known)]
    if not logs:
        if quorum is not None:
            hint = f"add `{option} KEY`, or a line `log KEY` in it"
            raise ConfigError("names no log", Locus(str(quorum)), hint)
        hint = f"`{option} KEY` or `--quorum FILE`, from whom you trust"
        raise ConfigError("nobody says whose log it is", None, hint)
    return Quorum(tuple(logs), found.witnesses, found.groups, found.rule)


def verified(
    content: bytes, quorum: Quorum, *, entry: bytes | None = None, place: str
) -> tuple[Shown, SignedCheckpoint]:
    """Return the entry that a proof file proves, and the checkpoint it is in.

    Args:
        content: The proof file.
        quorum: Who is believed.
        entry: The entry; without, the one that the proof carries.
        place: What messages call the file.

    Raises:
        ProofError: It proves nothing.
    """
    proof = parse_proof(content, place)
    logged = proof.extra if entry is None else entry
    if logged is None:
        message, hint = "doesn't carry its entry", "name it with `--entry FILE`"
        raise ProofError(message, Locus(place), hint)
    signed = verify_proof(proof, leaf_hash(logged), quorum, place)
    return Shown(proof.index, logged, _parsed(logged)), signed


def _parsed(content: bytes) -> Entry | None:
    try:
        return parse_entry(content)
    except ProofError:
        return None
