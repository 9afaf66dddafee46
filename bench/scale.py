"""Figures of scale: 10 million nodes and 100 million edges, from Parquet to proof.

One process makes a company up, block by block, and writes it as a numbered estate;
then `ringfence reach bulk` reads it, closes the set of what the excluded may reach and
writes its certificate; then `ringfence_verify` checks that as a stream: each in a fresh
process. Prints one line a figure and writes `bench/out/scale.json`.
`--edges 10000000` measures a tenth of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.enterprise import LARGE, Ids, Large
from bench.figures import Figure, peak_megabytes, told, write

FULL = 100_000_000
ROWS = 1_000_000
PACKAGES = ("ringfence", "numpy", "scipy", "duckdb")
# Every hundredth edge and fiftieth excluded person is one that nobody is sure of.
DOUBTED_EDGES, DOUBTED_PEOPLE = 100, 50
PREFIXES = {
    "p": "person:",
    "g": "group:",
    "r": "role:",
    "t": "tool:",
    "s": "dataset:s/",
}
# The letters of both ends of an edge say what kind it is (`bench.enterprise.KINDS`).
NAMES = {
    "pg": "member_of",
    "gg": "member_of",
    "gs": "has_privilege",
    "rs": "has_privilege",
    "ss": "derived_from",
    "gr": "can_assume",
    "gt": "can_use",
    "tr": "runs_as",
}
NODES = pa.schema([(name, pa.string()) for name in ("id", "excluded", "protected")])
TEXT = pa.dictionary(pa.int32(), pa.string())
EDGES = pa.schema(
    [
        *((name, pa.int32()) for name in ("tail", "head")),
        *((name, TEXT) for name in ("name", "verb", "unknown")),
    ]
)


def company(edges: int) -> Large:
    """Return the company of so many edges, with nodes in proportion."""
    parts = max(LARGE.departments * edges // FULL, 2)

    def part(count: int) -> int:
        return count // LARGE.departments * parts

    shape = replace(
        LARGE,
        people=part(LARGE.people),
        groups=part(LARGE.groups),
        roles=part(LARGE.roles),
        tools=part(LARGE.tools),
        resources=part(LARGE.resources),
        departments=parts,
        offices=max(LARGE.offices * parts // LARGE.departments, 1),
        vaults=max(LARGE.vaults * parts // LARGE.departments, 1),
        excluded=max(LARGE.excluded * parts // LARGE.departments, 1),
        protected=max(LARGE.protected * parts // LARGE.departments, 1),
    )
    return Large(shape, edges)


def make(folder: Path, edges: int) -> dict[str, float]:
    """Write the company as a numbered estate."""
    began = time.perf_counter()
    large = company(edges)
    _make_nodes(folder, large)
    letters = list(large.shape.counts)
    starts = np.array(list(large.shape.firsts.values()))
    names = sorted(set(NAMES.values()))
    kinds = np.zeros((len(letters), len(letters)), np.int32)
    for ends, name in NAMES.items():
        kinds[letters.index(ends[0]), letters.index(ends[1])] = names.index(name)
    with pq.ParquetWriter(folder / "edges.parquet", EDGES) as file:
        for tail, head in large.blocks():
            of_tail, of_head = (
                np.searchsorted(starts, end, "right") - 1 for end in (tail, head)
            )
            kind = kinds[of_tail, of_head]
            granted = (kind == names.index("has_privilege")).astype(np.int32)
            doubted = (np.arange(len(tail)) % DOUBTED_EDGES == 0).astype(np.int32)
            columns = [
                tail,
                head,
                pa.DictionaryArray.from_arrays(kind, names),
                pa.DictionaryArray.from_arrays(granted, ["", "read"]),
                pa.DictionaryArray.from_arrays(doubted, ["", "not decided"]),
            ]
            file.write_table(pa.table(columns, schema=EDGES), row_group_size=ROWS)
    return {"made": time.perf_counter() - began}


def _make_nodes(folder: Path, large: Large) -> None:
    origins, targets = large.ends()
    status = np.full((2, large.shape.nodes), "", object)
    status[0, origins], status[1, targets] = "yes", "yes"
    status[0, origins[::DOUBTED_PEOPLE]] = "unknown"
    counts = large.shape.counts
    with pq.ParquetWriter(folder / "nodes.parquet", NODES) as file:
        begin = 0
        for letter, prefix in PREFIXES.items():
            part = slice(begin, begin + counts[letter])
            ids = [f"{prefix}{number}" for number in range(part.start, part.stop)]
            file.write_table(pa.table([ids, *status[:, part]], schema=NODES))
            begin = part.stop


def streamed(folder: Path, _: int) -> dict[str, float]:
    """Read both arrays of edges once, in memory: nothing can be faster than this."""
    table = pq.read_table(folder / "edges.parquet", columns=["tail", "head"])
    ends: list[Ids] = [table.column(name).to_numpy() for name in ("tail", "head")]
    passes = []
    for _ in range(5):
        began = time.perf_counter()
        np.count_nonzero(ends[0] != ends[1])
        passes.append(time.perf_counter() - began)
    return {"pass": statistics.median(passes)}


STAGES = {"make": make, "pass": streamed}


def stage(name: str, folder: Path, edges: int) -> dict[str, float]:
    """Run a stage in a fresh process; return what it measured."""
    command = [sys.executable, "-m", "bench.scale", "--stage", name]
    command += ["--folder", str(folder), "--edges", str(edges)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def reach(folder: Path) -> tuple[float, dict[str, float], dict[str, int]]:
    """Run the command; return its seconds, those of its parts, and what it found."""
    command = [sys.executable, "-m", "ringfence", "reach", "bulk", str(folder)]
    command += ["--output", str(folder / "closure"), "--format", "json"]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    taken = time.perf_counter() - began
    found = json.loads(done.stdout)
    return taken, found.pop("seconds"), found


# What the checker itself says of its memory, as its last line.
CHECK = """
import sys
from pathlib import Path
from ringfence_verify.__main__ import main
if code := main(sys.argv[1:]):
    sys.exit(code)
