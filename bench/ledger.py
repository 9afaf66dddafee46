"""Figures of the ledger: integration, durable appends, proofs and fsck.

The floor is what SHA-256 alone costs here: one hash over a leaf and one over a node for
each entry, in a bare loop. What is bound by the processor is given in processor time,
what waits for the disk in elapsed time. Peers are `pymerkle`, which keeps a tree in
SQLite or in memory, and `tlog-scales`, which writes the same tiles; each is checked to
come to the same root. Writes `bench/out/ledger.json`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from bench.figures import Figure, told, write
from bench.peers import ledger_pymerkle, ledger_scales
from ringfence.ledger.signed.checkpoints import Checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.tree.growing import Frontier
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.fsck import fsck
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.log import Log

ENTRIES = 10_000_000
SOME = 100_000  # integrated by the peers that take their time
LONG = 302  # bytes of an entry
AT_ONCE = 4_096
BATCH = 16
BATCHES = 200
PROOFS = 1_000
RUNS = 5
ORIGIN = "bench.example/log"
PACKAGES = ("ringfence", "cryptography", "pymerkle", "tlog-scales")
Entries = Sequence[bytes]


def entries(first: int, count: int) -> list[bytes]:
    """Return entries that all differ, each of the same length."""
    body = b"x" * (LONG - 8)
    return [number.to_bytes(8) + body for number in range(first, first + count)]


def cpu(work: Callable[[], object]) -> float:
    """Return the processor seconds of a piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def elapsed(work: Callable[[], object]) -> float:
    """Return the seconds of a piece of work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def floor(sample: Entries) -> float:
    """Return the least processor seconds of two hashes an entry."""
    leaves = [b"\x00" + entry for entry in sample]
    node = b"\x01" + bytes(64)

    def hashed() -> None:
        for leaf in leaves:
            sha256(leaf).digest()
            sha256(node).digest()

    return min(cpu(hashed) for _ in range(RUNS)) / len(sample)


def integrated(sample: Entries) -> Frontier:
    """Take entries into a tree, and its files with them, in memory."""
    frontier = Frontier()
    for at in range(0, len(sample), AT_ONCE):
        frontier.extend(sample[at : at + AT_ONCE])
        for _ in frontier.written():
            pass
    return frontier


def integration(least: float) -> Iterator[Figure]:
    """Measure how fast entries become tiles."""
    sample = entries(0, SOME)
    root = integrated(sample).root()
    ours = len(sample) / min(cpu(lambda: integrated(sample)) for _ in range(RUNS))
    name = f"entries of {LONG} bytes integrated per core second"
    yield _rate(name, ours, "two-hash floor", 1 / least)
    for peer in (ledger_pymerkle, ledger_scales):
        with tempfile.TemporaryDirectory() as folder:
            theirs, found = peer.integrated(sample, Path(folder) / "log")
        _same(root, found, peer.NAME)
        yield _rate(name, ours, peer.NAME, theirs)


def appended(folder: Path, *, published: bool) -> float:
    """Return how many entries a second are durable, in batches."""
    log = Log.create(folder, ORIGIN)
    batches = [entries(number * BATCH, BATCH) for number in range(BATCHES)]
    times = []
    for batch in batches:

        def work(batch: Entries = batch) -> None:
            log.append(batch)
            if published:
                log.publish()

        times.append(elapsed(work))
    log.publish()
    log.close()
    return BATCH / statistics.median(times)


def durable() -> Iterator[Figure]:
    """Measure appends that survive a power loss."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        folder = Path(scratch)
        each = [appended(folder / f"every-{run}", published=True) for run in range(3)]
        once = [appended(folder / f"once-{run}", published=False) for run in range(3)]
        every, journal = statistics.median(each), statistics.median(once)
        name = f"durable appends a second in batches of {BATCH}"
        yield _rate(name, journal, "every file synced each batch", every)
        theirs = ledger_pymerkle.appended(folder / "tree.db", entries(0, BATCH * 20))
        yield _rate(name, journal, ledger_pymerkle.NAME, theirs)


