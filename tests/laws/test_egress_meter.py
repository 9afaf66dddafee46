"""The meter is exact: under retries, replays, parallel channels, and crashes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.channels import Channel
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Contract, Recipient
from ringfence.egress.meter.meter import Desk, Meter
from ringfence.egress.meter.scopes import twelve_months_before

START = datetime.fromisoformat("2022-01-01T00:00:00+00:00")
GROUPS = {"a": ("g",), "b": ("g", "h"), "c": ("h",)}


def contract(name: str) -> Contract:
    """Return the contract of a channel."""
    channel = Channel(name, (name,), "p", "o", "person:x", "2030-01-01T00:00:00Z")
    groups = tuple(Recipient(one, Status.NO, one) for one in GROUPS[name])
    return Contract(channel, groups, {}, {})


@dataclass
class Model:
    """What a list of everything that left says: slow, and plainly right."""

    left: list[tuple[str, str, int]] = field(default_factory=list)  # (at, channel, who)

    def reading(self, name: str, who: set[int], now: str) -> tuple[int, int]:
        """Return how many a channel, and its fullest group, would have had."""
        since = twelve_months_before(now)
        recent = [(by, one) for at, by, one in self.left if at > since]
        channel = {one for by, one in recent if by == name} | who
        groups = (
            {one for by, one in recent if group in GROUPS[by]} | who
            for group in GROUPS[name]
        )
        return len(channel), max(map(len, groups))


@dataclass(frozen=True)
class Step:
    """One try to let people's data leave."""

    name: str
    who: set[int]
    days: int
    fate: str  # it leaves, it is blocked, or the process dies before the commit


@contextmanager
def torn(meter: Meter) -> Iterator[Desk]:
    """Count as `counting` does, and die before the commit."""
    meter._base.execute("BEGIN IMMEDIATE")
    yield Desk(meter._base, meter._path)


steps = st.lists(
    st.builds(
        Step,
        name=st.sampled_from(sorted(GROUPS)),
        who=st.sets(st.integers(1, 8), max_size=4),
        days=st.integers(0, 200),
        fate=st.sampled_from(["leaves", "again", "blocked", "dies"]),
    ),
    max_size=12,
)


@given(steps)
def test_the_meter_is_exact(taken: list[Step]):
    """Every reading is what a list of all that left says, to the person and the day."""
    model, now = Model(), START
    with TemporaryDirectory() as folder:
        path = Path(folder) / "meter"
        meter = Meter(path)
        for step in taken:
            now += timedelta(days=step.days)
            at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            by, who = contract(step.name), np.array(sorted(step.who), np.uint64)
            for _ in range(2 if step.fate == "again" else 1):
                with meter.counting() if step.fate != "dies" else torn(meter) as desk:
                    reading = desk.reading(by, who, {"x": who}, at)
                    told = (reading.channel, reading.group)
                    assert told == model.reading(step.name, step.who, at)
                    assert reading.categories.get("x", 0) == reading.group
                    if step.fate != "blocked":
                        desk.count(by, who, {"x": who}, at)
                if step.fate in ("leaves", "again"):
                    model.left += [(at, step.name, one) for one in step.who]
            if step.fate == "dies":
                meter._base.close()  # without a commit, as a killed process leaves it
                meter = Meter(path)
        meter.close()
