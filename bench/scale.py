"""Figures of scale: 10 million nodes and 100 million edges, from Parquet to proof.

One process makes the edges up, block by block, and writes them as Parquet; a fresh one
loads them, computes the closure of the excluded and writes the closed set as a bitmap;
a third checks that set against the Parquet file as a stream. Prints one line a figure
and writes `bench/out/scale.json`. `--edges 10000000` measures a tenth of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.enterprise import LARGE, Ids, Large
from bench.figures import Figure, peak_megabytes, told, write
from bench.ours import Question, closed

FULL = 100_000_000
ROWS = 1_000_000
SCHEMA = pa.schema([("tail", pa.int32()), ("head", pa.int32())])
PACKAGES = ("ringfence", "numpy", "scipy", "pyarrow")

T = TypeVar("T")


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


def timed(times: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Do a piece of work, and note its seconds."""
    began = time.perf_counter()
    done = work()
    times[name] = time.perf_counter() - began
    return done


def make(folder: Path, edges: int) -> dict[str, float]:
    """Write the edges as Parquet, and who is excluded, what is protected."""
    began = time.perf_counter()
    large = company(edges)
    with pq.ParquetWriter(folder / "edges.parquet", SCHEMA) as file:
        for tail, head in large.blocks():
            table = pa.table({"tail": tail, "head": head}, schema=SCHEMA)
            file.write_table(table, row_group_size=ROWS)
    origins, targets = large.ends()
    shape = large.shape
    np.savez(
        folder / "ends.npz",
        origins=origins,
        targets=targets,
        nodes=np.array(shape.nodes),
        data=np.array(shape.firsts["s"]),
    )
    return {"made": time.perf_counter() - began}


def load(folder: Path) -> Question:
    """Read the edges whole, column by column, and the question."""
    table = pq.read_table(folder / "edges.parquet")
    # The first copy is Arrow's, in pieces; the second ours, in one.
    tail: Ids = table.column("tail").to_numpy()
    head: Ids = table.column("head").to_numpy()
    with np.load(folder / "ends.npz") as saved:
        nodes, data = int(saved["nodes"]), int(saved["data"])
        return Question(nodes, data, tail, head, saved["origins"], saved["targets"])


def passed(asked: Question) -> int:
    """Read both arrays of edges once, as a stream: nothing can be faster than this."""
    return int(asked.tail.sum(dtype=np.int64) + asked.head.sum(dtype=np.int64))


def close(folder: Path, _: int) -> dict[str, float]:
    """Load, compute the closed set, and write it down as the certificate's bitmap."""
    times: dict[str, float] = {}
    asked = timed(times, "load", lambda: load(folder))
    timed(times, "first pass", lambda: passed(asked))
    timed(times, "pass", lambda: passed(asked))
    inside = timed(times, "closure", lambda: closed(asked))
    timed(times, "certificate", lambda: certify(folder, inside))
    times["inside"] = float(inside.sum())
    times["hit"] = float(inside[asked.targets].sum())
    return times


def certify(folder: Path, inside: npt.NDArray[np.bool_]) -> None:
    """ADAPTER: write the closed set; Ringfence's own certificate goes here."""
    np.packbits(inside).tofile(folder / "closed.bin")


def check(folder: Path, _: int) -> dict[str, float]:
    """ADAPTER: check the closed set as a stream; `ringfence_verify` goes here."""
    times: dict[str, float] = {}
    times["crossing"] = timed(times, "check", lambda: crossings(folder))
    return times


def crossings(folder: Path) -> int:
    """Return how many edges leave the closed set, or ends lie on its wrong side."""
    with np.load(folder / "ends.npz") as saved:
        nodes = int(saved["nodes"])
        origins, targets = saved["origins"], saved["targets"]
    packed = np.fromfile(folder / "closed.bin", np.uint8)
    inside = np.unpackbits(packed, count=nodes).view(bool)
    wrong = int((~inside[origins]).sum() + inside[targets].sum())
    with pq.ParquetFile(folder / "edges.parquet") as file:
        for batch in file.iter_batches(ROWS):
            tail, head = (column.to_numpy() for column in batch.columns)
            wrong += int((inside[tail] & ~inside[head]).sum())
    return wrong


STAGES = {"make": make, "close": close, "check": check}


def stage(name: str, folder: Path, edges: int) -> dict[str, float]:
    """Run a stage in a fresh process; return what it measured."""
    command = [sys.executable, "-m", "bench.scale", "--stage", name]
    command += ["--folder", str(folder), "--edges", str(edges)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def every(folder: Path, edges: int) -> Iterator[Figure]:
    """Measure every stage."""
    yield Figure("nodes", company(edges).shape.nodes, "nodes")
    yield Figure("edges", edges, "edges")
    made = stage("make", folder, edges)
    yield Figure("making them up, written as Parquet", made["made"], "s")
    yield Figure("making them up, peak memory", made["peak"], "MB")
    size = (folder / "edges.parquet").stat().st_size / 1e6
    yield Figure("size of the Parquet file", size, "MB")
    found = stage("close", folder, edges)
    yield Figure("load from Parquet", found["load"], "s")
    yield Figure("closed set", found["inside"], "nodes")
    yield Figure("protected in the closed set", found["hit"], "resources")
    taken = found["closure"] + found["certificate"]
    peer, once = "one streaming pass over both arrays", found["pass"]
    title = "closure and certificate"
    yield Figure(title, taken, "s", peer, round(once, 3), round(taken / once, 1))
    yield Figure(f"{title}, edges per second", edges / taken, "edges/s")
    total = taken + found["load"]
    yield Figure(f"load, {title}", total, "s")
    yield Figure(f"load, {title}, edges per second", edges / total, "edges/s")
    yield Figure(f"load, {title}, peak memory", found["peak"], "MB")
    checked = stage("check", folder, edges)
    yield Figure("check of the closed set, as a stream", checked["check"], "s")
    yield Figure("check, edges per second", edges / checked["check"], "edges/s")
    yield Figure("check, peak memory", checked["peak"], "MB")
    yield Figure("edges that leave the closed set", checked["crossing"], "edges")


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
