"""A month of events full of edges, and a program that has an engine judge it.

    python -m tests.spark.asking ENGINE TABLE FOLDER

`ENGINE` is `duckdb` or an address of Spark Connect; the answer is JSON. It is a program
so that it can run in a time zone of its own.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ringfence.audit.counts import COUNTS
from ringfence.audit.engine.protocol import Answer, Engine
from ringfence.audit.engine.spark import Spark
from ringfence.audit.event import DONE
from ringfence.audit.judge import Question, Reason, exhibits, judge
from tests import judging
from tests.judging import DAY, START, Row, Small, Table, duck
from tests.reference import audit

SIZE = 200_000
PEOPLE, TOUCHES, ADDRESSES, TOOLS = 400, 120, 60, 3
END = START + 10 * DAY
LEAP_DAY = 19_782 * DAY  # 2024-02-29
FAR = 1 << 60
WINDOWS = (
    (None, None, frozenset(DONE[1:])),
    (START + DAY // 2, END - DAY // 3, frozenset(DONE[1:3])),
)
SHEET = 5_000  # exhibits at a time, so that there is more than one sheet
PATIENCE = 240  # seconds
Ints = npt.NDArray[np.int64]


def _timeline(rng: np.random.Generator, codes: int) -> Iterator[Row]:
    """Yield intervals that begin where others end, with gaps and of no length."""
    for code in range(1, codes):
        cuts = np.sort(rng.integers(START, END, rng.integers(0, 5))).tolist()
        cuts += cuts[-1:]  # from an instant to the same instant: never
        for since, until in pairwise([-FAR, *cuts, FAR]):
            status = int(rng.integers(0, 4))
            if status < 3:
                yield code, since, until, status


def _at_edges(rng: np.random.Generator, rows: Sequence[Row]) -> Ints:
    """Return rows of code and time: the instant of each edge, before and after it."""
    times = [
        (row[0], edge + by)
        for row in rows
        for edge in row[1:3]
        if abs(edge) < FAR
        for by in (-1, 0, 1)
    ]
    return rng.permutation(np.array(times, np.int64))


def month(size: int = SIZE) -> Small:
    """Return the events of ten days, a fifth of them on an edge, and some odd ones."""
    rng = np.random.default_rng(4)
    standing = tuple(_timeline(rng, PEOPLE))
    touched = tuple(_timeline(rng, TOUCHES))
    leave = tuple(
        (
            int(rng.integers(0, PEOPLE)),
            int(rng.integers(0, TOUCHES)),
            since,
            since + DAY,
        )
        for since in rng.integers(START, END, 4_000).tolist()
    )
    drawn = {
        "time": rng.integers(START, END, size),
        "who": rng.integers(0, PEOPLE, size),
        "tool": rng.integers(0, TOOLS, size),
        "touch": rng.integers(0, TOUCHES, size),
        "verb": rng.integers(0, len(DONE), size),
        "rows": np.where(rng.random(size) < 0.3, -1, rng.integers(0, 1 << 33, size)),
        "address": rng.integers(0, ADDRESSES, size),
    }
    who = _at_edges(rng, standing)[: size // 10]
    drawn["who"][: len(who)], drawn["time"][: len(who)] = who.T
    touch = _at_edges(rng, touched)[: size // 10]
    last = slice(size - len(touch), size)
    drawn["touch"][last], drawn["time"][last] = touch.T
    edges = [midnight + by for midnight in (0, START, LEAP_DAY) for by in (-1, 0)]
    # Late in the evening of one day in New York is the next day already.
    odd = [*edges, -DAY, START + DAY + 5 * DAY // 24]
    drawn["time"][size // 2 : size // 2 + len(odd)] = odd
    abroad = {code: int(rng.integers(0, 3)) for code in range(0, ADDRESSES, 2)}
    rows = zip(*(drawn[name].tolist() for name in judging.READ), strict=True)
    events = tuple(audit.Event(*row) for row in rows)
    return Small(standing, touched, leave, abroad, events)


class Written(Table):
    """A table that stands in a folder already."""

    def __init__(self, folder: Path) -> None:
        """Find its files."""
        self._words = max(PEOPLE, TOUCHES)
        self._paths = sorted(folder.glob("log=log/day=*/part-0.parquet"))
        self._counts = folder / "log=log" / COUNTS
        # Another log tells some of it, as far as the judge knows: it has to look.
        self.told = (("other",), 0)


def told(answer: Answer) -> str:
    """Return a digest of every number and every name of a column."""
    digest = hashlib.sha256()
    for name, column in answer.items():
        digest.update(name.encode())
        digest.update(np.asarray(column, np.int64).tobytes())
    return digest.hexdigest()


def answers(engine: Engine, table: Table, small: Small, folder: Path) -> list[object]:
    """Return for each window the reasons, the groups and what its exhibits are."""
    found: list[object] = []
    for first, after, verbs in WINDOWS:
        question = Question(("log",), first, after, verbs)
        judged = judge(engine, table, small.world(), question, folder)
        # Fetching is slow on a cluster: of the whole month, crossings in one sheet.
        whole = first is None
        which = (Reason.CROSSING if whole else Reason.NOBODY, Reason.CROSSING)
        most = SIZE if whole else SHEET
        sheets = [told(one) for one in exhibits(engine, judged, which, most)]
        groups = {name: told({name: c}) for name, c in judged.groups.items()}
        reasons = {why.name: count for why, count in judged.reasons.items()}
        found.append(
            [judged.events, reasons, len(judged.groups["who"]), groups, sheets]
        )
    return found


def main(name: str, table: str, folder: str) -> None:
    """Judge with an engine, and print what it answers."""
    # A server that hangs ends the program, which says what it waited for.
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    engine: Engine = duck() if name == "duckdb" else Spark(name)
    try:
        found = answers(engine, Written(Path(table)), month(), Path(folder))
    finally:
        engine.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