def built(folder: Path, count: int) -> Frontier:
    """Write the tiles of a log, without a sync."""
    frontier = Frontier()
    made: set[Path] = set()
    for at in range(0, count, AT_ONCE * 16):
        frontier.extend(entries(at, min(AT_ONCE * 16, count - at)))
        for path, content in frontier.written():
            file = folder / path
            if file.parent not in made:
                file.parent.mkdir(parents=True, exist_ok=True)
                made.add(file.parent)
            file.write_bytes(content)
    return frontier


def proofs(folder: Path, frontier: Frontier) -> Iterator[Figure]:
    """Measure inclusion proofs of a large log."""
    size, root = frontier.size, frontier.root()
    chosen = [number * 7_919_999 % size for number in range(PROOFS)]
    fetch = RealDisk(folder).read

    def cold(index: int) -> list[bytes]:
        return Tree(size, fetch).inclusion(index)

    tree = Tree(size, fetch)
    warm = [elapsed(lambda i=index: tree.inclusion(i)) for index in chosen]
    fresh = [elapsed(lambda i=index: cold(i)) for index in chosen]
    checks = []
    for index in chosen:
        leaf, proof = leaf_hash(entries(index, 1)[0]), tree.inclusion(index)
        checks.append(
            elapsed(
                lambda i=index, x=leaf, p=proof: verify_inclusion(i, size, x, p, root)
            )
        )
    theirs = ledger_scales.proved(folder, size, chosen[: PROOFS // 10], root)
    name = f"inclusion proof at {size:,} entries"
    yield _milliseconds(f"{name}, no tile at hand", fresh)
    yield _milliseconds(f"{name}, tiles kept", warm)
    yield _milliseconds(f"{name}, {ledger_scales.NAME}", theirs)
    yield _milliseconds("inclusion proof verified", checks)
    slow = ledger_pymerkle.proved(entries(0, SOME // 2), PROOFS // 10)
    yield _milliseconds(f"inclusion proof at {SOME // 2:,} entries, pymerkle", slow)


def checked(folder: Path, frontier: Frontier, least: float) -> Iterator[Figure]:
    """Measure the whole log derived anew and compared."""
    key = SigningKey.new(ORIGIN, ED25519)
    text = Checkpoint(ORIGIN, frontier.size, frontier.root()).text
    note = render_note(Note(text, (key.sign(text, 0),)))
    (folder / "checkpoint").write_bytes(note)
    began = time.process_time()
    found = fsck(RealDisk(folder).read, [key.verifier])
    took = time.process_time() - began
    if not found.is_sound or found.size != frontier.size:
        message = f"fsck is wrong: {found}"
        raise SystemExit(message)
    name = "entries of a log re-derived by fsck per core second"
    yield _rate(name, frontier.size / took, "two-hash floor", 1 / least)


def _same(ours: bytes, theirs: bytes, name: str) -> None:
    if ours != theirs:
        message = f"{name} comes to another root: it was asked another question"
        raise SystemExit(message)


def _rate(name: str, ours: float, peer: str, theirs: float) -> Figure:
    unit = "entries/s"
    return Figure(name, round(ours), unit, peer, round(theirs), round(ours / theirs, 2))


def _milliseconds(name: str, seconds: Sequence[float]) -> Figure:
    return Figure(name, round(statistics.median(seconds) * 1e3, 4), "ms, median")


def figures(count: int) -> Iterator[Figure]:
    """Yield every figure, the quick ones first."""
    least = floor(entries(0, SOME))
    yield Figure("two hashes an entry, the floor", round(least * 1e9), "ns")
    yield from integration(least)
    yield from durable()
    with tempfile.TemporaryDirectory(
        dir=os.environ.get("RINGFENCE_SCRATCH")
    ) as scratch:
        frontier = built(Path(scratch), count)
        yield from proofs(Path(scratch), frontier)
        yield from checked(Path(scratch), frontier, least)


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    write("ledger", told(figures(parser.parse_args().entries)), PACKAGES)


if __name__ == "__main__":
    main()
