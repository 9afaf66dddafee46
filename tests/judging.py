"""Small worlds and tables of events, and every way to judge them."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from ringfence.audit.counts import COUNTS, counts_of
from ringfence.audit.engine.duckdb import DuckDB, Limits, written
from ringfence.audit.engine.protocol import Answer, Engine
from ringfence.audit.event import DONE
from ringfence.audit.judge import KEYS, MEASURES, Judged, Question, Reason, judge
from ringfence.audit.kernels.portable import counting, translated
from ringfence.audit.world import Leaves, Spans, Status, World
from tests.reference import audit

DAY = audit.DAY
WORDS = 6  # codes of each kind in a small world
START = 20_000 * DAY
Ints = npt.NDArray[np.int64]
Row = tuple[int, int, int, int]

TYPES: dict[str, type[np.signedinteger]] = {
    "time": np.int64,
    "who": np.int32,
    "tool": np.int32,
    "touch": np.int32,
    "verb": np.int8,
    "rows": np.int64,
    "address": np.int32,
    "actor": np.int32,
    "suspect": np.int32,
    "grade": np.int8,
    "file": np.int32,
    "offset": np.int64,
    "length": np.int64,
    "line": np.int64,
}
READ = ("time", "who", "tool", "touch", "verb", "rows", "address")


@dataclass(frozen=True, slots=True)
class Small:
    """A world in rows, and the events to judge in it."""

    standing: tuple[Row, ...]
    touched: tuple[Row, ...]
    leave: tuple[Row, ...]  # who, touch, since, until
    abroad: Mapping[int, int]
    events: tuple[audit.Event, ...]
    window: tuple[int | None, int | None] = (None, None)
    verbs: frozenset[str] = frozenset(DONE[1:])

    def question(self) -> Question:
        """Return the question in the judge's words."""
        return Question(("log",), *self.window, self.verbs)

    def world(self) -> World:
        """Return the world in the judge's words."""
        return World(
            Spans(*columns(self.standing)),
            Spans(*columns(self.touched)),
            Leaves(*columns(self.leave)),
            {address: Status(says) for address, says in self.abroad.items()},
        )

    def known(self) -> audit.Known:
        """Return the world in the reference's words."""
        leave: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for who, touch, since, until in self.leave:
            leave[who, touch].append((since, until))
        standing, touched = audit.Timeline(self.standing), audit.Timeline(self.touched)
        return audit.Known(standing, touched, leave, self.abroad)


def columns(rows: Sequence[Sequence[int]], width: int = 4) -> list[Ints]:
    """Return rows as columns."""
    return list(np.array(rows, np.int64).reshape(len(rows), width).T)


class Table:
    """A table of events in a folder, cut by days as the sealed one is."""

    def __init__(self, folder: Path, sheet: Mapping[str, Ints], words: int) -> None:
        """Write the events; what a sheet leaves out is 0, and a line is its place."""
        self._words = words
        self.told: tuple[tuple[str, ...], int] = ((), 0)
        self._paths: list[Path] = []
        size = len(sheet["time"])
        whole = {"offset": np.arange(size), **sheet}
        days = whole["time"] // DAY
        for day in np.unique(days):
            name = datetime.fromtimestamp(int(day) * 86_400, UTC).date().isoformat()
            path = folder / "log=log" / f"day={name}" / "part-0.parquet"
            path.parent.mkdir(parents=True)
            chosen = days == day
            none = np.zeros(size, np.int64)
            typed = {
                column: whole.get(column, none)[chosen].astype(kind)
                for column, kind in TYPES.items()
            }
            self._paths.append(written(path, typed))
        self._counts = folder / "log=log" / COUNTS
        if self._paths:
            counted(self._paths, self._counts)

    def paths(self, logs: Sequence[str]) -> list[Path]:
        """Return the files of the one log."""
        return self._paths if "log" in logs else []

    def counts(self, logs: Sequence[str]) -> list[Path]:
        """Return the counts of the one log, as the seal makes them."""
        return [self._counts] if "log" in logs else []

    def words(self, domain: str) -> list[str]:
        """Return as many words as there are codes."""
        return [f"{domain} {code}" for code in range(self._words)]


def counted(paths: Sequence[Path], path: Path) -> None:
    """Count the events of files as the seal does."""
    with duckdb.connect() as database:
        database.execute(f"copy ({counts_of(paths)}) to '{path}' (format parquet)")


def sheet(events: Sequence[audit.Event]) -> dict[str, Ints]:
    """Return events as columns."""
    rows = [astuple(event) for event in events]
    return dict(zip(READ, columns(rows, len(READ)), strict=True))


