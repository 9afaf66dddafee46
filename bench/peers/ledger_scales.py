"""tlog-scales: a second implementation of C2SP tlog-tiles in Python."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import DummySigner
from tlog_scales.writer import TilesWriter

NAME = "tlog-scales"
AT_ONCE = 4_096


def integrated(entries: Sequence[bytes], folder: Path) -> tuple[float, bytes]:
    """Return entries integrated and written per core second, and the root."""
    writer = TilesWriter.create(folder, "bench.example/log")
    signers = [DummySigner()]
    began = time.process_time()
    for at in range(0, len(entries), AT_ONCE):
        for entry in entries[at : at + AT_ONCE]:
            writer.add_leaf(entry)
        writer.commit(signers, gc=False)
    took = time.process_time() - began
    return len(entries) / took, writer.reader.calculate_root_hash()


def proved(folder: Path, size: int, chosen: Sequence[int], root: bytes) -> list[float]:
    """Return the seconds of inclusion proofs, each verified afterwards."""
    reader = TilesReader(LocalBackend(folder))
    reader.set_size(size)
    times = []
    for index in chosen:
        began = time.perf_counter()
        proof = reader.get_inclusion_proof(index, size)
        times.append(time.perf_counter() - began)
        proof.check(reader.mth(index, index + 1), root)
    return times
