"""Shadow mode: what the gate would have decided of what was done, beside the audit.

Every event is replayed through `decide`, in the scene of its own time. A log doesn't
tell the purpose of a request, nor its circumstances; what turns on these is told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ringfence.audit.event import dataset_of, touch_of
from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import ALLOWING, Reason, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.claims.answered import Answers
from ringfence.claims.case import Case
from ringfence.claims.check import Run, collected, logs_of, read_boundary
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.replayed import Replay, Sum
from ringfence.claims.gating import gate_of
from ringfence.claims.instants import seconds
from ringfence.claims.shadow import Line, Lived, Outcome, Shadow, Spared
from ringfence.claims.stretches import (
    DAYS,
    not_permitted,
    owner,
    resources,
    scenes,
    window_of,
)
from ringfence.gate.point.lines import Line as Decided

_DAY = 86_400  # seconds
_OBEYS = frozenset({"mask", "rows"})


_ORDER = [*Outcome]
_BY_REASON: Mapping[Reason, Outcome] = {
    Reason.ROWS: Outcome.LESS,
    Reason.MASKED: Outcome.LESS,
    Reason.NO_PURPOSE: Outcome.PURPOSE,
    Reason.UNCOUNTED: Outcome.PURPOSE,
    Reason.CAP: Outcome.PURPOSE,
    Reason.GUARD: Outcome.PERHAPS,
}


def shadowed(run: Run, days: int = DAYS, answers: Answers | None = None) -> Shadow:
    """Read the logs of a boundary, and replay their last days through its gate.

    Args:
        run: What to read, and where the table of events is kept.
        days: How many days, the last ones of the logs, and of the ledger.
        answers: What a service in shadow mode decided, to be told beside it. Then the
            boundary needn't order logs.

    Raises:
        ConfigError: The boundary can't be used, orders no logs or has no gate.
        NothingCollectedError: No source gave a fact.
    """
    if answers is None or read_boundary(run.case).logs:
        with logs_of(run, require=gate_of) as past:
            run.progress("judging events")
            return _beside(
                _Shadowing(run, past, days).shadow(), past.case, days, answers
            )
    ready = collected(run)
    case = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    gate = gate_of(case)
    nothing = Shadow(case.boundary.name, gate, 0, 0, 0, (), {}, is_replayed=False)
    return _beside(nothing, case, days, answers)


def _beside(found: Shadow, case: Case, days: int, answers: Answers | None) -> Shadow:
    """Return a replay with what a service decided beside it."""
    if answers is None:
        return found
    live = lived(answers, days)
    named = {node for one in live.spared for node in (one.who, one.what)}
    labels = case.view.labels(sorted(named))
    return replace(found, lived=live, labels={**found.labels, **labels})


def lived(answers: Answers, days: int = DAYS) -> Lived:
    """Return what a service decided in shadow mode, in its last days.

    Args:
        answers: What its ledger tells.
        days: How many days, up to the last decision in shadow mode.
    """
    times = [seconds(one.time) for one in answers.lines if one.shadow]
    begin = max(times, default=0) - days * _DAY
    lines = [one for one in answers.lines if seconds(one.time) > begin]
    shadow = [one for one in lines if one.shadow]
    alike: dict[Spared, list[str]] = defaultdict(list)
    for one in shadow:
        if not one.explains:
            alike[_spared(one)].append(one.time)
    spared = [
        replace(key, requests=len(found), first=min(found), last=max(found))
        for key, found in alike.items()
    ]
    spared.sort(
        key=lambda one: (-one.requests, one.who, one.what, one.verb, one.reason)
    )
    told = [one.time for one in shadow]
    return Lived(
        min(told, default=""),
        max(told, default=""),
        len(shadow),
        len(lines) - len(shadow),
        answers.unlogged,
        answers.lost,
        answers.unread,
        tuple(spared),
    )


def _spared(line: Decided) -> Spared:
    outcome = Outcome.LESS if line.allowed else Outcome.DENIED
    return Spared(
        line.principal, line.resource, line.verb, line.caller, outcome, line.reason
    )


@dataclass(frozen=True, slots=True)
class _Shadowing:
    run: Run
    past: Logs
    days: int

    def shadow(self) -> Shadow:
        case = self.past.case
        gate = gate_of(case)
        asked = window_of(self.past, gate, self.days)
        window = asked.first, asked.after
        called = not_permitted(self.past, gate, asked)
        replay = Replay(self.past.table, asked.logs, window, called)
        found: dict[Line, list[int]] = {}
        count = 0
        for scene, begin, after in scenes(case, window):
            count += 1
            self.run.progress(f"replaying from {scene.since}")
            judge = Judge(scene, Holding(case.at(scene.since)))
            for one in replay.sums((begin, after)):
                sums = found.setdefault(judge.line(one), [0, one.first, one.last])
                sums[0] += one.events
                sums[1] = min(sums[1], one.first)
                sums[2] = max(sums[2], one.last)
        lines = [
            replace(line, events=events, first=first, last=last)
            for line, (events, first, last) in found.items()
        ]
        lines.sort(key=lambda one: (-one.events, one.who, one.tool, one.what, one.verb))
        named = {node for one in lines for node in (one.who, one.tool, one.what)}
        labels = case.view.labels(sorted(named))
        name = case.boundary.name
        return Shadow(name, gate, *window, count, tuple(lines), labels)


# --- one event ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judge:
    """What a gate makes of events, in one scene."""

    scene: Scene
    holding: Holding
    _told: dict[tuple[str, str, str], tuple[Outcome, str, str]] = field(
        default_factory=dict
    )

    def line(self, one: Sum) -> Line:
        """Return the line that events count in, without their number."""
        who = owner(self.holding, one.who, seconds(self.scene.since))
        key = who, one.verb, one.touch
        if key not in self._told:
            self._told[key] = self._decided(*key)
        outcome, reason, what = self._told[key]
        return Line(who, one.tool, what, one.verb, outcome, reason, one.kind, 0, 0, 0)

    def _decided(self, who: str, verb: str, text: str) -> tuple[Outcome, str, str]:
        """Return the worst that becomes of anything that is touched."""
        touched = [*resources(self.scene, touch_of(text or "{}"))]
        if not touched:
            return Outcome.ALLOWED, "nothing-touched", ""
        found = [
            (*self._outcome(Request(who, verb, node, obeys=_OBEYS), sure=sure), node)
            for node, sure in touched
        ]
        outcome, reason, node = max(found, key=lambda one: _ORDER.index(one[0]))
        return outcome, reason, dataset_of(node) if node.startswith("column:") else node

    def _outcome(self, asked: Request, *, sure: bool) -> tuple[Outcome, str]:
        reason = decide(self.scene, asked, self.scene.since).reason
        outcome = _BY_REASON.get(reason)
        if outcome is None:
            outcome = Outcome.ALLOWED if reason in ALLOWING else Outcome.DENIED
        if outcome is Outcome.DENIED and not sure:
            outcome = Outcome.PERHAPS
        return outcome, reason.value
