"""Exports in the logs, held against the exit's verdicts: what was taken round it?

An export (the verb `divert`) of protected data is explained by a verdict, of whatever
kind, on a channel that draws on the data, and not long after: then it came to the exit.
Neither logs nor verdicts tell of one another, so time and data are all there is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ringfence.audit.event import Touch, dataset_of, touch_of
from ringfence.audit.table import event_id
from ringfence.boundary.model import Claim
from ringfence.boundary.protection import Patterns, patterns
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.events.past import Logs
from ringfence.claims.events.replayed import Done, Replay
from ringfence.claims.events.world import MICRO
from ringfence.claims.flow import Door, Finding, Flow
from ringfence.claims.instants import moment, seconds
from ringfence.claims.leaving import egress_of
from ringfence.claims.released import Releases

VERB = "divert"
WINDOW = 3_600  # seconds from an export to its verdict
SLACK = 2  # seconds by which clocks may differ
_ROUND = "no verdict on a channel that takes it came after"
_NOBODY = "no channel takes it"


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel: when it holds, what it takes, and when the exit judged by it."""

    name: str
    since: str
    until: str
    takes: Patterns
    judged: list[int] = field(default_factory=list)

    def holds(self, dataset: str, second: int) -> bool:
        """Return whether it declares a dataset at an instant."""
        is_in_force = self.since <= moment(second) < self.until
        return is_in_force and self.takes.match(dataset.partition(":")[2])

    def has_judged(self, second: int, window: int) -> bool:
        """Return whether a verdict came not long after an instant."""
        place = bisect_left(self.judged, second - SLACK)
        return place < len(self.judged) and self.judged[place] <= second + window


def exports(
    past: Logs, told: Releases | None, window: int = WINDOW
) -> tuple[Flow, ...]:
    """Return the exports of protected data, by who did it and what became of it.

    What is protected is told as of the date that is judged.

    Args:
        past: The logs.
        told: The verdicts of the exit's ledger; None: none is at hand.
        window: For how many seconds after an export a verdict explains it.

    Raises:
        ConfigError: The boundary says nothing of what may leave.
    """
    egress = egress_of(past.case)
    claim = Claim("exports", "", "no_event", excluded=egress.excluded[0], verbs=(VERB,))
    asked = past.asked(claim)
    span = asked.first, asked.after
    replay = Replay(past.table, asked.logs, span, ())
    judged: dict[str, list[int]] = defaultdict(list)
    for one in told.told if told is not None else ():
        judged[one.channel].append(seconds(one.time))
    channels = [
        _Channel(c.name, c.since, c.until, patterns(c.takes), sorted(judged[c.name]))
        for c in egress.channels
    ]
    is_known = told is not None and not told.lost
    matching = _Matching(_protected(past), channels, window, is_known=is_known)
    for done in replay.each(span, replay.touches()):
        if done.verb == VERB:
            matching.match(done)
    return tuple(matching.found.values())


def _protected(past: Logs) -> dict[str, Status]:
    """Return the datasets that hold something protected, or may."""
    found: dict[str, Status] = {}
    for node, status in past.case.targets(egress_of(past.case).protected).items():
        dataset = dataset_of(node) if kind_of(node) == "column" else node
        found[dataset] = max(status, found.get(dataset, Status.NO))
    return found


class _Matching:
    """Finds the exports that nothing explains.

    Args:
        protected: Datasets that hold something protected.
        channels: The channels.
        window: For how many seconds after an export a verdict explains it.
        is_known: Whether all verdicts are known.
    """

    def __init__(
        self,
        protected: dict[str, Status],
        channels: Sequence[_Channel],
        window: int,
        *,
        is_known: bool,
    ) -> None:
        self._protected = protected
        self._channels = channels
        self._window = window
        self._is_known = is_known
        self.found: dict[tuple[str, ...], Flow] = {}

    def match(self, done: Done) -> None:
        """Judge one export."""
        touch = touch_of(done.touch or "{}")
        for dataset, status in _touched(touch, self._protected):
            flow = self._judged(dataset, status, done)
            key = (flow.by, flow.end, dataset, flow.channel, flow.finding, status.name)
            before = self.found.setdefault(key, flow)
            self.found[key] = replace(before, events=before.events + 1)

    def _judged(self, dataset: str, status: Status, done: Done) -> Flow:
        second = done.time // MICRO
        holding = [one for one in self._channels if one.holds(dataset, second)]
        seen = [one for one in holding if one.has_judged(second, self._window)]
        channel = next(iter([*seen, *holding]), None)
        by = done.who or done.actor
        flow = Flow(
            Door.LOGGED,
            by,
            done.tool or by,
            (dataset,),
            VERB,
            status,
            "" if seen else _ROUND if holding else _NOBODY,
            "" if channel is None else channel.name,
            releases=len(seen),
            example=event_id(done.digest, done.offset),
        )
        return replace(flow, finding=self._finding(flow))

    def _finding(self, flow: Flow) -> Finding:
        if flow.releases:
            return Finding.EXPLAINED
        if flow.status is not Status.YES or (flow.channel and not self._is_known):
            return Finding.UNTOLD
        return Finding.ROUND if flow.channel else Finding.UNDECLARED


def _touched(
    touch: Touch, protected: dict[str, Status]
) -> Iterator[tuple[str, Status]]:
    """Yield what was exported of protected datasets, surely or perhaps."""
    found: dict[str, Status] = {}
    sure = (*touch.columns, *touch.whole)
    perhaps = (*touch.part, *(node for group in touch.either for node in group))
    for nodes, most in ((sure, Status.YES), (perhaps, Status.UNKNOWN)):
        for node in nodes:
            dataset = dataset_of(node) if kind_of(node) == "column" else node
            status = min(most, protected.get(dataset, Status.NO))
            found[dataset] = max(status, found.get(dataset, Status.NO))
    yield from ((one, how) for one, how in found.items() if how is not Status.NO)
