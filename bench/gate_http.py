"""Decisions a second over HTTP on one core, beside a server that answers a constant.

The server has one core, the client another. Ours authenticates its caller, reads the
question, decides in a scene of 2,000 people and 500 datasets, says why, and writes the
decision to its ledger before it answers; the same without a ledger; and FastAPI with
pydantic, which reads the question and answers a constant. What is given is replies a
second of the server's processor time, and of elapsed time: the disk is waited for, and
other programs are at work too. Writes `bench/out/gate_http.json`.

`python -m bench.gate_http` (the peer needs fastapi: `make bench TOPIC=gate_http`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, told, write
from bench.gate_client import CONNECTIONS, loaded, post
from bench.gate_server import TOKEN
from ringfence.ledger.keeping.opening import begin

CORES = os.sched_getaffinity(0)
SECONDS = 5.0
RUNS = 3
MANY = 128  # connections, as of several proxies
PATH = "/access/v1/evaluation"
PEER = Path(__file__).parent / "peers" / "gate_fastapi.py"
PACKAGES = ("ringfence", "fastapi", "pydantic", "uvicorn", "uvloop", "httptools")
QUESTION = {
    "subject": {"type": "user", "id": "p7"},
    "action": {"name": "read"},
    "resource": {"type": "dataset", "id": "wh/s.t3"},
}


class Rates(NamedTuple):
    """What a server came to.

    Attributes:
        cpu: Replies a second of its processor time.
        wall: Replies a second.
        median: Seconds to a reply.
        late: The same, of the slowest in a hundred.
    """

    cpu: float
    wall: float
    median: float
    late: float


@contextmanager
def server(*command: str) -> Iterator[tuple[int, int]]:
    """Run a server on the first core; give its process and its port."""
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(CORES)}),  # noqa: PLW1509
    ) as process:
        try:
            told_ = process.stdout.readline() if process.stdout else ""
            yield process.pid, int(told_)
        finally:
            process.terminate()


def measured(*command: str, connections: int = CONNECTIONS) -> Rates:
    """Return the best of some runs of a server."""
    request = post(PATH, json.dumps(QUESTION).encode(), TOKEN)
    with server(*command) as (pid, port):

        def once(seconds: float) -> Rates:
            before = _cpu(pid)
            found = loaded(port, request, seconds, warm=0.01, connections=connections)
            used = _cpu(pid) - before
            if set(found.statuses) != {200}:
                raise SystemExit(f"not all were answered: {found.statuses}")
            count = sum(found.statuses.values())
            return Rates(count / used, found.rate, found.median, found.late)

        once(0.5)
        return max(once(SECONDS) for _ in range(RUNS))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures() -> Iterator[Figure]:
    """Measure ours, with a ledger and without, beside the peer."""
    for connections in (CONNECTIONS, MANY):
        peer = measured(str(PEER), connections=connections)
        with tempfile.TemporaryDirectory() as folder:
            ledger = Path(folder) / "ledger"
            begin(ledger, "bench.example/gate", time="2026-11-22T10:00:00Z")
            ours = ("-m", "bench.gate_server", str(ledger))
            for kind, more in (("ledger", ()), ("no ledger", ("--no-ledger",))):
                rates = measured(*ours, *more, connections=connections)
                name = f"{connections} connections, {kind}"
                yield _beside(f"decisions a core second, {name}", rates.cpu, peer.cpu)
                yield _beside(f"decisions a second, {name}", rates.wall, peer.wall)
                yield Figure(f"median, {name}", round(rates.median * 1e3, 2), "ms")
                yield Figure(f"99 of 100, {name}", round(rates.late * 1e3, 2), "ms")


def _beside(name: str, ours: float, theirs: float) -> Figure:
    ratio = round(ours / theirs, 2)
    peer = "fastapi, a constant"
    return Figure(name, round(ours), "1/s", peer, round(theirs), ratio)


def main() -> None:
    """Measure, print, and write the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    os.sched_setaffinity(0, {max(CORES)})
    write("gate_http", told(figures()), PACKAGES)


if __name__ == "__main__":
    main()
