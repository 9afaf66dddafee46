"""pymerkle: a Merkle tree in SQLite or in memory, with the hashes of RFC 6962."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from pymerkle import InmemoryTree, SqliteTree

NAME = "pymerkle"


def integrated(entries: Sequence[bytes], _: Path) -> tuple[float, bytes]:
    """Return entries taken into a tree in memory per core second, and the root."""
    tree = InmemoryTree(algorithm="sha256")
    began = time.process_time()
    tree.append_entries(entries)
    return len(entries) / (time.process_time() - began), tree.get_root()


def appended(path: Path, entries: Sequence[bytes]) -> float:
    """Return how many entries a second its SQLite tree makes durable, one by one."""
    times = []
    with SqliteTree(str(path), algorithm="sha256") as tree:
        for entry in entries:
            began = time.perf_counter()
            tree.append_entry(entry)
            times.append(time.perf_counter() - began)
    return 1 / statistics.median(times)


def proved(entries: Sequence[bytes], count: int) -> list[float]:
    """Return the seconds of inclusion proofs of a tree in memory."""
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    times = []
    for index in range(1, len(entries), len(entries) // count):
        began = time.perf_counter()
        tree.prove_inclusion(index)
        times.append(time.perf_counter() - began)
    return times
