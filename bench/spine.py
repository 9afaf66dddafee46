"""Figures of the spine: a whole check, the checker, and the closure beside DuckDB's.

Prints one line a figure and writes `bench/out/spine.json`. Whole processes are measured
by the operating system's own account of them (`wait4`), the closure within one process.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

import ringfence_verify
from bench import company
from bench.figures import RUNS, Figure, against, seconds, told, write
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from ringfence.reach.closure import forward
from ringfence.reach.graph import Graph, build

HERE = Path(__file__).parent
CASE = HERE.parent / "examples" / "shortvideo"
CHECKER = Path(ringfence_verify.__file__).parent
RECURSION = """
WITH RECURSIVE reached(node) AS (
    SELECT unnest(?) UNION SELECT e.head FROM reached AS r JOIN edge AS e
    ON e.tail = r.node
) SELECT count(*) FROM reached
"""


def process(*command: str) -> tuple[float, float, float]:
    """Run a command; return its wall seconds, CPU seconds and peak megabytes."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if child.returncode not in (0, 10, 11):
        message = f"{command} ended with {child.returncode}"
        raise SystemExit(message)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def whole(folder: Path) -> list[Figure]:
    """Measure `check` and the checker on the made-up company."""
    out = str(folder / "out")
    case = [
        process(sys.executable, "-m", "ringfence", "check", str(CASE), "-o", out)
        for _ in range(RUNS)
    ]
    wall, cpu, peak = process(
        sys.executable, "-m", "ringfence", "check", str(folder), "-o", out
    )
    checked = process(sys.executable, "-I", "-S", str(CHECKER), out)
    return [
        Figure("check of the case, CPU", statistics.median(c for _, c, _ in case), "s"),
        Figure("check of a million facts, wall", wall, "s"),
        Figure("check of a million facts, CPU", cpu, "s"),
        Figure("check of a million facts, peak memory", peak, "MB"),
        Figure("re-check of its proofs, wall", checked[0], "s"),
        Figure("re-check of its proofs, peak memory", checked[2], "MB"),
    ]


def closure(folder: Path) -> list[Figure]:
    """Measure one closure from all the excluded, beside DuckDB's recursive query."""
    path = folder / "company.facts.jsonl"
    began = time.perf_counter()
    estate = Estate([FactsFile(path.name, path)])
    loading = time.perf_counter() - began
    view = estate.view("2022-01-31T00:00:00Z")
    edges = view.edges()
    graph = build(view.ids, edges, grades=("technical",), bare=True)
    origins = [
        graph.number[node]
        for node, holder in view.holders("person").items()
        if "CN" in holder.attributes.get("residence", ())
    ]
    seeds = np.zeros(len(graph.ids), np.uint16)
    seeds[origins] = 1
    arcs = graph.possible
    ours = seconds(lambda: forward(arcs, seeds))
    theirs = seconds(lambda: recursion(graph, origins))
    peer = f"DuckDB {duckdb.__version__} recursive query"
    return [
        Figure("facts", estate.size, "facts"),
        Figure("nodes", len(graph.ids), "nodes"),
        Figure("load, wall", loading, "s"),
        against("closure from the excluded", ours, "s", peer=peer, peers=theirs),
    ]


def recursion(graph: Graph, origins: Sequence[int]) -> int:
    """Return how many nodes DuckDB's recursive query reaches."""
    with duckdb.connect() as database:
        tail, head = graph.tail, graph.head
        edge = {"tail": tail, "head": head}  # noqa: F841
        database.execute("CREATE TABLE edge AS SELECT * FROM edge")
        row = database.execute(RECURSION, [list(origins)]).fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    """Measure, print, and write the figures down."""
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as name:
        folder = Path(name)
        company.write(folder, people=60_000, columns=200_000, size=1_000_000, seed=1)
        figures = [*closure(folder), *whole(folder)]
    write("spine", told(figures), ("ringfence", "duckdb", "numpy"))


if __name__ == "__main__":
    main()
