"""The certificate of a closed set: a folder of five binary files and `closure.json`.

Closed formats, little-endian (docs/bulk.md). Whoever distrusts Ringfence checks them
with `ringfence_verify`, as a stream; whoever distrusts that the edges are those of the
Parquet files runs the same command again and compares the digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from ringfence.estate.containment import UNKNOWN
from ringfence.estate.parquet import Numbered
from ringfence.reach.bulk.question import Closed, Rowed, count, numbers

MANIFEST = "closure.json"
FORMAT = "closure/1"
_BLOCK = 1 << 20
_EDGE = np.dtype([("tail", "<u4"), ("head", "<u4"), ("give", "<u2"), ("carry", "<u2")])

Block = npt.NDArray[Any]


def certify(folder: Path, estate: Numbered, verbs: int, found: Closed) -> str:
    """Write a closed set that meets nothing protected; return its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    withdraw(folder)  # while files change, the folder holds no certificate
    origins, targets = estate.excluded > 0, estate.protected > 0
    packed = np.packbits(estate.is_data, bitorder="little")
    content: dict[str, Iterable[Block]] = {
        "closed.bin": [found.held.astype("<u2")],
        "data.bin": [packed],
        "edges.bin": _edges(found.arcs),
        "origins.bin": [numbers(origins).astype("<u4")],
        "targets.bin": [numbers(targets).astype("<u4")],
    }
    told: dict[str, object] = {
        "ringfence": FORMAT,
        "nodes": len(estate.kind),
        "edges": len(estate.tail),
        "verbs": verbs,
        "digests": {name: _write(folder / name, content[name]) for name in content},
        "counts": {
            "edges_unknown": count(estate.unknown),
            "origins": count(origins),
            "origins_unknown": count(estate.excluded == UNKNOWN),
            "targets": count(targets),
            "targets_unknown": count(estate.protected == UNKNOWN),
        },
        "input": dict(estate.digests),
    }
    told["digest"] = hashlib.sha256(_canonical(told)).hexdigest()
    (folder / MANIFEST).write_bytes(_canonical(told) + b"\n")
    return str(told["digest"])


def withdraw(folder: Path) -> None:
    """Remove the certificate of an earlier question: it may not hold any more."""
    (folder / MANIFEST).unlink(missing_ok=True)


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _write(path: Path, blocks: Iterable[Block]) -> str:
    """Write blocks to a file; return its SHA-256."""
    summed = hashlib.sha256()
    with path.open("wb") as stream:
        for block in blocks:
            summed.update(block.data)
            stream.write(block.data)
    return summed.hexdigest()


def _edges(arcs: Rowed) -> Iterator[Block]:
    """Yield the edges by tail, in blocks."""
    degrees = np.diff(arcs.first)
    for begin in range(0, len(arcs.end), _BLOCK):
        end = min(begin + _BLOCK, len(arcs.end))
        low = int(np.searchsorted(arcs.first, begin, "right")) - 1
        high = int(np.searchsorted(arcs.first, end, "left"))
        tails = np.repeat(np.arange(low, high), degrees[low:high])
        block = np.empty(end - begin, _EDGE)
        skipped = begin - int(arcs.first[low])
        block["tail"] = tails[skipped : skipped + len(block)]
        block["head"] = arcs.end[begin:end]
        block["give"] = arcs.give[begin:end]
        block["carry"] = arcs.carry[begin:end]
        yield block
