"""Bypasses: what was done to protected data, and no decision of the gate explains.

An event is explained by decisions that allowed it: of the same person or account, for
the same verb, on all that it surely touched of protected data, and not long before.
In shadow mode everything is allowed: only what would have been explains anything then.
What is left came by a door that doesn't ask the gate, or in spite of what it said.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ringfence.audit.event import Touch, touch_of
from ringfence.audit.table import event_id
from ringfence.boundary.decision.scene import Dataset, Scene
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import VERB_GROUPS, kind_of
from ringfence.claims.answered import Answers
from ringfence.claims.bypass import Bypass, Bypasses
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.replayed import Done, Replay
from ringfence.claims.events.world import MICRO
from ringfence.claims.gating import gate_of
from ringfence.claims.instants import seconds
from ringfence.claims.stretches import (
    UNCLEAR,
    not_permitted,
    owner,
    resources,
    scenes,
    window_of,
)
from ringfence.gate.point.lines import Line

Progress = Callable[[str], None]
EVER = 36_500  # days
WINDOW = 300  # seconds for which a decision may be acted upon
SLACK = 2  # seconds by which clocks may differ
_STRANGER = Dataset(status=Status.UNKNOWN)
_WHOLE = ""  # in the place of a column: what nobody has named


def matched(
    past: Logs,
    answers: Answers,
    progress: Progress,
    *,
    days: int = EVER,
    window: int = WINDOW,
) -> Bypasses:
    """Match the last days of logs that are read with what a gate answered.

    Args:
        past: The logs, of a case whose boundary has a gate.
        answers: What the gate answered.
        progress: Called with each stage that begins.
        days: How many days, the last ones.
        window: For how many seconds a decision may be acted upon.

    Raises:
        ConfigError: The boundary says nothing of a gate.
    """
    told = Told(answers.lines, window)
    return _Matching(past, told, progress).matched(answers, days)


# --- what a decision explains ---------------------------------------------------------

Part = tuple[str, str]
"""A dataset, and the bare name of a column of it; empty for what nobody has named."""


class Told:
    """Decisions, by who asked for what, in the order of their times.

    Args:
        lines: The decisions.
        window: For how many seconds one may be acted upon.
    """

    def __init__(self, lines: Iterable[Line], window: int) -> None:
        self.window = window
        self._lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for one in sorted(lines, key=lambda one: one.time):
            self._lines[one.principal, one.verb].append(one)
        self._times = {
            key: [seconds(one.time) for one in found]
            for key, found in self._lines.items()
        }

    def before(self, names: Iterable[str], verb: str, second: int) -> list[Line]:
        """Return what was decided of some names for a verb, not long before."""
        found: list[Line] = []
        for key in {(name, verb) for name in names} & self._lines.keys():
            begin = bisect_left(self._times[key], second - self.window)
            end = bisect_right(self._times[key], second + SLACK)
            found += self._lines[key][begin:end]
        return found

    def by_anybody(self, verb: str, second: int) -> list[Line]:
        """Return what was decided of anybody for a verb, not long before."""
        return self.before({name for name, _ in self._lines}, verb, second)


def covers(scene: Scene, line: Line, part: Part) -> bool:
    """Return whether a decision is about a part of the data."""
    dataset, column = part
    match kind_of(line.resource):
        case "column":
            return line.resource == f"column:{dataset.partition(':')[2]}.{column}"
        case "store":
            return dataset in scene.stores.get(line.resource, ())
        case _:
            named = not line.columns or column in line.columns
            return line.resource == dataset and named


def guarded(scene: Scene, node: str) -> Iterator[Part]:
    """Yield the parts of something that are, or may be, protected."""
    kind, _, name = node.partition(":")
    if kind == "column":
        whole, _, column = name.rpartition(".")
        dataset = scene.datasets.get(f"dataset:{whole}", _STRANGER)
        if dataset.columns.get(column, Status.UNKNOWN) is not Status.NO:
            yield f"dataset:{whole}", column
        return
    for one in scene.stores.get(node, (node,)):
        dataset = scene.datasets.get(one, _STRANGER)
        if dataset.status is not Status.NO:
            yield one, _WHOLE
        for column, status in dataset.columns.items():
            if status is not Status.NO:
                yield one, column


class Asked(NamedTuple):
    """What of a touch needs a decision: surely, and perhaps."""

    sure: frozenset[Part]
    perhaps: frozenset[Part]


def asked_of(scene: Scene, touch: Touch) -> Asked:
    """Return what of a touch needs a decision."""
    sure: set[Part] = set()
    perhaps: set[Part] = set()
    for node, is_sure in resources(scene, touch):
        (sure if is_sure else perhaps).update(guarded(scene, node))
    return Asked(frozenset(sure), frozenset(perhaps - sure))


# --- the events -----------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """How many events came by one door: the first of them, and when the last was."""

    first: Done
    events: int = 0
    last: int = 0


@dataclass(slots=True)
class _Matching:
    past: Logs
    told: Told
    progress: Progress
    explained: int = 0
    unknown: int = 0
    found: dict[Bypass, _Seen] = field(default_factory=dict)

    def matched(self, answers: Answers, days: int) -> Bypasses:
        case = self.past.case
        gate = gate_of(case)
        asked = window_of(self.past, gate, days)
        begins = [(seconds(one.time) - SLACK) * MICRO for one in answers.lines]
        first = max(asked.first, min(begins, default=asked.first))
        asked = replace(asked, first=min(first, asked.after))
        called = not_permitted(self.past, gate, asked)
        window = asked.first, asked.after
        replay = Replay(self.past.table, asked.logs, window, called)
        verbs = {verb for group in gate.verbs for verb in VERB_GROUPS[group]}
        for scene, begin, after in scenes(case, window):
            self.progress(f"matching from {scene.since}")
            needs = {
                text: asked_of(scene, touch_of(text or "{}"))
                for text in replay.touches()
            }
            wanted = [text for text, one in needs.items() if one.sure or one.perhaps]
            holding = Holding(case.at(scene.since))
            for one in replay.each((begin, after), wanted):
                if one.verb in verbs:
                    who = owner(holding, one.who, seconds(scene.since))
                    self._match(scene, one, who, needs[one.touch])
        found = tuple(self._findings())
        named = {node for one in found for node in (one.who, one.tool, one.account)}
        return Bypasses(
            case.boundary.name,
            *window,
            self.told.window,
            len(answers.lines),
            sum(one.allowed for one in answers.lines),
            answers.lost,
            answers.unread,
            self.explained,
            self.unknown,
            found,
            case.view.labels(sorted(named)),
            shadow=sum(one.shadow for one in answers.lines),
        )

    def _match(self, scene: Scene, one: Done, who: str, needs: Asked) -> None:
        second = one.time // MICRO
        lines = self.told.before({who, one.who, one.actor} - {""}, one.verb, second)
        allowed = [line for line in lines if line.explains]
        left = _left(scene, allowed, needs.sure)
        if not left:
            self._count(told=is_told(scene, allowed, needs.perhaps))
            return
        if who not in scene.people:
            # Whoever it was may have asked in their own name.
            others = self.told.by_anybody(one.verb, second)
            if not _left(scene, [line for line in others if line.explains], left):
                self.unknown += 1
                return
        against = [
            line
            for line in lines
            if not line.explains and any(covers(scene, line, part) for part in left)
        ]
        what = tuple(sorted({dataset for dataset, _ in left}))
        key = Bypass(
            who,
            one.tool,
            one.actor,
            one.address,
            what,
            one.verb,
            one.kind,
            any(not line.shadow for line in against),
            was_spared=any(line.shadow for line in against),
        )
        seen = self.found.setdefault(key, _Seen(one))
        seen.events += 1
        seen.last = one.time

    def _count(self, *, told: bool) -> None:
        self.explained += told
        self.unknown += not told

    def _findings(self) -> Iterator[Bypass]:
        files = {
            file.digest: (log.name, file.name)
            for log in self.past.table.states
            for file in log.files
        }
        order = sorted(
            self.found.items(), key=lambda pair: (-pair[1].events, pair[1].first.time)
        )
        for key, seen in order:
            first = seen.first
            log, file = files[first.digest]
            yield replace(
                key,
                events=seen.events,
                first=first.time,
                last=seen.last,
                example=event_id(first.digest, first.offset),
                log=log,
                file=file,
                line=first.line,
            )


def _left(
    scene: Scene, allowed: Sequence[Line], parts: Iterable[Part]
) -> frozenset[Part]:
    """Return the parts that no decision is about."""
    return frozenset(
        part for part in parts if not any(covers(scene, line, part) for line in allowed)
    )


def is_told(scene: Scene, allowed: Sequence[Line], parts: frozenset[Part]) -> bool:
    """Return whether decisions speak of all datasets of which something was touched."""
    datasets = {dataset for dataset, _ in parts}
    if UNCLEAR in datasets:
        return False
    spoken = {
        part[0] for part in parts if any(covers(scene, line, part) for line in allowed)
    }
    return datasets == spoken
