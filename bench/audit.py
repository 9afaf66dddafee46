"""Figures of the audit: events judged, beside a bare scan and beside what others offer.

50 million events in the sealed table's columns, judged once for the accounting and the
groups; the scan sums and bounds the same seven columns of the same files in the same
engine. The judge also reads what the seal counted by day, touch and verb, and is spared
a second scan by that; what counting takes, once for a table, is a figure of its own.
Scan and judge run in processes of their own, each the best of three by processor time.
What takes an event at a time is asked about a million. Writes `bench/out/audit.json`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import duckdb

from bench import audit_parsing
from bench.auditing import DAYS, JUDGED, Folder, counted, table, world
from bench.figures import Figure, against, peak_megabytes, told, write
from bench.peers import audit_rules, audit_sqlite
from ringfence.audit.engine.duckdb import DuckDB, Limits
from ringfence.audit.judge import UNKNOWN, Question, Reason, judge

EVENTS = 50_000_000
FEW = 1_000_000
PACKAGES = ("ringfence", "duckdb", "numpy", "sqlglot")
LIMITS = Limits(memory=600, threads=2)
QUESTION = Question(("bench",))


def scanned(folder: Folder, _: Path) -> dict[str, float]:
    """Sum and bound every column that the judge reads."""
    names = (f"sum({name}), min({name}), max({name})" for name in JUDGED)
    files = [str(path) for path in folder.paths(QUESTION.logs)]
    rows = "read_parquet(?, hive_partitioning = false)"
    text = " ".join(("select", ", ".join(names), "from", rows))
    with duckdb.connect(config={"threads": LIMITS.threads or 1}) as database:
        database.execute(text, [files]).fetchall()
    return {}


def judging(folder: Folder, scratch: Path) -> dict[str, float]:
    """Judge all of them."""
    engine = DuckDB(LIMITS)
    judged = judge(engine, folder, world(), QUESTION, scratch)
    return {
        "events": judged.events,
        "crossings": judged.reasons[Reason.CROSSING],
        "unknown": judged.total(UNKNOWN),
        "groups": len(judged.groups["who"]),
    }


def sigma(folder: Folder, scratch: Path) -> dict[str, float]:
    """Ask by a Sigma rule; its library stands in the benchmarks' environment alone."""
    found: dict[str, float] = import_module("bench.peers.audit_sigma").run(
        folder, scratch
    )
    return found


WORK: dict[str, Callable[[Folder, Path], dict[str, float]]] = {
    "scan": scanned,
    "judge": judging,
    "sqlite": audit_sqlite.run,
    "rules": audit_rules.run,
    "sigma": sigma,
}


def alone(name: str, folder: Path) -> dict[str, float]:
    """Run one piece of work in a fresh process; return what it took and found."""
    command = [sys.executable, "-m", "bench.audit", "--work", name, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def best(name: str, folder: Path, runs: int = 3) -> dict[str, float]:
    """Return the run that took the least processor time: the least disturbed one."""
    return min((alone(name, folder) for _ in range(runs)), key=lambda one: one["cpu"])


def counting(folder: Path, title: str) -> Figure:
    """Measure what the seal's counting takes."""
    many = Folder(folder)
    began = time.process_time()
    counted(many.paths(QUESTION.logs), *many.counts(QUESTION.logs))
    took = time.process_time() - began
    return Figure(f"{title}: counted once at the seal, processor time", took, "s")


def every(folder: Path, events: int, few: int) -> Iterator[Figure]:
    """Measure everything."""
    began = time.perf_counter()
    table(folder / "many", events)
    yield Figure("making the events up", time.perf_counter() - began, "s")
    table(folder / "few", few)
    title = f"{events:,} events"
    yield counting(folder / "many", title)
    scan, ours = best("scan", folder / "many"), best("judge", folder / "many")
    for name in ("crossings", "unknown", "groups"):
        yield Figure(f"{title}: {name}", int(ours[name]), "")
    yield against(
        f"{title}: judged, processor time",
        ours["cpu"],
        "s",
        peer="scan",
        peers=scan["cpu"],
    )
    yield Figure(
        f"{title}: judging against the scan of its columns",
        ours["cpu"] / scan["cpu"],
        "times",
    )
    yield Figure(f"{title}: judged, wall time", ours["wall"], "s")
    yield Figure(f"{title}: judged, peak memory", ours["peak"], "MB")
    each = 1e9 * ours["cpu"] / events
    for name in ("sqlite", "rules"):
        peer = alone(name, folder / "few")
        if peer["crossings"] != alone("judge", folder / "few")["crossings"]:
            message = f"{name} finds {peer['crossings']:,} crossings, we do not"
            raise SystemExit(message)
        yield against(
            f"an event judged, beside {name} on {few:,}",
            each,
            "ns",
            peer=name,
            peers=1e9 * peer["cpu"] / few,
        )
    rule = alone("sigma", folder / "few")
    yield against(
        "an event judged as of its time, beside 400 names now",
        each,
        "ns",
        peer="pySigma, SQLite",
        peers=1e9 * rule["cpu"] / few,
    )
    yield from audit_parsing.every(folder / "parsing")


def main() -> None:
    """Measure, print, and write the figures down."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", choices=sorted(WORK))
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("folder", nargs="?", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as name:
        if asked.work:
            world()
            wall, cpu = time.perf_counter(), time.process_time()
            found = WORK[asked.work](Folder(asked.folder), Path(name))
            took = {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "peak": peak_megabytes(),
            }
            print(json.dumps(took | found))
            return
        few = min(FEW, asked.events) // DAYS * DAYS
        figures = told(every(Path(name), asked.events, few))
    write("audit", figures, PACKAGES)


if __name__ == "__main__":
    main()
