"""Logs as they are delivered, put through the real readers, plain and packed."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

from bench.auditing import csvlog
from bench.figures import Figure
from ringfence.audit.event import CODED, Words
from ringfence.audit.reader import reader
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.errors import Locus
from tests.cloudtrail import as_delivered, events

LINES = 200_000
DELIVERED = 10  # times fewer in CloudTrail's one document: it is never delivered larger
SEED = 7
RUNS = 3
MEGA = 1e6


def written(folder: Path, lines: int) -> Iterator[tuple[str, Path]]:
    """Write logs of so many events; yield the kind and the file of each."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "pgaudit": "".join(csvlog(lines)).encode(),
        "cloudtrail": as_delivered([*events(lines // DELIVERED, SEED)]),
    }
    for kind, content in made.items():
        plain = folder / f"{kind}.log"
        plain.write_bytes(content)
        yield kind, plain
        packed = folder / f"{kind}.log.gz"
        packed.write_bytes(gzip.compress(content, 6))
        yield kind, packed


def read(kind: str, path: Path) -> tuple[float, int, int]:
    """Read a file; return processor time, events, and bytes of its content."""
    at = Locus("boundary.yaml", 1, 1)
    order = LogOrder("log", kind, (path.name,), at=at, store="db")
    words = {name: Words() for name in CODED}
    file = Unpacked(path, path.name)
    began = time.process_time()
    found = sum(len(one) for one in reader(kind, at).read(file, order, words))
    return time.process_time() - began, found, file.size


def every(folder: Path, lines: int = LINES) -> Iterator[Figure]:
    """Measure each; the run that took the least processor time counts."""
    for kind, path in written(folder, lines):
        cpu, found, size = min(read(kind, path) for _ in range(RUNS))
        title = f"{kind}, {'gzip' if path.suffix == '.gz' else 'plain'}"
        if not found:
            message = f"{title}: no event was read"
            raise SystemExit(message)
        yield Figure(f"{title}: events read in a second", int(found / cpu), "")
        yield Figure(f"{title}: content read in a second", size / MEGA / cpu, "MB")