status = Path("/proc/self/status").read_text().splitlines()
print([line.split()[1] for line in status if line.startswith("VmHWM")][0])
"""


def checked(folder: Path) -> tuple[float, float]:
    """Run the checker; return its seconds, and the most megabytes that it held."""
    command = [sys.executable, "-c", CHECK, str(folder / "closure")]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - began, int(done.stdout.split()[-1]) / 1024


def every(folder: Path, edges: int) -> Iterator[Figure]:
    """Measure every stage."""
    made = stage("make", folder, edges)
    yield Figure("making the company up, written as Parquet", made["made"], "s")
    size = sum(path.stat().st_size for path in folder.glob("*.parquet")) / 1e6
    yield Figure("size of the Parquet files", size, "MB")
    once = stage("pass", folder, edges)["pass"]
    yield Figure("one streaming pass over both arrays of edges", once, "s")
    taken, parts, found = reach(folder)
    parts.pop("path")  # there is none
    yield Figure("nodes", found["nodes"], "nodes")
    yield Figure("edges", found["edges"], "edges")
    yield Figure("closed set", found["closed"], "nodes")
    peer = "one streaming pass"
    for name, seconds in parts.items():
        ratio = round(seconds / once, 1)
        yield Figure(f"reach bulk, {name}", seconds, "s", peer, round(once, 3), ratio)
    ratio = round(taken / once, 1)
    yield Figure("reach bulk, in all", taken, "s", peer, round(once, 3), ratio)
    for name, seconds in {**parts, "in all": taken}.items():
        yield Figure(f"reach bulk, {name}, a second", edges / seconds, "edges/s")
    yield Figure("reach bulk, peak memory", found["peak_megabytes"], "MB")
    size = sum(path.stat().st_size for path in (folder / "closure").iterdir()) / 1e6
    yield Figure("size of the certificate", size, "MB")
    taken, peak = checked(folder)
    ratio = round(taken / once, 1)
    yield Figure("ringfence_verify", taken, "s", peer, round(once, 3), ratio)
    yield Figure("ringfence_verify, a second", edges / taken, "edges/s")
    yield Figure("ringfence_verify, peak memory", peak, "MB")


def main() -> None:
    """Measure one stage, or all of them, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=FULL)
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("--folder", type=Path, default=Path())
    given = parser.parse_args()
    if given.stage:
        measured = STAGES[given.stage](given.folder, given.edges)
        print(json.dumps(measured | {"peak": peak_megabytes()}))
        return
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as name:
        figures = told(every(Path(name), given.edges))
    write("scale", figures, PACKAGES)


if __name__ == "__main__":
    main()
