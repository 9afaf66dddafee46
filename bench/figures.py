"""Figures: measured, printed one line each, and written to `bench/out/TOPIC.json`."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

OUT = Path(__file__).parent / "out"
RUNS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure, beside a peer's where there is one."""

    figure: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None

    def line(self) -> str:
        """Return the figure as one line of text."""
        value = (
            f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:,.3f}"
        )
        told = f"{self.figure:<66}{value:>14} {self.unit}"
        if self.peer_value is not None:
            told += f"   {self.peer}: {self.peer_value:,} {self.unit}"
        return told if self.ratio is None else f"{told}, ratio {self.ratio:,}"


def against(figure: str, value: float, unit: str, *, peer: str, peers: float) -> Figure:
    """Return a figure beside a peer's; the ratio says how many times ours it is."""
    ratio = round(peers / value, 1) if value else None
    return Figure(figure, value, unit, peer, round(peers, 3), ratio)


def seconds(work: Callable[[], object], *, runs: int = RUNS) -> float:
    """Return the median seconds of a piece of work, after one run not counted."""
    work()
    measured = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        measured.append(time.perf_counter() - began)
    return statistics.median(measured)


def peak_megabytes() -> float:
    """Return the most memory that this process has held.

    Read from Linux's own account where there is one: what `getrusage` says of a fresh
    process counts its parent's memory too.
    """
    account = Path("/proc/self/status")
    if account.exists():
        told = dict(line.split(":", 1) for line in account.read_text().splitlines())
        return int(told["VmHWM"].split()[0]) / 1024
    # No such account: this system is no Linux, and knows `getrusage`.
    import resource  # noqa: PLC0415

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if platform.system() == "Darwin" else 1024)


def machine(packages: Sequence[str]) -> dict[str, str | int | None]:
    """Return what the figures were measured on, with versions of packages."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def told(figures: Iterable[Figure]) -> list[Figure]:
    """Print each figure as soon as it is there; return them all."""
    shown = []
    for one in figures:
        print(one.line(), flush=True)
        shown.append(one)
    return shown


def write(topic: str, figures: Iterable[Figure], packages: Sequence[str]) -> None:
    """Write figures down as `bench/out/TOPIC.json`."""
    OUT.mkdir(exist_ok=True)
    where = machine(packages)
    rows = [asdict(one) | {"machine": where} for one in figures]
    path = OUT / f"{topic}.json"
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
