"""Rules as Python functions, an event at a time, the way of Panther's detections.

Each event is a dictionary and goes through `rule`, then `dedup` when it matches, which
names the group. The rule has the timelines at hand, which a detection would look up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import duckdb

from bench.auditing import DAY, JUDGED, Folder, world
from ringfence.audit.world import Spans

BATCH = 50_000

Event = Mapping[str, int]


class Lookup:
    """What a code is at a time."""

    def __init__(self, spans: Spans) -> None:
        """Sort the intervals by code."""
        self._starts: dict[int, list[int]] = defaultdict(list)
        self._spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        columns = (spans.code, spans.since, spans.until, spans.status)
        rows = sorted(zip(*(column.tolist() for column in columns), strict=True))
        for code, since, until, status in rows:
            self._starts[code].append(since)
            self._spans[code].append((until, status))

    def at(self, code: int, time: int) -> int | None:
        """Return the status; None when there is none."""
        place = bisect_right(self._starts.get(code, ()), time) - 1
        if place < 0:
            return None
        until, status = self._spans[code][place]
        return status if time < until else None


class Detection:
    """One rule with its tables."""

    def __init__(self) -> None:
        """Take the world."""
        known = world()
        self.standing, self.touched = Lookup(known.standing), Lookup(known.touched)
        self.leave: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        leave = known.leave
        columns = (leave.who, leave.touch, leave.since, leave.until)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for who, touch, since, until in rows:
            self.leave[who, touch].append((since, until))

    def rule(self, event: Event) -> bool:
        """Return whether the event crosses."""
        if not event["verb"]:
            return False
        time, who, touch = event["time"], event["who"], event["touch"]
        if self.touched.at(touch, time) != 2 or self.standing.at(who, time) != 2:  # noqa: PLR2004 (a status)
            return False
        spans = self.leave.get((who, touch), ())
        return not any(since <= time < until for since, until in spans)

    def dedup(self, event: Event) -> tuple[int, ...]:
        """Return the group of an event that crosses."""
        day = event["time"] // DAY
        return event["who"], event["tool"], event["touch"], event["verb"], day


def run(folder: Folder, _: Path) -> dict[str, float]:
    """Put every event through the rule."""
    detection = Detection()
    groups: dict[tuple[int, ...], int] = defaultdict(int)
    files = [str(path) for path in folder.paths(("bench",))]
    with duckdb.connect() as reader:
        done = reader.execute(
            f"select {', '.join(JUDGED)} from read_parquet(?)",  # noqa: S608 (our own names)
            [files],
        )
        while rows := done.fetchmany(BATCH):
            for row in rows:
                event = dict(zip(JUDGED, row, strict=True))
                if detection.rule(event):
                    groups[detection.dedup(event)] += 1
    return {"crossings": sum(groups.values()), "groups": len(groups)}
