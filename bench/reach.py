"""Figures of reach: all pairs at once, beside what others offer, answers compared.

The company of `bench/enterprise.py`, 2,000 excluded people by 5,000 protected
resources, in its local and its dense variant. Every engine runs in a process of its
own, gets the same two arrays of edges, and its time counts from there to the last pair;
its answer is held against every other one, pair for pair. A peer that takes minutes is
asked about a sample of the origins; its figure says so, and counts its building once
and its answering so many times over. Writes `bench/out/reach.json`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import enterprise
from bench.engine import Cost
from bench.figures import Figure, against, told, write
from bench.ours import Question, reached, timeline
from bench.peers import PEERS, PRUNED
from bench.plans import plans

VARIANTS = ("local", "dense")
# Origins that are asked about, where all 2,000 would take minutes.
SAMPLES = {
    ("local", "networkx_descendants"): 100,
    ("dense", "graphblas_masked"): 250,
    ("dense", "duckdb_recursive"): 250,
    ("dense", "igraph_subcomponent"): 500,
    ("dense", "rustworkx_descendants"): 100,
    ("dense", "networkx_descendants"): 20,
}
PACKAGES = ("ringfence", "numpy", "numba", *PEERS.values())

Packed = npt.NDArray[np.uint8]


def question(company: enterprise.Enterprise) -> Question:
    """Return the excluded by the protected, the excluded in no order."""
    return Question(
        nodes=company.nodes,
        data=company.data,
        tail=company.tail,
        head=company.head,
        origins=np.random.default_rng(3).permutation(company.origins),
        targets=company.targets,
    )


def measured(folder: Path, name: str, case: str, *options: str) -> tuple[Cost, Packed]:
    """Run an engine in a fresh process; return its cost and its answer."""
    answer = folder / "answer.npy"
    command = [sys.executable, "-m", "bench.engine", name, str(folder / case)]
    done = subprocess.run(
        [*command, str(answer), *options], stdout=subprocess.PIPE, check=True
    )
    return Cost(**json.loads(done.stdout)), np.load(answer)


def described(company: enterprise.Enterprise, variant: str) -> Iterator[Figure]:
    """Say what the company is like, so that its figures mean something."""
    yield Figure(f"{variant}: nodes", company.nodes, "nodes")
    yield Figure(f"{variant}: edges", len(company.tail), "edges")
    forward = enterprise.swept(
        company.nodes, company.tail, company.head, company.origins
    )
    hit = company.targets[forward[company.targets]]
    backward = enterprise.swept(company.nodes, company.head, company.tail, hit)
    core = forward & backward
    edges = int((core[company.tail] & core[company.head]).sum())
    yield Figure(f"{variant}: protected that are reached at all", len(hit), "resources")
    yield Figure(
        f"{variant}: edges between who reaches and what is hit", edges, "edges"
    )


def compared(folder: Path, variant: str, asked: Question) -> Iterator[Figure]:
    """Measure every engine on one variant."""
    np.savez(folder / "case.npz", **asdict(asked))
    ours, answer = measured(folder, "ours", "case.npz")
    share = np.bitwise_count(answer).sum() / (len(asked.origins) * len(asked.targets))
    yield Figure(f"{variant}: pairs in reach", 100 * float(share), "%")
    title = f"{variant}: all 2,000 x 5,000"
    yield Figure(f"{title}, numpy alone", ours.answer, "s")
    yield Figure(f"{title}, numpy alone, peak memory", ours.peak, "MB")
    numba, same = measured(folder, "ours-numba", "case.npz")
    equal = [np.array_equal(same, answer)]
    yield Figure(f"{title}, numba installed", numba.answer, "s")
    times: dict[str, float] = {}
    for name in (*PEERS, PRUNED):
        sample = SAMPLES.get((variant, name), 0)
        cost, theirs = measured(folder, name, "case.npz", "--sample", str(sample))
        equal.append(np.array_equal(theirs, answer[: len(theirs)]))
        whole = cost.build + cost.answer * len(asked.origins) / len(theirs)
        spoken = f"{title}, numpy alone, beside {name}"
        if sample:
            spoken += f" (from {sample} origins)"
        yield against(spoken, ours.answer, "s", peer=name, peers=whole)
        yield Figure(f"{variant}: {name}, peak memory", cost.peak, "MB")
        if name != PRUNED:
            times[name] = whole
    best = min(times, key=times.__getitem__)
    spoken = f"{title}, numpy alone, beside the best"
    yield against(spoken, ours.answer, "s", peer=best, peers=times[best])
    yield Figure(f"{variant}: engines that agree pair for pair", sum(equal), "engines")
    if not all(equal):
        message = f"{variant}: {len(equal) - sum(equal)} engines answer otherwise"
        raise SystemExit(message)


def whole(folder: Path, variant: str, asked: Question, people: int) -> Iterator[Figure]:
    """Measure the whole company by the protected, once, in a fresh process."""
    everybody = np.arange(people, dtype=np.int32)
    np.savez(folder / "whole.npz", **asdict(replace(asked, origins=everybody)))
    for name, spoken in (("ours", "numpy alone"), ("ours-numba", "numba installed")):
        runs = "1" if name == "ours" else "2"
        cost, _ = measured(folder, name, "whole.npz", "--runs", runs)
        title = f"{variant}: whole company {people:,} x 5,000, {spoken}"
        yield Figure(title, cost.answer, "s")
        yield Figure(f"{title}, peak memory", cost.peak, "MB")


def period(company: enterprise.Enterprise, asked: Question) -> Iterator[Figure]:
    """Measure twelve months with 20,000 change points against their last instant."""
    dates = enterprise.dated(company)
    last = (dates.since < dates.end) & (dates.until >= dates.end)
    instant = replace(asked, tail=asked.tail[last], head=asked.head[last])
    span = (dates.begin, dates.end)
    took = clocked(lambda: timeline(asked, dates.since, dates.until, span))
    once = clocked(lambda: reached(instant))
    title = "local: 12 months, 20,000 change points, every pair's intervals"
    yield Figure(title, took, "s", "one instant", round(once, 3), round(took / once, 1))


def cuts(company: enterprise.Enterprise, asked: Question) -> Iterator[Figure]:
    """Measure the frontier of cut plans: its price in seconds, and what it offers."""
    staying = np.setdiff1d(np.arange(company.people), company.origins)
    names = [kind.name for kind in enterprise.KINDS]
    began = time.perf_counter()
    found = plans(asked, names, company.kind, staying)
    yield Figure("local: plans, the whole frontier", time.perf_counter() - began, "s")
    yield Figure("local: plans worth a look", len(found), "plans")
    for plan in found:
        title = f"local: plan {plan.name}, {plan.aim}"
        yield Figure(f"{title}: it takes", plan.changes, "changes")
        yield Figure(f"{title}: still reached", len(plan.remaining), "resources")
        yield Figure(f"{title}: legitimate pairs lost", plan.blast.pairs, "pairs")
        yield Figure(f"{title}: people hurt", len(plan.blast.people), "people")


def clocked(work: Callable[[], object], *, runs: int = 3) -> float:
    """Return the median seconds of some runs."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def every(folder: Path) -> Iterator[Figure]:
    """Measure everything, variant by variant."""
    for variant in VARIANTS:
        began = time.perf_counter()
        company = enterprise.enterprise(dense=variant == "dense")
        yield Figure(f"{variant}: making it up", time.perf_counter() - began, "s")
        yield from described(company, variant)
        asked = question(company)
        yield from compared(folder, variant, asked)
        yield from whole(folder, variant, asked, company.people)
        if variant == "local":
            yield from period(company, asked)
            yield from cuts(company, asked)


def main() -> None:
    """Measure, print, and write the figures down."""
    versions = (f"{package}={version(package)}" for package in PACKAGES)
    print(" ".join(versions))
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as name:
        figures = told(every(Path(name)))
    write("reach", figures, PACKAGES)


if __name__ == "__main__":
    main()
