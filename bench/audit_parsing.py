"""Logs as they are delivered, put through the real readers, plain and packed.

Beside them stand two floors that no reader can get below: unpacking the gzip, and
decoding the events alone.
"""

from __future__ import annotations

import gzip
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.auditing import csvlog
from bench.figures import Figure
from ringfence.audit.event import CODED, Words
from ringfence.audit.reader import reader
from ringfence.audit.readers.cloudtrail.fields import ENTRIES
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.errors import Locus
from tests.cloudtrail import as_delivered, as_lines, events

LINES = 200_000
DELIVERED = 10  # times fewer in CloudTrail's one document: it is never delivered larger
SEED = 7
RUNS = 3
MEGA = 1e6
_VALUE = re.compile(rb"where id = \d+")
_GZIP = 31  # what zlib calls a gzip with its header


def logs(lines: int) -> Mapping[str, bytes]:
    """Return logs of so many events, by their kind and what is told of them."""
    rows = "".join(csvlog(lines)).encode()
    made = [*events(lines // DELIVERED, SEED)]
    return {
        "pgaudit": rows,
        "pgaudit, statements repeat": _VALUE.sub(b"where id = 7", rows),
        "cloudtrail": as_delivered(made),
        "cloudtrail, an event a line": as_lines(made),
    }


def written(folder: Path, made: Mapping[str, bytes]) -> Iterator[tuple[str, Path]]:
    """Write logs, each plain and packed; yield what is told of each, and its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, (told, content) in enumerate(made.items()):
        plain = folder / f"{place}.log"
        plain.write_bytes(content)
        yield f"{told}, plain", plain
        packed = folder / f"{place}.log.gz"
        packed.write_bytes(gzip.compress(content, 6))
        yield f"{told}, gzip", packed


def read(kind: str, path: Path) -> tuple[float, int, int]:
    """Read a file; return processor time, events, and bytes of its content."""
    at = Locus("boundary.yaml", 1, 1)
    order = LogOrder("log", kind, (path.name,), at=at, store="db")
    words = {name: Words() for name in CODED}
    file = Unpacked(path, path.name)
    began = time.process_time()
    found = sum(len(one) for one in reader(kind, at).read(file, order, words))
    return time.process_time() - began, found, file.size


def least(work: Callable[[], object]) -> float:
    """Return the least processor time of a few runs."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def floors(made: Mapping[str, bytes], lines: int) -> Iterator[Figure]:
    """Measure what no reader of the same events can be faster than."""
    packed = gzip.compress(made["cloudtrail"], 6)
    content = made["cloudtrail, an event a line"]
    every = {
        "cloudtrail: gzip unpacked alone": lambda: zlib.decompress(packed, _GZIP),
        "cloudtrail: events decoded alone": lambda: ENTRIES.decode_lines(content),
    }
    for title, work in every.items():
        count = int(lines // DELIVERED / least(work))
        yield Figure(f"{title}, in a second", count, "")


def every(folder: Path, lines: int = LINES) -> Iterator[Figure]:
    """Measure each; the run that took the least processor time counts."""
    made = logs(lines)
    for title, path in written(folder, made):
        kind = title.partition(",")[0]
        cpu, found, size = min(read(kind, path) for _ in range(RUNS))
        if not found:
            message = f"{title}: no event was read"
            raise SystemExit(message)
        yield Figure(f"{title}: events read in a second", int(found / cpu), "")
        yield Figure(f"{title}: content read in a second", size / MEGA / cpu, "MB")
    yield from floors(made, lines)
