"""Every probe on a copy, without the fence and then with it.

A probe that doesn't cross without a fence proves nothing about one: it is kept as a
regression (`safe`), and said to be that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.probe import Probe, Step
from ringfence.gate.postgres.probes.proof import Result, Status, Tried
from ringfence.gate.postgres.probes.room import Room
from ringfence.gate.postgres.probes.special import attempt_special
from ringfence.gate.postgres.probes.trying import (
    Fence,
    absent,
    attempt,
    malformed,
)

_LOOK = (Step("SELECT email FROM {copy}.profile", "inn"),)
_KEPT = Probe(
    number="S0", group="identity", title="an insider still reads", attack=_LOOK
)
Say = Callable[[str], None]


def conform(
    room: Room, fence: Fence, say: Say, probes: tuple[Probe, ...] = PROBES
) -> Iterator[Result]:
    """Yield the result of each probe."""
    for probe in probes:
        say(f"{probe.number} {probe.title}")
        yield _result(room, probe, fence)


def insider_reads(room: Room, fence: Fence) -> bool | None:
    """Tell whether somebody inside still reads protected rows of a fenced copy."""
    return attempt(room, _KEPT, fence).crossed


def _result(room: Room, probe: Probe, fence: Fence) -> Result:
    if not probe.live:
        return _told(probe, "named")
    if why := absent(room, probe):
        return _told(
            probe, "not-applicable", before=Tried(crossed=None, why=why, applies=False)
        )
    try_it = attempt_special if probe.special else attempt
    before = try_it(room, probe)
    if not before.applies:
        return _told(probe, "not-applicable", before=before)
    if before.crossed is None or _says_nothing(room, probe, before):
        return _told(probe, "untried", before=before)
    after = try_it(room, probe, fence)
    return _told(probe, _status(probe, after), before=before, after=after)


def _says_nothing(room: Room, probe: Probe, before: Tried) -> bool:
    if before.crossed or probe.special:
        return False
    return bool(malformed(room, probe))


def _status(probe: Probe, after: Tried) -> Status:
    if after.crossed is None:
        return "untried"
    if not after.crossed:
        return "closed"
    return "open" if probe.closable else "named"


def _told(
    probe: Probe,
    status: Status,
    *,
    before: Tried | None = None,
    after: Tried | None = None,
) -> Result:
    return Result(
        number=probe.number,
        group=probe.group,
        title=probe.title,
        status=status,
        change=probe.closes,
        before=before,
        after=after,
    )
