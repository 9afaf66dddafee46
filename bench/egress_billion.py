"""Figures of the fingerprint index: a billion keys, built on disk and asked once.

People are made up piece by piece, five identifiers each, and go the whole way: SHA-256
with a key, runs, sorted shards, filters. The index is opened and asked for members and
for strangers; then it is deleted. Prints one line a figure and writes
`bench/out/egress_billion.json`. `--keys 50000000` measures a twentieth of it.
Seconds are CPU time of one thread.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bench.figures import Figure, peak_megabytes, told, write
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.building import Progress, build
from ringfence.egress.index.fingerprint import fingerprints
from ringfence.egress.index.gathering import Gathering, Keys
from ringfence.egress.index.keys import Key
from ringfence.egress.index.opened import Index, open_index
from ringfence.egress.index.population import Layout

FULL = 1_000_000_000
ROWS = 200_000
ASKED = 4_000_000
SAMPLED = 100_000  # identifiers that are asked for as texts
PACKAGES = ("ringfence", "numpy", "polars", "duckdb", "pyfusefilter")
KEYS = Keys(Key(bytes(range(32))), Key(bytes(range(32, 64))))
KINDS = {
    "id": Kind.ACCOUNT_ID,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "device": Kind.DEVICE_ID,
    "ad": Kind.ADVERTISING_ID,
}


def people(first: int, count: int) -> pl.DataFrame:
    """Return people with their identifiers, by number; all are different."""
    number = pl.int_range(first, first + count, dtype=pl.Int64)
    wide = number.cast(pl.String).str.zfill(16)
    return pl.select(
        (number + 6_800_000_000_000_000_000).cast(pl.String).alias("id"),
        pl.format("person{}@mail{}.example", number, number % 977).alias("email"),
        (number + 14_000_000_000).cast(pl.String).alias("phone"),
        pl.concat_str(wide, wide.str.reverse()).alias("device"),
        pl.concat_str(wide.str.reverse(), wide).alias("ad"),
    )


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A population that nobody has stored."""

    count: int

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows, piece by piece."""
        for first in range(0, self.count, ROWS):
            piece = people(first, min(ROWS, self.count - first))
            yield piece.select(columns)


def as_they_stand(_: Kind, texts: pl.Series) -> pl.Series:
    """Return identifiers that are made up in their canonical form."""
    return texts


def measured(keys: int, folder: Path) -> Iterator[Figure]:
    """Build an index, ask it, and yield what that took."""
    count = keys // len(KINDS)
    gathering = Gathering(
        Layout(KINDS, "id"), KEYS, has_digests=False, canonical=as_they_stand
    )
    began, wall = time.process_time(), time.monotonic()
    built = build(
        MadeUp(count),
        gathering,
        folder,
        time="2026-01-01T00:00:00Z",
        progress=_said(wall),
    )
    spent = time.process_time() - began
    held = built.manifest.keys
    yield Figure("keys", held, "")
    yield Figure("people", built.manifest.subjects, "")
    yield Figure("built, CPU", spent, "s")
    yield Figure("built, wall clock", time.monotonic() - wall, "s")
    yield Figure("built", held / spent / 1e6, "M keys/s")
    yield Figure("peak memory of the build", peak_megabytes(), "MB")
    files = {file.name: file.stat().st_size for file in folder.rglob("*")}
    for name in ("filters", "keys", "subjects"):
        yield Figure(f"on disk: {name}", files[name] / held, "bytes/key")
    yield Figure("on disk: all", sum(files.values()) / held, "bytes/key")
    began = time.process_time()
    index = open_index(folder, KEYS.index)
    yield Figure("opened", time.process_time() - began, "s")
    yield from asked(index, count)
    yield Figure("peak memory of all", peak_megabytes(), "MB")


def asked(index: Index, count: int) -> Iterator[Figure]:
    """Ask for strangers and for members, and yield how long that took."""
    drawn = np.random.default_rng(7)
    strangers = drawn.integers(0, 1 << 64, ASKED, dtype=np.uint64)
    if index.filter is not None:
        began = time.process_time()
        likely = index.filter.may_hold(strangers)
        spent = time.process_time() - began
        yield Figure("filters asked", ASKED / spent / 1e6, "M/s")
        yield Figure("wrongly let through by the filters", 100 * likely.mean(), "%")
    began = time.process_time()
    found = index.found(strangers)
    yield Figure(
        "strangers settled", ASKED / (time.process_time() - began) / 1e6, "M/s"
    )
    yield Figure("strangers found", len(found.row), "")
    first = int(drawn.integers(0, max(count - SAMPLED, 1)))
    known = people(first, min(SAMPLED, count))
    members = fingerprints(KEYS.index, Kind.EMAIL, known["email"])
    for turn in ("first", "second"):
        began = time.process_time()
        found = index.found(members)
        spent = time.process_time() - began
        rate = len(members) / spent / 1e6
        yield Figure(f"members settled, the {turn} time", rate, "M/s")
    yield Figure("members missed", len(members) - len(np.unique(found.row)), "")
    began = time.process_time()
    missed = 0
    for column, kind in KINDS.items():
        holders = index.holders(kind, known[column])
        missed += len(known) - len(np.unique(holders.row))
    spent = time.process_time() - began
    yield Figure("texts asked", len(KINDS) * len(known) / spent / 1e6, "M/s")
    yield Figure("texts missed", missed, "")
    few = known["email"][:2000].to_list()
    began = time.process_time()
    for text in few:
        index.holders_of(Kind.EMAIL, text)
    spent = time.process_time() - began
    yield Figure("one member asked", spent / len(few) * 1e6, "µs")


def _said(began: float) -> Progress:
    """Return what says how far the build is, every ten seconds."""
    due = began + 10

    def say(stage: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + 10
            print(f"{time.monotonic() - began:7.0f} s  {stage}", flush=True)

    return say


def main() -> None:
    """Measure, print, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--keys", type=int, default=FULL)
    words.add_argument("--folder", type=Path, help="where 18 bytes a key fit, twice")
    given = words.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="index-", dir=given.folder))
    try:
        write("egress_billion", told(measured(given.keys, folder)), PACKAGES)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
