"""One engine in a process of its own: `python -m bench.engine NAME CASE ANSWER`.

Writes the answer as packed flags, and prints what it cost as JSON: seconds to build the
engine's own structure, seconds to answer, and the most memory that the process held.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.figures import peak_megabytes
from bench.peers import Flags, peer

# What a peer does fast is done three times over.
FAST, AGAIN = 5.0, 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What an engine took.

    Attributes:
        build: Seconds until its own structure stood; ours has none that stays.
        answer: Seconds until every pair was known.
        runs: How many runs the seconds are the median of.
        peak: Megabytes that the process held at most, the edges among them.
    """

    build: float
    answer: float
    runs: int
    peak: float


def ours(case: Path, *, runs: int) -> tuple[Cost, Flags]:
    """Measure Ringfence: the median of some runs, a first one not counted."""
    from bench.ours import Question, flags, reached  # noqa: PLC0415

    with np.load(case) as saved:
        numbers = int(saved["nodes"]), int(saved["data"])
        edges, ends = (
            (saved["tail"], saved["head"]),
            (saved["origins"], saved["targets"]),
        )
        asked = Question(*numbers, *edges, *ends)
    if runs > 1:
        reached(asked)
    measured = []
    for _ in range(runs):
        began = time.perf_counter()
        found = reached(asked)
        measured.append(time.perf_counter() - began)
    peak = peak_megabytes()
    cost = Cost(0.0, statistics.median(measured), runs, peak)
    return cost, flags(asked, found)


def theirs(name: str, case: Path, *, sample: int) -> tuple[Cost, Flags]:
    """Measure a peer, on the first few origins alone if a sample is asked for."""
    with np.load(case) as saved:
        nodes = int(saved["nodes"])
        tail, head, targets = (saved[name] for name in ("tail", "head", "targets"))
        origins = saved["origins"][: sample or None]
    engine = peer(name)
    measured: list[tuple[float, float]] = []
    while not measured or (len(measured) <= AGAIN and sum(measured[0]) < FAST):
        began = time.perf_counter()
        built = engine.build(nodes, tail, head)
        stood = time.perf_counter()
        found = engine.answer(built, origins, targets)
        measured.append((stood - began, time.perf_counter() - stood))
        del built
    build, answer = (statistics.median(part) for part in zip(*measured, strict=True))
    return Cost(build, answer, len(measured), peak_megabytes()), found


def main() -> None:
    """Measure one engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="`ours`, `ours-numba`, or a module of bench.peers")
    parser.add_argument("case", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="ours: so many runs")
    parser.add_argument("--sample", type=int, default=0, help="a peer: so many origins")
    given = parser.parse_args()
    if given.name == "ours":
        # The core install: numba is an extra, and must not be found here.
        sys.modules["numba"] = None  # type: ignore[assignment]
    if given.name.startswith("ours"):
        cost, found = ours(given.case, runs=given.runs)
    else:
        cost, found = theirs(given.name, given.case, sample=given.sample)
    np.save(given.answer, np.packbits(found, axis=1))
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
