"""One file that proves verdicts: facts, boundary, proofs, and what the ledger says.

Its format stands in `docs/ledger/bundle.md`. It is a zip archive in one spelling: the
same files always give the same bytes.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.claims.recorded import BOUNDARY, FACTS, Logged, file_hash, kept
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, parse_entry
from ringfence.ledger.keeping.opening import check_cosigned, published, quorum_of
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.checkpoints import SignedCheckpoint
from ringfence.ledger.signed.proofs import Proof, render_proof
from ringfence.ledger.tree.growing import Fetch
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk, public_fetch

_FILES = {"boundary": BOUNDARY, "estate": FACTS, "facts": FACTS}
LARGEST = 1_990_000_000  # bytes of contents; names and places come on top
_PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Bundled:
    """What a bundle is made of.

    Attributes:
        files: The files that the check wrote, by their name in the bundle.
        told: What the ledger says, likewise.
        signed: The checkpoint that all of its entries are proved by.
        verdicts: How many verdicts it holds.
        erased: How many entries' payloads were erased.
    """

    files: Mapping[str, Path]
    told: Mapping[str, bytes]
    signed: SignedCheckpoint
    verdicts: int
    erased: int


@dataclass(slots=True)
class _Draft:
    files: dict[str, Path]
    told: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)  # of files, each hashed once
    verdicts: int = 0
    erased: int = 0


def bundled(output: Path, ledger: Path) -> Bundled:
    """Gather what proves the verdicts of a check.

    Args:
        output: The folder that the check wrote.
        ledger: The folder of the ledger that it was logged in.

    Raises:
        ConfigError: The check wasn't logged, or not there, or its files have changed.
        ProofError: The ledger doesn't hold what it said.
        OSError: A file can't be read.
    """
    logged = kept(output)
    disk = RealDisk(ledger)
    charter = read_charter(disk)
    if charter.origin != logged.origin:
        message = f"is the ledger of `{charter.origin}`, not of `{logged.origin}`"
        raise ConfigError(message, Locus(str(ledger)), "name the one that logged it")
    signed = published(disk, charter)
    if signed.checkpoint.size < logged.after and logged.size is None:
        hint = "`ringfence ledger publish` publishes them"
        raise ConfigError("is not published that far", Locus(str(ledger)), hint)
    if signed.checkpoint.size < logged.after:
        message = f"has {signed.checkpoint.size} entries, fewer than were logged"
        raise ProofError(message, Locus(str(ledger)), "was it put back to a copy?")
    quorum = quorum_of(disk, charter)
    hint = "whoever has the quorum would refuse it; `ringfence ledger fsck` tells"
    check_cosigned(quorum, signed, str(ledger), hint)
    draft = _Draft({FACTS: output / FACTS, BOUNDARY: output / BOUNDARY})
    draft.told["ledger/checkpoint"] = signed.content
    draft.told["ledger/quorum"] = quorum.render().encode()
    payloads = Payloads(disk)
    for index, content, proof in _proved(logged, signed, public_fetch(disk)):
        entry = parse_entry(content, f"entry {index}")
        _take(draft, output, entry)
        draft.told[f"ledger/{index}.entry"] = content
        draft.told[f"ledger/{index}.tlog-proof"] = proof
        _take_payload(draft, payloads, index, entry)
    return Bundled(draft.files, draft.told, signed, draft.verdicts, draft.erased)


def write(bundle: Bundled, path: Path) -> None:
    """Write a bundle.

    Raises:
        ConfigError: It would be larger than a bundle may be.
        OSError: It can't be written.
    """
    size = sum(len(one) for one in bundle.told.values())
    size += sum(one.stat().st_size for one in bundle.files.values())
    if size > LARGEST:
        message = f"would have {size:,} bytes, more than {LARGEST:,}"
        raise ConfigError(message, Locus(str(path)), "hand out the output folder")
    made = path.parent / f".{path.name}.part"
    try:
        with zipfile.ZipFile(made, "w") as archive:
            for name in sorted([*bundle.files, *bundle.told]):
                plain = zipfile.ZipInfo(name)
                plain.create_system, plain.external_attr = 3, _PLAIN_FILE
                if name in bundle.told:
                    archive.writestr(plain, bundle.told[name])
                    continue
                content = bundle.files[name].open("rb")
                with content, archive.open(plain, "w") as stream:
                    shutil.copyfileobj(content, stream)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def _proved(
    logged: Logged, signed: SignedCheckpoint, fetch: Fetch
) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each entry of a check with its place and its proof."""
    size, root = signed.checkpoint.size, signed.checkpoint.root
    tree = Tree(size, fetch)
    for index in range(logged.first, logged.after):
        content, hashes = tree.entry(index), tree.inclusion(index)
        verify_inclusion(index, size, leaf_hash(content), hashes, root)
        proof = Proof(index, tuple(hashes), signed.content)
        yield index, content, render_proof(proof)


def _take(draft: _Draft, output: Path, entry: Entry) -> None:
    """Take the files that an entry names, if they are what it names."""
    names = {key: name for key, name in _FILES.items() if key in entry.digests}
    if "proof" in entry.digests:
        number = entry.values.get("claim", "")
        (found, *_) = [*output.glob(f"claim-{number}-*.json"), Path(f"claim-{number}")]
        draft.files[found.name] = output / found.name
        names["proof"] = found.name
    for key, name in names.items():
        path = output / name
        if name not in draft.hashes and path.is_file():
            draft.hashes[name] = f"sha256:{file_hash(path)}"
        if entry.digests[key] != draft.hashes.get(name):
            hint = "check again with `--ledger`, then bundle what that check wrote"
            message = "is not the file that the ledger was told of"
            raise ConfigError(message, Locus(str(path)), hint)
    draft.verdicts += entry.kind == "verdict"


def _take_payload(draft: _Draft, payloads: Payloads, index: int, entry: Entry) -> None:
    if "payload" not in entry.digests:
        return
    digest = entry.digests["payload"].removeprefix("sha256:")
    if payloads.is_erased(digest):
        draft.erased += 1
        return
    draft.told[f"ledger/{index}.payload"] = payloads.read(digest)
