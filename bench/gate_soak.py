"""Memory over time at half of the peak load: `python -m bench.gate_soak --minutes 30`.

First the peak is found, then the service is loaded at half of it, and every few seconds
its resident memory is printed. It is flat if the second half of the time adds less than
a twentieth to what the first half ended with. Writes `bench/out/gate_soak.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, told, write
from bench.gate_client import loaded, post
from bench.gate_http import CORES, PATH, QUESTION, server
from bench.gate_server import TOKEN
from ringfence.ledger.keeping.opening import begin

STEP = 10.0  # seconds from one look to the next
MOST = 1.05  # of what it was half-way
PACKAGES = ("ringfence", "uvicorn", "uvloop", "httptools")


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    account = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in account.splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


def soaked(minutes: float, folder: Path) -> tuple[list[float], float, int]:
    """Return the memory over time, the load, and how many were answered."""
    begin(folder, "bench.example/gate", time="2026-11-22T10:00:00Z")
    request = post(PATH, json.dumps(QUESTION).encode(), TOKEN)
    with server("-m", "bench.gate_server", str(folder)) as (pid, port):
        rate = loaded(port, request, 5.0).rate / 2
        print(f"half of the peak: {rate:,.0f} a second", flush=True)
        found, count = [], 0
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            step = loaded(port, request, STEP, warm=0.01, rate=rate)
            if set(step.statuses) != {200}:
                raise SystemExit(f"not all were answered: {step.statuses}")
            count += sum(step.statuses.values())
            found.append(megabytes(pid))
            print(f"{len(found) * STEP:8.0f} s {found[-1]:8.1f} MB", flush=True)
    return found, rate, count


def main() -> None:
    """Soak, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    os.sched_setaffinity(0, {max(CORES)})
    scratch = Path(tempfile.mkdtemp())
    try:
        found, rate, count = soaked(minutes, scratch / "ledger")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    half, last = found[len(found) // 2], found[-1]
    figures = [
        Figure("minutes", minutes, ""),
        Figure("load", round(rate), "1/s"),
        Figure("decisions", count, ""),
        Figure("memory, first", round(found[0], 1), "MB"),
        Figure("memory, half-way", round(half, 1), "MB"),
        Figure("memory, last", round(last, 1), "MB"),
    ]
    write("gate_soak", told(figures), PACKAGES)
    if last > half * MOST:
        sys.exit("memory isn't flat")


if __name__ == "__main__":
    main()
