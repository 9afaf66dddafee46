"""The last stretch of the logs, in the scenes of its own days, for what replays it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.audit.event import SOMEWHERE, Touch, dataset_of
from ringfence.boundary.decision.scene import Dataset, Scene
from ringfence.boundary.model import Claim, Gate
from ringfence.claims.case import Case
from ringfence.claims.crossings import Exhibit
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.world import MICRO, Asked
from ringfence.claims.gating import scene_of
from ringfence.claims.instants import moment, seconds

DAY = 86_400 * MICRO
DAYS = 7
UNCLEAR = "dataset:?"  # what a line doesn't tell: nothing that the estate knows


def scenes(case: Case, window: tuple[int, int]) -> Iterator[tuple[Scene, int, int]]:
    """Yield the scenes of a window, each with the stretch in which it holds."""
    begin, after = window
    while begin < after:
        instant = moment(begin // MICRO)
        found = scene_of(case.at(instant))
        end = min(max(seconds(found.until) * MICRO, begin + MICRO), after)
        yield found, begin, end
        begin = end


def window_of(past: Logs, gate: Gate, days: int) -> Asked:
    """Return what is asked of the last days of the logs, for a gate."""
    claim = Claim(
        id="gate",
        says="",
        kind="no_event",
        excluded=gate.excluded[0],
        protected=gate.protected,
        verbs=gate.verbs,
        exceptions=gate.exceptions,
    )
    asked = past.asked(claim)
    lived = [log.last for log in past.seen(asked.logs) if log.last is not None]
    # An order may end long after its last event.
    after = min([asked.after, *((max(lived) // MICRO + 1) * MICRO for _ in lived[:1])])
    return replace(asked, first=max(asked.first, after - days * DAY), after=after)


def not_permitted(past: Logs, gate: Gate, asked: Asked) -> Iterator[Exhibit]:
    """Yield what the audit calls a crossing, or unknown, under any selector."""
    for name in gate.excluded:
        one = replace(asked, selector=name)
        yield from past.exhibits(one)
        yield from past.exhibits(one, unknown=True)


def owner(holding: Holding, name: str, instant: int) -> str:
    """Return the person that a log's principal is at an instant, else its own name."""
    person, held = holding.person(name)
    if person and any(since <= instant < until for since, until in held):
        return person
    return name


def resources(scene: Scene, touch: Touch) -> Iterator[tuple[str, bool]]:
    """Yield what was touched, and whether it surely was, all of it."""
    for node in (*touch.columns, *touch.whole):
        yield node, True
    for node in touch.part:
        yield node, False
    for group in touch.either:
        found = [*_candidates(scene, group)]
        for node in found:
            if touch.only in ("", dataset_of(node)):
                yield node, len(found) == 1
    if touch.unclear:
        yield UNCLEAR, False


def _candidates(scene: Scene, group: tuple[str, ...]) -> Iterator[str]:
    """Yield what a column may be that is named without its table.

    It is the first that exists; datasets of known columns tell what they lack.
    """
    lacking: list[str] = []
    for node in group:
        known = scene.datasets.get(dataset_of(node), Dataset()).columns
        if node.rpartition(".")[2] in known:
            yield node
            return
        if known:
            lacking.append(node)
        else:
            yield UNCLEAR if node == SOMEWHERE else node
    yield from lacking
