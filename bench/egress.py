"""How fast what leaves is looked through: `make bench TOPIC=egress`.

An index of 50 million fingerprints is built, and payloads are inspected with it:
answers as JSON lines, an export as Parquet, chat, small bodies. A known number of
people is in each, and every run has to find them, neither more nor less. Beside it, in
the same run: Presidio's patterns, one alternation of patterns in Python's `re` and in
polars, zstd's decoding, reading the same Parquet. Times are processor time, all
threads; a rate is of one core. Writes `bench/out/egress.json`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl
import zstandard

from bench import egress_payloads as made
from bench.egress_billion import KEYS, KINDS, MadeUp, as_they_stand
from bench.figures import Figure, peak_megabytes, told, write
from ringfence.egress.detectors.presidio import analyzer
from ringfence.egress.index.building import build
from ringfence.egress.index.gathering import Gathering
from ringfence.egress.index.opened import open_index
from ringfence.egress.index.population import Layout
from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspector import Inspector
from ringfence.egress.payload import Payload
from ringfence.errors import ConfigError

# What any scanner has to look for at least: addresses, digits, long hexadecimal.
PLAIN = (
    r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,255}"
    r"|\+?[0-9][0-9() .\-]{7,18}[0-9]"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32,64}"
)
RUNS = 3
MEGA = 1e6
FEW = 100  # texts that Presidio is given
PACKAGES = (
    "ringfence",
    "polars",
    "numpy",
    "duckdb",
    "pyfusefilter",
    "google-re2",
    "presidio-analyzer",
    "zstandard",
)


def best(work: Callable[[], object]) -> float:
    """Return the least processor seconds of a piece of work, after one run."""
    work()
    least = float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    return least


def index(folder: Path, keys: int) -> Iterator[Figure]:
    """Build the index, and yield what that took."""
    layout = Layout(KINDS, "id")
    gathering = Gathering(layout, KEYS, has_digests=False, canonical=as_they_stand)
    began = time.process_time()
    built = build(
        MadeUp(keys // len(KINDS)), gathering, folder, time="2026-01-01T00:00:00Z"
    )
    spent = time.process_time() - began
    yield Figure("fingerprints", built.manifest.keys, "")
    yield Figure("built", built.manifest.keys / spent / MEGA, "M keys/s")
    yield Figure("peak memory of the build", peak_megabytes(), "MB")


def inspected(inspector: Inspector, path: Path, truth: int) -> float:
    """Return the seconds that an inspection takes that finds the truth.

    Raises:
        SystemExit: It finds somebody more, or less.
    """
    payload = Payload(path.name, path)
    found = inspector.inspect(payload)
    if len(found.subjects) != truth or found.coverage is not Coverage.COMPLETE:
        said = f"{path.name}: {len(found.subjects)} people of {truth}, {found.coverage}"
        raise SystemExit(said)
    return best(lambda: inspector.inspect(payload))


def lines(inspector: Inspector, path: Path, what: str, truth: int) -> Iterator[Figure]:
    """Yield how fast lines are inspected, and what nothing can be faster than."""
    size = path.stat().st_size / MEGA
    rate = size / inspected(inspector, path, truth)
    series = pl.Series(path.read_text("utf-8").splitlines())
    bare = size / best(lambda: series.str.extract_all(PLAIN))
    python = re.compile(PLAIN)
    some = series.head(len(series) // 20).to_list()
    part = sum(len(one.encode()) for one in some) / MEGA
    slow = part / best(lambda: [python.findall(one) for one in some])
    yield Figure(f"{what}, people found", truth, "")
    yield beside(what, rate, "MB/s", "python re, the pattern alone", slow)
    yield beside(what, rate, "MB/s", "polars, the pattern alone", bare)
    packed = zstandard.compress(path.read_bytes())
    decoder = zstandard.ZstdDecompressor()
    decoded = size / best(lambda: decoder.decompress(packed))
    yield beside(what, rate, "MB/s", "zstd, decoding alone", decoded)
    yield from presidio(what, rate, series.gather_every(len(series) // FEW).to_list())


def presidio(what: str, rate: float, texts: list[str]) -> Iterator[Figure]:
    """Yield how fast Presidio's patterns are, where it is installed."""
    try:
        engine = analyzer()
    except ConfigError:
        return
    size = sum(len(one.encode()) for one in texts) / MEGA
    began = time.process_time()
    for one in texts:
        engine.analyze(one, language="en")
    peer = size / (time.process_time() - began)
    yield beside(what, rate, "MB/s", "Presidio, its patterns", peer)


def table(inspector: Inspector, path: Path, truth: int) -> Iterator[Figure]:
    """Yield how fast a table is inspected, and how fast it can be read at all."""
    rate = made.ROWS / inspected(inspector, path, truth) / 1e3
    read = made.ROWS / best(lambda: pl.read_parquet(path)) / 1e3
    what = "Parquet of 17 columns"
    yield Figure(f"{what}, people found", truth, "")
    yield beside(what, rate, "thousand rows/s", "polars, reading alone", read)


def small(inspector: Inspector) -> Iterator[Figure]:
    """Yield how fast small bodies are inspected, one at a time."""
    payloads = [Payload("/api", body, "application/json") for body in made.bodies()]
    size = sum(len(one.content) for one in payloads if isinstance(one.content, bytes))
    rate = len(payloads) / best(lambda: [inspector.glance(one) for one in payloads])
    yield Figure("small bodies", rate, "bodies/s")
    yield Figure("small bodies, bytes each", size / len(payloads), "bytes")


def beside(figure: str, value: float, unit: str, peer: str, peers: float) -> Figure:
    """Return a rate beside a peer's; the ratio says how many times theirs it is."""
    return Figure(figure, value, unit, peer, round(peers, 3), round(value / peers, 2))


def measured(folder: Path) -> Iterator[Figure]:
    """Yield every figure."""
    yield from index(folder / "index", made.KEYS)
    known = open_index(folder / "index", KEYS.index)
    inspector = Inspector(known)
    answers, chat, export = (
        folder / name for name in ("answers.jsonl", "chat.txt", "export.parquet")
    )
    yield from lines(inspector, answers, "JSON lines", made.answers(answers))
    yield from lines(inspector, chat, "chat", made.chat(chat))
    yield from table(inspector, export, made.export(export))
    yield from small(inspector)
    yield Figure("peak memory of all", peak_megabytes(), "MB")


def main() -> None:
    """Measure, print, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--folder", type=Path, help="where 2 GB fit")
    given = words.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="egress-", dir=given.folder))
    try:
        write("egress", told(measured(folder)), PACKAGES)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