class SQLite:
    """SQLite in memory, as one more engine."""

    name = "sqlite"
    most: int | None = 3

    def __init__(self) -> None:
        """Open an empty database."""
        self._database = sqlite3.connect(":memory:")

    def register(self, view: str, paths: Sequence[Path]) -> None:
        """Copy the rows of Parquet files into a table."""
        with duckdb.connect() as reader:
            rows = reader.from_parquet([str(path) for path in paths])
            names = ", ".join(f'"{name}" integer' for name in rows.columns)
            self._database.execute(f'drop table if exists "{view}"')
            self._database.execute(f'create table "{view}" ({names})')
            marks = ", ".join("?" * len(rows.columns))
            into = f'insert into "{view}"'
            self._database.executemany(f"{into} values ({marks})", rows.fetchall())

    def keep(self, view: str, kernel: str) -> None:
        """Keep a kernel's answer as a table."""
        self._database.execute(f'drop table if exists "{view}"')
        rows = translated(kernel, "sqlite")
        self._database.execute(f'create table "{view}" as {rows}')

    def drop(self, view: str) -> None:
        """Drop what was kept."""
        self._database.execute(f'drop table "{view}"')

    def run(self, kernel: str) -> Answer:
        """Run a kernel."""
        done = self._database.execute(translated(kernel, "sqlite"))
        names = [column[0] for column in done.description]
        rows = columns(done.fetchall(), len(names))
        return dict(zip(names, rows, strict=True))

    def count(self, kernel: str) -> int:
        """Count the rows of a kernel's answer."""
        text = translated(counting(kernel), "sqlite")
        return int(self._database.execute(text).fetchone()[0])

    def explain(self, kernel: str) -> str:
        """Return the plan."""
        text = f"explain query plan {translated(kernel, 'sqlite')}"
        return str(self._database.execute(text).fetchall())

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def duck() -> DuckDB:
    """Return a small DuckDB."""
    return DuckDB(Limits(memory=512, threads=1))


def told(judged: Judged) -> audit.Result:
    """Return the judge's answer in the reference's words."""
    result = audit.Result()
    result.reasons |= {why.name: n for why, n in judged.reasons.items() if n}
    names = (*KEYS, *MEASURES)
    rows = zip(*(judged.groups[name].tolist() for name in names), strict=True)
    for row in rows:
        *key, why = row[: len(KEYS)]
        group = audit.Group(*row[len(KEYS) :])
        result.groups[*key, Reason(why).name] = group
    return result


def by_engine(small: Small, engine: Engine) -> audit.Result:
    """Judge a small world with an engine."""
    with tempfile.TemporaryDirectory() as name:
        table = Table(Path(name), sheet(small.events), WORDS)
        judged = judge(engine, table, small.world(), small.question(), Path(name))
        engine.close()
    return told(judged)


def by_loop(small: Small) -> audit.Result:
    """Judge a small world one event at a time."""
    codes = frozenset(DONE.index(verb) for verb in small.verbs)
    window = small.question().window()
    return audit.judged(small.events, small.known(), window, codes)


# Few instants, so that events fall on the edges of intervals; some within a day.
_instants = st.sampled_from([START + half * DAY // 2 for half in range(-1, 8)])
_codes = st.integers(0, WORDS - 1)


@st.composite
def _timeline(draw: st.DrawFn) -> tuple[Row, ...]:
    rows: list[Row] = []
    for code in draw(st.sets(_codes)):
        cuts = sorted(draw(st.lists(_instants, max_size=6)))
        for since, until in zip(cuts[::2], cuts[1::2], strict=False):
            rows.append((code, since, until, draw(st.integers(0, 2))))
    return tuple(rows)


_whole = st.integers(0, 2).map(lambda s: (-(1 << 50), 1 << 61, s))


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Row, ...]:
    """Timelines of codes: with gaps, changing, or the same for ever."""
    rows = draw(_timeline())
    still = draw(st.sets(_codes)) - {row[0] for row in rows}
    return (*rows, *((code, *draw(_whole)) for code in still))


_times = st.builds(lambda at, by: at + by, _instants, st.sampled_from([-1, 0, 1, 7]))
_events = st.builds(
    audit.Event,
    time=_times,
    who=_codes,
    tool=st.integers(0, 1),
    touch=_codes,
    verb=st.sampled_from([0, 1, 1, 2, 11]),
    rows=st.sampled_from([-1, 0, 1, 5_000_000_000]),
    address=_codes,
)
_leaves = st.tuples(_codes, _codes, _instants, _instants).map(
    lambda row: (row[0], row[1], min(row[2:]), max(row[2:]))
)
_windows = st.tuples(st.none() | _times, st.none() | _times)
_verbs = st.just(frozenset(DONE[1:])) | st.frozensets(st.sampled_from(DONE))


def smalls() -> st.SearchStrategy[Small]:
    """Small worlds with events, many of them on an edge."""
    return st.builds(
        Small,
        standing=timelines(),
        touched=timelines(),
        leave=st.lists(_leaves, max_size=8).map(tuple),
        abroad=st.dictionaries(_codes, st.integers(0, 2)),
        events=st.lists(_events, max_size=40).map(tuple),
        window=_windows,
        verbs=_verbs.map(lambda verbs: verbs - {DONE[0]}),
    )
