"""A log format of the tests' own, and what tests ask of a table of events.

A line is a JSON object of `EVENT`'s fields, `beat <seconds>`, or `#` and anything, which
is no event; whatever else stands there is malformed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ringfence.audit.attribution import Behind
from ringfence.audit.durable import listed
from ringfence.audit.event import (
    CODED,
    NO_ROWS,
    NOTHING,
    Malformed,
    Sheet,
    Touch,
    Words,
)
from ringfence.audit.ingest import ingest
from ringfence.audit.table import DOMAINS, EventTable
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder

START = 1_640_995_200  # 2022-01-01
EVENT: Mapping[str, object] = {
    "t": START,
    "actor": "ann",
    "behind": "",
    "credential": "",
    "issued": "",
    "session": "",
    "application": "",
    "address": "",
    "touch": "",
    "verb": 1,
    "ending": 0,
    "rows": NO_ROWS,
    "uid": "",
    "request": "",
    "subjects": [],
}
STEP = 3  # events in a sheet


class Lines:
    """A reader of the format."""

    kind = "lines"
    summary = "lines of tests"
    options: Sequence[str] = ("colour",)

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.readings = 0

    def check(self, order: LogOrder) -> None:
        """Refuse nothing."""

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Yield sheets of few events."""
        assert order.kind == self.kind
        self.readings += 1
        for block in file.lines():
            offset, lines = block.offset, block.data.split(b"\n")
            rows: list[tuple[int, int, bytes]] = []
            for number, line in enumerate(lines, block.line):
                rows.append((offset, number, line))
                offset += len(line) + 1
            rows = rows if rows[-1][2] else rows[:-1]
            for start in range(0, len(rows), STEP):
                yield _sheet(rows[start : start + STEP], words)


def _sheet(rows: list[tuple[int, int, bytes]], words: Mapping[str, Words]) -> Sheet:
    events: list[dict[str, Any]] = []
    places: list[tuple[int, int, int]] = []
    malformed: list[Malformed] = []
    beats: list[int] = []
    asides = 0
    for offset, number, line in rows:
        if line.startswith((b"#", b"beat ")):
            asides += 1
            beats += [int(line[5:]) * 1_000_000] if line.startswith(b"beat ") else []
            continue
        try:
            events.append({**EVENT, **json.loads(line)})
            places.append((offset, len(line), number))
        except (ValueError, TypeError):
            malformed.append(Malformed(offset, len(line), number, "it is no object"))
    offsets, lengths, numbers = np.array(places, np.int64).reshape(-1, 3).T
    for one in events:
        column = one["touch"]
        one["touch"] = (Touch(columns=(column,)) if column else NOTHING).text()
    return Sheet(
        time=np.array([int(one["t"] * 1_000_000) for one in events], np.int64),
        verb=np.array([one["verb"] for one in events], np.int8),
        ending=np.array([one["ending"] for one in events], np.int8),
        rows=np.array([one["rows"] for one in events], np.int64),
        coded={k: words[k].codes(one[k] for one in events) for k in CODED},
        uid=[one["uid"] for one in events],
        request=[one["request"] for one in events],
        offset=offsets,
        length=lengths,
        line=numbers,
        subjects={
            at: tuple(one["subjects"])
            for at, one in enumerate(events)
            if one["subjects"]
        },
        malformed=malformed,
        beats=np.array(beats, np.int64),
        asides=asides,
    )


def line(t: float = 0, **more: object) -> str:
    """Return an event's line; `t` is in seconds from `START`."""
    return json.dumps({"t": START + t, **more})


def write(path: Path, lines: Iterable[str]) -> Path:
    """Write a file of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{one}\n" for one in lines).encode())
    return path


def order_of(base: Path, name: str = "app", **more: object) -> LogOrder:
    """Return an order for every file of a folder `name`."""
    told = {"kind": "lines", "files": (f"{name}/*",), "base": base, **more}
    return LogOrder(name, **told)  # type: ignore[arg-type]


def sealed(base: Path, *orders: LogOrder) -> EventTable:
    """Read and seal the orders, or the one of the folder `app`."""
    every = orders or (order_of(base),)
    return ingest(every, base / "out", behind=Behind({}, every))


def rows_of(
    table: EventTable, columns: str = "*", log: str | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of a table by (time, file, offset), words in place of codes."""
    paths = table.paths(None if log is None else [log])
    if not paths:
        return []
    with duckdb.connect() as database:
        for domain in DOMAINS:
            view = f"SELECT * FROM read_parquet({listed([table.words_path(domain)])})"  # noqa: S608
            database.execute(f"CREATE VIEW {domain}_word AS {view}")
        for column, domain in {
            "who": "actor",
            "suspect": "actor",
            "behind": "actor",
        }.items():
            database.execute(f"CREATE VIEW {column}_word AS FROM {domain}_word")
        words = [d for d in DOMAINS if d != "subject"] + ["who", "suspect", "behind"]
        joins = "".join(f" JOIN {w}_word AS {w}_ ON {w}_.code = e.{w}" for w in words)
        named = ", ".join(f"{w}_.word AS {w}" for w in words)
        inner = (
            f"SELECT e.* REPLACE ({named}) FROM read_parquet({listed(paths)}, "  # noqa: S608
            f"hive_partitioning = true) AS e{joins}"
        )
        return database.execute(
            f'SELECT {columns} FROM ({inner}) ORDER BY time, file, "offset"',  # noqa: S608
        ).fetchall()
