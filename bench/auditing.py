"""A company's year of events in the sealed table's columns, and the world to judge in.

60,000 principals with 210,000 intervals, 20,000 touches of which 12 % are protected,
100,000 exceptions; all of it drawn from seeds, so that two runs agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from ringfence.audit.counts import COUNTS, counts_of
from ringfence.audit.engine.duckdb import written
from ringfence.audit.world import ALWAYS, FOREVER, Leaves, Spans, Status, World

DAY = 86_400_000_000
BEGIN = 1_735_689_600_000_000  # 2025-01-01, UTC
DAYS = 50
PEOPLE = 60_000
TOUCHES = 20_000
LEAVES = 100_000
ADDRESSES = 50_000
TOOLS = 40
SEED = 7
PROTECTED = 0.12  # share of the touches
FREED = 0.05  # share of the protected that is so only until some day
UNSAID = 0.3  # share of the events that don't say how many rows
STATEMENT = "select id, email from t{name} where id = {place}"
JUDGED = ("time", "who", "tool", "touch", "verb", "rows", "address")

Ints = npt.NDArray[np.int64]
Sheet = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Folder:
    """A table of events in a folder, as the judge reads one."""

    path: Path

    def paths(self, logs: Sequence[str]) -> list[Path]:
        """Return the files of logs, in the order of their days."""
        found = (self.path.glob(f"log={log}/day=*/part-0.parquet") for log in logs)
        return sorted(path for paths in found for path in paths)

    def counts(self, logs: Sequence[str]) -> list[Path]:
        """Return what was counted of logs when the table was made."""
        return [self.path / f"log={log}" / COUNTS for log in logs]

    def words(self, domain: str) -> list[str]:
        """Return as many words as the domain has codes."""
        return [""] * ((TOUCHES if domain == "touch" else PEOPLE) + 1)

    @property
    def told(self) -> tuple[tuple[str, ...], int]:
        """Nothing is told by another log."""
        return (), 0


def sheet(day: int, size: int, seed: int = SEED) -> Sheet:
    """Return the events of one day, in the order of their time."""
    rng = np.random.default_rng([seed, day])
    begin = BEGIN + day * DAY
    none = np.zeros(size, np.int32)
    return {
        "time": np.sort(rng.integers(begin, begin + DAY, size)),
        "who": _skewed(rng, PEOPLE, size),
        "tool": rng.integers(0, TOOLS, size).astype(np.int32),
        "touch": _skewed(rng, TOUCHES, size),
        "verb": rng.integers(0, 6, size).astype(np.int8),
        "rows": np.where(rng.random(size) < UNSAID, -1, rng.integers(0, 5_000, size)),
        "address": rng.integers(0, ADDRESSES, size).astype(np.int32),
        "actor": none,
        "suspect": none,
        "grade": none.astype(np.int8),
        "file": np.full(size, day, np.int32),
        "offset": np.arange(size) * 200,
        "length": rng.integers(150, 300, size),
        "line": np.arange(1, size + 1),
    }


def table(folder: Path, events: int, days: int = DAYS) -> Folder:
    """Write a table of so many events, one file a day."""
    for day in range(days):
        name = datetime.fromtimestamp(BEGIN // 10**6 + day * 86_400, UTC).date()
        path = folder / "log=bench" / f"day={name}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        written(path, sheet(day, events // days))
    made = Folder(folder)
    counted(made.paths(("bench",)), folder / "log=bench" / COUNTS)
    return made


def counted(paths: Sequence[Path], path: Path) -> None:
    """Count events by day, touch and verb, as the seal does."""
    with duckdb.connect() as database:
        database.execute(
            f"COPY ({counts_of(paths)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


@cache
def world(days: int = DAYS) -> World:
    """Return who was who and what was what."""
    rng = np.random.default_rng([SEED, 10_000])
    return World(
        _standing(rng, days), _touched(rng, days), _leaves(rng, days), _abroad(rng)
    )


def _skewed(
    rng: np.random.Generator, most: int, size: int
) -> npt.NDArray[np.signedinteger]:
    # A few do much; who they are has nothing to do with their codes' order.
    place = np.minimum((rng.pareto(1.2, size) * most / 50).astype(np.int64), most - 1)
    return ((place * 7_919) % most + 1).astype(np.int32)


def _standing(rng: np.random.Generator, days: int) -> Spans:
    many = rng.integers(1, 7, PEOPLE)
    who = np.repeat(np.arange(1, PEOPLE + 1), many)
    cut = rng.integers(BEGIN - 3 * 365 * DAY, BEGIN + days * DAY, len(who))
    order = np.lexsort((cut, who))
    cut, who = cut[order], who[order]
    first = np.append(True, who[1:] != who[:-1])
    since = np.where(first, ALWAYS, cut)
    until = np.append(since[1:], FOREVER)
    until[np.append(first[1:], True)] = FOREVER
    status = rng.choice([0, 1, 2], len(who), p=[0.78, 0.02, 0.2])
    return Spans(who, since, until, status)


def _touched(rng: np.random.Generator, days: int) -> Spans:
    codes = np.arange(1, TOUCHES + 1)
    status = np.where(rng.random(TOUCHES) < PROTECTED, int(Status.YES), int(Status.NO))
    freed = (status == Status.YES) & (rng.random(TOUCHES) < FREED)
    until = np.where(freed, rng.integers(BEGIN, BEGIN + days * DAY, TOUCHES), FOREVER)
    return Spans(
        np.append(codes, codes[freed]),
        np.append(np.full(TOUCHES, ALWAYS), until[freed]),
        np.append(until, np.full(int(freed.sum()), FOREVER)),
        np.append(status, np.zeros(int(freed.sum()), np.int64)),
    )


def _leaves(rng: np.random.Generator, days: int) -> Leaves:
    since = rng.integers(BEGIN, BEGIN + days * DAY, LEAVES)
    who, touch = (rng.integers(1, n + 1, LEAVES) for n in (PEOPLE, TOUCHES))
    return Leaves(who, touch, since, since + 30 * DAY)


def _abroad(rng: np.random.Generator) -> dict[int, Status]:
    codes = rng.choice(ADDRESSES, 1_000, replace=False).tolist()
    return {code: Status(1 + place % 2) for place, code in enumerate(codes)}


def csvlog(lines: int, seed: int = SEED) -> Iterator[str]:
    """Yield the lines of a PostgreSQL csvlog in which pgaudit tells of reads."""
    rng = np.random.default_rng([seed, 20_000])
    people = rng.integers(0, 500, lines).tolist()
    tables = rng.integers(0, 2_000, lines).tolist()
    for place, (who, name) in enumerate(zip(people, tables, strict=True)):
        at = datetime.fromtimestamp(BEGIN // 10**6 + place // 100, UTC)
        stamp = f"{at:%Y-%m-%d %H:%M:%S}.{place % 100:02d}0 UTC"
        statement = STATEMENT.format(name=name, place=place)
        audited = f"AUDIT: SESSION,{place + 1},1,READ,SELECT,TABLE,public.t{name},"
        message = f'{audited}""{statement}"",<not logged>,{who}'
        session = f'{who + 100},"10.0.{who % 250}.7:5000",67a{who:05x}.1,{place}'
        yield (
            f'{stamp},"p{who}","shop",{session},"SELECT",{stamp},3/{place},0,LOG,00000,'
            f'"{message}",,,,,,,,,"report","client backend",,0\n'
        )
