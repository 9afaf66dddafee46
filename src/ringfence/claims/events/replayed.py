"""What was done, in sums, beside what the audit called it: for a gate that replays it.

What was refused or failed is left out: nothing was obtained, and no gate changes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from ringfence.audit.event import DONE, Ending
from ringfence.audit.table import EventTable
from ringfence.claims.crossings import Class, Exhibit

KINDS = (Class.PERMITTED, Class.UNKNOWN, Class.CROSSING)
_CALLED = """
CREATE TABLE called AS SELECT unnest($files::INT[]) AS file,
  unnest($offsets::BIGINT[]) AS "offset", unnest($kinds::INT[]) AS kind
"""
_WHERE = f"""
FROM read_parquet($paths, hive_partitioning = false) AS e
LEFT JOIN called AS c ON e.file = c.file AND e."offset" = c."offset"
WHERE e.verb <> 0 AND e.time >= $first AND e.time < $after
  AND (e.ending = {Ending.DONE:d} OR (e.ending = {Ending.TOLD:d}
    AND NOT (e.time >= $told_first AND e.time < $told_after)))
"""
_SUMS = f"""
SELECT e.who, e.tool, e.touch, abs(e.verb)::INT AS verb, coalesce(c.kind, 0) AS kind,
  count(*) AS events, min(e.time) AS first, max(e.time) AS last
{_WHERE} GROUP BY ALL ORDER BY ALL
"""
_EACH = f"""
SELECT e.who, e.tool, e.touch, abs(e.verb)::INT AS verb, coalesce(c.kind, 0) AS kind,
  e.actor, e.address, e.time, e.file, e."offset", e.line
{_WHERE} AND e.touch IN (SELECT unnest($touches::INT[]))
ORDER BY e.time, e.file, e."offset"
"""
_FEW = 10_000  # rows that are held at a time
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """Events that are alike.

    Attributes:
        who: Who was behind them, a word of the table; empty when nobody is known.
        tool: What they went through; may be empty.
        touch: What was touched, as `Touch.text` writes it; empty for nothing.
        verb: What was done.
        kind: What the audit calls them.
        events: How many they are.
        first: Time of the first, in microseconds. `last`: of the last.
    """

    who: str
    tool: str
    touch: str
    verb: str
    kind: Class
    events: int
    first: int
    last: int


class Done(NamedTuple):
    """One event.

    Attributes:
        who: Who was behind it, a word of the table; empty when nobody is known.
        tool: What it went through; may be empty.
        touch: What was touched, as `Touch.text` writes it.
        verb: What was done.
        kind: What the audit calls it.
        actor: Whom the log itself names.
        address: Where it came from; may be empty.
        time: When, in microseconds.
        digest: SHA-256 of the file that says so.
        offset: First byte of the line in its unpacked content.
        line: Its number, from 1.
    """

    who: str
    tool: str
    touch: str
    verb: str
    kind: Class
    actor: str
    address: str
    time: int
    digest: str
    offset: int
    line: int


class Replay:
    """The events of some logs, each with what the audit called it.

    Args:
        table: The events.
        logs: Which logs.
        window: First microsecond that is asked for, and the first one after.
        exhibits: The events that aren't permitted; the worst of several counts.
    """

    def __init__(
        self,
        table: EventTable,
        logs: Iterable[str],
        window: Window,
        exhibits: Iterable[Exhibit],
    ) -> None:
        self._table = table
        self._paths = [str(path) for path in table.paths([*logs])]
        # What another log tells too is left to that one, where it is asked as well.
        apart = table.told[1]
        begin = window[0] + apart
        self._told = begin, max(begin, window[1] - apart)
        self._actor, self._tool, self._touch = (
            table.words(name) for name in ("actor", "tool", "touch")
        )
        self._database = duckdb.connect()
        self._call(exhibits)

    def _call(self, exhibits: Iterable[Exhibit]) -> None:
        codes = {word: code for code, word in enumerate(self._table.words("file"))}
        kinds: dict[tuple[int, int], int] = {}
        for one in exhibits:
            key = codes[one.digest], one.offset
            kinds[key] = max(kinds.get(key, 0), KINDS.index(one.kind))
        values: Mapping[str, list[int]] = {
            "files": [file for file, _ in kinds],
            "offsets": [offset for _, offset in kinds],
            "kinds": [*kinds.values()],
        }
        self._database.execute(_CALLED, values)

    def sums(self, window: Window) -> Iterator[Sum]:
        """Yield the events of a stretch of the window, in sums."""
        for who, tool, touch, verb, kind, *rest in self._rows(_SUMS, window, {}):
            named = (self._actor[who], self._tool[tool], self._touch[touch])
            yield Sum(*named, DONE[verb], KINDS[kind], *rest)

    def each(self, window: Window, touches: Iterable[str]) -> Iterator[Done]:
        """Yield the events of a stretch of the window that touched one of some."""
        wanted = {*touches}
        codes = [code for code, word in enumerate(self._touch) if word in wanted]
        files, addresses = (self._table.words(name) for name in ("file", "address"))
        for row in self._rows(_EACH, window, {"touches": codes}):
            who, tool, touch, verb, kind, actor, address, time, file, offset, line = row
            yield Done(
                self._actor[who],
                self._tool[tool],
                self._touch[touch],
                DONE[verb],
                KINDS[kind],
                self._actor[actor],
                addresses[address],
                time,
                files[file],
                offset,
                line,
            )

    def touches(self) -> list[str]:
        """Return everything that events touched, as `Touch.text` writes it."""
        return self._touch

    def _rows(
        self, query: str, window: Window, more: Mapping[str, list[int]]
    ) -> Iterator[tuple[int, ...]]:
        if not self._paths:
            return
        values = {
            "paths": self._paths,
            "first": window[0],
            "after": window[1],
            "told_first": self._told[0],
            "told_after": self._told[1],
        }
        found = self._database.cursor().execute(query, {**values, **more})
        while rows := found.fetchmany(_FEW):
            yield from rows
